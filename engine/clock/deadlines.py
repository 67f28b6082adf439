"""Deadlines: from the facts of one command and the dossier's ledger to due dates, warnings and the new ledger.

Every due date can be computed again from the ledger and the calendar alone; the ledger follows from history.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from engine import facts as f
from engine.clock.ledger import CLOCK, DOSSIER, Book, Entry, moment_of, text_of
from engine.clock.worktime import Calendar, add, between, limit_due, limit_hours, subtract

__all__ = ["Rung", "Scheduled", "due_dates", "rungs_of", "schedule", "warning_of"]

Interval = tuple[datetime, datetime | None]
RESTART = "restart_full"
SCOPES = (("dossier", "reduced"), ("statutory", "statutory"))
DEFAULT_RUNGS = ("75% officer", "due head", "+8h unit")
APOLOGY_HOURS = Decimal(16)
_RUNG = re.compile(r"(?:(\d{1,3})%|(due)|\+(\d{1,4}(?:\.\d+)?)h) (officer|head|unit)")


@dataclass(frozen=True, slots=True)
class Rung:
    """A warning about a step: when that share of its hours has passed and so many hours more; whom it goes to."""

    share: Decimal
    more: Decimal
    to: str


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What follows for dates, the next warning of each scope (None while there is none to wait for), the ledger to
    keep."""

    due: tuple[f.DueSet | f.ReceptionDeferred | f.PromiseKept, ...]
    ledger: list[Entry]
    warn: Mapping[str, str | None] = field(default_factory=dict)


def schedule(
    procedure: Mapping[str, Any],
    facts: Iterable[f.Fact],
    ledger: list[Entry],
    calendar: Calendar,
    now: datetime,
    before: Mapping[str, Any] | None = None,
) -> Scheduled:
    """What the facts of one command, all of this moment, mean for the dossier's dates.

    `before` is the procedure of the version that the dossier was under until now, where it goes over to another.
    """
    book, given = Book(ledger, now), list(facts)
    deferred = tuple(_deferral(given, calendar, now))
    for fact in (*given, *deferred):
        book.enter(fact)
    kept = tuple(_kept(procedure, before, book))
    for promise in kept:
        book.enter(promise)
    due = tuple(_due(procedure, book, calendar))
    scopes = dict.fromkeys([each.scope for each in due] + book.touched)
    return Scheduled((*deferred, *kept, *due), book.entries, next_warnings(procedure, book.entries, calendar, scopes))


def _deferral(facts: Iterable[f.Fact], calendar: Calendar, now: datetime) -> Iterator[f.ReceptionDeferred]:
    """Whether a dossier that begins came after the unit's cut-off hour."""
    for fact in facts:
        if isinstance(fact, f.ProcessStarted):
            after = calendar.missed(now, str(fact.dossier.get("channel") or ""))
            if after is not None:
                yield f.ReceptionDeferred(f"{after:%H:%M}")


def _kept(procedure: Mapping[str, Any], before: Mapping[str, Any] | None, book: Book) -> Iterator[f.PromiseKept]:
    """What was promised by the limits of the version before goes on, unless the clock stands or has just turned."""
    if before is None or book.moved or stands(book.entries) or any(e["kind"] == "kept" for e in book.entries):
        return
    said, says = _promise(before), _promise(procedure)
    if said != says:
        yield said


def _promise(procedure: Mapping[str, Any]) -> f.PromiseKept:
    """What a procedure says about a dossier's dates."""
    found = procedure.get("limits") or {}
    limits = {key: {name: found[key].get(name) for name in ("value", "unit")} for _, key in SCOPES if found.get(key)}
    return f.PromiseKept(limits, str((procedure.get("supplement") or {}).get("policy") or ""))


def in_force(procedure: Mapping[str, Any], ledger: Iterable[Entry]) -> Mapping[str, Any]:
    """The procedure with the limits that the dossier's dates are counted by: a kept promise, or its own."""
    kept = next((entry for entry in ledger if entry["kind"] == "kept"), None)
    return procedure if kept is None else {
        **procedure, "limits": kept["limits"], "supplement": {"policy": kept["reason"]}}


def due_dates(procedure: Mapping[str, Any], ledger: list[Entry], calendar: Calendar) -> dict[str, str | None]:
    """All due dates of a dossier from its ledger alone, as after a change of the calendar."""
    tokens = [entry["reason"] for entry in ledger if entry["kind"] == "step"]
    limits = {scope: limit_of(procedure, ledger, key) for scope, key in SCOPES}
    scopes = {scope: _dossier_due(procedure, ledger, calendar, scope) for scope, limit in limits.items() if limit}
    return {**scopes, **{token: _step_due(ledger, calendar, token) for token in tokens}}


