"""The inbox as its readers see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, tuple_
from sqlalchemy.orm import aliased

from app import clock
from app.calendars import Calendars, calendars
from app.casework import Actor, definition_of
from app.db import reading
from app.dossiers.definitions import step_names
from app.dossiers.models import Dossier
from app.dossiers.named import Named, Names
from app.dossiers.timing import Due, due_of
from app.languages import plain
from app.people.models import Person, Unit
from app.people.policy import may_work
from app.procedures.models import Procedure, ProcessVersion
from app.tasks.errors import TabUnknown
from app.tasks.inbox import (
    TABS,
    Asked,
    Census,
    Cut,
    Filter,
    Place,
    Scope,
    census,
    held,
    keys,
    moments,
    scope_of,
)
from app.tasks.models import LIVE, Task

PAGE = 50

_Assignee, _Unit = aliased(Person), aliased(Unit)


@dataclass(frozen=True)
class TaskRow:
    """One line of the inbox."""

    code: str
    token: str
    seq: int
    applicant: str
    procedure: Named
    step: Named
    visit: int
    kind: str
    role: str
    unit: Named
    state: str
    status: int
    assignee: int | None
    assignee_name: str | None
    item: Any
    due: Due
    hours: Decimal | None
    entered_at: datetime
    ended_at: datetime | None
    choice: str | None


@dataclass(frozen=True)
class Inbox:
    """A tab with its rows, the counts of all tabs (see `Census`) and what the filter bar offers."""

    tab: str
    rows: tuple[TaskRow, ...]
    counts: Mapping[str, int]
    next: Place | None
    procedures: tuple[Named, ...]
    units: tuple[Named, ...]


def inbox(actor: Actor, tab: str, narrowed: Filter, after: Place | None = None, size: int = PAGE) -> Inbox:
    """One page of a tab, soonest first."""
    if tab not in TABS:
        raise TabUnknown(tab=tab, allowed=", ".join(TABS))
    now = clock.now()
    with reading() as conn:
        scope = scope_of(conn, actor)
        asked = Asked(actor.person, scope, narrowed, plain(narrowed.text))
        query = _page(asked, Cut(tab, size + 1, after is not None, after is None or after.at is not None))
        found = conn.execute(query, moments(now, after)).all() if query is not None else []
        calendar = calendars(conn)
        rows = tuple(_task_row(conn, row, calendar, now) for row in found[:size])
        counted = census(conn, asked, now)
        all_there = counted if narrowed == Filter() else census(conn, Asked(actor.person, scope), now)
        return Inbox(
            tab=tab, rows=rows, counts=counted.counts,
            next=_place(found[size - 1], tab) if len(found) > size else None,
            procedures=_procedures(conn, all_there), units=_units(conn, scope),
        )


def next_of_list(actor: Actor) -> tuple[str, str] | None:
    """The soonest task that the person holds, else the soonest that he could claim: its code and token."""
    mine = inbox(actor, "mine", Filter(), size=1).rows
    free = () if mine else inbox(actor, "unit", Filter(free=True), size=1).rows
    found = next((each for each in (*mine, *free) if may_work(actor, each.role, each.unit.code)), None)
    return (found.code, found.token) if found else None


def tasks_of(actor: Actor, code: str) -> tuple[TaskRow, ...]:
    """The open tasks of one dossier that stand in the person's inbox."""
    now = clock.now()
    with reading() as conn:
        mine = scope_of(conn, actor).condition
        query = with_joins(select(*row_columns())).where(LIVE, Dossier.code == code, mine)
        calendar = calendars(conn)
        return tuple(_task_row(conn, row, calendar, now) for row in conn.execute(query.order_by(Task.token)))


def tab_counts(actor: Actor) -> Mapping[str, int]:
    """The counts alone (see `Census`)."""
    with reading() as conn:
        return census(conn, Asked(actor.person, scope_of(conn, actor)), clock.now()).counts


def tasks_held(actor: Actor) -> int:
    """How many tasks the person has in hand, for the frame of every page."""
    with reading() as conn:
        return held(conn, actor)


