"""The one door through which a dossier changes.

`begin` and `advance` lock the dossier, let the engine decide, and write what it decided: history, inbox, timers,
letters, state. All of it is kept together or not at all; what the engine could not carry out becomes an incident.
`decide` and `write` are its two halves for a dossier that is locked already.
The assignee in a command is `actor.assignee`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import Connection, Select, String, bindparam, func, insert, select, update

from app import clock, projections
from app.audit import log
from app.calendars import Calendars, calendars
from app.change import Before, Change, OpenedTask
from app.db import assert_in_transaction, on_rollback
from app.dossiers.models import Dossier, DossierUnit
from app.errors import ChangedMeanwhile, NotFound, SomebodyWasFaster
from app.jobs import incidents
from app.people.actor import SYSTEM, THE_SYSTEM, Actor
from app.people.models import Person
from app.procedures.models import ProcessVersion
from app.runaways import watched
from app.seals import opened
from app.statements import Question, Rows, Statement, send
from app.tasks.models import Task
from engine.clock.deadlines import schedule
from engine.clock.worktime import counted_in
from engine.commands import (
    ClaimStep,
    Command,
    CompleteStep,
    DeliverMessage,
    MigrateDossier,
    ReleaseStep,
    StartProcess,
    to_json,
)
from engine.definition import Bundle, Definition, definition_for
from engine.errors import AlreadyEnded, Failed, OneDoorError, StepNotOpen, StepTaken
from engine.execute import step
from engine.facts import Fact
from engine.facts import to_json as fact_to_json

__all__ = ["SYSTEM", "Actor", "Advanced", "NewDossier", "OpenedTask", "advance", "begin"]


@dataclass(frozen=True, slots=True)
class NewDossier:
    """A dossier about to be received. `version` is the published version's id, `form` the checked filing form,
    `search` the text that the search box finds it by."""

    code: str
    procedure: str
    version: int
    receiving_unit: str
    competent_unit: str
    channel: str
    applicant_name: str
    form: Mapping[str, Any]
    search: str
    applicant_id: str = ""
    applicant_phone: str = ""
    applicant_email: str = ""
    applicant_address: str = ""


@dataclass(frozen=True, slots=True)
class Advanced:
    """What came of a command: the dossier's new place in its history, the facts, and the tasks it opened."""

    dossier: int
    code: str
    seq: int
    facts: tuple[Fact, ...]
    opened_tasks: tuple[OpenedTask, ...]


@dataclass(frozen=True, slots=True)
class Orders:
    """A command, by whom and for which unit.

    `expected_seq` refuses it when the dossier has moved on since; `calendars` are those of this transaction, read
    here when nobody has read them yet.
    """

    command: Command
    actor: Actor
    unit: str | None
    expected_seq: int | None = None
    calendars: Calendars | None = None


@dataclass(frozen=True, slots=True)
class _Act:
    """Who wants what, for which unit, and when."""

    command: Command
    actor: Actor
    unit: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """What a command leads to, before anything of it is written; `done` is what will have come of it then."""

    act: _Act
    before: Before
    change: Change
    entry: Mapping[str, Any]
    done: Advanced


_LOCKED: Select[Any] = (
    select(*(column for column in Dossier.__table__.c if column.name != "search"), ProcessVersion.digest)
    .join(ProcessVersion, ProcessVersion.id == Dossier.version)
    .with_for_update(of=Dossier.__table__)
)
_BY_ID = Statement(_LOCKED.where(Dossier.id == bindparam("dossier")))
_KEEP = Statement(update(Dossier.__table__).where(Dossier.id == bindparam("of_dossier")).values({
    name: bindparam(f"new_{name}") for name in (*projections.KEPT, "head")
}))


def begin(conn: Connection, new: NewDossier, actor: Actor) -> Advanced:
    """Receive a dossier: start its process under its version."""
    assert_in_transaction(conn)
    digest = conn.scalar(select(ProcessVersion.digest).where(
        ProcessVersion.id == new.version, ProcessVersion.procedure == new.procedure))
    if digest is None:
        raise NotFound(what="version", key=new.version)
    now = clock.now()
    act = _Act(StartProcess(dossier=_context(new, now), form=dict(new.form)), actor, new.receiving_unit, now)
    before = Before.unborn(_columns(new))
    with _incident_on_failure(None, act):
        known = calendars(conn)
        change = _decide(definition_of(conn, digest), None, before, act, known)
        entry = _entry(before, act, change, log.START)
        values = projections.dossier_values(before, change) | {"head": entry["hash"]}
        before = before.born(conn.execute(insert(Dossier).values(
            **_columns(new), received_by=actor.person, received_at=now, **values,
        ).returning(Dossier.id)).scalar_one())
        decided = _decided(act, before, change, entry, known)
        _write(conn, decided)
        return decided.done


