"""After a correction of the calendar: which dates would move, and moving them, many dossiers at a time.

Every dossier whose dates move gets its own command, facts and entry in its history. Where only a warning point moves,
the warning is set anew and nothing is told. A run that was cut short is simply run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from app import clock
from app.audit import log
from app.audit.models import HistoryEntry
from app.calendars import Calendars, calendars
from app.casework import Actor, definition_of
from app.db import reading, transaction
from app.deadlines.errors import CorrectionUnnamed
from app.dossiers.definitions import step_names
from app.dossiers.models import Dossier
from app.dossiers.named import Names
from app.jobs import incidents
from app.procedures.models import ProcessVersion
from app.seals import opened, sealed
from app.tasks.models import LIVE, Task
from engine.clock.deadlines import due_dates, next_warnings
from engine.clock.ledger import DOSSIER
from engine.commands import RecomputeDeadlines, to_json
from engine.definition import Definition
from engine.errors import Failed
from engine.execute import step
from engine.facts import DueMoved, Fact
from engine.facts import to_json as fact_to_json

BATCH = 500
SHOWN = 100
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


@dataclass(frozen=True, slots=True)
class Moved:
    """A date that moves; `step` is the open step's name, None for the dossier's own dates."""

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
    """A dossier with its open steps and what moves in it."""

    row: Row[Any]
    definition: Definition
    tasks: list[Row[Any]]
    moved: list[Moved]


def preview(told: Told = lambda done, of: None) -> Outcome:
    """Which dates the present calendar would move; nothing is changed."""
    outcome, last = Outcome(), 0
    with reading() as conn:
        total, known = _total(conn), calendars(conn)
        while batch := list(_batch(conn, known, last, lock=False)):
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
            batch = list(_batch(conn, calendars(conn), last, lock=True))
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


def _total(conn: Connection) -> int:
    return conn.scalar(select(func.count()).select_from(Dossier).where(*_OPEN)) or 0


def _batch(conn: Connection, known: Calendars, after: int, *, lock: bool) -> Iterator[_Found]:
    query = (
        select(*_COLUMNS).join(ProcessVersion, ProcessVersion.id == Dossier.version)
        .where(*_OPEN, Dossier.id > after).order_by(Dossier.id).limit(BATCH)
    )
    rows = conn.execute(query.with_for_update(of=Dossier.__table__) if lock else query).all()
    tasks = select(Task.dossier, Task.token, Task.step, Task.due_at, Task.warn_at).where(
        Task.dossier.in_([row.id for row in rows]), LIVE)
    steps: dict[int, list[Any]] = {}
    for task in conn.execute(tasks) if rows else ():
        steps.setdefault(task.dossier, []).append(task)
    for row in rows:
        yield _found(row, definition_of(conn, row.digest), steps.get(row.id, []), known)


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
    return _Found(row, definition, tasks, moved)


def _write(
    conn: Connection, batch: list[_Found], why: tuple[Actor, str]
) -> list[tuple[incidents.Note, str, Failed]]:
    """Histories, dossiers and steps of a batch in few statements; what could not be recomputed, and why."""
    known = calendars(conn)
    entries, dossiers, reminders, failed = [], [], [], []
    tasks: list[dict[str, Any]] = []
    for found in batch:
        warn = _warnings(found, known)
        if found.moved:
            try:
                entry, values = _decided(found, why)
            except Failed as error:
                failed.append((_note(found, why), found.row.code, error))
                continue
            values["warn_at"] = warn[DOSSIER]
            entries.append({"dossier": found.row.id, **entry})
            dossiers.append({"of_dossier": found.row.id, **{f"new_{name}": values[name] for name in _KEEP}})
        elif found.row.warn_at != warn[DOSSIER]:
            reminders.append({"of_dossier": found.row.id, "new_warn_at": warn[DOSSIER]})
        tasks += _steps(found, warn)
    written = (insert(HistoryEntry.__table__), entries), (_DOSSIERS, dossiers), (_TASKS, tasks), (_REMIND, reminders)
    for statement, rows in written:
        if rows:
            conn.execute(statement, rows)
    return failed


def _note(found: _Found, why: tuple[Actor, str]) -> incidents.Note:
    actor, reason = why
    return incidents.Note(found.row.id, clock.now(), actor, None, to_json(RecomputeDeadlines(reason)))


def _warnings(found: _Found, known: Calendars) -> dict[str, datetime | None]:
    """The next warning of every open scope; one that is held back after a failure stays so where no date moves."""
    row, moved = found.row, {each.scope for each in found.moved}
    now = {DOSSIER: row.warn_at, **{task.token: task.warn_at for task in found.tasks}}
    asked = [scope for scope, at in now.items() if at is not None or scope in moved]
    new = next_warnings(found.definition.procedure, row.ledger, known.of(row.receiving_unit), asked)
    return now | {scope: datetime.fromisoformat(text) if text else None for scope, text in new.items()}


def _steps(found: _Found, warn: Mapping[str, datetime | None]) -> Iterator[dict[str, Any]]:
    """The new values of the open steps whose date or warning moves."""
    new = {each.scope: each.new for each in found.moved}
    for task in found.tasks:
        if task.token in new or task.warn_at != warn[task.token]:
            yield {"of_dossier": found.row.id, "of_token": task.token, "new_warn_at": warn[task.token],
                   "new_due_at": new.get(task.token, task.due_at)}


def _decided(found: _Found, why: tuple[Actor, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The entry of one dossier's history and its row's new values."""
    row, (actor, reason) = found.row, why
    now, command = clock.not_before(row.updated_at), RecomputeDeadlines(reason)
    outcome = step(found.definition, opened(row.code, row.seq, row.state), command, now)
    facts: tuple[Fact, ...] = (*outcome.facts, *(DueMoved(each.scope, _text(each.old), _text(each.new))
                                                 for each in found.moved))
    payload = {"command": to_json(command), "facts": [fact_to_json(fact) for fact in facts]}
    seq = row.seq + 1
    entry = log.chain(log.Entry(row.code, seq, now, type(command).__name__, actor, None, payload), row.head)
    new = {each.scope: each.new for each in found.moved}
    values = {
        "state": sealed(row.code, seq, outcome.state), "seq": seq, "head": entry["hash"], "updated_at": now,
        "due_at": new.get(DOSSIER, row.due_at), "statutory_due_at": new.get("statutory", row.statutory_due_at),
    }
    return entry, values


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
