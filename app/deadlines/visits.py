"""Visits of steps that are over: what was allowed for each and what it took, by the legal clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, select

from app.calendars import Calendars
from app.dossiers.models import Dossier
from app.tasks.models import Task
from engine.clock.deadlines import worked


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a step: `planned` and `used` are working hours, without what the clock stood meanwhile.

    For a wait `used` is all of it, for it is what the clock stands for.
    """

    dossier: int
    code: str
    token: str
    step: str
    number: int
    unit: str
    entered_at: datetime
    ended_at: datetime
    planned: Decimal | None
    used: Decimal

    @property
    def over(self) -> Decimal:
        """Working hours beyond the plan."""
        return max(self.used - self.planned, Decimal(0)) if self.planned is not None else Decimal(0)


def visits(conn: Connection, known: Calendars, wanted: ColumnElement[bool], limit: int) -> Iterator[Visit]:
    """The finished visits that are wanted, those that ended last first."""
    query = (
        select(Task.dossier, Task.token, Task.step, Task.visit, Task.unit, Task.hours, Task.message, Task.entered_at,
               Task.ended_at, Dossier.code, Dossier.receiving_unit, Dossier.ledger)
        .join(Dossier, Dossier.id == Task.dossier)
        .where(wanted, Task.state == "done")
        .order_by(Task.ended_at.desc(), Task.dossier, Task.token).limit(limit)
    )
    for row in conn.execute(query):
        calendar, ledger = known.of(row.receiving_unit), () if row.message else row.ledger
        used = worked(calendar, ledger, row.entered_at, row.ended_at)
        planned = None if row.hours is None else Decimal(row.hours)
        yield Visit(row.dossier, row.code, row.token, row.step, row.visit, row.unit, row.entered_at, row.ended_at,
                    planned, used)
