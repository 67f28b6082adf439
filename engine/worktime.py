"""Working time: pure arithmetic on a calendar of shifts, weekends, days off and make-up days.

Every working day has the same shifts, so a moment is placed on one line of working microseconds: whole working days
before its date (a formula and two binary searches) times the day's length, plus what of that day has passed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from engine.errors import CalendarRefused, LimitRefused

Shift = tuple[time, time]
SHIFTS: tuple[Shift, ...] = ((time(7, 30), time(11, 30)), (time(13), time(17)))
OFFSET = timedelta(hours=7)
_HOUR = 3_600_000_000
_KINDS = ("off", "make_up")
_LONGEST = Decimal(1_000_000)


@dataclass(frozen=True)
class Calendar:
    """When a unit works: shifts of a working day, Monday to Friday, and the days that differ."""

    shifts: tuple[Shift, ...] = SHIFTS
    days: Mapping[date, str] = field(default_factory=dict)
    offset: timedelta = OFFSET
    _pieces: tuple[tuple[int, int], ...] = field(init=False, repr=False, compare=False)
    _length: int = field(init=False, repr=False, compare=False)
    _off: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _on: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _zone: timezone = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pieces = _pieces_of(self.shifts)
        for day, kind in self.days.items():
            if kind not in _KINDS:
                raise CalendarRefused(reason=f"the day {day} is neither off nor make_up")
        self._set("_pieces", pieces)
        self._set("_length", sum(end - begin for begin, end in pieces))
        self._set("_off", self._exceptions("off", weekend=False))
        self._set("_on", self._exceptions("make_up", weekend=True))
        self._set("_zone", timezone(self.offset))

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _exceptions(self, kind: str, *, weekend: bool) -> tuple[int, ...]:
        found = (day for day, marked in self.days.items() if marked == kind and (day.weekday() > 4) == weekend)
        return tuple(sorted(day.toordinal() for day in found))

    def works(self, day: date) -> bool:
        """Whether the day is a working day."""
        return self._works(day.toordinal())

    @property
    def day_hours(self) -> Decimal:
        """Working hours of a working day."""
        return Decimal(self._length) / _HOUR

    def _works(self, ordinal: int) -> bool:
        return self._before(ordinal + 1) > self._before(ordinal)

    def _before(self, ordinal: int) -> int:
        """Working days before that day. Ordinal 1 is a Monday."""
        weeks, rest = divmod(ordinal - 1, 7)
        return weeks * 5 + min(rest, 5) - bisect_left(self._off, ordinal) + bisect_left(self._on, ordinal)

    def _day(self, index: int) -> int:
        """The ordinal of the working day with that many working days before it."""
        weeks, rest = divmod(index, 5)
        day = weeks * 7 + rest + 1
        # Days off push the day later, make-up days pull it earlier; each round closes the gap that is left.
        missing = index + 1 - self._before(day + 1)
        while missing:
            day += missing
            missing = index + 1 - self._before(day + 1)
        while self._before(day) > index:
            day -= 1
        return day

    def _place(self, moment: datetime) -> int:
        """Working microseconds up to a moment."""
        local = self._local(moment)
        ordinal = local.toordinal()
        days = self._before(ordinal)
        done = days * self._length
        if self._before(ordinal + 1) == days:
            return done
        passed = ((local.hour * 60 + local.minute) * 60 + local.second) * 1_000_000 + local.microsecond
        return done + sum(min(max(passed - begin, 0), end - begin) for begin, end in self._pieces)

    def _local(self, moment: datetime) -> datetime:
        if moment.tzinfo is None:
            raise CalendarRefused(reason="a moment without a time zone was given")
        return moment.astimezone(self._zone)

    def _moment(self, place: int) -> datetime:
        """The first moment at which that much working time has passed."""
        index, rest = divmod(place - 1, self._length)
        rest += 1
        for begin, end in self._pieces:
            if rest <= end - begin:
                return self._at(self._day(index), begin + rest)
            rest -= end - begin
        raise AssertionError("a day's shifts hold its length")

    def _at(self, ordinal: int, passed: int) -> datetime:
        midnight = datetime.combine(date.fromordinal(ordinal), time(), self._zone)
        return (midnight + timedelta(microseconds=passed)).astimezone(UTC)

    def _closing(self, ordinal: int) -> datetime:
        """Closing time of that day, or of the next working day."""
        return self._at(self._day(self._before(ordinal)), self._pieces[-1][1])


def _pieces_of(shifts: tuple[Shift, ...]) -> tuple[tuple[int, int], ...]:
    pieces = tuple(sorted((_since_midnight(begin), _since_midnight(end)) for begin, end in shifts))
    last = 0
    for begin, end in pieces:
        if begin < last or end <= begin:
            raise CalendarRefused(reason="its shifts overlap or end before they begin")
        last = end
    if not pieces:
        raise CalendarRefused(reason="it has no working hour")
    return pieces


def _since_midnight(moment: time) -> int:
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000 + moment.microsecond


def add(calendar: Calendar, start: datetime, hours: Decimal) -> datetime:
    """The moment when so many working hours have passed since the start, exact to the microsecond, in UTC."""
    length = int((hours * _HOUR).to_integral_value(ROUND_HALF_EVEN)) if abs(hours) < _LONGEST else -1
    if length < 0:
        raise LimitRefused(value=hours, unit="hour")
    if length == 0:
        return start.astimezone(UTC)
    return calendar._moment(calendar._place(start) + length)


def between(calendar: Calendar, a: datetime, b: datetime) -> Decimal:
    """Working hours from a to b; below zero when b comes first. The inverse of `add`."""
    return Decimal(calendar._place(b) - calendar._place(a)) / _HOUR


def limit_due(calendar: Calendar, start: datetime, limit: Mapping[str, Any]) -> datetime:
    """When a limit such as {"value": 3, "unit": "working_day"} ends.

    A working day counts as the working hours of a day. A limit in calendar days ends with the closing of its last
    day, or of the next working day when that one is off; the day of the start does not count.
    """
    hours = limit_hours(calendar, limit)
    if hours is not None:
        return add(calendar, start, hours)
    days = int(limit_value(limit).to_integral_value(ROUND_CEILING))
    return calendar._closing(calendar._local(start).toordinal() + days)


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
