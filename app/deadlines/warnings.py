"""Warnings that are due: given once each, in order, by whichever worker claims the dossier first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, insert, or_, select, text

from app import clock
from app.casework import SYSTEM, advance, definition_of
from app.db import database_time, reading, transaction
from app.deadlines.models import Notice
from app.dossiers.models import Dossier
from app.jobs.models import Letter
from app.people.models import Membership, Person, Unit
from app.procedures.models import ProcessVersion
from app.statements import Question, Statement, send
from app.tasks.models import Task
from engine.clock.deadlines import rungs_of
from engine.clock.ledger import DOSSIER
from engine.commands import GiveWarning
from engine.errors import Failed

HEADS, LEADERS = ("head", "section_head"), ("leader",)
OPEN = text("task.warn_at IS NOT NULL AND task.state = 'open'")
SET = text("dossier.warn_at IS NOT NULL")
_NOW: BindParameter[datetime] = bindparam("now")
_STEPS = Statement(
    select(Task.dossier, Task.token, Task.warn_at).join(Dossier, Dossier.id == Task.dossier)
    .where(OPEN, Task.warn_at <= _NOW).order_by(Task.warn_at, Task.dossier, Task.token).limit(1)
    .with_for_update(of=Dossier.__table__, skip_locked=True)
)
_DOSSIERS = Statement(
    select(Dossier.id, Dossier.warn_at).where(SET, Dossier.warn_at <= _NOW)
    .order_by(Dossier.warn_at, Dossier.id).limit(1).with_for_update(of=Dossier.__table__, skip_locked=True)
)
_DUE = (Statement(select(Task.dossier).where(OPEN, Task.warn_at <= _NOW).limit(1)),
        Statement(select(Dossier.id).where(SET, Dossier.warn_at <= _NOW).limit(1)))
_NEXT = (Statement(select(Task.warn_at).where(OPEN, Task.warn_at > _NOW).order_by(Task.warn_at).limit(1)),
         Statement(select(Dossier.warn_at).where(SET, Dossier.warn_at > _NOW).order_by(Dossier.warn_at).limit(1)))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A warning to give now; the dossier is locked."""

    dossier: int
    token: str
    at: datetime


def fire_due_warnings(limit: int = 100) -> int:
    """Give the warnings that are due, the oldest first, each in a transaction of its own; how many."""
    given = 0
    for _ in range(limit if _anything_due() else 0):
        try:
            if not _give_next():
                break
            given += 1
        except Failed:
            # Recorded as an incident, and held back from the next look.
            continue
    return given


def _give_next() -> bool:
    with transaction() as conn:
        now = database_time(conn)
        claimed = claim(conn, now)
        if claimed is None:
            return False
        if _still_due(conn, claimed, now):
            with clock.at(now):
                _give(conn, claimed)
        return True


def _anything_due() -> bool:
    with reading() as conn:
        now = database_time(conn)
        return any(send(conn, *(each.of(now=now) for each in _DUE)))


def coming_warnings(now: datetime) -> tuple[Question, ...]:
    """When the next warnings of steps and of dossiers fall due (`warn_at`)."""
    return tuple(each.of(now=now) for each in _NEXT)


def claim(conn: Connection, now: datetime) -> Claimed | None:
    """The oldest due warning of a dossier that nobody works on; its dossier's row is locked."""
    steps, dossiers = send(conn, _STEPS.of(now=now), _DOSSIERS.of(now=now))
    found = [Claimed(row.dossier, row.token, row.warn_at) for row in steps]
    found += [Claimed(row.id, DOSSIER, row.warn_at) for row in dossiers]
    return min(found, key=lambda each: each.at, default=None)


def _still_due(conn: Connection, claimed: Claimed, now: datetime) -> bool:
    """Another worker may have given it between our statement's look and our lock."""
    if claimed.token == DOSSIER:
        query = select(Dossier.warn_at).where(Dossier.id == claimed.dossier)
    else:
        query = select(Task.warn_at).where(
            Task.dossier == claimed.dossier, Task.token == claimed.token, Task.state == "open")
    at = conn.scalar(query)
    return at is not None and at <= now


