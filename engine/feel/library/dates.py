"""Functions over the calendar. The clock is the one handed in, read in Vietnam."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from engine.feel.budget import Run
from engine.feel.library.registry import builtin, day
from engine.feel.temporal import plus_months
from engine.feel.values import Value

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
