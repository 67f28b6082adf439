"""How much one evaluation may use, and the run that counts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from engine.errors import BudgetExceeded
from engine.feel.temporal import LOCAL
from engine.feel.values import Value


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one evaluation: nodes visited, characters or items of one value, levels of calls and of values."""

    steps: int = 100_000
    size: int = 100_000
    depth: int = 200


DEFAULT = Budget()


class Run:
    """One evaluation: its clock and what is left of its budget."""

    __slots__ = ("budget", "depth", "moment", "steps")

    def __init__(self, now: datetime, budget: Budget = DEFAULT) -> None:
        self.moment = now
        self.budget = budget
        self.steps = budget.steps
        self.depth = 0

    @property
    def now(self) -> datetime:
        """The clock handed in, as Vietnam reads it."""
        return self.moment.astimezone(LOCAL)

    def spend(self, steps: int) -> None:
        """Take steps from the budget."""
        self.steps -= steps
        if self.steps < 0:
            self.exceed(self.budget.steps, "steps")

    def enter(self, levels: int) -> None:
        """Go down into a call."""
        self.depth += levels
        if self.depth > self.budget.depth:
            self.exceed(self.budget.depth, "levels")

    def allow(self, size: int) -> None:
        """Permit a value of that many characters or items."""
        if size > self.budget.size:
            self.exceed(self.budget.size, "characters or items")

    def measured(self, value: Value) -> Value:
        """The value, when it is small enough."""
        if type(value) is str or type(value) is list:
            self.allow(len(value))
        return value

    def weigh(self, value: Value) -> Value:
        """The value, when it is neither too big nor too deep all the way down."""
        left = [(value, 0)]
        while left:
            item, level = left.pop()
            if level > self.budget.depth:
                self.exceed(self.budget.depth, "levels")
            below = item if type(item) is list else item.values() if isinstance(item, Mapping) else None
            if below is not None:
                self.spend(len(below))
                left.extend((child, level + 1) for child in below)
        return value

    @staticmethod
    def exceed(limit: int, unit: str) -> NoReturn:
        """Stop the evaluation."""
        raise BudgetExceeded(limit=limit, unit=unit, element="")
