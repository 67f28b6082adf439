"""Working time: adding and taking away hours, limits in hours, working days or calendar days. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import partial
from typing import Any

from engine.clock.calendar import HOUR, OFFSET, SHIFTS, Calendar, Season, Shift
from engine.clock.timing import Worked, Working
from engine.errors import LimitRefused

__all__ = [
    "OFFSET", "SHIFTS", "Calendar", "Season", "Shift", "add", "between", "counted_in", "limit_due", "limit_hours",
    "limit_value", "subtract",
]

_LONGEST = Decimal(1_000_000)


def add(calendar: Calendar, start: datetime, hours: Decimal) -> datetime:
    """The moment when so many working hours have passed since the start, exact to the microsecond, in UTC."""
    length = _length(hours)
    if length == 0:
        return start.astimezone(UTC)
    return calendar.first_moment(calendar.place(start) + length, start.year)


def subtract(calendar: Calendar, end: datetime, hours: Decimal) -> datetime:
    """The last moment from which so many working hours lead to the end: the inverse of `add` at working moments."""
    length = _length(hours)
    if length == 0:
        return end.astimezone(UTC)
    return calendar.last_moment(calendar.place(end) - length, end.year)


def between(calendar: Calendar, a: datetime, b: datetime) -> Decimal:
    """Working hours from a to b; below zero when b comes first. The inverse of `add`."""
    return Decimal(calendar.place(b) - calendar.place(a)) / HOUR


def counted_in(calendar: Calendar) -> Working:
    """What working time in timers is, by a calendar. A working day counts as the working hours of a day."""
    return partial(_moved, calendar)


def _moved(calendar: Calendar, start: datetime, length: Worked) -> datetime:
    hours = abs(length.value) * (calendar.day_hours if length.unit == "working_day" else 1)
    return add(calendar, start, hours) if length.value > 0 else subtract(calendar, start, hours)


def _length(hours: Decimal) -> int:
    """Working hours in microseconds."""
    length = int((hours * HOUR).to_integral_value(ROUND_HALF_EVEN)) if abs(hours) < _LONGEST else -1
    if length < 0:
        raise LimitRefused(value=hours, unit="hour")
    return length


def limit_due(calendar: Calendar, start: datetime, limit: Mapping[str, Any]) -> datetime:
    """When a limit such as {"value": 3, "unit": "working_day"} ends.

    A working day counts as the working hours of a day. A limit in calendar days ends with the closing of its last
    day, or of the next working day when that one is off; the day of the start does not count.
    """
    hours = limit_hours(calendar, limit)
    if hours is not None:
        return add(calendar, start, hours)
    calendar.place(start)
    days = int(limit_value(limit).to_integral_value(ROUND_CEILING))
    return calendar.closing(calendar.local(start).date() + timedelta(days=days))


def limit_hours(calendar: Calendar, limit: Mapping[str, Any]) -> Decimal | None:
    """The limit in working hours, or None when it counts calendar days."""
    value, unit = limit_value(limit), limit.get("unit")
    if unit == "hour":
        return value
    if unit == "working_day":
        return value * calendar.day_hours
    if unit == "calendar_day":
        return None
    raise LimitRefused(value=limit.get("value"), unit=unit)


def limit_value(limit: Mapping[str, Any]) -> Decimal:
    """The limit's number. Raises LimitRefused unless it is above 0 and sensible."""
    try:
        value = Decimal(str(limit.get("value")))
    except InvalidOperation:
        value = Decimal(0)
    if not (value.is_finite() and 0 < value < 20_000):
        raise LimitRefused(value=limit.get("value"), unit=limit.get("unit"))
    return value
