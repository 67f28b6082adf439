"""A dossier's time as people read it: why a date is what it is, whose time it was, steps planned against actual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from app import clock
from app.audit.models import HistoryEntry
from app.calendars import working_calendar
from app.casework import Actor, definition_of
from app.db import reading
from app.deadlines.errors import NothingToExplain
from app.dossiers.definitions import step_names
from app.dossiers.models import Dossier
from app.dossiers.named import Names
from app.dossiers.queries import Head, find
from app.people.models import CalendarDay, Person
from app.people.queries import person_names, unit_names
from app.tasks.models import Task
from engine.clock.account import NOBODY, Account, Entry, Spent, account
from engine.clock.deadlines import RESTART
from engine.clock.explain import Explanation, explain
from engine.clock.ledger import Entry as LedgerEntry
from engine.clock.ledger import ledger_of
from engine.clock.seconds import cut
from engine.clock.worktime import Calendar, between
from engine.definition import Definition
from engine.errors import LimitRefused
from engine.facts import StepCancelled, StepCompleted, from_json

SCOPES = ("dossier", "statutory")
HOUR = Decimal(3600)


@dataclass(frozen=True, slots=True)
class Scope:
    """A date that can be explained: the dossier's own ones (`step` None) or that of a step, which may have `ended`."""

    key: str
    step: Names | None
    visit: int
    due: datetime | None
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Working hours of somebody: `planned` where there is a plan, `over` beyond it; the wait has a reason instead.

    `visit` is 0 where the step was visited only once.
    `people` are those who had the step, with their hours; those before anybody claimed it come last, without a name.
    """

    step: Names | None
    unit: Names
    person: str
    reason: str
    planned: Decimal | None
    used: Decimal
    over: Decimal
    people: tuple[tuple[str, Decimal], ...] = ()
    visit: int = 0


@dataclass(frozen=True, slots=True)
class Bar:
    """A step on the time line, in percent of its length; `late` when it took longer than planned."""

    step: Names
    visit: int
    begin: float
    planned: float
    actual: float
    entered_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    waiting: bool
    late: bool


@dataclass(frozen=True, slots=True)
class TimeLine:
    """The dossier's way from reception to its end or its date: steps, pauses (begin, length, reason), dates."""

    begin: datetime
    end: datetime
    bars: tuple[Bar, ...]
    pauses: tuple[tuple[float, float, str], ...]
    due: float | None
    now: float | None


@dataclass(frozen=True, slots=True)
class Share:
    """How the elapsed working hours are shared out: officers and waiting are the whole, exactly.

    Steps that were open `side_by_side` each have all of their time in `lines`. `late` are the working hours after the
    promised date; None for a dossier that is not late.
    """

    elapsed: Decimal
    officers: Decimal
    waiting: Mapping[str, Decimal]
    lines: tuple[Line, ...]
    turns: tuple[Any, ...]
    side_by_side: bool = False
    late: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Time:
    """Everything on the page of a dossier's time; `names` are holidays and make-up days with their document."""

    head: Head
    scopes: tuple[Scope, ...]
    scope: Scope
    told: Explanation
    names: Mapping[date, tuple[Names, str]]
    share: Share
    line: TimeLine


def time_of(actor: Actor, code: str, scope: str = "dossier") -> Time:
    """The count of one date, day by day. Raises DossierUnknown, NothingToExplain."""
    with reading() as conn:
        head = find(conn, actor, code)
        definition = definition_of(conn, head.digest)
        calendar, now = working_calendar(conn, head.receiving.code), clock.now()
        entries = history(conn, head.id)
        scopes = tuple(_scopes(conn, head, definition))
        wanted = next((each for each in scopes if each.key == scope), None)
        if wanted is None:
            raise NothingToExplain(code=code, scope=scope)
        try:
            ledger, until = _ledger(conn, head, entries, scope), wanted.ended or now
            told = explain(definition.procedure, ledger, calendar, scope, until)
        except LimitRefused as error:
            raise NothingToExplain(code=code, scope=scope) from error
        found = account([replace(entry, at=cut(entry.at)) for entry in entries], calendar, cut(now))
        share = share_of(conn, found, definition, head, _late(head, calendar, now))
        line = line_of(conn, head, definition, found)
        return Time(head, scopes, wanted, told, _names(conn, told), share, line)


