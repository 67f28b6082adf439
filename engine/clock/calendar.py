"""When a unit works: shifts by weekday and season, days off and make-up days, on one line of working microseconds.

Each year has an index of its shifts in UTC, built when it is first asked for; a moment is placed by two binary
searches. Years are counted from a fixed one, so that it does not matter which of them was asked for first.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal

from engine.errors import CalendarRefused

Shift = tuple[time, time]
Week = tuple[tuple[Shift, ...], ...]
Piece = tuple[int, int]
SHIFTS: tuple[Shift, ...] = ((time(7, 30), time(11, 30)), (time(13), time(17)))
OFFSET = timedelta(hours=7)
LOCAL = timezone(OFFSET)
BEGINS, ENDS = date(1990, 1, 1), date(2200, 1, 1)
HOUR = 3_600_000_000
_DAY = 24 * HOUR
_KINDS = ("off", "make_up")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)
_ANCHOR = 2020


@dataclass(frozen=True, slots=True)
class Season:
    """The shifts of Monday to Sunday from a date on, between two days of each year: (month, day), both included.

    A shift that ends at 00:00 ends with its day; one over midnight is written as two.
    """

    week: Week
    since: date = BEGINS
    first: tuple[int, int] = (1, 1)
    last: tuple[int, int] = (12, 31)

    def covers(self, day: date) -> bool:
        """Whether the day lies in the season, which may go over New Year."""
        at = (day.month, day.day)
        inside = self.first <= at <= self.last if self.first <= self.last else not self.last < at < self.first
        return inside and day >= self.since


@dataclass(frozen=True, slots=True)
class CutOff:
    """What is received after the hour `at` counts from the opening of the next working day; None: nothing does.

    It holds from a day on, for a channel (direct, online, postal) or, without one, for all.
    """

    at: time | None
    since: date = BEGINS
    channel: str = ""


@dataclass(frozen=True, slots=True)
class _Year:
    """The shifts of a year in UTC microseconds; `done` is the working time before each, `total` that of the year."""

    starts: list[int]
    ends: list[int]
    done: list[int]
    total: int


@dataclass(frozen=True)
class Calendar:
    """When a unit works. `shifts` are those of Monday to Friday; `seasons` say otherwise, the last that covers a day
    wins; so does the last of `cut_offs`. A make-up day is worked like the longest day of its week."""

    shifts: tuple[Shift, ...] = SHIFTS
    days: Mapping[date, str] = field(default_factory=dict)
    zone: tzinfo = LOCAL
    seasons: tuple[Season, ...] = ()
    begins: date = BEGINS
    cut_offs: tuple[CutOff, ...] = ()
    _rules: tuple[tuple[Season, tuple[tuple[Piece, ...], ...]], ...] = field(init=False, repr=False, compare=False)
    _years: dict[int, _Year] = field(init=False, repr=False, compare=False)
    _before: dict[int, int] = field(init=False, repr=False, compare=False)
    _first: int = field(init=False, repr=False, compare=False)
    _hours: Decimal = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        plain = Season((self.shifts,) * 5 + ((), ()))
        seasons = (plain, *self.seasons) if self.shifts else self.seasons
        rules = tuple((season, tuple(pieces_of(shifts) for shifts in season.week)) for season in seasons)
        if not any(pieces for _, week in rules for pieces in week):
            raise CalendarRefused(reason="it has no working hour")
        for day, kind in self.days.items():
            if kind not in _KINDS:
                raise CalendarRefused(reason=f"the day {day} is neither off nor make_up")
        first = self._midnight(self.begins)
        usual = next(week for _, week in rules if any(week))
        hours = Decimal(max(map(_length, usual))) / HOUR
        for name, value in (("_rules", rules), ("_years", {}), ("_before", {_ANCHOR: 0}), ("_first", first),
                            ("_hours", hours)):
            object.__setattr__(self, name, value)

    @property
    def day_hours(self) -> Decimal:
        """Working hours of a working day: the longest of the usual week."""
        return self._hours

    def works(self, day: date) -> bool:
        """Whether anything is worked on the day."""
        return bool(self._pieces(day))

    def local(self, moment: datetime) -> datetime:
        """The moment as the unit's clocks show it."""
        if moment.tzinfo is None:
            raise CalendarRefused(reason="a moment without a time zone was given")
        return moment.astimezone(self.zone)

    def shifts_of(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The shifts of a day as moments in UTC."""
        return tuple((_moment(begin), _moment(end)) for begin, end in self._placed(day))

    def closing(self, day: date) -> datetime:
        """Closing time of that day, or of the next working day."""
        while day < ENDS:
            placed = self._placed(day)
            if placed:
                return _moment(placed[-1][1])
            day += timedelta(days=1)
        raise CalendarRefused(reason="it has no working hour")

    def next_opening(self, moment: datetime) -> datetime:
        """When the first working day after the moment's own begins."""
        day = self.local(moment).date() + timedelta(days=1)
        while not self.works(day):
            if day >= ENDS:
                raise CalendarRefused(reason="it has no working hour")
            day += timedelta(days=1)
        return _moment(self._placed(day)[0][0])

    def missed(self, moment: datetime, channel: str) -> time | None:
        """The cut-off hour after which something received then has come, if working time of its day was left."""
        shown = self.local(moment)
        held = [each.at for each in self.cut_offs if each.since <= shown.date() and each.channel in ("", channel)]
        if not held or held[-1] is None or shown.time() <= held[-1]:
            return None
        return held[-1] if self.place(moment) < self.place(self.next_opening(moment)) else None

    def place(self, moment: datetime) -> int:
        """Working microseconds up to a moment, counted from a fixed year."""
        if moment.tzinfo is None:
            raise CalendarRefused(reason="a moment without a time zone was given")
        at = (moment - _EPOCH) // _MICROSECOND
        if at < self._first:
            raise CalendarRefused(reason=f"it begins on {self.begins}")
        number = self._number(at, moment.year)
        year = self._year(number)
        index = bisect_right(year.starts, at) - 1
        if index < 0:
            return self._until(number)
        return self._until(number) + year.done[index] + min(at, year.ends[index]) - year.starts[index]

    def first_moment(self, place: int, near: int) -> datetime:
        """The first moment at which that much working time has passed; the search begins with the year `near`."""
        number = near
        while place <= self._until(number):
            number -= 1
        while place > self._until(number) + self._year(number).total:
            number += 1
        year, rest = self._year(number), place - self._until(number)
        index = bisect_left(year.done, rest) - 1
        return _moment(year.starts[index] + rest - year.done[index])

    def last_moment(self, place: int, near: int) -> datetime:
        """The last moment at which no more than that much working time has passed."""
        number = near
        while place < self._until(number):
            number -= 1
        while place >= self._until(number) + self._year(number).total:
            number += 1
        year, rest = self._year(number), place - self._until(number)
        index = bisect_right(year.done, rest) - 1
        return _moment(year.starts[index] + rest - year.done[index])

    def _number(self, at: int, guess: int) -> int:
        """The local year of a moment; UTC's is at most a day away from it."""
        if at < self._midnight(date(guess, 1, 1)):
            return guess - 1
        return guess + 1 if at >= self._midnight(date(guess + 1, 1, 1)) else guess

    def _until(self, number: int) -> int:
        """Working microseconds before a year."""
        self._check(number)
        known = self._before.get(number)
        if known is None:
            step = 1 if number > _ANCHOR else -1
            for each in range(_ANCHOR, number, step):
                passed = self._year(each).total if step > 0 else -self._year(each - 1).total
                self._before[each + step] = self._before[each] + passed
            known = self._before[number]
        return known

    def _check(self, number: int) -> None:
        if number < self.begins.year:
            raise CalendarRefused(reason=f"it begins on {self.begins}")
        if number >= ENDS.year:
            raise CalendarRefused(reason=f"it ends before {ENDS}")

    def _year(self, number: int) -> _Year:
        found = self._years.get(number)
        if found is None:
            self._check(number)
            found = self._years[number] = self._built(number)
        return found

    def _built(self, number: int) -> _Year:
        starts, ends, done, total = [], [], [], 0
        day, last = date(number, 1, 1), date(number, 12, 31)
        while day <= last:
            for begin, end in self._placed(day):
                starts.append(begin)
                ends.append(end)
                done.append(total)
                total += end - begin
            day += timedelta(days=1)
        return _Year(starts, ends, done, total)

    def _pieces(self, day: date) -> tuple[Piece, ...]:
        """The shifts of a day in microseconds after midnight."""
        kind = self.days.get(day)
        if kind == "off" or day < self.begins:
            return ()
        week = next((week for season, week in reversed(self._rules) if season.covers(day)), ((),) * 7)
        return max(week, key=_length) if kind == "make_up" else week[day.weekday()]

    def _placed(self, day: date) -> list[Piece]:
        """The shifts of a day in UTC microseconds; what a change of the clocks swallows is left out."""
        pieces = self._pieces(day)
        if isinstance(self.zone, timezone):
            midnight = self._midnight(day)
            return [(midnight + begin, midnight + end) for begin, end in pieces]
        placed = ((self._wall(day, begin), self._wall(day, end)) for begin, end in pieces)
        return [(begin, end) for begin, end in placed if begin < end]

    def _midnight(self, day: date) -> int:
        if isinstance(self.zone, timezone):
            return (day.toordinal() - _EPOCH_DAY) * _DAY - self.zone.utcoffset(None) // _MICROSECOND
        return self._wall(day, 0)

    def _wall(self, day: date, passed: int) -> int:
        """What the clocks on the wall show, in UTC."""
        days, rest = divmod(passed, _DAY)
        shown = datetime.combine(day + timedelta(days=days), time()) + timedelta(microseconds=rest)
        return (shown.replace(tzinfo=self.zone).astimezone(UTC) - _EPOCH) // _MICROSECOND


def pieces_of(shifts: tuple[Shift, ...]) -> tuple[Piece, ...]:
    """Shifts in microseconds after midnight, in order. Raises CalendarRefused when they overlap."""
    pieces = tuple(sorted((_since_midnight(begin), _since_midnight(end) or _DAY) for begin, end in shifts))
    last = 0
    for begin, end in pieces:
        if begin < last or end <= begin:
            raise CalendarRefused(reason="its shifts overlap or end before they begin")
        last = end
    return pieces


def _length(pieces: tuple[Piece, ...]) -> int:
    return sum(end - begin for begin, end in pieces)


def _since_midnight(moment: time) -> int:
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000 + moment.microsecond


def _moment(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)