def advance(
    conn: Connection, dossier_id: int, command: Command, actor: Actor, *,
    acting_unit: str | None, expected_seq: int | None = None,
) -> Advanced:
    """Carry out a command on a dossier, for a unit. Raises the Conflict family when somebody was faster."""
    assert_in_transaction(conn)
    rows, = send(conn, _BY_ID.of(dossier=dossier_id))
    if not rows:
        raise NotFound(what="dossier", key=dossier_id)
    decided = decide(conn, rows[0], Orders(command, actor, acting_unit, expected_seq))
    write(conn, decided)
    return decided.done


def locking(code: str, units: Collection[str]) -> Question:
    """What locks a dossier in which one of the units takes part; it brings no row where there is none of that code."""
    asked = sorted(units) or [""]
    places = 1 << (len(asked) - 1).bit_length()
    filled = [*asked, *asked[:1] * (places - len(asked))]
    return _by_code(places).of(code=code, **{f"unit_{place}": unit for place, unit in enumerate(filled)})


@cache
def _by_code(units: int) -> Statement:
    """The lock for so many units; there is one for each power of two, and the first unit fills it up."""
    among = DossierUnit.unit.in_([bindparam(f"unit_{place}", type_=String) for place in range(units)])
    taking_part = select(DossierUnit.dossier).where(DossierUnit.dossier == Dossier.id, among).exists()
    return Statement(_LOCKED.where(Dossier.code == bindparam("code"), taking_part))


def decide(conn: Connection, row: Any, orders: Orders) -> Decided:
    """Let the engine decide on a command for a locked dossier; nothing is written yet."""
    assert_in_transaction(conn)
    act = _Act(orders.command, orders.actor, orders.unit, clock.not_before(row.updated_at))
    if orders.expected_seq is not None and row.seq != orders.expected_seq:
        raise _who_was_faster(conn, row, act) or ChangedMeanwhile(seq=row.seq)
    known = orders.calendars or calendars(conn)
    before, onto = Before.of(row), _onto(conn, act)
    with _incident_on_failure(row.id, act), _rivals_named(conn, row, act):
        state = opened(row.code, row.seq, row.state)
        change = _decide(definition_of(conn, row.digest), state, before, act, known, onto)
        return _decided(act, before, change, _entry(before, act, change, row.head), known)


def write(conn: Connection, decided: Decided, *others: Question) -> list[Rows]:
    """Write what was decided, and others with it in the same journey; the rows that the others bring."""
    assert_in_transaction(conn)
    before, change = decided.before, decided.change
    with _incident_on_failure(before.id, decided.act):
        projections.go_over(conn, before, change.facts)
        values = projections.dossier_values(before, change) | {"head": decided.entry["hash"]}
        kept = _KEEP.of(of_dossier=before.id, **{f"new_{name}": value for name, value in values.items()})
        return _write(conn, decided, kept, *others)[1:]


def _write(conn: Connection, decided: Decided, *others: Question) -> list[Rows]:
    """Write the history and what follows from it, then look whether the inbox agrees; the rows of the others."""
    before, change = decided.before, decided.change
    following = projections.writes(before, change)
    found = send(conn, *others, log.appended(before.id, decided.entry), *following, projections.inbox_of(before))
    projections.check_inbox(before, change, found[-1])
    return found[:len(others)]


def definition_of(conn: Connection, digest: str) -> Definition:
    """The compiled definition of a published version, from the process-wide cache."""
    return definition_for(digest, partial(_bundle, conn, digest))


def _bundle(conn: Connection, digest: str) -> Bundle:
    query = select(ProcessVersion.bundle).where(ProcessVersion.digest == digest)
    content = conn.execute(query).scalar_one()
    return Bundle.from_json(content)