def limit_of(procedure: Mapping[str, Any], ledger: Sequence[Entry], key: str) -> Mapping[str, Any] | None:
    """The limit that holds for the dossier: a variant's, or the procedure's own."""
    variant = next((entry for entry in ledger if entry["kind"] == "limit" and entry["reason"] == key), None)
    found: Mapping[str, Any] | None = variant or in_force(procedure, ledger).get("limits", {}).get(key)
    return found


# Due dates


def _due(procedure: Mapping[str, Any], book: Book, calendar: Calendar) -> Iterator[f.DueSet]:
    if book.moved:
        for scope, due in due_dates(procedure, book.entries, calendar).items():
            yield f.DueSet(scope, due)
        return
    for scope in dict.fromkeys(book.touched):
        if scope == DOSSIER and not _only_warned(book):
            yield f.DueSet(DOSSIER, _dossier_due(procedure, book.entries, calendar, DOSSIER))
        step = book.step(scope)
        if step is not None and step["from"] == book.now and "warned" not in step:
            yield f.DueSet(scope, _step_due(book.entries, calendar, scope))


def _only_warned(book: Book) -> bool:
    """Whether nothing but a warning touched the dossier itself; its date stays then."""
    return not any(entry["kind"] == "extension" and entry["to"] == book.now for entry in book.entries)


def intervals_of(ledger: Iterable[Entry], kind: str) -> list[Interval]:
    """When the clock ran, or stood."""
    return [(moment_of(e["from"]), moment_of(e["to"]) if e["to"] else None) for e in ledger if e["kind"] == kind]


def deferral_of(ledger: Iterable[Entry], calendar: Calendar) -> list[tuple[datetime, datetime]]:
    """From when to when the time of a dossier that came after the cut-off hour did not run yet."""
    came = (moment_of(entry["from"]) for entry in ledger if entry["kind"] == "deferral")
    return [(moment, calendar.next_opening(moment)) for moment in came]


def running_of(ledger: Sequence[Entry], calendar: Calendar) -> list[Interval]:
    """When the clock ran, from the moment that it counted."""
    running = intervals_of(ledger, "run")
    for came, counted_from in deferral_of(ledger, calendar):
        running = [_from(counted_from, each) if came <= each[0] < counted_from else each for each in running]
    return [(begin, end) for begin, end in running[:-1] if end is None or begin < end] + running[-1:]


def _from(moment: datetime, interval: Interval) -> Interval:
    """What is left of an interval from a moment on; nothing is left of one that ended before."""
    return moment, interval[1] and max(interval[1], moment)


def stops_of(ledger: Sequence[Entry], calendar: Calendar) -> list[Interval]:
    """When the clock stood or did not run yet, in order."""
    return [*deferral_of(ledger, calendar), *intervals_of(ledger, "stop")]


def stands(ledger: Iterable[Entry]) -> bool:
    """Whether the clock stands now, or stood when the dossier ended."""
    turns = [entry["kind"] for entry in ledger if entry["kind"] in CLOCK]
    return bool(turns) and turns[-1] == "stop"


def counted(procedure: Mapping[str, Any], ledger: Sequence[Entry]) -> list[Entry]:
    """The part of the ledger that counts: all of it, or what came after the last supplement that restarts the limit."""
    if in_force(procedure, ledger).get("supplement", {}).get("policy") != RESTART:
        return list(ledger)
    goes_on = max((index for index, e in enumerate(ledger) if e["kind"] == "run"), default=0)
    again = [index for index, e in enumerate(ledger[:goes_on]) if e["kind"] == "stop" and e["reason"] == "supplement"]
    return list(ledger[again[-1] + 1 :]) if again else list(ledger)


def _dossier_due(
    procedure: Mapping[str, Any], ledger: list[Entry], calendar: Calendar, scope: str
) -> str | None:
    limit = limit_of(procedure, ledger, dict(SCOPES)[scope])
    if limit is None or stands(ledger):
        return None
    entries = counted(procedure, ledger)
    running, standing = running_of(entries, calendar), intervals_of(entries, "stop")
    if not running:
        return None
    hours = limit_hours(calendar, limit)
    more = extension_of(entries) if scope == DOSSIER else Decimal(0)
    if hours is not None:
        return text_of(reached(calendar, running, hours + more))
    stood = sum((end - begin for begin, end in standing if end and begin >= running[0][0]), timedelta())
    return text_of(add(calendar, limit_due(calendar, running[0][0] + stood, limit), more))


def hours_more(
    procedure: Mapping[str, Any], ledger: Sequence[Entry], calendar: Calendar, old: datetime, new: datetime
) -> Decimal:
    """The working hours by which a new appointment moves the promised date: those in which the clock runs."""
    limit = limit_of(procedure, ledger, "reduced")
    if limit is None or limit_hours(calendar, limit) is None:
        return between(calendar, old, new)
    ran = ((max(begin, old), min(end or new, new)) for begin, end in running_of(ledger, calendar))
    return sum((between(calendar, begin, end) for begin, end in ran if begin < end), Decimal(0))


