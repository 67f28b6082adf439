"""Apologies: drafted by an officer who has a step of the dossier, signed by somebody above, who promises a new date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.orm import aliased

from app import clock
from app.calendars import working_calendar
from app.casework import Actor, advance, definition_of
from app.db import reading, transaction
from app.deadlines.errors import (
    ApologyDecided,
    ApologyUnclear,
    ApologyWaits,
    NewDateTooEarly,
    NewDateTooLate,
    OwnApology,
)
from app.deadlines.models import Apology, Notice
from app.deadlines.warnings import HEADS, LEADERS, above
from app.dossiers.codes import next_number
from app.dossiers.models import Dossier
from app.dossiers.named import Named
from app.dossiers.queries import Head, find
from app.errors import Forbidden, NotFound
from app.jobs.models import Letter
from app.people.models import Person, Unit
from app.people.queries import subtree
from app.tasks.models import Task
from engine.clock.deadlines import hours_more
from engine.clock.ledger import DOSSIER
from engine.commands import Reappoint
from engine.errors import AppointedAgain, ClockStandsStill
from engine.statuses import FINISHED

LONGEST = timedelta(days=366)
_Drafter, _Decider = aliased(Person), aliased(Person)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an officer wants to promise, and why; `override` says why a further new date is unavoidable."""

    reason: str
    new_due: datetime | None
    override: str = ""


@dataclass(frozen=True, slots=True)
class ApologyRow:
    """A letter of apology from draft to signature."""

    id: int
    state: str
    number: str
    unit: Named
    reason: str
    override: str
    old_due: datetime
    new_due: datetime
    drafted_by: str
    drafted_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str
    may_decide: bool


@dataclass(frozen=True, slots=True)
class Apologies:
    """The dossier's apologies, and whether the reader may draft one; `again` when one was signed before."""

    head: Head
    rows: tuple[ApologyRow, ...]
    may_draft: bool
    again: bool


def apologies(actor: Actor, code: str) -> Apologies:
    """All apologies of a dossier, the newest first. Raises DossierUnknown."""
    with reading() as conn:
        head = find(conn, actor, code)
        rows = _rows(conn, actor, head)
        able = head.promised.at is not None and head.status not in FINISHED and _own_unit(conn, actor, head) is not None
        return Apologies(
            head, rows, able and not any(row.state == "draft" for row in rows),
            any(row.state == "signed" for row in rows),
        )


def _rows(conn: Connection, actor: Actor, head: Head) -> tuple[ApologyRow, ...]:
    signing = subtree(conn, actor.units_for("apology.sign"))
    query = (
        select(Apology.__table__, Unit.name_vi, Unit.name_en, _Drafter.name.label("drafter"),
               _Decider.name.label("decider"))
        .join(Unit, Unit.code == Apology.unit).join(_Drafter, _Drafter.id == Apology.drafted_by)
        .outerjoin(_Decider, _Decider.id == Apology.decided_by)
        .where(Apology.dossier == head.id).order_by(Apology.id.desc())
    )
    return tuple(
        ApologyRow(
            row.id, row.state, row.number, Named(row.unit, {"vi": row.name_vi, "en": row.name_en}), row.reason,
            row.override, row.old_due, row.new_due, row.drafter, row.drafted_at, row.decider, row.decided_at, row.note,
            row.state == "draft" and row.unit in signing and row.drafted_by != actor.person,
        )
        for row in conn.execute(query)
    )


def _own_unit(conn: Connection, actor: Actor, head: Head) -> str | None:
    """The unit for which the person has one of the dossier's open steps in his inbox."""
    query = select(Task.unit, Task.role).where(Task.dossier == head.id, Task.state == "open").order_by(Task.token)
    return next((row.unit for row in conn.execute(query) if actor.holds(row.role, row.unit)), None)


