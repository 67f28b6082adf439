"""How much one evaluation may use, and the run that counts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from engine.errors import BudgetExceeded
from engine.feel.temporal import LOCAL
from engine.feel.values import Value, lift

# So many characters of a new text cost a step, so that the steps bound the memory that a run can fill.
CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits: steps of one expression, of a run together, characters or items of a value, levels of calls and values.

    A command on a dossier has one run for all it evaluates; a graph of decisions may take all of it. A step is about a
    visited node, takes less than a microsecond at worst, and what it makes a few hundred bytes.
    """

    steps: int = 10_000
    together: int = 50_000
    size: int = 100_000
    depth: int = 200


DEFAULT = Budget()


class Run:
    """One evaluation, or several that share a budget: the clock and what is left."""

    __slots__ = ("budget", "depth", "limit", "moment", "steps")

    def __init__(self, now: datetime, budget: Budget = DEFAULT) -> None:
        self.moment = now
        self.budget = budget
        self.steps = self.limit = budget.together
        self.depth = 0

    @property
    def now(self) -> datetime:
        """The clock handed in, as Vietnam reads it."""
        return self.moment.astimezone(LOCAL)

    def spend(self, steps: int) -> None:
        """Take steps from the budget."""
        self.steps -= steps
        if self.steps < 0:
            self.exceed(self.limit, "calculation steps")

    def begin(self) -> int:
        """An expression begins: the steps that are not for it, to be given back when it ends."""
        kept = self.steps - self.budget.steps
        if kept <= 0:
            return 0
        self.steps, self.limit = self.budget.steps, self.budget.steps
        return kept

    def end(self, kept: int) -> None:
        """The expression has ended."""
        self.steps += kept
        self.limit = self.budget.together

    def enter(self, levels: int) -> None:
        """Go down into a call."""
        self.depth += levels
        if self.depth > self.budget.depth:
            self.exceed(self.budget.depth, "levels")

    def allow(self, size: int) -> None:
        """Permit a value of that many characters or items."""
        if size > self.budget.size:
            self.exceed(self.budget.size, "characters or items")

    def make(self, size: int) -> None:
        """Permit a new text of that many characters, and take what it costs."""
        self.allow(size)
        self.spend(size // CHARACTERS)

    def lift(self, value: Any) -> Value:
        """A value from outside as FEEL knows it, paid for by its length."""
        kind = type(value)
        if kind is dict or kind is str:
            return value
        if kind is list or kind is tuple:
            self.spend(len(value))
            return [self.lift(item) for item in value]
        if kind is float:
            self.spend(1)
        return lift(value)

    def measured(self, value: Value) -> Value:
        """The value, when it is small enough."""
        if type(value) is str:
            self.make(len(value))
        elif type(value) is list:
            self.allow(len(value))
        return value

    def weigh(self, value: Value) -> Value:
        """The value, when it is neither too big nor too deep all the way down; its entries are paid for."""
        left = [(value, 0)]
        while left:
            item, level = left.pop()
            if level > self.budget.depth:
                self.exceed(self.budget.depth, "levels")
            below = item if type(item) is list else item.values() if isinstance(item, Mapping) else None
            if type(item) is str:
                self.spend(len(item) // CHARACTERS)
            elif below is not None:
                self.spend(1 + len(below))
                left.extend((child, level + 1) for child in below)
        return value

    def size(self, value: Value) -> int:
        """How many entries the value has all the way down, itself included; they are paid for."""
        before = self.steps
        self.weigh(value)
        return 1 + before - self.steps

    @staticmethod
    def exceed(limit: int, unit: str) -> NoReturn:
        """Stop the evaluation."""
        raise BudgetExceeded(limit=limit, unit=unit, element="")
