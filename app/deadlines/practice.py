"""Planned against actual: what a published version plans for each step, and what its dossiers have taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, and_, func, select, true

from app import clock
from app.calendars import calendars
from app.casework import Actor, definition_of
from app.db import reading
from app.deadlines.errors import PeriodTurned
from app.deadlines.visits import Visit, visits
from app.dossiers.definitions import step_names
from app.dossiers.models import Dossier
from app.dossiers.named import Named, Names
from app.dossiers.sight import visible
from app.errors import NotFound
from app.people.models import Unit
from app.procedures.models import ProcessVersion
from app.procedures.queries import VersionView, version
from app.tasks.models import LIVE, Task
from engine.definition import Definition, Step
from engine.forecast import ENOUGH, spread
from engine.promise import hours_at

LATEST = 20_000
LISTED = 500
OFTEN, RARELY = Decimal("0.5"), Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which visits: those that ended between two days (both included), in one unit; None where all are wanted."""

    since: date | None = None
    until: date | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """A step in working hours: planned (`online` where that differs), the median and the 90th percentile of what its
    finished visits took, how many of these were over their limit, how many visits lie open now.

    `word`: over (half of the visits or more were), tight (more than one in ten), within, few (too few visits to say),
    none, unplanned (a wait).
    """

    number: int
    id: str
    step: Names
    kind: str
    planned: Decimal | None
    online: Decimal | None
    visits: int
    dossiers: int
    median: Decimal | None
    ninetieth: Decimal | None
    over: int
    open: int
    word: str

    @property
    def share(self) -> Decimal | None:
        """The share of visits over the limit."""
        return Decimal(self.over) / self.visits if self.visits and self.planned is not None else None


@dataclass(frozen=True, slots=True)
class Practice:
    """The steps of a version in reading order; `units` are those that have had visits, `more` that older ones were
    left out."""

    view: VersionView
    wanted: Wanted
    units: tuple[Named, ...]
    steps: tuple[Measured, ...]
    visits: int
    dossiers: int
    more: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """A visit with its unit, and whether the reader may open its dossier."""

    visit: Visit
    unit: Names
    may_open: bool


@dataclass(frozen=True, slots=True)
class Behind:
    """The visits behind a number, the longest first; `total` of them, of which the first are listed."""

    view: VersionView
    wanted: Wanted
    step: Names
    over: bool
    total: int
    visits: tuple[Seen, ...]


def practice(code: str, number: int, wanted: Wanted) -> Practice:
    """Every step of a version, planned against actual. Raises VersionUnknown, PeriodTurned."""
    view = version(code, number)
    with reading() as conn:
        definition = definition_of(conn, view.line.digest)
        found = _visits(conn, view, wanted)
        lying = _open(conn, view, wanted)
        units = _units(conn, view)
    by_step: dict[str, list[Visit]] = {}
    for visit in found[:LATEST]:
        by_step.setdefault(visit.step, []).append(visit)
    steps = tuple(
        _measured(definition, (place, definition.steps[step]), by_step.get(step, []), lying.get(step, 0))
        for place, step in enumerate(definition.step_order, 1)
    )
    return Practice(view, wanted, units, steps, sum(step.visits for step in steps),
                    len({visit.dossier for visit in found[:LATEST]}), len(found) > LATEST)


def behind(actor: Actor, where: tuple[str, int, str], wanted: Wanted, *, over: bool) -> Behind:
    """The visits of a step; only those over their limit, if so wanted. Raises VersionUnknown, NotFound."""
    code, number, step = where
    view = version(code, number)
    with reading() as conn:
        definition = definition_of(conn, view.line.digest)
        if step not in definition.steps:
            raise NotFound(what="step", key=step)
        found = [visit for visit in _visits(conn, view, wanted, step) if visit.over or not over]
        found.sort(key=lambda visit: (-visit.over, -visit.used, visit.code, visit.number))
        shown = found[:LISTED]
        names = {unit.code: unit.name for unit in _units(conn, view)}
        mine = _in_sight(conn, actor, shown)
    seen = tuple(Seen(visit, names[visit.unit], visit.dossier in mine) for visit in shown)
    return Behind(view, wanted, step_names(definition, step), over, len(found), seen)


def _visits(conn: Connection, view: VersionView, wanted: Wanted, step: str | None = None) -> list[Visit]:
    if wanted.since and wanted.until and wanted.since > wanted.until:
        raise PeriodTurned(since=wanted.since, until=wanted.until)
    which = and_(_of(view), Task.ended_at.is_not(None), *_narrowed(wanted), Task.step == step if step else true())
    return list(visits(conn, calendars(conn), which, LATEST + 1))


def _of(view: VersionView) -> ColumnElement[bool]:
    version_id = select(ProcessVersion.id).where(ProcessVersion.digest == view.line.digest).scalar_subquery()
    return Dossier.version == version_id


def _narrowed(wanted: Wanted) -> Iterable[ColumnElement[bool]]:
    if wanted.since:
        yield Task.ended_at >= _midnight(wanted.since)
    if wanted.until:
        yield Task.ended_at < _midnight(wanted.until + timedelta(days=1))
    if wanted.unit:
        yield Task.unit == wanted.unit


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.LOCAL)


def _open(conn: Connection, view: VersionView, wanted: Wanted) -> dict[str, int]:
    """How many visits of each step lie open now, in the wanted unit."""
    mine = Task.unit == wanted.unit if wanted.unit else true()
    query = select(Task.step, func.count()).join(Dossier, Dossier.id == Task.dossier).where(_of(view), LIVE, mine)
    return {row[0]: row[1] for row in conn.execute(query.group_by(Task.step))}


def _units(conn: Connection, view: VersionView) -> tuple[Named, ...]:
    taking_part = select(Task.unit).join(Dossier, Dossier.id == Task.dossier).where(_of(view))
    query = select(Unit.code, Unit.name_vi, Unit.name_en).where(Unit.code.in_(taking_part)).order_by(Unit.code)
    return tuple(Named(row.code, {"vi": row.name_vi, "en": row.name_en}) for row in conn.execute(query))


def _in_sight(conn: Connection, actor: Actor, shown: Sequence[Visit]) -> set[int]:
    these = {visit.dossier for visit in shown}
    return set(conn.scalars(select(Dossier.id).where(Dossier.id.in_(these), visible(conn, actor, Dossier.id))))


def _measured(definition: Definition, step: tuple[int, Step], found: Sequence[Visit], lying: int) -> Measured:
    place, work = step
    planned = hours_at(definition, work.id) or None
    online = hours_at(definition, work.id, online=True) or None
    taken = spread([visit.used for visit in found]) if found else None
    limits = [visit.planned for visit in found if visit.planned is not None]
    limit = spread(limits).median if limits else planned
    over = sum(visit.over > 0 for visit in found)
    return Measured(
        place, work.id, step_names(definition, work.id), work.kind, limit if planned is None else planned,
        online if online != planned else None, len(found), len({visit.dossier for visit in found}),
        taken.median if taken else None, taken.ninetieth if taken else None, over, lying,
        _word(len(found), over, planned=limit is not None),
    )


def _word(count: int, over: int, *, planned: bool) -> str:
    if not count:
        return "none"
    if not planned:
        return "unplanned"
    if count < ENOUGH:
        return "few"
    return "over" if over >= count * OFTEN else "tight" if over > count * RARELY else "within"
