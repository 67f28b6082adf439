"""After a correction of the calendar: which dates would move, and moving them, many dossiers at a time.

Every dossier whose dates move gets its own command, facts and entry in its history. Where only a warning point moves,
the warning is set anew and nothing is told. A run that was cut short is simply run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, insert, select, update

from app import clock
from app.audit import log
from app.audit.models import HistoryEntry
from app.calendars import Calendars, calendars
from app.casework import Actor, definition_of
from app.db import on_rollback, reading, transaction
from app.deadlines.errors import CorrectionUnnamed
from app.dossiers.definitions import element_names, step_names
from app.dossiers.models import Dossier
from app.dossiers.named import Names
from app.jobs import incidents
from app.jobs.models import Timer
from app.procedures.models import ProcessVersion
from app.seals import opened, sealed
from app.tasks.models import LIVE, Task
from engine.clock.deadlines import due_dates, next_warnings
from engine.clock.ledger import DOSSIER
from engine.clock.worktime import counted_in
from engine.commands import RecomputeDeadlines, to_json
from engine.definition import Definition
from engine.errors import Failed
from engine.execute import step
from engine.facts import DueMoved, Fact
from engine.facts import to_json as fact_to_json
from engine.running.dates import recounted
from engine.state import load

BATCH = 500
SHOWN = 100
TIMER = "timer"
Told = Callable[[int, int], None]
_OPEN = (Dossier.ended_at.is_(None), Dossier.finished_at.is_(None))
_COLUMNS = (
    Dossier.id, Dossier.code, Dossier.receiving_unit, Dossier.seq, Dossier.head, Dossier.state, Dossier.ledger,
    Dossier.due_at, Dossier.statutory_due_at, Dossier.warn_at, Dossier.updated_at, ProcessVersion.digest,
)
_KEEP = ("state", "seq", "head", "updated_at", "due_at", "statutory_due_at", "warn_at")
_DOSSIERS = update(Dossier.__table__).where(Dossier.id == bindparam("of_dossier")).values(
    {name: bindparam(f"new_{name}") for name in _KEEP})
_TASKS = update(Task.__table__).where(
    Task.dossier == bindparam("of_dossier"), Task.token == bindparam("of_token"),
).values(due_at=bindparam("new_due_at"), warn_at=bindparam("new_warn_at"))
_REMIND = update(Dossier.__table__).where(Dossier.id == bindparam("of_dossier")).values(
    warn_at=bindparam("new_warn_at"))
_TIMERS = update(Timer.__table__).where(
    Timer.dossier == bindparam("of_dossier"), Timer.timer == bindparam("of_timer"),
).values(due_at=bindparam("new_due_at"), failed_at=None)


@dataclass(frozen=True, slots=True)
class Moved:
    """A date that moves; `step` is the open step's or the timer's name, None for the dossier's own dates."""

    code: str
    scope: str
    step: Names | None
    old: datetime | None
    new: datetime | None


@dataclass(slots=True)
class Outcome:
    """How many open dossiers were looked at, of how many dates move, how many dates; some of them to show."""

    looked: int = 0
    dossiers: int = 0
    dates: int = 0
    shown: list[Moved] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def count(self, moved: list[Moved]) -> None:
        """One more dossier."""
        self.looked += 1
        self.dossiers += bool(moved)
        self.dates += len(moved)
        self.shown += moved[: max(SHOWN - len(self.shown), 0)]


@dataclass(frozen=True, slots=True)
class _Found:
    """A dossier with its open steps and what moves in it; `timers` that move by their numbers, None where its state
    cannot be read."""

    row: Row[Any]
    definition: Definition
    tasks: list[Row[Any]]
    moved: list[Moved]
    timers: Mapping[str, str] | None

    @property
    def concerned(self) -> bool:
        """Whether there is something to write into its history, or to say why that cannot be done."""
        return bool(self.moved) or self.timers is None

    def dates(self) -> dict[str, Moved]:
        """The dates that move but for those of timers, by their scopes."""
        return {each.scope: each for each in self.moved if each.scope != TIMER}