def extension_of(entries: Iterable[Entry]) -> Decimal:
    """The working hours that new appointments have added."""
    return sum((Decimal(entry["hours"]) for entry in entries if entry["kind"] == "extension"), Decimal(0))


def _step_due(ledger: list[Entry], calendar: Calendar, token: str) -> str | None:
    if stands(ledger):
        return None
    running, hours = step_time(ledger, calendar, token)
    return text_of(reached(calendar, running, hours))


def step_time(ledger: list[Entry], calendar: Calendar, token: str) -> tuple[list[Interval], Decimal]:
    """When the clock of an open step has run, and its hours."""
    step = next(e for e in ledger if e["kind"] == "step" and e["reason"] == token)
    return without(moment_of(step["from"]), stops_of(ledger, calendar)), Decimal(step["hours"])


def without(begin: datetime, stops: Iterable[Interval]) -> list[Interval]:
    """The time from begin on that lies outside the stops, which are in order."""
    pieces: list[Interval] = []
    for stop_begin, stop_end in stops:
        if stop_end is None or stop_end <= begin:
            continue
        if stop_begin > begin:
            pieces.append((begin, stop_begin))
        begin = stop_end
    return [*pieces, (begin, None)]


def worked(calendar: Calendar, ledger: Sequence[Entry], begin: datetime, end: datetime) -> Decimal:
    """Working hours between two moments during which the clock did not stand: what somebody had for his step."""
    stops = [(stop_begin, stop_end or end) for stop_begin, stop_end in stops_of(ledger, calendar)]
    pieces = ((first, min(last or end, end)) for first, last in without(begin, stops))
    return sum((between(calendar, first, last) for first, last in pieces if first < last), Decimal(0))


def reached(calendar: Calendar, running: list[Interval], hours: Decimal) -> datetime:
    """The moment at which so many working hours have run."""
    left = hours
    for begin, end in running[:-1]:
        used = between(calendar, begin, end) if end else Decimal(0)
        if left <= used:
            return add(calendar, begin, left)
        left -= used
    return add(calendar, running[-1][0], left)


# Warnings


def rungs_of(procedure: Mapping[str, Any]) -> tuple[Rung, ...]:
    """The procedure's warnings about a step, in their order; what cannot be read is left out."""
    told = procedure.get("warnings", DEFAULT_RUNGS)
    return tuple(sorted((rung for each in told if (rung := rung_of(each))), key=lambda rung: (rung.share, rung.more)))


@cache
def rung_of(text: Any) -> Rung | None:
    """A warning such as "75% officer", "due head" or "+8h unit"; None for anything else."""
    found = _RUNG.fullmatch(str(text))
    if found is None or (found[1] and not 0 < int(found[1]) <= 100):
        return None
    return Rung(Decimal(found[1] or 100) / 100, Decimal(found[3] or 0), found[4])


def warning_of(
    procedure: Mapping[str, Any], ledger: list[Entry], calendar: Calendar, token: str, number: int
) -> str | None:
    """When a warning about an open step is to be given, counted from 0; None while the clock stands or without one."""
    rungs = rungs_of(procedure)
    if number >= len(rungs) or stands(ledger):
        return None
    running, hours = step_time(ledger, calendar, token)
    return text_of(reached(calendar, running, hours * rungs[number].share + rungs[number].more))


def next_warnings(
    procedure: Mapping[str, Any], ledger: list[Entry], calendar: Calendar, scopes: Iterable[str]
) -> dict[str, str | None]:
    """The next warning of the dossier and of the open steps among these."""
    steps = {entry["reason"]: entry.get("warned", 0) for entry in ledger if entry["kind"] == "step"}
    found: dict[str, str | None] = {}
    for scope in scopes:
        if scope == DOSSIER:
            found[scope] = apology_call(procedure, ledger, calendar)
        elif scope in steps:
            found[scope] = warning_of(procedure, ledger, calendar, scope, steps[scope])
    return found


def apology_call(procedure: Mapping[str, Any], ledger: list[Entry], calendar: Calendar) -> str | None:
    """When an apology must be thought of, in good time before the promised date (but not before half of
    the time has passed); None when it has been or cannot be."""
    entries = counted(procedure, ledger)
    finished = not any(entry["kind"] in CLOCK and entry["to"] is None for entry in ledger)
    if finished or any(entry["kind"] == "warning" for entry in entries):
        return None
    limit, running = limit_of(procedure, ledger, "reduced"), running_of(entries, calendar)
    if limit is None or stands(ledger) or not running:
        return None
    before = Decimal(str((procedure.get("apology") or {}).get("before", APOLOGY_HOURS)))
    hours = limit_hours(calendar, limit)
    if hours is None:
        due = _dossier_due(procedure, ledger, calendar, DOSSIER)
        return due and text_of(max(subtract(calendar, moment_of(due), before), running[-1][0]))
    whole = hours + extension_of(entries)
    return text_of(reached(calendar, running, max(whole - before, whole / 2)))
