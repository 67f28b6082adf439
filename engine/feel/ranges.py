"""Walking over a range of whole numbers or days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from engine.feel.values import NUMBERS, IllTyped, Value


def iterate(start: Value, end: Value) -> Iterator[Value]:
    """From start to end, both included, upwards or downwards."""
    if type(start) is Decimal and type(end) is Decimal:
        if start != start.to_integral_value() or end != end.to_integral_value():
            raise IllTyped
        return _numbers(start, end)
    if type(start) is date and type(end) is date:
        return _days(start, end)
    raise IllTyped


def _numbers(start: Decimal, end: Decimal) -> Iterator[Value]:
    step = Decimal(1) if end >= start else Decimal(-1)
    while (end - start) * step >= 0:
        yield start
        start = NUMBERS.add(start, step)


def _days(start: date, end: date) -> Iterator[Value]:
    step = timedelta(1 if end >= start else -1)
    for index in range(abs((end - start).days) + 1):
        yield start + step * index
