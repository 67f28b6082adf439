"""The inbox: which tasks stand under which tab, soonest first, counted by the same conditions that list them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from app.casework import Actor
from app.clock import LOCAL
from app.db import UtcDateTime
from app.dossiers.models import Dossier
from app.people.permissions import ROLES
from app.people.policy import supervised_units
from app.people.queries import subtree
from app.tasks.models import LIVE, Task

TABS = ("mine", "unit", "waiting", "today", "late", "done")
DONE_FOR = timedelta(days=30)
_WORKING_ROLES = tuple(code for code, (_, _, permissions) in ROLES.items() if "task.work" in permissions)


@dataclass(frozen=True)
class Filter:
    """What the reader narrowed the inbox to; an empty value narrows nothing."""

    procedure: str = ""
    kind: str = ""
    unit: str = ""
    text: str = ""
    free: bool = False


@dataclass(frozen=True)
class Place:
    """The last row of a page; the next page begins behind it."""

    at: datetime | None
    dossier: int
    token: str


@dataclass(frozen=True)
class Scope:
    """Whose work somebody sees: his own (unit, role) pairs, and every task of the units that he supervises."""

    pairs: tuple[tuple[str, str], ...]
    below: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.pairs or self.below)

    @property
    def units(self) -> frozenset[str]:
        """The units whose tasks there may be."""
        return self.below | {unit for unit, _ in self.pairs}

    @property
    def condition(self) -> ColumnElement[bool]:
        """The tasks in the scope."""
        return or_(false(), *self.ranges)

    @property
    def ranges(self) -> list[ColumnElement[bool]]:
        """Disjoint index ranges that together are the scope."""
        own = [and_(Task.unit == unit, Task.role == role) for unit, role in self.pairs]
        return [*own, Task.unit.in_(self.below)] if self.below else own


def scope_of(conn: Connection, actor: Actor) -> Scope:
    """The person's scope today; a supervisor's reaches down to the last unit below his own."""
    below = subtree(conn, supervised_units(actor))
    own = ((unit, role) for unit, role in actor.roles if role in _WORKING_ROLES and unit not in below)
    return Scope(tuple(dict.fromkeys(own)), below)


def end_of_day(now: datetime) -> datetime:
    """The last moment of the reader's local day."""
    local = now.astimezone(LOCAL)
    return datetime.combine(local.date() + timedelta(days=1), time(), LOCAL).astimezone(UTC)


