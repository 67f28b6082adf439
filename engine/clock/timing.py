"""When a timer is due: ISO 8601 dates, durations and repetitions, counted from a moment that is handed in.

Working time is written with a word of our own before the length: `working PT16H` and `working P2D` as a duration,
`R3/working PT8H` as a cycle, `2026-03-02T09:00:00+07:00/working PT8H` (or `-PT8H`) as a date. Whoever has a working
calendar says when that is.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

LOCAL = timezone(timedelta(hours=7))
_NUMBER = r"(\d+)"
_DURATION = re.compile(
    rf"P(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:(\d+(?:\.\d{{1,6}})?)S)?)?",
    re.ASCII,
)
_REPEATED = re.compile(r"R(\d{0,6})", re.ASCII)
_MAX_DIGITS = 6
_WORKING = re.compile(r"working (-?)P(?:T(\d{1,5}(?:\.\d{1,6})?)H|(\d{1,4}(?:\.\d{1,6})?)D)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Worked:
    """A length of working time: `value` above or below 0, in the `unit` hour or working_day."""

    value: Decimal
    unit: str


# The moment so much working time after (or before) another one.
Working = Callable[[datetime, Worked], datetime]


def due_at(kind: str, value: str, now: datetime, working: Working | None = None) -> datetime:
    """The moment a timer goes off first; `kind` is duration, date or cycle. Raises ValueError for what is none, and for
    working time where nobody says what that is."""
    text = value.strip()
    if kind == "cycle":
        return next_of_cycle(text, now, 0, working) or now
    if kind == "duration":
        return _later(_length_of(text), 1, now, working)
    start, _, more = text.partition("/")
    return _later(_worked(more), 1, _moment(start), working) if more else _moment(text)


def any_time(start: datetime, length: Worked) -> datetime:
    """Working time where nobody works: for whoever asks only whether a value can be read."""
    return start


def is_working(value: str) -> bool:
    """Whether a timer's value is a length of working time."""
    return "working " in value


def next_of_cycle(text: str, base: datetime, fired: int, working: Working | None = None) -> datetime | None:
    """When a repeated timer that was set at `base` and has gone off `fired` times goes off next; None if no more.

    `R3/PT10H` goes off three times, ten hours apart; `R/P1M` every month, each counted from the beginning, so that the
    31st is followed by the last day of a shorter month and then by the 31st again. `R/<start>/P1D` begins at `start`
    (or at its first repetition after `base`), `R/P1D/<end>` does not go beyond `end`.
    """
    cycle = _cycle(text)
    if cycle.times is not None and fired >= cycle.times:
        return None
    start, number = (base, fired + 1) if cycle.start is None else (cycle.start, fired + _missed(cycle, base))
    due = _later(cycle.length, number, start, working)
    return None if cycle.end is not None and due > cycle.end else due


def text_of(moment: datetime) -> str:
    """A moment as it is stored: ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat()


def moment_of(text: str) -> datetime:
    """The inverse of `text_of`."""
    return datetime.fromisoformat(text)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class _Length:
    """A duration as whole months and the exact rest."""

    months: int
    rest: timedelta


@dataclass(frozen=True, slots=True)
class _Cycle:
    """How often (None: for ever), how far apart, and between which moments a timer repeats."""

    times: int | None
    length: _Length | Worked
    start: datetime | None = None
    end: datetime | None = None


def _cycle(text: str) -> _Cycle:
    parts = text.split("/")
    repeated = _REPEATED.fullmatch(parts[0])
    if repeated is None or len(parts) not in (2, 3):
        raise ValueError(text)
    times = int(repeated.group(1)) if repeated.group(1) else None
    last = len(parts) == 3 and parts[2].startswith("P")
    length = _length_of(parts[2] if last else parts[1])
    if times == 0 or not _lasts(length) or (isinstance(length, Worked) and len(parts) == 3):
        raise ValueError(text)
    if len(parts) == 2:
        return _Cycle(times, length)
    return _Cycle(times, length, start=_moment(parts[1])) if last else _Cycle(times, length, end=_moment(parts[2]))


def _missed(cycle: _Cycle, base: datetime) -> int:
    """How many repetitions lie before the moment the timer was set."""
    start, length = cycle.start or base, cycle.length
    assert isinstance(length, _Length)
    longest = timedelta(days=31) * length.months + length.rest
    missed = max(0, (base - start) // longest)
    while _times(length, missed, start) < base:
        missed += 1
    return missed


def _length_of(text: str) -> _Length | Worked:
    """A length of time after a moment, whichever it is counted in."""
    if not is_working(text):
        return _length(text)
    found = _worked(text)
    if found.value < 0:
        raise ValueError(text)
    return found


def _worked(text: str) -> Worked:
    match = _WORKING.fullmatch(text)
    value = Decimal(match[2] or match[3]) if match else Decimal(0)
    if match is None or not value:
        raise ValueError(text)
    return Worked(-value if match[1] else value, "hour" if match[2] else "working_day")


def _lasts(length: _Length | Worked) -> bool:
    return bool(length.value) if isinstance(length, Worked) else bool(length.months or length.rest)


def _later(length: _Length | Worked, number: int, start: datetime, working: Working | None) -> datetime:
    """The moment so many lengths after another."""
    if isinstance(length, _Length):
        return _times(length, number, start)
    if working is None:
        raise ValueError("working time")
    return working(start, Worked(length.value * number, length.unit))


def _length(text: str) -> _Length:
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()) or text.endswith("T"):
        raise ValueError(text)
    if max(len((part or "").split(".")[0]) for part in match.groups()) > _MAX_DIGITS:
        raise ValueError(text)
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in match.groups()[:-1])
    seconds = float(match.groups()[-1] or 0)
    rest = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return _Length(years * 12 + months, rest)


def _times(length: _Length, number: int, start: datetime) -> datetime:
    """The moment so many durations after another."""
    try:
        moved = _add_months(start.astimezone(LOCAL), length.months * number)
        return (moved + length.rest * number).astimezone(UTC)
    except OverflowError as problem:
        raise ValueError(str(length)) from problem


def _add_months(start: datetime, months: int) -> datetime:
    if not months:
        return start
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year > 9000:
        raise ValueError(str(months))
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return start.replace(year=year, month=month + 1, day=day)
