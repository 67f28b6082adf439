"""The one door through which a dossier changes.

`begin` and `advance` lock the dossier, let the engine decide, and write what it decided: history, inbox, timers,
letters, state. All of it is kept together or not at all; what the engine could not carry out becomes an incident.
The assignee in a command is `actor.assignee`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from app import clock, projections
from app.audit import log
from app.calendars import working_calendar
from app.change import Before, Change, OpenedTask
from app.db import assert_in_transaction, on_rollback
from app.dossiers.models import Dossier
from app.errors import ChangedMeanwhile, NotFound, SomebodyWasFaster
from app.jobs import incidents
from app.people.actor import SYSTEM, Actor
from app.people.models import Person
from app.procedures.models import ProcessVersion
from app.tasks.models import Task
from engine.commands import ClaimStep, Command, CompleteStep, DeliverMessage, ReleaseStep, StartProcess, to_json
from engine.deadlines import schedule
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
class _Act:
    """Who wants what, for which unit, and when."""

    command: Command
    actor: Actor
    unit: str | None
    now: datetime


def begin(conn: Connection, new: NewDossier, actor: Actor) -> Advanced:
    """Receive a dossier: start its process under its version, for life."""
    assert_in_transaction(conn)
    digest = conn.scalar(select(ProcessVersion.digest).where(
        ProcessVersion.id == new.version, ProcessVersion.procedure == new.procedure))
    if digest is None:
        raise NotFound(what="version", key=new.version)
    now = clock.now()
    act = _Act(StartProcess(dossier=_context(new, now), form=dict(new.form)), actor, new.receiving_unit, now)
    before = Before.unborn(_columns(new))
    with _incident_on_failure(None, act):
        change = _decide(conn, digest, None, before, act)
        entry = log.chain(_entry(before, act, change), log.START)
        values = projections.dossier_values(before, change) | {"head": entry["hash"]}
        dossier_id = conn.execute(insert(Dossier).values(
            **_columns(new), received_by=actor.person, received_at=now, **values,
        ).returning(Dossier.id)).scalar_one()
        return _write(conn, before.born(dossier_id), change, entry)


def advance(
    conn: Connection, dossier_id: int, command: Command, actor: Actor, *,
    acting_unit: str | None, expected_seq: int | None = None,
) -> Advanced:
    """Carry out a command on a dossier, for a unit. Raises the Conflict family when somebody was faster."""
    assert_in_transaction(conn)
    row = _locked(conn, dossier_id)
    act = _Act(command, actor, acting_unit, clock.now())
    if expected_seq is not None and row.seq != expected_seq:
        raise _who_was_faster(conn, row, act) or ChangedMeanwhile(seq=row.seq)
    before = Before.of(row)
    with _incident_on_failure(dossier_id, act):
        try:
            change = _decide(conn, row.digest, row.state, before, act)
        except (StepNotOpen, StepTaken, AlreadyEnded) as error:
            raise _who_was_faster(conn, row, act) or error from None
        entry = log.chain(_entry(before, act, change), row.head)
        values = projections.dossier_values(before, change) | {"head": entry["hash"]}
        conn.execute(Dossier.__table__.update().where(Dossier.id == dossier_id).values(**values))
        return _write(conn, before, change, entry)


def definition_of(conn: Connection, digest: str) -> Definition:
    """The compiled definition of a published version, from the process-wide cache."""
    return definition_for(digest, partial(_bundle, conn, digest))


def _bundle(conn: Connection, digest: str) -> Bundle:
    query = select(ProcessVersion.bundle).where(ProcessVersion.digest == digest)
    content = conn.execute(query).scalar_one()
    return Bundle(content["xml"], content["forms"], content["decisions"], content["procedure"])


def _locked(conn: Connection, dossier_id: int) -> Row[Any]:
    query = (
        select(Dossier.__table__, ProcessVersion.digest)
        .join(ProcessVersion, ProcessVersion.id == Dossier.version)
        .where(Dossier.id == dossier_id)
        .with_for_update(of=Dossier.__table__)
    )
    row = conn.execute(query).first()
    if row is None:
        raise NotFound(what="dossier", key=dossier_id)
    return row


def _decide(conn: Connection, digest: str, state: bytes | None, before: Before, act: _Act) -> Change:
    definition = definition_of(conn, digest)
    outcome = step(definition, state, act.command, act.now)
    scheduled = schedule(
        definition.procedure, outcome.facts, list(before.ledger), working_calendar(conn, before.receiving_unit), act.now
    )
    facts = (*outcome.facts, *scheduled.due)
    return Change(act.command, act.actor, act.now, outcome.state, facts, scheduled.ledger)


def _entry(before: Before, act: _Act, change: Change) -> log.Entry:
    payload = {"command": to_json(act.command), "facts": [fact_to_json(fact) for fact in change.facts]}
    kind = type(act.command).__name__
    return log.Entry(before.code, before.seq + 1, act.now, kind, act.actor, act.unit, payload)


def _write(conn: Connection, before: Before, change: Change, entry: Mapping[str, Any]) -> Advanced:
    log.append(conn, before.id, entry)
    opened = projections.project(conn, before, change)
    return Advanced(before.id, before.code, before.seq + 1, change.facts, opened)


@contextmanager
def _incident_on_failure(dossier_id: int | None, act: _Act) -> Iterator[None]:
    try:
        yield
    except Failed as error:
        note = incidents.Note(dossier_id, act.now, act.actor, act.unit, to_json(act.command))
        on_rollback(partial(incidents.record, note, error))
        raise


def _who_was_faster(conn: Connection, row: Row[Any], act: _Act) -> OneDoorError | None:
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
    return SomebodyWasFaster(step=name, name=SYSTEM.name if by_system else task.name, at=task.at)


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
