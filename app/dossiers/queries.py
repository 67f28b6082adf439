"""Dossiers as their readers see them; what somebody may not see is not there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, select
from sqlalchemy.orm import aliased

from app import clock
from app.calendars import Calendars, calendars
from app.casework import Actor
from app.db import reading
from app.dossiers.errors import DossierUnknown
from app.dossiers.models import Dossier
from app.dossiers.named import Named
from app.dossiers.sight import visible
from app.dossiers.timing import Due, due_of
from app.people.models import Person, Unit
from app.people.policy import may_withdraw
from app.procedures.models import Procedure, ProcessVersion
from app.seals import opened
from app.search import has_words
from engine.statuses import FINISHED

PAGE = 50

_Receiving, _Competent, _Receiver = aliased(Unit), aliased(Unit), aliased(Person)


@dataclass(frozen=True)
class Applicant:
    """Who wants something, as given when the dossier came in."""

    name: str
    id: str
    phone: str
    email: str
    address: str


@dataclass(frozen=True)
class Head:
    """What stands at the top of every page about a dossier."""

    id: int
    code: str
    seq: int
    procedure: Named
    version: int
    number: int
    digest: str
    applicant: Applicant
    channel: str
    receiving: Named
    competent: Named
    status: int
    clock: str
    received_at: datetime
    received_by: str
    promised: Due
    statutory: Due
    finished_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class Wanted:
    """What a search of dossiers is narrowed to."""

    text: str = ""
    procedure: str = ""
    status: int | None = None


@dataclass(frozen=True)
class Found:
    """One page of a search; the next one begins behind `next`."""

    rows: tuple[Head, ...]
    next: int | None


def head_query() -> Select[*tuple[Any, ...]]:
    """Everything a `Head` is made of, in one statement."""
    return (
        select(
            Dossier.id, Dossier.code, Dossier.seq, Dossier.procedure, Dossier.version, Dossier.applicant_name,
            Dossier.applicant_id, Dossier.applicant_phone, Dossier.applicant_email, Dossier.applicant_address,
            Dossier.channel, Dossier.receiving_unit, Dossier.competent_unit, Dossier.status, Dossier.clock,
            Dossier.received_at, Dossier.due_at, Dossier.statutory_due_at, Dossier.finished_at, Dossier.ended_at,
            Procedure.name_vi.label("procedure_vi"), Procedure.name_en.label("procedure_en"),
            ProcessVersion.number, ProcessVersion.digest, _Receiver.name.label("received_by"),
            _Receiving.name_vi.label("receiving_vi"), _Receiving.name_en.label("receiving_en"),
            _Competent.name_vi.label("competent_vi"), _Competent.name_en.label("competent_en"),
        )
        .join(Procedure, Procedure.code == Dossier.procedure)
        .join(ProcessVersion, ProcessVersion.id == Dossier.version)
        .join(_Receiver, _Receiver.id == Dossier.received_by)
        .join(_Receiving, _Receiving.code == Dossier.receiving_unit)
        .join(_Competent, _Competent.code == Dossier.competent_unit)
    )


def head_of(row: Row[Any], known: Calendars, now: datetime) -> Head:
    """The row of `head_query` as a `Head`."""
    calendar = known.of(row.receiving_unit)
    ended = row.finished_at or row.ended_at
    return Head(
        id=row.id, code=row.code, seq=row.seq, version=row.version, number=row.number, digest=row.digest,
        procedure=Named(row.procedure, {"vi": row.procedure_vi, "en": row.procedure_en}),
        applicant=Applicant(row.applicant_name, row.applicant_id, row.applicant_phone, row.applicant_email,
                            row.applicant_address),
        channel=row.channel,
        receiving=Named(row.receiving_unit, {"vi": row.receiving_vi, "en": row.receiving_en}),
        competent=Named(row.competent_unit, {"vi": row.competent_vi, "en": row.competent_en}),
        status=row.status, clock=row.clock, received_at=row.received_at, received_by=row.received_by,
        promised=due_of(calendar, row.due_at, now, clock=row.clock, ended=ended),
        statutory=due_of(calendar, row.statutory_due_at, now, clock=row.clock, ended=ended),
        finished_at=row.finished_at, ended_at=row.ended_at,
    )


def find(conn: Connection, actor: Actor, code: str) -> Head:
    """The dossier's head; one that the person may not see is unknown to him."""
    row = conn.execute(head_query().where(Dossier.code == code, visible(conn, actor, Dossier.id))).first()
    if row is None:
        raise DossierUnknown(code=code)
    return head_of(row, calendars(conn), clock.now())


def state_of(conn: Connection, head: Head) -> bytes:
    """What the engine keeps of the dossier now. Raises StateUnreadable where its seal does not hold."""
    kept = conn.execute(select(Dossier.seq, Dossier.state).where(Dossier.id == head.id)).one()
    return opened(head.code, kept.seq, kept.state)


def head(actor: Actor, code: str) -> Head:
    """The dossier's head, read by itself."""
    with reading() as conn:
        return find(conn, actor, code)


def can_withdraw(actor: Actor, head: Head) -> bool:
    """Whether the person may take the dossier back for its applicant, and it is not too late for that."""
    return may_withdraw(actor, head.receiving.code) and head.status not in FINISHED


def search(actor: Actor, wanted: Wanted, before: int | None = None, size: int = PAGE) -> Found:
    """The dossiers the person may see, newest first, by code, name or ID, accents aside."""
    with reading() as conn:
        query = head_query().where(visible(conn, actor, Dossier.id), _matches(wanted))
        if before is not None:
            query = query.where(Dossier.id < before)
        rows = conn.execute(query.order_by(Dossier.id.desc()).limit(size + 1)).all()
        calendar, now = calendars(conn), clock.now()
    found = tuple(head_of(row, calendar, now) for row in rows[:size])
    return Found(found, found[-1].id if len(rows) > size else None)


def _matches(wanted: Wanted) -> ColumnElement[bool]:
    words = [has_words(Dossier.search, wanted.text)]
    if wanted.procedure:
        words.append(Dossier.procedure == wanted.procedure)
    if wanted.status is not None:
        words.append(Dossier.status == wanted.status)
    return and_(*words)