def tab_condition(tab: str, actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Which of the tasks in the person's scope stand under a tab; lists and counts both use it."""
    opened = Task.state == "open"
    conditions: dict[str, ColumnElement[bool]] = {
        "mine": and_(opened, Task.assignee == actor.person),
        "unit": opened,
        "waiting": Task.state == "waiting",
        "today": and_(opened, Task.due_at >= now, Task.due_at < end_of_day(now)),
        "late": and_(opened, Task.due_at < now),
        "done": and_(Task.state == "done", Task.ended_by == actor.person, Task.ended_at >= now - DONE_FOR),
    }
    return conditions[tab]


def filter_condition(narrowed: Filter, fold: str) -> ColumnElement[bool]:
    """The filter bar as a condition; `fold` is the searched text without accents."""
    wanted: list[ColumnElement[bool]] = [true()]
    if narrowed.procedure:
        wanted.append(Task.procedure == narrowed.procedure)
    if narrowed.kind:
        wanted.append(Task.kind == narrowed.kind)
    if narrowed.unit:
        wanted.append(Task.unit == narrowed.unit)
    if narrowed.free:
        wanted.append(Task.assignee.is_(None))
    if fold:
        found = select(Dossier.id).where(Dossier.id == Task.dossier, Dossier.search.contains(fold, autoescape=True))
        wanted.append(found.exists())
    return and_(*wanted)


@dataclass(frozen=True)
class Census:
    """How many tasks stand under each tab, and the procedures that the open ones belong to."""

    counts: Mapping[str, int]
    procedures: frozenset[str]


def census(conn: Connection, actor: Actor, now: datetime, narrowed: ColumnElement[bool]) -> Census:
    """Count by the same conditions that list: all in one look, the few of some tabs by their own short ranges."""
    scope = scope_of(conn, actor)
    apart = {tab: _number(actor, tab, now, narrowed, scope) for tab in ("mine", "today", "late", "done")}
    found = dict(conn.execute(select(*(each.label(tab) for tab, each in apart.items()))).mappings().one())
    standing = (
        select(Task.procedure, Task.state, func.count()).where(LIVE, scope.condition, narrowed)
        .group_by(Task.procedure, Task.state)
    )
    by_state: Counter[str] = Counter()
    procedures = set()
    for procedure, state, number in conn.execute(standing):
        by_state[state] += number
        procedures.add(procedure)
    counts = {**found, "unit": by_state["open"], "waiting": by_state["waiting"]}
    return Census({tab: counts[tab] for tab in TABS}, frozenset(procedures))


def _number(actor: Actor, tab: str, now: datetime, narrowed: ColumnElement[bool], scope: Scope) -> Any:
    there = true() if tab == "done" else and_(LIVE, scope.condition)
    wanted = and_(tab_condition(tab, actor, now), there, narrowed)
    return select(func.count()).select_from(Task).where(wanted).scalar_subquery()


def held(conn: Connection, actor: Actor, now: datetime) -> int:
    """How many tasks stand under "mine"."""
    number: int = conn.execute(select(_number(actor, "mine", now, true(), scope_of(conn, actor)))).scalar_one()
    return number


@dataclass(frozen=True)
class Cut:
    """One page of a tab: what stands on it, behind which row it begins, how many rows it has."""

    condition: ColumnElement[bool]
    after: Place | None
    size: int


@dataclass(frozen=True)
class Asked:
    """Who asks for which tab, and what of it he can see at all."""

    actor: Actor
    scope: Scope
    tab: str
    now: datetime


def keys(asked: Asked, narrowed: ColumnElement[bool], cut: tuple[Place | None, int]) -> Any:
    """The (dossier, token) pairs of one page in order: a union of short index ranges, or None where nothing can be."""
    page = Cut(and_(tab_condition(asked.tab, asked.actor, asked.now), narrowed), *cut)
    if asked.tab == "done":
        return _done(page)
    dated = page.after is None or page.after.at is not None
    ranges = [_dated(each, page) for each in _ranges(asked) if dated]
    if asked.tab not in ("today", "late"):
        ranges += [_undated(each, page) for each in _ranges(asked)]
    if not ranges:
        return None
    rows = union_all(*[select(each.subquery()) for each in ranges]).subquery("ranges")
    return select(rows).order_by(rows.c.due_at.asc().nulls_last(), rows.c.dossier, rows.c.token).limit(page.size)


def _ranges(asked: Asked) -> list[ColumnElement[bool]]:
    if asked.tab == "mine" and asked.scope:
        return [and_(Task.assignee == asked.actor.person, asked.scope.condition)]
    return asked.scope.ranges


def _dated(scope: ColumnElement[bool], page: Cut) -> Select[*tuple[Any, ...]]:
    query = select(Task.dossier, Task.token, Task.due_at).where(LIVE, scope, page.condition, Task.due_at.is_not(None))
    if page.after:
        start = (literal(page.after.at, UtcDateTime), literal(page.after.dossier), literal(page.after.token))
        query = query.where(tuple_(Task.due_at, Task.dossier, Task.token) > tuple_(*start))
    return query.order_by(Task.due_at, Task.dossier, Task.token).limit(page.size)


def _undated(scope: ColumnElement[bool], page: Cut) -> Select[*tuple[Any, ...]]:
    query = select(Task.dossier, Task.token, Task.due_at).where(LIVE, scope, page.condition, Task.due_at.is_(None))
    if page.after and page.after.at is None:
        query = query.where(_behind(page.after))
    return query.order_by(Task.dossier, Task.token).limit(page.size)


def _behind(after: Place) -> ColumnElement[bool]:
    return tuple_(Task.dossier, Task.token) > tuple_(literal(after.dossier), literal(after.token))


def _done(page: Cut) -> Select[*tuple[Any, ...]]:
    query = select(Task.dossier, Task.token, Task.ended_at.label("due_at")).where(page.condition)
    if page.after:
        at = literal(page.after.at, UtcDateTime)
        query = query.where(or_(Task.ended_at < at, and_(Task.ended_at == at, _behind(page.after))))
    return query.order_by(Task.ended_at.desc(), Task.dossier, Task.token).limit(page.size)