def draft_apology(actor: Actor, code: str, wanted: Wanted) -> int:
    """Draft an apology with a new date; its number among all. Those who may sign it are told."""
    with transaction() as conn:
        head = find(conn, actor, code)
        unit = _own_unit(conn, actor, head)
        if unit is None:
            raise Forbidden(permission="task.work")
        _check(conn, actor, head, wanted)
        number = conn.execute(insert(Apology).values(
            dossier=head.id, state="draft", number="", unit=unit, reason=wanted.reason.strip(),
            override=wanted.override.strip(), old_due=head.promised.at, new_due=wanted.new_due, note="",
            drafted_by=actor.person, drafted_at=clock.now(), decided_by=None, decided_at=None,
        ).returning(Apology.id)).scalar_one()
        signers = above(conn, unit, (HEADS, LEADERS)) - {actor.person}
        if signers:
            conn.execute(insert(Notice), [
                {"person": person, "dossier": head.id, "token": DOSSIER, "kind": "sign", "due_at": head.promised.at,
                 "created_at": clock.now(), "read_at": None} for person in sorted(signers)
            ])
    return int(number)


def _check(conn: Connection, actor: Actor, head: Head, wanted: Wanted) -> None:
    if head.promised.at is None or head.status in FINISHED:
        raise ClockStandsStill()
    if not wanted.reason.strip():
        raise ApologyUnclear()
    _more(conn, head, wanted.new_due)
    rows = _rows(conn, actor, head)
    if any(row.state == "draft" for row in rows):
        raise ApologyWaits(code=head.code)
    if any(row.state == "signed" for row in rows) and not wanted.override.strip():
        raise AppointedAgain()


def _more(conn: Connection, head: Head, new_due: datetime | None) -> Decimal:
    """The working hours by which the promised date is moved."""
    if head.promised.at is None:
        raise ClockStandsStill()
    if new_due is None or new_due <= clock.now():
        raise NewDateTooEarly(old=head.promised.at)
    if new_due > clock.now() + LONGEST:
        raise NewDateTooLate()
    ledger = conn.execute(select(Dossier.ledger).where(Dossier.id == head.id)).scalar_one()
    procedure, calendar = definition_of(conn, head.digest).procedure, working_calendar(conn, head.receiving.code)
    hours = hours_more(procedure, ledger, calendar, head.promised.at, new_due)
    if hours <= 0:
        raise NewDateTooEarly(old=head.promised.at)
    return hours


def sign_apology(actor: Actor, code: str, number: int) -> str:
    """Sign a drafted apology: the new date counts from now on and the applicant is told; the letter's number."""
    with transaction() as conn:
        head, row = _to_decide(conn, actor, code, number)
        hours = _more(conn, head, row.new_due)
        letter = f"{next_number(conn, f'PXL {row.unit}', clock.now().year)}/PXL-{row.unit}"
        command = Reappoint(row.new_due.isoformat(), f"{hours:f}", row.reason, letter, row.override)
        done = advance(conn, head.id, command, actor, acting_unit=row.unit)
        _decide(conn, actor, number, state="signed", number=letter, old_due=head.promised.at)
        conn.execute(insert(Letter).values(
            dossier=head.id, seq=done.seq, kind="apology", created_at=clock.now(), next_at=clock.now(),
            body=_letter(head, row),
        ))
    return letter


def refuse_apology(actor: Actor, code: str, number: int, note: str) -> None:
    """Send a drafted apology back, with a word why; the promised date stays."""
    with transaction() as conn:
        _to_decide(conn, actor, code, number)
        _decide(conn, actor, number, state="refused", note=note.strip())


def _to_decide(conn: Connection, actor: Actor, code: str, number: int) -> tuple[Head, Any]:
    head = find(conn, actor, code)
    query = select(Apology.__table__).where(Apology.id == number, Apology.dossier == head.id).with_for_update()
    row = conn.execute(query).first()
    if row is None:
        raise NotFound(what="apology", key=number)
    if row.unit not in subtree(conn, actor.units_for("apology.sign")):
        raise Forbidden(permission="apology.sign")
    if row.drafted_by == actor.person:
        raise OwnApology()
    if row.state != "draft":
        raise ApologyDecided()
    return head, row


def _decide(conn: Connection, actor: Actor, which: int, **values: Any) -> None:
    conn.execute(update(Apology).where(Apology.id == which).values(
        decided_by=actor.person, decided_at=clock.now(), **values))


def _letter(head: Head, row: Any) -> dict[str, Any]:
    who = head.applicant
    return {
        "code": head.code, "procedure": head.procedure.code, "unit": head.receiving.code, "reason": row.reason,
        "at": clock.now().isoformat(), "new_due": row.new_due.isoformat(),
        "applicant": {"name": who.name, "phone": who.phone, "email": who.email, "address": who.address},
    }
