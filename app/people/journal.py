"""The journal of the calendar: who changed which day, working hours or cut-off hour, by which document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from app import clock
from app.people.actor import Actor
from app.people.errors import DocumentMissing
from app.people.models import CalendarChange, Person, Unit

PAGE = 50
Value = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What it was and what it is since; None where there was or is nothing."""

    kind: str
    old: Value | None
    new: Value | None
    document: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change with who made it; `unit` is None where it is everybody's."""

    id: int
    at: datetime
    person: int | None
    person_name: str | None
    kind: str
    unit: str | None
    unit_name: Mapping[str, str] | None
    old: Value | None
    new: Value | None
    document: str


@dataclass(frozen=True, slots=True)
class ChangePage:
    """The newest changes; the next ones lie before `next`."""

    rows: tuple[ChangeRow, ...]
    next: int | None


def named(document: str) -> str:
    """A document's number as it is kept. Raises DocumentMissing."""
    if not document.strip():
        raise DocumentMissing()
    return document.strip()


def note(conn: Connection, actor: Actor, change: Change) -> None:
    """Write down who changes the calendar, in the transaction that does it."""
    conn.execute(insert(CalendarChange).values(
        at=clock.now(), person=actor.person, kind=change.kind, unit=change.unit, old=change.old, new=change.new,
        document=change.document,
    ))


def changes(conn: Connection, *, before: int | None = None, size: int = PAGE) -> ChangePage:
    """What was changed in the calendar, newest first."""
    query = (
        select(CalendarChange.__table__, Person.name.label("person_name"), Unit.name_vi, Unit.name_en)
        .outerjoin(Person, Person.id == CalendarChange.person).outerjoin(Unit, Unit.code == CalendarChange.unit)
        .order_by(CalendarChange.id.desc()).limit(size + 1)
    )
    if before is not None:
        query = query.where(CalendarChange.id < before)
    rows = conn.execute(query).all()
    found = tuple(_row(row) for row in rows[:size])
    return ChangePage(found, found[-1].id if len(rows) > size else None)


def _row(row: Any) -> ChangeRow:
    name = {"vi": row.name_vi, "en": row.name_en} if row.unit else None
    return ChangeRow(row.id, row.at, row.person, row.person_name, row.kind, row.unit, name, row.old, row.new,
                     row.document)
