"""What stands after a dot on dates, times, durations and ranges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.feel.values import Range, Value, kind_of

# More days and years than any duration has.
_ALL = 10**13
_Property = Callable[[Any], Value]


def _offset(value: datetime | time) -> timedelta | None:
    return value.utcoffset()


def _zone(value: datetime | time) -> str | None:
    return None if value.tzinfo is None else str(value.tzinfo)


def _seconds(value: timedelta) -> int:
    return abs(value) // timedelta(seconds=1) * (-1 if value < timedelta(0) else 1)


def _part(total: int, unit: int, modulus: int) -> Decimal:
    part = abs(total) // unit % modulus
    return Decimal(-part if total < 0 else part)


_DATE: dict[str, _Property] = {
    "year": lambda v: Decimal(v.year),
    "month": lambda v: Decimal(v.month),
    "day": lambda v: Decimal(v.day),
    "weekday": lambda v: Decimal(date.isoweekday(v)),
}
_TIME: dict[str, _Property] = {
    "hour": lambda v: Decimal(v.hour),
    "minute": lambda v: Decimal(v.minute),
    "second": lambda v: Decimal(v.second),
    "time offset": _offset,
    "timezone": _zone,
}
_PROPERTIES: dict[str, dict[str, _Property]] = {
    "date": _DATE,
    "time": _TIME,
    "date and time": _DATE | _TIME,
    "days and time duration": {
        "days": lambda v: _part(_seconds(v), 86400, _ALL),
        "hours": lambda v: _part(_seconds(v), 3600, 24),
        "minutes": lambda v: _part(_seconds(v), 60, 60),
        "seconds": lambda v: _part(_seconds(v), 1, 60),
    },
    "years and months duration": {
        "years": lambda v: _part(v.count, 12, _ALL),
        "months": lambda v: _part(v.count, 1, 12),
    },
}


def _range_property(value: Range, name: str) -> Value:
    places = {
        "start": value.low,
        "end": value.high,
        "start included": value.low_included,
        "end included": value.high_included,
    }
    return places.get(name)


def property_of(value: Value, name: str) -> Value:
    """The property, or null where the value has none of that name."""
    if isinstance(value, Range):
        return _range_property(value, name)
    read = _PROPERTIES.get(kind_of(value), {}).get(name)
    return None if read is None else read(value)


NAMES = ("time offset", "start included", "end included")
