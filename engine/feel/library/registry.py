"""How a built-in function is declared and called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from engine.feel.budget import Run
from engine.feel.values import Function, IllTyped, Value

Implementation = Callable[..., Value]
# What a call takes in steps besides what its arguments and its result do.
CALLING = 3


@dataclass(frozen=True, slots=True)
class Builtin:
    """A function with its signatures. `runs` says that it wants the run as its first argument."""

    name: str
    signatures: tuple[tuple[str, ...], ...]
    implementation: Implementation
    least: int
    runs: bool
    variadic: bool

    def apply(self, run: Run, arguments: Sequence[Value], names: Sequence[str] = ()) -> Value:
        """The function's value, or null where the arguments do not fit."""
        placed = self._placed(arguments, names) if names else arguments
        if placed is None or not self._fits(len(placed)):
            return None
        run.spend(CALLING)
        for argument in placed:
            kind = type(argument)
            if kind is list or kind is str:
                run.spend(1 + len(argument) // 8)
            elif kind is dict:
                run.spend(1 + len(argument))
        try:
            return run.measured(self.implementation(run, *placed) if self.runs else self.implementation(*placed))
        except (IllTyped, ArithmeticError, ValueError):
            return None

    def as_value(self, run: Run) -> Function:
        """The function as a value that can be passed on."""
        return Function(self.signatures[0], lambda arguments: self.apply(run, arguments))

    def _fits(self, count: int) -> bool:
        return count >= self.least and (self.variadic or count <= max(len(names) for names in self.signatures))

    def _placed(self, arguments: Sequence[Value], names: Sequence[str]) -> list[Value] | None:
        given = dict(zip(names, arguments, strict=True))
        for signature in self.signatures:
            if len(given) == len(names) and given.keys() <= set(signature):
                last = max(signature.index(name) for name in given)
                return [given.get(name) for name in signature[: last + 1]]
        return None


BUILTINS: dict[str, Builtin] = {}


def builtin(
    name: str, *signatures: str, least: int | None = None, runs: bool = False, variadic: bool = False
) -> Callable[[Implementation], Implementation]:
    """Declare a function under its FEEL name; each signature is a text such as "string, start position"."""
    parsed = tuple(tuple(part.strip() for part in text.split(",") if part.strip()) for text in signatures or ("",))
    smallest = min(len(names) for names in parsed) if least is None else least

    def declare(implementation: Implementation) -> Implementation:
        BUILTINS[name] = Builtin(name, parsed, implementation, smallest, runs, variadic)
        return implementation

    return declare


# What an argument must be. A list of one item stands for that item, and a single value for the list of it.


def single(value: Value) -> Value:
    """The one item of a list of one, else the value itself."""
    return value[0] if type(value) is list and len(value) == 1 else value


def _expect(value: Value, *kinds: type) -> Any:
    value = single(value)
    if type(value) not in kinds:
        raise IllTyped
    return value


def text(value: Value) -> str:
    """A string."""
    found: str = _expect(value, str)
    return found


def number(value: Value) -> Decimal:
    """A number."""
    found: Decimal = _expect(value, Decimal)
    return found


def whole(value: Value, limit: int = 1_000_000) -> int:
    """A whole number of a reasonable size."""
    found = number(value)
    if found != found.to_integral_value() or abs(found) > limit:
        raise IllTyped
    return int(found)


def roughly(value: Value) -> int:
    """A number without what is behind its point."""
    return whole(number(value).to_integral_value(rounding="ROUND_DOWN"))


def flag(value: Value) -> bool:
    """A boolean."""
    found: bool = _expect(value, bool)
    return found


def items(value: Value) -> list[Value]:
    """A list."""
    if value is None:
        raise IllTyped
    return value if type(value) is list else [value]


def spread(arguments: Sequence[Value]) -> list[Value]:
    """The items of a single list argument, or the arguments themselves."""
    if len(arguments) == 1:
        return items(arguments[0])
    return list(arguments)


def numbers(arguments: Sequence[Value]) -> list[Decimal]:
    """The same, all of them numbers."""
    found = spread(arguments)
    if any(type(item) is not Decimal for item in found):
        raise IllTyped
    return found


def day(value: Value) -> date:
    """A date, or a date and time."""
    found = single(value)
    if not isinstance(found, date):
        raise IllTyped
    return found


def clock(value: Value) -> time:
    """A time of day."""
    found: time = _expect(value, time)
    return found


def length(value: Value) -> timedelta:
    """A days-and-time duration."""
    found: timedelta = _expect(value, timedelta)
    return found