def preview(told: Told = lambda done, of: None) -> Outcome:
    """Which dates the present calendar would move; nothing is changed."""
    outcome, last = Outcome(), 0
    with reading() as conn:
        total, known = _total(conn), calendars(conn)
        while batch := list(_batch(conn, known, Dossier.id > last, lock=False)):
            for found in batch:
                outcome.count(found.moved)
            last = batch[-1].row.id
            told(outcome.looked, total)
    return outcome


def recompute(actor: Actor, reason: str, told: Told = lambda done, of: None) -> Outcome:
    """Move every open date that the present calendar moves, and journal each with the reason."""
    reason = reason.strip()
    if not reason:
        raise CorrectionUnnamed()
    outcome, last, more = Outcome(), 0, True
    with reading() as conn:
        total = _total(conn)
    while more:
        with transaction() as conn:
            batch = list(_batch(conn, calendars(conn), Dossier.id > last, lock=True))
            failed = _write(conn, batch, (actor, reason))
        for note, code, error in failed:
            outcome.failed.append(code)
            incidents.record(note, error)
        for found in batch:
            outcome.count([] if found.row.code in outcome.failed else found.moved)
            last = found.row.id
        more = bool(batch)
        told(outcome.looked, total)
    return outcome


def recompute_one(conn: Connection, dossier: int, why: tuple[Actor, str]) -> None:
    """The same for one dossier, when it failed before and is tried again. Raises Failed; one that has ended stays."""
    batch = list(_batch(conn, calendars(conn), Dossier.id == dossier, lock=True))
    for note, _, error in _write(conn, batch, why):
        on_rollback(partial(incidents.record, note, error))
        raise error


def _total(conn: Connection) -> int:
    return conn.scalar(select(func.count()).select_from(Dossier).where(*_OPEN)) or 0


def _batch(conn: Connection, known: Calendars, which: ColumnElement[bool], *, lock: bool) -> Iterator[_Found]:
    """The first of the open dossiers of this kind."""
    query = (
        select(*_COLUMNS).join(ProcessVersion, ProcessVersion.id == Dossier.version)
        .where(*_OPEN, which).order_by(Dossier.id).limit(BATCH)
    )
    rows = conn.execute(query.with_for_update(of=Dossier.__table__) if lock else query).all()
    tasks = select(Task.dossier, Task.token, Task.step, Task.due_at, Task.warn_at).where(
        Task.dossier.in_([row.id for row in rows]), LIVE)
    steps: dict[int, list[Any]] = {}
    for task in conn.execute(tasks) if rows else ():
        steps.setdefault(task.dossier, []).append(task)
    timed = select(Timer.dossier).where(Timer.dossier.in_([row.id for row in rows])).distinct()
    waiting = set(conn.scalars(timed) if rows else ())
    for row in rows:
        found = _found(row, definition_of(conn, row.digest), steps.get(row.id, []), known)
        yield _with_timers(found, known) if row.id in waiting else found


def _found(row: Row[Any], definition: Definition, tasks: list[Any], known: Calendars) -> _Found:
    due = due_dates(definition.procedure, row.ledger, known.of(row.receiving_unit))
    before: dict[str, datetime | None] = {"dossier": row.due_at, "statutory": row.statutory_due_at}
    before |= {task.token: task.due_at for task in tasks}
    names = {task.token: task.step for task in tasks}
    moved = [
        Moved(row.code, scope, step_names(definition, names[scope]) if scope in names else None, before[scope], new)
        for scope, text in due.items()
        if scope in before and (new := datetime.fromisoformat(text) if text else None) != before[scope]
    ]
    return _Found(row, definition, tasks, moved, {})


def _with_timers(found: _Found, known: Calendars) -> _Found:
    """The same with the timers in working time that move."""
    row, working = found.row, counted_in(known.of(found.row.receiving_unit))
    try:
        stored = opened(row.code, row.seq, row.state)
        timers, kept = recounted(stored, working, clock.not_before(row.updated_at)), load(stored).timers
    except Failed:
        return replace(found, timers=None)
    moved = [
        Moved(row.code, TIMER, element_names(found.definition, kept[number].element),
              datetime.fromisoformat(kept[number].due_at), datetime.fromisoformat(due))
        for number, due in timers.items()
    ]
    return replace(found, moved=[*found.moved, *moved], timers=timers)


