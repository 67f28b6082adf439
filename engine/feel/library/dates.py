"""Functions over the calendar. The clock is the one handed in, read in Vietnam."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from engine.feel.budget import Run
from engine.feel.library.registry import builtin, day, number, single
from engine.feel.temporal import as_moment, parse_temporal, plus_months
from engine.feel.values import IllTyped, Value, number_text

LEAST, MOST = Decimal("0.0001"), Decimal(9999)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)


@builtin("now", runs=True)
def _now(run: Run) -> Value:
    return run.now


@builtin("today", runs=True)
def _today(run: Run) -> Value:
    return run.now.date()


@builtin("working hours", "hours", "hours, from")
def _working_hours(hours: Value, start: Value = None) -> Value:
    return _working(number(hours), "PT{}H", start)


@builtin("working days", "days", "days, from")
def _working_days(days: Value, start: Value = None) -> Value:
    return _working(number(days), "P{}D", start)


def _working(length: Decimal, pattern: str, start: Value) -> Value:
    """A length of working time as timers read it, after (or before) a moment if one is given."""
    if not LEAST <= abs(length) <= MOST or (start is None and length < 0):
        raise IllTyped
    said = number_text(abs(length).quantize(LEAST))
    words = f"working {'-' if length < 0 else ''}{pattern.format(said)}"
    return words if start is None else f"{_begun(single(start)).isoformat()}/{words}"


def _begun(start: Value) -> datetime:
    moment = parse_temporal(start) if isinstance(start, str) else start
    if not isinstance(moment, date):
        raise IllTyped
    return as_moment(moment)


@builtin("day of year", "date")
def _day_of_year(value: Value) -> Value:
    return Decimal(day(value).timetuple().tm_yday)


@builtin("day of week", "date")
def _day_of_week(value: Value) -> Value:
    return _DAYS[day(value).weekday()]


@builtin("month of year", "date")
def _month_of_year(value: Value) -> Value:
    return _MONTHS[day(value).month - 1]


@builtin("week of year", "date")
def _week_of_year(value: Value) -> Value:
    return Decimal(day(value).isocalendar().week)


@builtin("last day of month", "date")
def _last_day_of_month(value: Value) -> Value:
    found = day(value)
    first = date(found.year, found.month, 1)
    return plus_months(first, 1) - timedelta(days=1)