def row_columns() -> tuple[Any, ...]:
    """What a `TaskRow` is made of."""
    return (
        Task.dossier, Task.token, Task.step, Task.visit, Task.kind, Task.role, Task.unit, Task.state, Task.assignee,
        Task.item, Task.hours, Task.due_at, Task.entered_at, Task.ended_at, Task.choice,
        Dossier.code, Dossier.seq, Dossier.applicant_name, Dossier.status, Dossier.clock, Dossier.version,
        Dossier.receiving_unit,
        ProcessVersion.digest, Dossier.procedure, Procedure.name_vi.label("procedure_vi"),
        Procedure.name_en.label("procedure_en"), _Assignee.name.label("assignee_name"),
        _Unit.name_vi.label("unit_vi"), _Unit.name_en.label("unit_en"),
    )


def with_joins(query: Any) -> Any:
    """The tables a `TaskRow` is read from."""
    return (
        query.join(Dossier, Dossier.id == Task.dossier)
        .join(ProcessVersion, ProcessVersion.id == Dossier.version)
        .join(Procedure, Procedure.code == Dossier.procedure)
        .join(_Unit, _Unit.code == Task.unit)
        .outerjoin(_Assignee, _Assignee.id == Task.assignee)
    )


@lru_cache(maxsize=512)
def _page(asked: Asked, cut: Cut) -> Any:
    """The rows of one page, or None where nothing can be."""
    found = keys(asked, cut)
    if found is None:
        return None
    page = found.subquery("page")
    query = with_joins(
        select(*row_columns()).join(page, tuple_(page.c.dossier, page.c.token) == tuple_(Task.dossier, Task.token))
    )
    first: ColumnElement[Any] = Task.ended_at.desc() if cut.tab == "done" else Task.due_at.asc().nulls_last()
    return query.order_by(first, Task.dossier, Task.token)


def _task_row(conn: Connection, row: Row[Any], calendar: Calendars, now: datetime) -> TaskRow:
    return task_row(row, step_names(definition_of(conn, row.digest), row.step), calendar, now)


def task_row(row: Row[Any], names: Names, calendar: Calendars, now: datetime) -> TaskRow:
    """The row of `row_columns` as a `TaskRow`."""
    own = calendar.of(row.receiving_unit)
    return TaskRow(
        code=row.code, token=row.token, seq=row.seq, applicant=row.applicant_name,
        procedure=Named(row.procedure, {"vi": row.procedure_vi, "en": row.procedure_en}), step=Named(row.step, names),
        visit=row.visit, kind=row.kind, role=row.role, unit=Named(row.unit, {"vi": row.unit_vi, "en": row.unit_en}),
        state=row.state, status=row.status, assignee=row.assignee, assignee_name=row.assignee_name, item=row.item,
        due=due_of(own, row.due_at, now, clock=row.clock, ended=row.ended_at, hours=row.hours),
        hours=row.hours, entered_at=row.entered_at, ended_at=row.ended_at, choice=row.choice,
    )


def _place(row: Row[Any], tab: str) -> Place:
    return Place(row.ended_at if tab == "done" else row.due_at, row.dossier, row.token)


def _procedures(conn: Connection, there: Census) -> tuple[Named, ...]:
    """Those of the open tasks; all that run, where the tasks are too many to look at all of them."""
    running = select(Dossier.id).where(Dossier.procedure == Procedure.code, Dossier.ended_at.is_(None)).exists()
    wanted = running if there.procedures is None else Procedure.code.in_(there.procedures)
    rows = conn.execute(
        select(Procedure.code, Procedure.name_vi, Procedure.name_en).where(wanted).order_by(Procedure.name_vi)
    )
    return tuple(Named(row.code, {"vi": row.name_vi, "en": row.name_en}) for row in rows)


def _units(conn: Connection, scope: Scope) -> tuple[Named, ...]:
    wanted = Unit.code.in_(scope.units)
    rows = conn.execute(select(Unit.code, Unit.name_vi, Unit.name_en).where(wanted).order_by(Unit.name_vi))
    return tuple(Named(row.code, {"vi": row.name_vi, "en": row.name_en}) for row in rows)