def history(conn: Connection, dossier: int) -> list[Entry]:
    """A dossier's history as the account reads it; entries whose content was erased are left out."""
    query = select(HistoryEntry.at, HistoryEntry.person_name, HistoryEntry.payload).where(
        HistoryEntry.dossier == dossier).order_by(HistoryEntry.seq)
    return [
        Entry(row.at, row.person_name, tuple(from_json(fact) for fact in row.payload["facts"]))
        for row in conn.execute(query) if row.payload
    ]


def _scopes(conn: Connection, head: Head, definition: Definition) -> Iterable[Scope]:
    yield Scope("dossier", None, 1, head.promised.at)
    yield Scope("statutory", None, 1, head.statutory.at)
    query = select(Task.token, Task.step, Task.visit, Task.due_at, Task.ended_at).where(
        Task.dossier == head.id, Task.hours.is_not(None))
    for row in sorted(conn.execute(query), key=lambda row: int(row.token)):
        yield Scope(row.token, step_names(definition, row.step), row.visit, row.due_at, row.ended_at)


def _ledger(conn: Connection, head: Head, entries: list[Entry], scope: str) -> list[LedgerEntry]:
    """The ledger of today; for a step that was left, the one from before that."""
    ledger: list[LedgerEntry] = conn.execute(select(Dossier.ledger).where(Dossier.id == head.id)).scalar_one()
    if scope in SCOPES or any(entry["kind"] == "step" and entry["reason"] == scope for entry in ledger):
        return ledger
    before: list[tuple[datetime, tuple[Any, ...]]] = []
    for entry in entries:
        if any(isinstance(fact, StepCompleted | StepCancelled) and fact.token == scope for fact in entry.facts):
            break
        before.append((entry.at, entry.facts))
    return ledger_of(before)


def _names(conn: Connection, told: Explanation) -> dict[date, tuple[Names, str]]:
    if not told.days:
        return {}
    query = select(CalendarDay.__table__).where(CalendarDay.day.between(told.days[0].day, told.days[-1].day))
    return {row.day: ({"vi": row.name_vi, "en": row.name_en}, row.document) for row in conn.execute(query)}


def _late(head: Head, calendar: Calendar, now: datetime) -> Decimal | None:
    """The working hours by which a dossier is late, or was when its processing ended."""
    ended, due = head.finished_at or head.ended_at or now, head.promised.at
    return between(calendar, cut(due), cut(ended)) if due is not None and ended > due else None


def share_of(conn: Connection, found: Account, definition: Definition, head: Head, late: Decimal | None) -> Share:
    """Whose working hours they were: each visit of a step by unit and people, then what was waited for."""
    units = unit_names(conn, {step.unit for step in found.steps} | {head.receiving.code})
    people = person_names(conn, {int(who) for step in found.steps for who, _ in step.people if who})
    visits = _visits(conn, head.id)
    often = {step for step, visit, _ in visits.values() if visit > 1}
    lines, allowed = [], _allowed(found, definition)
    for step, plan in zip(found.steps, allowed, strict=True):
        _, visit, ended_by = visits.get(step.token, ("", 0, ""))
        had = _had(step, people, ended_by)
        lines.append(Line(
            step_names(definition, step.step), units.get(step.unit, {"vi": step.unit, "en": step.unit}),
            ", ".join(name for name, _ in had if name), "",
            plan, hours_of(step.used), Decimal(0) if plan is None else max(hours_of(step.used) - plan, Decimal(0)),
            had, visit if step.step in often else 0,
        ))
    nobody = sum((part.time for part in found.parts if part.holder == NOBODY), timedelta())
    if nobody:
        lines.append(Line(None, {}, "", "between", None, hours_of(nobody), Decimal(0)))
    lines += [Line(None, {}, "", reason, None, hours_of(time), Decimal(0)) for reason, time in found.waiting.items()]
    return Share(hours_of(found.elapsed), hours_of(found.officers),
                 {reason: hours_of(time) for reason, time in found.waiting.items()}, tuple(lines), found.turns,
                 any(len(turn.holders) > 1 for turn in found.turns), late)


