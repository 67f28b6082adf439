"""Notices: what an officer is told inside the platform, until he has read it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from app import clock
from app.calendars import Calendars, calendars
from app.casework import definition_of
from app.db import reading, transaction
from app.deadlines.models import Notice
from app.dossiers.definitions import step_names
from app.dossiers.models import Dossier
from app.dossiers.named import Names
from app.dossiers.timing import Due, due_of
from app.people.actor import Actor
from app.procedures.models import Procedure, ProcessVersion
from app.tasks.models import Task

PAGE = 50


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One notice; `open` says whether the step still waits, so that there is something to do.

    `due_at` is the date that it told of, `due` what has become of it since.
    """

    id: int
    code: str
    token: str
    kind: str
    step: Names | None
    procedure: Names
    due_at: datetime | None
    created_at: datetime
    read_at: datetime | None
    open: bool
    due: Due


@dataclass(frozen=True, slots=True)
class NoticePage:
    """The newest notices; the next ones lie before `next`."""

    rows: tuple[NoticeRow, ...]
    next: int | None


def notices(actor: Actor, *, unread: bool = False, before: int | None = None, size: int = PAGE) -> NoticePage:
    """The person's notices, newest first."""
    query = (
        select(Notice.__table__, Dossier.code, Dossier.ended_at, Dossier.finished_at, Dossier.receiving_unit,
               Dossier.clock, Dossier.due_at.label("promised"), Task.step, Task.state, Task.due_at.label("step_due"),
               Task.ended_at.label("step_ended"), ProcessVersion.digest, Procedure.name_vi, Procedure.name_en)
        .join(Dossier, Dossier.id == Notice.dossier).join(Procedure, Procedure.code == Dossier.procedure)
        .join(ProcessVersion, ProcessVersion.id == Dossier.version)
        .outerjoin(Task, (Task.dossier == Notice.dossier) & (Task.token == Notice.token))
        .where(Notice.person == actor.person).order_by(Notice.id.desc()).limit(size + 1)
    )
    if unread:
        query = query.where(Notice.read_at.is_(None))
    if before is not None:
        query = query.where(Notice.id < before)
    with reading() as conn:
        rows = conn.execute(query).all()
        known, now = calendars(conn), clock.now()
        found = tuple(_row(row, definition_of(conn, row.digest), _due(row, known, now)) for row in rows[:size])
    return NoticePage(found, found[-1].id if len(rows) > size else None)


def _due(row: Any, known: Calendars, now: datetime) -> Due:
    """The present date of the step, or of the dossier."""
    at, ended = (row.step_due, row.step_ended) if row.step else (row.promised, row.finished_at or row.ended_at)
    return due_of(known.of(row.receiving_unit), at, now, clock=row.clock, ended=ended)


def _row(row: Any, definition: Any, due: Due) -> NoticeRow:
    step = step_names(definition, row.step) if row.step else None
    return NoticeRow(
        row.id, row.code, row.token, row.kind, step, {"vi": row.name_vi, "en": row.name_en}, row.due_at,
        row.created_at, row.read_at, row.state == "open" if row.step else row.ended_at is None, due,
    )


def unread_notices(conn: Connection, actor: Actor) -> int:
    """How many notices the person has not read."""
    query = select(func.count()).select_from(Notice).where(Notice.person == actor.person, Notice.read_at.is_(None))
    return conn.scalar(query) or 0


def read_notices(actor: Actor, numbers: Collection[int] | None = None) -> int:
    """Note that the person has read these notices, or all of his; how many were new."""
    mine = update(Notice).where(Notice.person == actor.person, Notice.read_at.is_(None))
    if numbers is not None:
        mine = mine.where(Notice.id.in_(numbers))
    with transaction() as conn:
        return conn.execute(mine.values(read_at=clock.now())).rowcount