def _write(
    conn: Connection, batch: list[_Found], why: tuple[Actor, str]
) -> list[tuple[incidents.Note, str, Failed]]:
    """Histories, dossiers and steps of a batch in few statements; what could not be recomputed, and why."""
    known = calendars(conn)
    entries, dossiers, reminders, failed = [], [], [], []
    tasks: list[dict[str, Any]] = []
    timers: list[dict[str, Any]] = []
    for found in batch:
        warn = _warnings(found, known)
        if found.concerned:
            try:
                entry, values = _decided(found, why)
            except Failed as error:
                failed.append((_note(found, why), found.row.code, error))
                continue
            values["warn_at"] = warn[DOSSIER]
            entries.append({"dossier": found.row.id, **entry})
            dossiers.append({"of_dossier": found.row.id, **{f"new_{name}": values[name] for name in _KEEP}})
            timers += [
                {"of_dossier": found.row.id, "of_timer": number, "new_due_at": datetime.fromisoformat(due)}
                for number, due in (found.timers or {}).items()
            ]
        elif found.row.warn_at != warn[DOSSIER]:
            reminders.append({"of_dossier": found.row.id, "new_warn_at": warn[DOSSIER]})
        tasks += _steps(found, warn)
    for statement, rows in (
        (insert(HistoryEntry.__table__), entries), (_DOSSIERS, dossiers), (_TASKS, tasks), (_REMIND, reminders),
        (_TIMERS, timers),
    ):
        if rows:
            conn.execute(statement, rows)
    return failed


def _note(found: _Found, why: tuple[Actor, str]) -> incidents.Note:
    actor, reason = why
    return incidents.Note(found.row.id, clock.now(), actor, None, to_json(RecomputeDeadlines(reason)))


def _warnings(found: _Found, known: Calendars) -> dict[str, datetime | None]:
    """The next warning of every open scope; one that is held back after a failure stays so where no date moves."""
    row, moved = found.row, found.dates()
    now = {DOSSIER: row.warn_at, **{task.token: task.warn_at for task in found.tasks}}
    asked = [scope for scope, at in now.items() if at is not None or scope in moved]
    new = next_warnings(found.definition.procedure, row.ledger, known.of(row.receiving_unit), asked)
    return now | {scope: datetime.fromisoformat(text) if text else None for scope, text in new.items()}


def _steps(found: _Found, warn: Mapping[str, datetime | None]) -> Iterator[dict[str, Any]]:
    """The new values of the open steps whose date or warning moves."""
    new = {scope: each.new for scope, each in found.dates().items()}
    for task in found.tasks:
        if task.token in new or task.warn_at != warn[task.token]:
            yield {"of_dossier": found.row.id, "of_token": task.token, "new_warn_at": warn[task.token],
                   "new_due_at": new.get(task.token, task.due_at)}


def _decided(found: _Found, why: tuple[Actor, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The entry of one dossier's history and its row's new values."""
    row, (actor, reason) = found.row, why
    now, command = clock.not_before(row.updated_at), RecomputeDeadlines(reason, dict(found.timers or {}))
    dates = found.dates()
    outcome = step(found.definition, opened(row.code, row.seq, row.state), command, now)
    facts: tuple[Fact, ...] = (*outcome.facts, *(DueMoved(each.scope, _text(each.old), _text(each.new))
                                                 for each in dates.values()))
    payload = {"command": to_json(command), "facts": [fact_to_json(fact) for fact in facts]}
    seq = row.seq + 1
    entry = log.chain(log.Entry(row.code, seq, now, type(command).__name__, actor, None, payload), row.head)
    new = {scope: each.new for scope, each in dates.items()}
    values = {
        "state": sealed(row.code, seq, outcome.state), "seq": seq, "head": entry["hash"], "updated_at": now,
        "due_at": new.get(DOSSIER, row.due_at), "statutory_due_at": new.get("statutory", row.statutory_due_at),
    }
    return entry, values


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