def _onto(conn: Connection, act: _Act) -> Definition | None:
    """The version that the dossier is told to go over to."""
    return definition_of(conn, act.command.digest) if isinstance(act.command, MigrateDossier) else None


def _decide(
    definition: Definition, state: bytes | None, before: Before, act: _Act, known: Calendars,
    onto: Definition | None = None,
) -> Change:
    calendar = known.of(before.receiving_unit)
    # The system's own commands are few, and each is held back by itself when it fails
    about = before.code if state is not None else f"{before.procedure} {act.actor.person}"
    with watched(about, patient=act.actor.person is None):
        outcome = step(definition, state, act.command, act.now, onto, counted_in(calendar))
    old, procedure = definition.procedure, (onto or definition).procedure
    scheduled = schedule(procedure, outcome.facts, list(before.ledger), calendar, act.now, old if onto else None)
    facts = (*outcome.facts, *scheduled.due)
    return Change(
        act.command, act.actor, act.now, before.seq + 1, outcome.state, facts, scheduled.ledger, scheduled.warn
    )


def _entry(before: Before, act: _Act, change: Change, previous: str) -> dict[str, Any]:
    payload = {"command": to_json(act.command), "facts": [fact_to_json(fact) for fact in change.facts]}
    kind = type(act.command).__name__
    return log.chain(log.Entry(before.code, change.seq, act.now, kind, act.actor, act.unit, payload), previous)


def _decided(act: _Act, before: Before, change: Change, entry: Mapping[str, Any], known: Calendars) -> Decided:
    opened = projections.opened_tasks(before, change, known.names)
    done = Advanced(before.id, before.code, change.seq, change.facts, opened)
    return Decided(act, before, change, entry, done)


@contextmanager
def _incident_on_failure(dossier_id: int | None, act: _Act) -> Iterator[None]:
    try:
        yield
    except Failed as error:
        note = incidents.Note(dossier_id, act.now, act.actor, act.unit, to_json(act.command))
        on_rollback(partial(incidents.record, note, error))
        raise


@contextmanager
def _rivals_named(conn: Connection, row: Any, act: _Act) -> Iterator[None]:
    try:
        yield
    except (StepNotOpen, StepTaken, AlreadyEnded) as error:
        raise _who_was_faster(conn, row, act) or error from None


def _who_was_faster(conn: Connection, row: Any, act: _Act) -> OneDoorError | None:
    """Who else claimed or finished the step that the command is about, and when."""
    token = _token(act.command)
    if token is None:
        return None
    who, when = func.coalesce(Task.ended_by, Task.assignee), func.coalesce(Task.ended_at, Task.claimed_at)
    query = (
        select(Task.step, Task.state, Task.ended_by, who.label("who"), when.label("at"), Person.name)
        .outerjoin(Person, Person.id == who)
        .where(Task.dossier == row.id, Task.token == token, when.is_not(None))
    )
    task = conn.execute(query).first()
    if task is None or (task.state in ("open", "waiting") and task.who == act.actor.person):
        return None
    step_ = definition_of(conn, row.digest).steps.get(task.step)
    name = {"vi": step_.name, "en": step_.name_en} if step_ else {"vi": task.step, "en": task.step}
    by_system = task.state in ("done", "cancelled") and task.ended_by is None
    faster = THE_SYSTEM if by_system else task.name
    return SomebodyWasFaster(step=name, name=faster, at=task.at)


def _token(command: Command) -> str | None:
    if isinstance(command, ClaimStep | ReleaseStep | CompleteStep | DeliverMessage):
        return command.token
    return None


def _context(new: NewDossier, now: datetime) -> dict[str, Any]:
    return {
        "code": new.code, "procedure": new.procedure, "channel": new.channel, "receiving_unit": new.receiving_unit,
        "competent_unit": new.competent_unit, "received_at": now.isoformat(),
    }


def _columns(new: NewDossier) -> dict[str, Any]:
    return {
        "code": new.code, "procedure": new.procedure, "version": new.version, "receiving_unit": new.receiving_unit,
        "competent_unit": new.competent_unit, "channel": new.channel, "applicant_name": new.applicant_name,
        "applicant_id": new.applicant_id, "applicant_phone": new.applicant_phone,
        "applicant_email": new.applicant_email, "applicant_address": new.applicant_address, "search": new.search,
    }
