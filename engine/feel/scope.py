"""Where names are looked up."""

from __future__ import annotations

from collections.abc import Mapping

from engine.feel.budget import Run
from engine.feel.library import BUILTINS
from engine.feel.properties import property_of
from engine.feel.values import Function, Value


class Scope:
    """Names and their values, with the scope around it. Only values from outside (`raw`) still need lifting."""

    __slots__ = ("parent", "raw", "run", "values")

    def __init__(self, values: Mapping[str, Value], parent: Scope | None, run: Run, raw: bool = False) -> None:
        self.values = values
        self.parent = parent
        self.run = run
        self.raw = raw

    def within(self, values: Mapping[str, Value], raw: bool = False) -> Scope:
        """A scope inside this one."""
        return Scope(values, self, self.run, raw)

    def around(self, item: Value) -> Scope:
        """The scope in which a filter looks at an item of a list."""
        inside = Scope({"item": item}, self, self.run)
        return Scope(item, inside, self.run, True) if isinstance(item, Mapping) else inside

    def value(self, name: str) -> Value:
        """What the name stands for; null where nothing does."""
        at: Scope | None = self
        while at is not None:
            if name in at.values:
                value = at.values[name]
                return at.run.lift(value) if at.raw else value
            at = at.parent
        found = BUILTINS.get(name)
        return found.as_value(self.run) if found is not None else None

    def has_function(self, name: str) -> bool:
        """Whether the name stands for a function that is not built in."""
        at: Scope | None = self
        while at is not None:
            if name in at.values:
                return type(at.values[name]) is Function
            at = at.parent
        return False


def member(base: Value, name: str, run: Run) -> Value:
    """The entry of a context, or the property of another value."""
    if type(base) is dict or isinstance(base, Mapping):
        return run.lift(base.get(name))
    return property_of(base, name)
