"""Why a date is what it is: the count of a limit day by day, out of the ledger and the calendar. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import ceil
from typing import Any

from engine.clock.account import DEFERRED
from engine.clock.calendar import HOUR, Calendar
from engine.clock.deadlines import (
    SCOPES,
    Interval,
    counted,
    deferral_of,
    due_dates,
    extension_of,
    limit_of,
    running_of,
    stands,
    step_time,
)
from engine.clock.ledger import CLOCK, DOSSIER, Entry, moment_of, text_of
from engine.clock.seconds import cut, cut_running
from engine.clock.worktime import limit_hours, limit_value
from engine.errors import LimitRefused

LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a day: counted (`reason` ""), or paused for a reason."""

    begin: datetime
    end: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the count. `kind` is open, closed (no working day of the week), off or make_up.

    `used` and `left` are working hours, or days where the limit counts calendar days.
    """

    day: date
    kind: str
    spans: tuple[Span, ...]
    used: Decimal
    left: Decimal


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole count. `unit` is hour or calendar_day; `begins` how the first moment fell: open, before_opening,
    break, after_closing, after_cut_off (the hour is `cut_off`) or day_off; `due` is None while the clock stands.

    What counts hours is told in whole seconds, so that spans, days and limit add up. `further` is the number of days
    that are not told any more; `kept` says that the limit is still that of the version before the dossier's own.
    """

    scope: str
    limit: Mapping[str, Any]
    unit: str
    total: Decimal
    extension: Decimal
    start: datetime
    begins: str
    restarted: bool
    stands: bool
    due: datetime | None
    days: tuple[Day, ...]
    cut_off: str = ""
    further: int = 0
    kept: bool = False


@dataclass(frozen=True, slots=True)
class _Count:
    """What is counted: since when, when the clock ran and stood, how much, and up to which moment it is told."""

    start: datetime
    running: Sequence[Interval]
    stops: Sequence[tuple[datetime, datetime, str]]
    total: int
    until: datetime


def explain(
    procedure: Mapping[str, Any], ledger: list[Entry], calendar: Calendar, scope: str, now: datetime
) -> Explanation:
    """The count of a due date; `scope` as in DueSet. Raises LimitRefused when there is nothing to count."""
    now = min(now, _ended(ledger) or now)
    entries = counted(procedure, ledger) if scope in dict(SCOPES) else ledger
    limit, running = _limit(procedure, [_closed(entry, now) for entry in ledger], calendar, scope)
    if not stands(ledger):
        running = [*running[:-1], (running[-1][0], None)]
    extension = extension_of(entries) if scope == DOSSIER else Decimal(0)
    found = due_dates(procedure, ledger, calendar).get(scope)
    due = moment_of(found) if found else None
    start, cut_off = _begun(entries, scope, running[0][0], calendar)
    hours = limit_hours(calendar, limit)
    stops = [(begin, end or now, reason) for begin, end, reason in _stops(entries)]
    stops += [(begin, min([end, *(stop for stop, _, _ in stops if stop >= begin)]), DEFERRED)
              for begin, end in deferral_of(entries, calendar)]
    total = limit_value(limit) if hours is None else hours
    count = _Count(start, running, stops, ceil(total), due or now)
    if hours is not None:
        count = _in_seconds(calendar, replace(count, total=round((hours + extension) * HOUR)), reached=due is not None)
        extension = extension and Decimal(count.total) / HOUR - hours
    days = tuple((_calendar_days if hours is None else _working_days)(calendar, count))
    return Explanation(
        scope=scope, limit=limit, unit="hour" if hours is not None else "calendar_day", total=total,
        extension=extension, start=count.start, begins="after_cut_off" if cut_off else begins(calendar, start),
        stands=stands(ledger), due=due, days=days, cut_off=cut_off, further=_number(calendar, count) - len(days),
        restarted=len(entries) < len(ledger),
        kept=scope in dict(SCOPES) and any(entry["kind"] == "kept" for entry in ledger),
    )


def _in_seconds(calendar: Calendar, count: _Count, *, reached: bool) -> _Count:
    """The count in whole seconds; when its end is `reached` its total is what lies between."""
    known = cut_running(calendar, count.running)
    running = [(known[begin], end and known[end]) for begin, end in count.running]
    stops = [(known.get(begin, cut(begin)), known.get(end, cut(end)), reason) for begin, end, reason in count.stops]
    until = cut(count.until)
    ran = sum(calendar.place(min(end or until, until)) - calendar.place(min(begin, until)) for begin, end in running)
    return _Count(cut(count.start), running, stops, ran if reached else count.total, until)


def _closed(entry: Entry, now: datetime) -> Entry:
    """An entry of the ledger in which the clock, if it stands still, stood until now."""
    return {**entry, "to": text_of(now)} if entry["kind"] == "stop" and entry["to"] is None else entry


