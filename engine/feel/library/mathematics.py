"""Functions over numbers, and the two over truth."""

from __future__ import annotations

from datetime import timedelta
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)

from engine.feel.arithmetic import TRANSCENDENT
from engine.feel.budget import Run
from engine.feel.library.registry import builtin, number, roughly, single
from engine.feel.values import NUMBERS, IllTyped, Months, Value, kind_of
from engine.feel.zones import Zone

_WHOLE = Decimal(0)


def rounded(value: Decimal, scale: int, rounding: str) -> Decimal:
    """The number with that many digits after the point."""
    if not -6111 <= scale <= 6176:
        raise IllTyped
    if int(value.as_tuple().exponent) >= -scale:
        return value
    return value.quantize(Decimal(f"1E{-scale}"), rounding=rounding, context=NUMBERS)


@builtin("decimal", "n, scale")
def _decimal(n: Value, scale: Value) -> Value:
    return rounded(number(n), roughly(scale), ROUND_HALF_EVEN)


@builtin("floor", "n, scale", least=1)
def _floor(n: Value, scale: Value = _WHOLE) -> Value:
    return rounded(number(n), roughly(scale), ROUND_FLOOR)


@builtin("ceiling", "n, scale", least=1)
def _ceiling(n: Value, scale: Value = _WHOLE) -> Value:
    return rounded(number(n), roughly(scale), ROUND_CEILING)


@builtin("round up", "n, scale", least=1)
def _round_up(n: Value, scale: Value = _WHOLE) -> Value:
    return rounded(number(n), roughly(scale), ROUND_UP)


@builtin("round down", "n, scale", least=1)
def _round_down(n: Value, scale: Value = _WHOLE) -> Value:
    return rounded(number(n), roughly(scale), ROUND_DOWN)


@builtin("round half up", "n, scale", least=1)
def _round_half_up(n: Value, scale: Value = _WHOLE) -> Value:
    return rounded(number(n), roughly(scale), ROUND_HALF_UP)


@builtin("round half down", "n, scale", least=1)
def _round_half_down(n: Value, scale: Value = _WHOLE) -> Value:
    return rounded(number(n), roughly(scale), ROUND_HALF_DOWN)


@builtin("abs", "n")
def _abs(n: Value) -> Value:
    value = single(n)
    if type(value) is Months:
        return Months(abs(value.count))
    return abs(value) if type(value) is timedelta else NUMBERS.abs(number(value))


@builtin("modulo", "dividend, divisor")
def _modulo(dividend: Value, divisor: Value) -> Value:
    left, right = number(dividend), number(divisor)
    quotient = rounded(NUMBERS.divide(left, right), 0, ROUND_FLOOR)
    return NUMBERS.subtract(left, NUMBERS.multiply(right, quotient))


@builtin("sqrt", "number")
def _sqrt(n: Value) -> Value:
    return NUMBERS.sqrt(number(n))


@builtin("log", "number", runs=True)
def _log(run: Run, n: Value) -> Value:
    run.spend(TRANSCENDENT)
    value = number(n)
    return NUMBERS.ln(value) if value > 0 else None


@builtin("exp", "number", runs=True)
def _exp(run: Run, n: Value) -> Value:
    run.spend(TRANSCENDENT)
    return NUMBERS.exp(number(n))


@builtin("odd", "number")
def _odd(n: Value) -> Value:
    return _rest(n) == 1


@builtin("even", "number")
def _even(n: Value) -> Value:
    return _rest(n) == 0


def _rest(n: Value) -> int:
    value = number(n)
    if value != value.to_integral_value():
        raise IllTyped
    ends_in_zero = int(value.as_tuple().exponent) > 0
    return 0 if ends_in_zero else int(value) % 2


@builtin("not", "negand")
def _not(negand: Value) -> Value:
    return not negand if type(negand) is bool else None


def _zone(value: Value) -> object:
    return value.tzinfo if isinstance(value.tzinfo, Zone) else value.utcoffset()


@builtin("is", "value1, value2", least=1, runs=True)
def _is(run: Run, left: Value, right: Value = None) -> Value:
    run.weigh(left)
    if kind_of(left) != kind_of(right):
        return False
    if kind_of(left) in ("time", "date and time") and _zone(left) != _zone(right):
        return False
    return bool(left == right)
