"""The forecast held against dossiers that are finished: what would have been expected of them when they came in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from statistics import median
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Connection, Engine, Row, select

from app.deadlines.habits import FRESH, LOOKED_AT, PAST, Habits
from app.deadlines.visits import Visit, visits
from app.dossiers.models import Dossier
from app.procedures.models import ProcessVersion
from app.tasks.models import Task
from engine.clock.deadlines import reached, running_of
from engine.clock.ledger import Entry
from engine.clock.worktime import Calendar, between

JUDGED = 200
LOOKED_BACK = 3 * LOOKED_AT
Told = dict[tuple[str, str], list[Visit]]


@dataclass(frozen=True, slots=True)
class Past:
    """How good the forecast was: of so many finished dossiers, the median error in working hours (and without its
    sign), and how many it would have called late or in time rightly."""

    count: int
    error: Decimal | None
    lean: Decimal | None
    right: int


@dataclass(slots=True)
class _Made:
    """Forecasts by dossier; None where too little of what was known then is looked at."""

    at: datetime
    hours: dict[int, Decimal | None] = field(default_factory=dict)


_kept: WeakKeyDictionary[Engine, _Made] = WeakKeyDictionary()


def past_of(conn: Connection, mine: ColumnElement[bool], habits: Habits) -> Past:
    """The forecast held against the dossiers that were finished last, as it would have been made when they came in."""
    query = (
        select(Dossier.id, Dossier.procedure, Dossier.receiving_unit, Dossier.competent_unit, Dossier.channel,
               Dossier.due_at, Dossier.received_at, Dossier.finished_at, Dossier.ledger, ProcessVersion.digest)
        .join(ProcessVersion, ProcessVersion.id == Dossier.version)
        .where(mine, Dossier.finished_at.is_not(None), Dossier.due_at.is_not(None))
        .order_by(Dossier.finished_at.desc()).limit(JUDGED)
    )
    rows = conn.execute(query).all()
    made, errors, right = _made(rows, habits), [], 0
    for row in rows:
        calendar, expected = habits.known.of(row.receiving_unit), made[row.id]
        if expected is not None:
            errors.append(_worked(calendar, row.ledger) - expected)
            right += (_foreseen(calendar, row.ledger, expected) > row.due_at) == (row.finished_at > row.due_at)
    if not errors:
        return Past(0, None, None, 0)
    return Past(len(errors), median(abs(error) for error in errors), median(errors), right)


def _made(rows: Sequence[Row[Any]], habits: Habits) -> Mapping[int, Decimal | None]:
    """The forecasts for these dossiers, which are good for ten minutes."""
    kept = _kept.get(habits.conn.engine)
    if kept is None or not kept.at <= habits.now < kept.at + FRESH:
        kept = _kept[habits.conn.engine] = _Made(habits.now)
    new = [row for row in rows if row.id not in kept.hours]
    for procedure in {row.procedure for row in new}:
        kept.hours.update(_forecasts([row for row in new if row.procedure == procedure], habits))
    return kept.hours


def _forecasts(rows: Sequence[Row[Any]], habits: Habits) -> Iterator[tuple[int, Decimal | None]]:
    """What was expected of dossiers of one procedure, by the visits that were over before each came in."""
    came = [row.received_at for row in rows]
    wanted = ((Task.procedure == rows[0].procedure) & Task.hours.is_not(None)
              & (Task.ended_at > min(came) - PAST) & (Task.ended_at < max(came)))
    seen = list(visits(habits.conn, habits.known, wanted, LOOKED_BACK))
    since = seen[-1].ended_at if len(seen) == LOOKED_BACK else None
    told: Told = {}
    for visit in reversed(seen):
        for unit in (visit.unit, ""):
            told.setdefault((visit.step, unit), []).append(visit)
    for row in rows:
        known = since is None or row.received_at > since
        yield row.id, habits.whole(row, lambda *key, at=row.received_at: _before(told, key, at)) if known else None


def _before(told: Told, key: tuple[str, str], at: datetime) -> list[Decimal]:
    """The working hours of the visits of a step that had ended at a moment, and not more than a year before."""
    among = told.get(key, [])
    first, last = (bisect_left(among, moment, key=_ended) for moment in (at - PAST, at))
    return [visit.used for visit in among[first:last]]


def _ended(visit: Visit) -> datetime:
    return visit.ended_at


def _foreseen(calendar: Calendar, ledger: Sequence[Entry], expected: Decimal) -> datetime:
    """When so many hours of the running clock were over, however long it stood meanwhile."""
    running = running_of(ledger, calendar)
    return reached(calendar, [*running[:-1], (running[-1][0], None)], expected)


def _worked(calendar: Calendar, ledger: Sequence[Entry]) -> Decimal:
    """The working hours in which the clock ran."""
    ran = ((begin, end) for begin, end in running_of(ledger, calendar) if end)
    return sum((between(calendar, begin, end) for begin, end in ran), Decimal(0))
