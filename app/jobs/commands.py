"""Retrying what failed, and doing what is due."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from app import clock
from app.casework import SYSTEM, Actor, Advanced, advance
from app.db import database_time, reading, transaction
from app.deadlines.recompute import recompute_one
from app.dossiers.models import Dossier, DossierUnit
from app.errors import Forbidden
from app.jobs.errors import IncidentResolved, NeverReceived, Overtaken
from app.jobs.models import Incident, Timer
from app.jobs.queries import incident as find_incident
from app.jobs.services import ask_again
from app.people.models import Person
from app.people.policy import may_retry, overseen_units
from app.people.queries import subtree
from app.statements import Question, Statement, send
from engine.commands import AnswerService, FireTimer, RecomputeDeadlines, from_json
from engine.errors import AlreadyEnded, Conflict, Failed, MessageNotAwaited, ServiceNotAwaited, TimerNotSet

_LIVE = Timer.failed_at.is_(None)
_CLAIM = Statement(
    select(Timer.dossier, Timer.timer).join(Dossier, Dossier.id == Timer.dossier)
    .where(Timer.due_at <= bindparam("now"), _LIVE).order_by(Timer.due_at, Timer.dossier).limit(1)
    .with_for_update(of=Dossier.__table__, skip_locked=True)
)
_DUE = Statement(select(Timer.timer).where(Timer.due_at <= bindparam("now"), _LIVE).limit(1))
_NEXT = Statement(select(Timer.due_at).where(Timer.due_at > bindparam("now"), _LIVE).order_by(Timer.due_at).limit(1))
_STILL_SET = Statement(select(Timer.timer).where(
    Timer.dossier == bindparam("dossier"), Timer.timer == bindparam("timer")))


def retry_incident(actor: Actor, incident_id: int) -> Advanced:
    """Carry the failed command out again, for the person and the unit it was for.

    Raises Failed when it fails again (the incident then counts one retry more), Overtaken when the dossier has
    moved on without it.
    """
    find_incident(actor, incident_id)
    try:
        with transaction() as conn:
            return _retry(conn, actor, incident_id)
    except (Conflict, AlreadyEnded, TimerNotSet, MessageNotAwaited, ServiceNotAwaited) as error:
        with transaction() as conn:
            _resolve(conn, actor, incident_id)
        raise Overtaken(incident=incident_id) from error


def _retry(conn: Connection, actor: Actor, incident_id: int) -> Advanced:
    row = conn.execute(select(Incident.__table__).where(Incident.id == incident_id).with_for_update()).one()
    if row.resolved_at is not None:
        raise IncidentResolved(incident=incident_id)
    if row.dossier is None:
        raise NeverReceived(incident=incident_id)
    _check_may_retry(conn, actor, row)
    command, officer = from_json(row.command), _first_actor(conn, row.person)
    if isinstance(command, AnswerService):
        return _ask_again(conn, actor, row, command)
    if isinstance(command, RecomputeDeadlines):
        recompute_one(conn, row.dossier, (officer, command.reason))
        return _resolved(conn, actor, row)
    done = advance(conn, row.dossier, command, officer, acting_unit=row.acting_unit)
    _resolve(conn, actor, incident_id)
    return done


def _ask_again(conn: Connection, actor: Actor, row: Any, command: AnswerService) -> Advanced:
    """The connector is asked anew: what it answered before would only fail again."""
    if not ask_again(conn, row.dossier, command.token):
        raise ServiceNotAwaited(token=command.token)
    return _resolved(conn, actor, row)


def _resolved(conn: Connection, actor: Actor, row: Any) -> Advanced:
    """The incident is done with; where its dossier is now."""
    _resolve(conn, actor, row.id)
    dossier = conn.execute(select(Dossier.code, Dossier.seq).where(Dossier.id == row.dossier)).one()
    return Advanced(row.dossier, dossier.code, dossier.seq, (), ())


def _check_may_retry(conn: Connection, actor: Actor, row: Any) -> None:
    parties = set(conn.scalars(select(DossierUnit.unit).where(DossierUnit.dossier == row.dossier)))
    below = subtree(conn, overseen_units(actor))
    if not may_retry(actor, parties) and not (actor.may("incident.retry") and parties & below):
        raise Forbidden(permission="incident.retry")


def _first_actor(conn: Connection, person: int | None) -> Actor:
    """The person whose command failed; the history names him, the incident names who retried."""
    if person is None:
        return SYSTEM
    row = conn.execute(select(Person.id, Person.name, Person.username).where(Person.id == person)).one()
    return Actor(row.id, row.name, row.username)


def _resolve(conn: Connection, actor: Actor, incident_id: int) -> None:
    values = {"resolved_at": clock.now(), "resolved_by": actor.person}
    conn.execute(update(Incident).where(Incident.id == incident_id).values(**values))


def fire_due_timers(limit: int = 100) -> int:
    """Let due timers go off, the oldest first, each in a transaction of its own; how many went off."""
    fired = 0
    for _ in range(limit if _anything_due() else 0):
        try:
            if not _fire_next():
                break
            fired += 1
        except Failed:
            # Recorded as an incident, and held back from the next look.
            continue
    return fired


def _fire_next() -> bool:
    """Claim the dossier of the oldest due timer, skipping those that somebody works on, and fire it.

    The dossier's row is claimed, not the timer's: who completes a step locks the dossier first and then removes
    timers, and two orders of locking would end in a deadlock.
    """
    with transaction() as conn:
        now = database_time(conn)
        due = claim(conn, now)
        if due is None:
            return False
        if still_set(conn, due.dossier, due.timer):
            with clock.at(now):
                advance(conn, due.dossier, FireTimer(due.timer), SYSTEM, acting_unit=None)
        return True


def claim(conn: Connection, now: datetime) -> Any:
    """The oldest due timer of a dossier that nobody works on (`dossier`, `timer`); the dossier's row is locked."""
    [found] = send(conn, _CLAIM.of(now=now))
    return next(iter(found), None)


def _anything_due() -> bool:
    with reading() as conn:
        return bool(send(conn, _DUE.of(now=database_time(conn)))[0])


def next_timer(now: datetime) -> Question:
    """When the next timer falls due (`due_at`); what is due and was not taken is somebody else's at present."""
    return _NEXT.of(now=now)


def still_set(conn: Connection, dossier: int, timer: str) -> bool:
    """Another worker may have fired it between our statement's look and our lock."""
    return bool(send(conn, _STILL_SET.of(dossier=dossier, timer=timer))[0])
