"""Reading incidents and the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from app.db import reading
from app.dossiers.models import Dossier, DossierUnit
from app.errors import NotFound
from app.jobs.models import Incident
from app.people.actor import Actor
from app.people.models import Person
from app.people.policy import overseen_units
from app.people.queries import subtree

PAGE = 50


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """A failed command as supervisors see it."""

    id: int
    dossier: int | None
    code: str | None
    procedure: str | None
    at: datetime
    person: str
    acting_unit: str | None
    command: dict[str, Any]
    error: str
    details: dict[str, Any]
    retries: int
    resolved_at: datetime | None
    resolved_by: str | None

    @property
    def retriable(self) -> bool:
        """Whether the command can be tried again here."""
        return self.resolved_at is None and self.dossier is not None


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """One page of incidents and how many there are."""

    rows: tuple[IncidentRow, ...]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // self.size))


def incidents(actor: Actor, *, resolved: bool = False, page: int = 1, size: int = PAGE) -> IncidentPage:
    """Incidents of the actor's units, newest first."""
    with reading() as conn:
        state = Incident.resolved_at.is_not(None) if resolved else Incident.resolved_at.is_(None)
        condition = state & _visible(conn, actor)
        total = conn.scalar(select(func.count()).select_from(Incident).where(condition)) or 0
        query = _rows().where(condition).order_by(Incident.id.desc()).limit(size).offset((page - 1) * size)
        return IncidentPage(tuple(_row(row) for row in conn.execute(query)), total, page, size)


def incident(actor: Actor, incident_id: int) -> IncidentRow:
    """One incident. Raises NotFound for those of other units."""
    with reading() as conn:
        row = conn.execute(_rows().where(Incident.id == incident_id, _visible(conn, actor))).first()
    if row is None:
        raise NotFound(what="incident", key=incident_id)
    return _row(row)


def open_incidents(conn: Connection, actor: Actor) -> int:
    """How many incidents of the actor's units wait for somebody."""
    query = select(func.count()).select_from(Incident).where(Incident.resolved_at.is_(None), _visible(conn, actor))
    return conn.scalar(query) or 0


def _visible(conn: Connection, actor: Actor) -> ColumnElement[bool]:
    """Incidents of one's units, of those below them if one oversees them, and of dossiers in which they take part."""
    units = {*actor.units_for("incident.read"), *subtree(conn, overseen_units(actor))}
    parties = select(DossierUnit.dossier).where(DossierUnit.dossier == Incident.dossier, DossierUnit.unit.in_(units))
    return or_(Incident.acting_unit.in_(units), parties.exists())


def _rows() -> Select[Any]:
    actor, resolver = Person.__table__.alias("actor"), Person.__table__.alias("resolver")
    return (
        select(
            Incident.__table__, Dossier.code, Dossier.procedure, actor.c.name.label("person_name"),
            resolver.c.name.label("resolver_name"),
        )
        .select_from(Incident.__table__)
        .outerjoin(Dossier, Dossier.id == Incident.dossier)
        .outerjoin(actor, actor.c.id == Incident.person)
        .outerjoin(resolver, resolver.c.id == Incident.resolved_by)
    )


def _row(row: Any) -> IncidentRow:
    return IncidentRow(
        row.id, row.dossier, row.code, row.procedure, row.at, row.person_name or "", row.acting_unit, row.command,
        row.error, row.details, row.retries, row.resolved_at, row.resolver_name,
    )