def _visits(conn: Connection, dossier: int) -> dict[str, tuple[str, int, str]]:
    """(step, number, who finished it) of every visit, by token."""
    query = select(Task.token, Task.step, Task.visit, Person.name).outerjoin(Person, Person.id == Task.ended_by)
    rows = conn.execute(query.where(Task.dossier == dossier))
    return {row.token: (row.step, row.visit, row.name or "") for row in rows}


def _had(step: Spent, people: Mapping[int, str], ended_by: str) -> tuple[tuple[str, Decimal], ...]:
    """Who had the step how long; whoever finished it is named though he never had it, and nobody at last."""
    hours: dict[str, Decimal] = {}
    for who, time in step.people:
        name = people[int(who)] if who else ""
        hours[name] = hours.get(name, Decimal(0)) + hours_of(time)
    unclaimed = hours.pop("", Decimal(0))
    if not hours and ended_by:
        hours[ended_by] = Decimal(0)
    return (*hours.items(), *([("", unclaimed)] if unclaimed else []))


def _allowed(found: Account, definition: Definition) -> list[Decimal | None]:
    """What each visit of a step is allowed: a plan counts once, a further visit has what those before it left.

    Visits side by side have a plan each; where a supplement lets the whole time begin anew, so has every visit.
    """
    anew = (definition.procedure.get("supplement") or {}).get("policy") == RESTART
    spans: dict[str, tuple[datetime, datetime]] = {}
    for turn in found.turns:
        for holder in turn.holders:
            spans[holder.token] = spans.get(holder.token, (turn.begin, turn.end))[0], turn.end
    allowed: list[Decimal | None] = []
    for visit in found.steps:
        before = [one.used for one in found.steps
                  if one.step == visit.step and not anew and spans[one.token][1] <= spans[visit.token][0]]
        left = None if visit.planned is None else hours_of(max(visit.planned - sum(before, timedelta()), timedelta()))
        allowed.append(left)
    return allowed


def hours_of(time: timedelta) -> Decimal:
    """A length of working time in hours."""
    return Decimal(time // timedelta(microseconds=1)) / (1_000_000 * HOUR)


def line_of(conn: Connection, head: Head, definition: Definition, found: Account) -> TimeLine:
    """The time line: real time from left to right, so that nights and weekends are what they are."""
    query = select(Task.__table__).where(Task.dossier == head.id)
    tasks = sorted(conn.execute(query), key=lambda task: int(task.token))
    now, ended = clock.now(), head.ended_at or head.finished_at
    moments = [head.received_at, ended or now, *(each for each in (head.promised.at,) if each)]
    moments += [each for task in tasks for each in (task.ended_at or now, task.due_at) if each]
    begin, end = min(moments), max(moments)
    whole = max((end - begin) / timedelta(seconds=1), 1.0)

    def place(moment: datetime) -> float:
        return round((moment - begin) / timedelta(seconds=1) / whole * 100, 3)

    late = {step.token for step in found.steps if step.over}
    bars = tuple(_bar(task, definition, place, (now, task.token in late)) for task in tasks)
    pauses = tuple(
        (place(turn.begin), place(turn.end) - place(turn.begin), turn.reason) for turn in found.turns if turn.reason
    )
    due = place(head.promised.at) if head.promised.at else None
    return TimeLine(begin, end, bars, pauses, due, place(now) if ended is None else None)


def _bar(task: Any, definition: Definition, place: Any, at: tuple[datetime, bool]) -> Bar:
    now, late = at
    begin, end = place(task.entered_at), place(task.ended_at or now)
    planned = max(place(task.due_at) - begin, 0.0) if task.due_at else 0.0
    return Bar(
        step_names(definition, task.step), task.visit, begin, planned, max(end - begin, 0.2), task.entered_at,
        task.due_at, task.ended_at, task.message is not None, late,
    )
