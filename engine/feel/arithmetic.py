"""What + - * / ** mean between the kinds of values; everything else is null."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from engine.feel.temporal import apart, difference, of_seconds, plus_duration, plus_months, seconds_of
from engine.feel.values import NUMBERS, IllTyped, Months, Value, kind_of

Operation = Callable[[Value, Value], Value]
# What a power, a logarithm or an exponential costs in steps.
TRANSCENDENT = 25
_MOST_MONTHS = 10**12
_DAYS, _MONTHS = "days and time duration", "years and months duration"


def power(base: Decimal, exponent: Decimal) -> Decimal:
    """base ** exponent, within 34 digits."""
    return NUMBERS.power(base, exponent)


def _months(count: int | Decimal) -> Months:
    """A duration of so many months, what is behind the point left out; longer than any calendar it is none."""
    if not -_MOST_MONTHS <= count <= _MOST_MONTHS:
        raise IllTyped
    return Months(int(count))


def _scaled(duration: timedelta, factor: Decimal) -> timedelta:
    return of_seconds(NUMBERS.multiply(seconds_of(duration), factor))


def _per(left: timedelta, right: timedelta) -> Decimal:
    return NUMBERS.divide(seconds_of(left), seconds_of(right))


def _table() -> dict[tuple[str, str, str], Operation]:
    table: dict[tuple[str, str, str], Operation] = {
        ("+", "number", "number"): NUMBERS.add,
        ("-", "number", "number"): NUMBERS.subtract,
        ("+", "string", "string"): lambda a, b: a + b,
        ("+", _DAYS, _DAYS): lambda a, b: a + b,
        ("-", _DAYS, _DAYS): lambda a, b: a - b,
        ("/", _DAYS, _DAYS): _per,
        ("*", _DAYS, "number"): _scaled,
        ("*", "number", _DAYS): lambda a, b: _scaled(b, a),
        ("/", _DAYS, "number"): lambda a, b: of_seconds(NUMBERS.divide(seconds_of(a), b)),
        ("+", _MONTHS, _MONTHS): lambda a, b: _months(a.count + b.count),
        ("-", _MONTHS, _MONTHS): lambda a, b: _months(a.count - b.count),
        ("/", _MONTHS, _MONTHS): lambda a, b: NUMBERS.divide(Decimal(a.count), Decimal(b.count)),
        ("*", _MONTHS, "number"): lambda a, b: _months(NUMBERS.multiply(Decimal(a.count), b)),
        ("*", "number", _MONTHS): lambda a, b: _months(NUMBERS.multiply(Decimal(b.count), a)),
        ("/", _MONTHS, "number"): lambda a, b: _months(NUMBERS.divide(Decimal(a.count), b)),
        ("-", "time", "time"): apart,
    }
    for left in ("date", "date and time"):
        table["+", left, _MONTHS] = lambda a, b: plus_months(a, b.count)
        table["+", _MONTHS, left] = lambda a, b: plus_months(b, a.count)
        table["-", left, _MONTHS] = lambda a, b: plus_months(a, -b.count)
        for right in ("date", "date and time"):
            table["-", left, right] = difference
    for left in ("date", "date and time", "time"):
        table["+", left, _DAYS] = plus_duration
        table["+", _DAYS, left] = lambda a, b: plus_duration(b, a)
        table["-", left, _DAYS] = lambda a, b: plus_duration(a, -b)
    return table


_OPERATIONS = _table()


_NUMERIC: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": NUMBERS.add,
    "-": NUMBERS.subtract,
    "*": NUMBERS.multiply,
    "/": NUMBERS.divide,
    "**": power,
}


def calculate(operator: str, left: Decimal, right: Decimal) -> Decimal | None:
    """The same between two numbers, without looking the operation up by kinds."""
    try:
        return _NUMERIC[operator](left, right)
    except ArithmeticError:
        return None


def compute(operator: str, left: Value, right: Value) -> Value:
    """The result, or null where the operation has no meaning (also a division by zero or an overflow)."""
    operation = _OPERATIONS.get((operator, kind_of(left), kind_of(right)))
    if operation is None:
        return None
    try:
        return operation(left, right)
    except (ArithmeticError, IllTyped, ValueError):
        return None


def negative(value: Value) -> Value:
    """-value for numbers and durations, else null."""
    if isinstance(value, Decimal):
        return NUMBERS.minus(value)
    if isinstance(value, Months):
        return Months(-value.count)
    return -value if isinstance(value, timedelta) else None