def _give(conn: Connection, claimed: Claimed) -> None:
    row = conn.execute(
        select(Dossier.ledger, Dossier.procedure, Dossier.competent_unit, Dossier.due_at, ProcessVersion.digest)
        .join(ProcessVersion, ProcessVersion.id == Dossier.version).where(Dossier.id == claimed.dossier)
    ).one()
    number, to = _rung(conn, row, claimed.token)
    done = advance(conn, claimed.dossier, GiveWarning(claimed.token, number, to), SYSTEM, acting_unit=None)
    tasks = _tasks(conn, claimed)
    people = {person for task in tasks for person in recipients(conn, task, to)}
    if not tasks:
        # No officer has a step, for example while an outside system is awaited: the unit that decides is told
        people = above(conn, row.competent_unit, (HEADS, LEADERS))
    if people:
        due = row.due_at if claimed.token == DOSSIER else tasks[0].due_at
        conn.execute(insert(Notice), [
            {"person": person, "dossier": claimed.dossier, "token": claimed.token, "kind": to, "due_at": due,
             "created_at": clock.now(), "read_at": None} for person in sorted(people)
        ])
    conn.execute(insert(Letter).values(
        dossier=claimed.dossier, seq=done.seq, kind=f"warning_{to}", created_at=clock.now(), next_at=clock.now(),
        body=_letter(conn, (done.code, row.procedure), tasks[0].unit if tasks else row.competent_unit, people),
    ))


def _rung(conn: Connection, row: Any, token: str) -> tuple[int, str]:
    """Which of the warnings it is, and whom it goes to."""
    if token == DOSSIER:
        return 0, "apology"
    rungs = rungs_of(definition_of(conn, row.digest).procedure)
    step = next(e for e in row.ledger if e["kind"] == "step" and e["reason"] == token)
    number = step.get("warned", 0)
    return number, rungs[number].to


def _tasks(conn: Connection, claimed: Claimed) -> list[Any]:
    """The step that the warning is about; all open ones for an apology."""
    query = select(Task.__table__).where(Task.dossier == claimed.dossier, Task.state == "open").order_by(Task.token)
    if claimed.token != DOSSIER:
        query = query.where(Task.token == claimed.token)
    return list(conn.execute(query))


def recipients(conn: Connection, task: Any, to: str) -> set[int]:
    """Who is told: the officer who has the step (or all who could take it), his head, the unit's leader."""
    officers = {task.assignee} if task.assignee else _holding(conn, task.unit, (task.role,))
    match to:
        case "officer":
            return officers
        case "head":
            return above(conn, task.unit, (HEADS, LEADERS))
        case "unit":
            return above(conn, task.unit, (LEADERS, HEADS))
        case _:
            return officers | above(conn, task.unit, (HEADS, LEADERS))


def above(conn: Connection, unit: str | None, preferred: Iterable[tuple[str, ...]]) -> set[int]:
    """The people of the first unit from this one upwards that has some; of their roles those asked first count."""
    seen: set[str] = set()
    while unit is not None and unit not in seen:
        found = next((people for roles in preferred if (people := _holding(conn, unit, roles))), None)
        if found:
            return found
        seen.add(unit)
        unit = conn.scalar(select(Unit.parent).where(Unit.code == unit))
    return set()


def _holding(conn: Connection, unit: str, roles: Collection[str]) -> set[int]:
    today = clock.today()
    query = (
        select(Membership.person).join(Person, Person.id == Membership.person)
        .where(Membership.unit == unit, Membership.role.in_(roles), Membership.valid_from <= today,
               or_(Membership.valid_to.is_(None), Membership.valid_to >= today), Person.active)
    )
    return set(conn.scalars(query))


def _letter(conn: Connection, about: tuple[str, str], to: str, people: Collection[int]) -> dict[str, Any]:
    """The letter to the unit that has the step, naming whom it is for."""
    unit = conn.execute(select(Unit.__table__).where(Unit.code == to)).one()
    names = sorted(conn.scalars(select(Person.name).where(Person.id.in_(people))))
    code, procedure = about
    return {
        "code": code, "procedure": procedure, "unit": unit.code, "reason": "", "at": clock.now().isoformat(),
        "applicant": {"name": ", ".join(names) or unit.name_vi, "email": "", "phone": unit.phone,
                      "address": unit.address or unit.name_vi},
    }
