"""What FEEL sees inside a form: the form's own values, what the caller adds, and in a row `this`, `parent`, `i`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.errors import ExpressionInvalid
from engine.feel.budget import Budget, Run
from engine.feel.expression import compile_expression
from engine.feel.values import Value, to_plain

# One budget for a whole form, since each row evaluates each expression.
BUDGET = Budget(together=200_000)
# Steps that an expression of a form takes besides its own, and names in sight that are gathered for a step.
ASKING, NAMES = 5, 20


@dataclass(frozen=True)
class FormScope:
    """A place in a filled form from which expressions look."""

    outside: Mapping[str, Any]
    data: Mapping[str, Any]
    this: Mapping[str, Any]
    parent: Mapping[str, Any] | None
    indexes: tuple[int, ...]
    run: Run

    def row(self, values: Mapping[str, Any], index: int) -> FormScope:
        """The scope of one row of a list, counted from 0."""
        above = _context(self.this, self.this, self.parent, self.indexes)
        return FormScope(self.outside, self.data, values, above, (*self.indexes, index + 1), self.run)

    def evaluate(self, text: str) -> Value:
        """The value of an expression written in the form; null when it cannot be read."""
        try:
            expression = compile_expression(text)
        except ExpressionInvalid:
            return None
        self.run.spend(ASKING)
        return expression.evaluate_within(self.context, self.run)

    @cached_property
    def context(self) -> dict[str, Any]:
        """Every name in sight here."""
        seen = {**self.outside, **_context(self.data, self.this, self.parent, self.indexes)}
        self.run.spend(len(seen) // NAMES)
        return seen

    def plain(self, text: str) -> Any:
        """The same as plain data."""
        return to_plain(self.evaluate(text))


def _context(
    data: Mapping[str, Any], this: Mapping[str, Any], parent: Mapping[str, Any] | None, indexes: tuple[int, ...]
) -> dict[str, Any]:
    special = {"this": this, "parent": parent, "i": list(indexes)}
    return {**special, **data, **{f"_{name}_": value for name, value in special.items()}}
