"""Compiled expressions and unary tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from engine.errors import ExpressionFailed
from engine.feel import nodes as n
from engine.feel.budget import DEFAULT, Budget, Run
from engine.feel.evaluate import matches_any, value_of
from engine.feel.library import BUILTINS
from engine.feel.names import free_paths
from engine.feel.parser import parse, parse_tests
from engine.feel.properties import NAMES
from engine.feel.scope import Scope
from engine.feel.values import Value, from_plain, lift
from engine.feel.written import refused_patterns

NamedTypes = tuple[tuple[str, n.Type], ...]
_KNOWN = tuple(name for name in (*BUILTINS, *NAMES) if " " in name)


@dataclass(frozen=True)
class Expression:
    """One expression, read once."""

    text: str
    tree: n.Node

    def evaluate(self, context: Mapping[str, Any], now: datetime, budget: Budget = DEFAULT) -> Value:
        """The value in that context; unknown names and ill-typed operations are null. Raises BudgetExceeded."""
        return self.evaluate_within(context, Run(now, budget))

    def evaluate_within(self, context: Mapping[str, Any], run: Run) -> Value:
        """The same, sharing the budget of a run with other expressions."""
        kept = run.begin()
        try:
            value = value_of(self.tree, Scope(context, None, run, raw=True))
            if type(value) is list or isinstance(value, Mapping):
                return from_plain(run.weigh(value))
            return run.measured(value)
        finally:
            run.end(kept)

    def evaluate_boolean(
        self, context: Mapping[str, Any], now: datetime, element: str = "", budget: Budget = DEFAULT
    ) -> bool:
        """True or false for a condition. Raises ExpressionFailed when it is neither."""
        return self.decide_within(context, Run(now, budget), element)

    def decide_within(self, context: Mapping[str, Any], run: Run, element: str = "") -> bool:
        """The same, sharing the budget of a run with other expressions."""
        value = self.evaluate_within(context, run)
        if value is True or value is False:
            return value
        raise ExpressionFailed(expression=self.text, element=element, reason=_why_not_boolean(value))

    @cached_property
    def paths(self) -> frozenset[tuple[str, ...]]:
        """The free names with the dotted way after them."""
        return free_paths(self.tree)

    @cached_property
    def names(self) -> frozenset[str]:
        """The free names."""
        return frozenset(path[0] for path in self.paths)

    @cached_property
    def refused_patterns(self) -> tuple[tuple[str, str], ...]:
        """The patterns written in it that cannot be used, each with the reason; what asks for one gives null."""
        return tuple(refused_patterns(self.tree))


def _why_not_boolean(value: Value) -> str:
    if value is None:
        return "it is neither true nor false; perhaps a value is missing"
    return "it must be true or false"


@dataclass(frozen=True)
class UnaryTests:
    """The tests of one input cell of a decision table."""

    text: str
    negated: bool
    tests: tuple[n.Test, ...]

    def matches(
        self, value: Any, context: Mapping[str, Any], now: datetime, budget: Budget = DEFAULT
    ) -> bool:
        """Whether the value passes; a test that yields null does not pass, negated or not."""
        return self.matches_within(value, context, Run(now, budget))

    def matches_within(self, value: Any, context: Mapping[str, Any], run: Run) -> bool:
        """The same, sharing the budget of a run with other expressions."""
        if not self.tests:
            return True
        kept = run.begin()
        try:
            passed = matches_any(self.tests, lift(value), Scope(context, None, run, raw=True))
        finally:
            run.end(kept)
        return passed is not None and passed is not self.negated

    @cached_property
    def paths(self) -> frozenset[tuple[str, ...]]:
        """The free names with the dotted way after them."""
        return frozenset(path for test in self.tests for path in free_paths(test))


@lru_cache(maxsize=4096)
def _compiled(text: str, known: tuple[str, ...]) -> Expression:
    return Expression(text, parse(text, known))


def compile_expression(text: str, declared: Iterable[str] = (), types: NamedTypes = ()) -> Expression:
    """The expression of a text; a leading "=" is tolerated. `declared` are names of several words it may use.

    `types` are types of its own, which it may name after `instance of`.

    Raises ExpressionInvalid with the position of the first thing that cannot be read.
    """
    stripped = text.strip()
    content, known = stripped[1:] if stripped.startswith("=") else stripped, (*_KNOWN, *declared)
    return Expression(content, parse(content, known, types)) if types else _compiled(content, known)


@lru_cache(maxsize=4096)
def _compiled_tests(text: str, known: tuple[str, ...]) -> UnaryTests:
    return UnaryTests(text, *parse_tests(text, known))


def unary_tests(text: str, declared: Iterable[str] = (), types: NamedTypes = ()) -> UnaryTests:
    """The unary tests of a text, such as `< 5, [10..20]`, `not("a", "b")` or `-`. Raises ExpressionInvalid."""
    content, known = text.strip() or "-", (*_KNOWN, *declared)
    return UnaryTests(content, *parse_tests(content, known, types)) if types else _compiled_tests(content, known)


def names(expression: Expression | str) -> frozenset[str]:
    """The names an expression takes from its context."""
    found = compile_expression(expression) if isinstance(expression, str) else expression
    return found.names