def _ended(ledger: list[Entry]) -> datetime | None:
    """When the clock was closed for good; None while it runs or stands."""
    turns = [entry for entry in ledger if entry["kind"] in CLOCK]
    return moment_of(turns[-1]["to"]) if turns and turns[-1]["to"] else None


def _begun(entries: list[Entry], scope: str, counted_from: datetime, calendar: Calendar) -> tuple[datetime, str]:
    """When what is counted began, and the cut-off hour after which that was."""
    step = next((moment_of(e["from"]) for e in entries if e["kind"] == "step" and e["reason"] == scope), None)
    for entry in entries:
        if entry["kind"] == "deferral" and counted_from == calendar.next_opening(moment_of(entry["from"])):
            return step or moment_of(entry["from"]), entry["reason"]
    return counted_from, ""


def _limit(
    procedure: Mapping[str, Any], ledger: list[Entry], calendar: Calendar, scope: str
) -> tuple[Mapping[str, Any], list[Interval]]:
    if any(entry["kind"] == "step" and entry["reason"] == scope for entry in ledger):
        running, hours = step_time(ledger, calendar, scope)
        return {"value": str(hours), "unit": "hour"}, running
    limit = limit_of(procedure, ledger, dict(SCOPES).get(scope, ""))
    running = running_of(counted(procedure, ledger), calendar)
    if limit is None or not running:
        raise LimitRefused(value=None, unit=scope)
    return limit, running


def _stops(entries: Sequence[Entry]) -> Iterator[tuple[datetime, datetime | None, str]]:
    for entry in entries:
        if entry["kind"] == "stop":
            yield moment_of(entry["from"]), moment_of(entry["to"]) if entry["to"] else None, entry["reason"]


def begins(calendar: Calendar, start: datetime) -> str:
    """How a moment falls into its day."""
    shifts = calendar.shifts_of(calendar.local(start).date())
    if not shifts:
        return "day_off"
    if start < shifts[0][0]:
        return "before_opening"
    if start >= shifts[-1][1]:
        return "after_closing"
    return "open" if any(begin <= start < end for begin, end in shifts) else "break"


def kind_of(calendar: Calendar, day: date) -> str:
    """What a day is in the calendar."""
    marked = calendar.days.get(day)
    return marked if marked is not None else "open" if calendar.works(day) else "closed"


def _number(calendar: Calendar, count: _Count) -> int:
    """How many days the count has."""
    return max((calendar.local(count.until).date() - calendar.local(count.start).date()).days + 1, 0)


def _days(calendar: Calendar, count: _Count) -> Iterator[date]:
    """The days of the count that are told."""
    first = calendar.local(count.start).date()
    for number in range(min(_number(calendar, count), LONGEST)):
        yield first + timedelta(days=number)


def _working_days(calendar: Calendar, count: _Count) -> Iterator[Day]:
    left = count.total
    for day in _days(calendar, count):
        spans: list[Span] = []
        for begin, end in calendar.shifts_of(day):
            spans += _overlaps(begin, min(end, count.until), [(b, e or end, "") for b, e in count.running])
            spans += _overlaps(begin, end, count.stops)
        used = sum(_length(span) for span in spans if not span.reason)
        left -= used
        yield Day(day, kind_of(calendar, day), tuple(sorted(spans, key=_begin)), Decimal(used) / HOUR,
                  Decimal(left) / HOUR)


def _begin(span: Span) -> datetime:
    return span.begin


def _overlaps(begin: datetime, end: datetime, stretches: Sequence[tuple[datetime, datetime, str]]) -> Iterator[Span]:
    for first, last, reason in stretches:
        if max(begin, first) < min(end, last):
            yield Span(max(begin, first), min(end, last), reason)


def _length(span: Span) -> int:
    return (span.end - span.begin) // timedelta(microseconds=1)


def _calendar_days(calendar: Calendar, count: _Count) -> Iterator[Day]:
    """Calendar days that the clock did not stand; what it stood moves the count on by as much real time."""
    counted_from, before = count.running[0][0], 0
    first = calendar.local(counted_from).date()
    stops = [(begin, stop) for begin, stop, _ in count.stops if begin >= counted_from]
    for day in _days(calendar, count):
        midnight, end = _midnight(calendar, day), _midnight(calendar, day + timedelta(days=1))
        stood = sum((min(stop, end) - begin for begin, stop in stops if begin < end), timedelta())
        passed = (calendar.local(end - timedelta(microseconds=1) - stood).date() - first).days
        used = min(max(passed, 0), count.total)
        yield Day(day, kind_of(calendar, day), tuple(_overlaps(midnight, end, count.stops)), Decimal(used - before),
                  Decimal(count.total - used))
        before = used


def _midnight(calendar: Calendar, day: date) -> datetime:
    return datetime.combine(day, time(), calendar.zone).astimezone(UTC)
