"""The inbox: which tasks stand under which tab, soonest first, counted by the same conditions that list them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    false,
    func,
    literal_column,
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
from app.tasks.models import LIVE, WAITING, Task

TABS = ("mine", "unit", "waiting", "today", "late", "done")
DONE_FOR = timedelta(days=30)
# What stands under a tab is counted exactly up to here; who has more learns that there are more.
COUNTED = 5_000
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


# What differs from one look to the next; everything else of a statement is made once for a person and his filter.
_NOW, _TONIGHT, _SINCE, _AT = (bindparam(name, type_=UtcDateTime) for name in ("now", "tonight", "since", "at"))
_DOSSIER, _TOKEN = bindparam("after_dossier", type_=Integer), bindparam("after_token", type_=String)


def moments(now: datetime, after: Place | None = None) -> dict[str, Any]:
    """The values that the statements of this moment want, for the page behind a place."""
    times = {"now": now, "tonight": end_of_day(now), "since": now - DONE_FOR}
    return times if after is None else {
        **times, "at": after.at, "after_dossier": after.dossier, "after_token": after.token}


@dataclass(frozen=True)
class Asked:
    """Who asks, what he can see at all, and what he narrowed it to; `fold` is the searched text without accents."""

    person: int | None
    scope: Scope
    narrowed: Filter = Filter()
    fold: str = ""


def tab_condition(tab: str, person: int | None) -> ColumnElement[bool]:
    """Which of the tasks in the person's scope stand under a tab; lists and counts both use it."""
    opened = Task.state == "open"
    conditions: dict[str, ColumnElement[bool]] = {
        "mine": and_(opened, Task.assignee == person),
        "unit": opened,
        "waiting": and_(WAITING),
        "today": and_(opened, Task.due_at >= _NOW, Task.due_at < _TONIGHT),
        "late": and_(opened, Task.due_at < _NOW),
        "done": and_(Task.state == "done", Task.ended_by == person, Task.ended_at >= _SINCE),
    }
    return conditions[tab]


def _narrowing(asked: Asked) -> ColumnElement[bool]:
    """The filter bar as a condition."""
    narrowed = asked.narrowed
    wanted: list[ColumnElement[bool]] = [true()]
    if narrowed.procedure:
        wanted.append(Task.procedure == narrowed.procedure)
    if narrowed.kind:
        wanted.append(Task.kind == narrowed.kind)
    if narrowed.unit:
        wanted.append(Task.unit == narrowed.unit)
    if narrowed.free:
        wanted.append(Task.assignee.is_(None))
    if asked.fold:
        there = Dossier.search.contains(asked.fold, autoescape=True)
        wanted.append(select(Dossier.id).where(Dossier.id == Task.dossier, there).exists())
    return and_(*wanted)


@dataclass(frozen=True)
class Census:
    """How many tasks stand under each tab, `COUNTED` + 1 where there are more, and the procedures that the open ones
    belong to, None where they are too many to look at all of them."""

    counts: Mapping[str, int]
    procedures: frozenset[str] | None


def census(conn: Connection, asked: Asked, now: datetime) -> Census:
    """Count by the same conditions that list, and no further than `COUNTED`."""
    apart, standing, both = _counting(asked)
    counts, there = _numbers(conn, apart, now), conn.execute(standing, moments(now)).all()
    by_state: Counter[str] = Counter()
    for _, state, number in there:
        by_state[state] += number
    counts |= {"unit": by_state["open"], "waiting": by_state["waiting"]}
    if by_state.total() <= COUNTED:
        return Census(_in_order(counts), frozenset(procedure for procedure, _, _ in there))
    return Census(_in_order(counts | _numbers(conn, both, now)), None)


@lru_cache(maxsize=512)
def _counting(asked: Asked) -> tuple[Select[Any], Select[Any], Select[Any]]:
    """The few of some tabs by their own short ranges; what stands open or waits in one look; both of these apart."""
    ranges = ("today", "late", "unit", "waiting")
    parts = {tab: _in_ranges(asked, tab_condition(tab, asked.person)) for tab in ranges}
    parts |= {tab: _up_to(_of(asked, tab)) for tab in ("mine", "done")}
    numbers = {tab: select(func.count()).select_from(each).scalar_subquery().label(tab) for tab, each in parts.items()}
    standing = _in_ranges(asked)
    kinds = (standing.c.procedure, standing.c.state)
    return (
        select(*(numbers[tab] for tab in ("mine", "today", "late", "done"))),
        select(*kinds, func.count()).group_by(*kinds),
        select(numbers["unit"], numbers["waiting"]),
    )


def _in_order(counts: Mapping[str, int]) -> dict[str, int]:
    return {tab: counts[tab] for tab in TABS}


def _numbers(conn: Connection, query: Select[Any], now: datetime) -> dict[str, int]:
    return dict(conn.execute(query, moments(now)).mappings().one())


def _up_to(tasks: Any) -> Any:
    # The planner has to see the number: for an unknown one it reads through the table.
    return tasks.limit(literal_column(str(COUNTED + 1))).subquery()


def _in_ranges(asked: Asked, *conditions: ColumnElement[bool]) -> Any:
    """The tasks in the scope, no more than one can tell from too many; each range is read only so far."""
    ranges = asked.scope.ranges or [false()]
    wanted = select(Task.procedure, Task.state).order_by(Task.unit, Task.role, Task.due_at, Task.dossier, Task.token)
    parts = [_up_to(wanted.where(LIVE, each, _narrowing(asked), *conditions)) for each in ranges]
    return _up_to(union_all(*(select(part) for part in parts)))


def _of(asked: Asked, tab: str) -> Select[str]:
    there = true() if tab == "done" else and_(LIVE, asked.scope.condition)
    return select(Task.token).where(tab_condition(tab, asked.person), there, _narrowing(asked))


def held(conn: Connection, actor: Actor) -> int:
    """How many tasks stand under "mine"."""
    number: int = conn.execute(_holding(Asked(actor.person, scope_of(conn, actor)))).scalar_one()
    return number


@lru_cache(maxsize=512)
def _holding(asked: Asked) -> Select[int]:
    return select(func.count()).select_from(_of(asked, "mine").subquery())


@dataclass(frozen=True)
class Cut:
    """One page of a tab: how many rows it has, and whether it begins behind a row, one with a date or one without."""

    tab: str
    size: int
    behind: bool = False
    dated: bool = True


def keys(asked: Asked, cut: Cut) -> Any:
    """The (dossier, token) pairs of one page in order: a union of short index ranges, or None where nothing can be."""
    condition = and_(tab_condition(cut.tab, asked.person), _narrowing(asked))
    if cut.tab == "done":
        return _done(condition, cut)
    ranges = [_dated(each, condition, cut) for each in _ranges(asked, cut.tab) if cut.dated]
    if cut.tab not in ("today", "late"):
        ranges += [_undated(each, condition, cut) for each in _ranges(asked, cut.tab)]
    if not ranges:
        return None
    rows = union_all(*[select(each.subquery()) for each in ranges]).subquery("ranges")
    return select(rows).order_by(rows.c.due_at.asc().nulls_last(), rows.c.dossier, rows.c.token).limit(cut.size)


def _ranges(asked: Asked, tab: str) -> list[ColumnElement[bool]]:
    if tab == "mine" and asked.scope:
        return [and_(Task.assignee == asked.person, asked.scope.condition)]
    return asked.scope.ranges


def _dated(scope: ColumnElement[bool], condition: ColumnElement[bool], cut: Cut) -> Select[*tuple[Any, ...]]:
    query = select(Task.dossier, Task.token, Task.due_at).where(LIVE, scope, condition, Task.due_at.is_not(None))
    if cut.behind:
        query = query.where(tuple_(Task.due_at, Task.dossier, Task.token) > tuple_(_AT, _DOSSIER, _TOKEN))
    return query.order_by(Task.due_at, Task.dossier, Task.token).limit(cut.size)


def _undated(scope: ColumnElement[bool], condition: ColumnElement[bool], cut: Cut) -> Select[*tuple[Any, ...]]:
    query = select(Task.dossier, Task.token, Task.due_at).where(LIVE, scope, condition, Task.due_at.is_(None))
    if cut.behind and not cut.dated:
        query = query.where(_behind())
    return query.order_by(Task.dossier, Task.token).limit(cut.size)


def _behind() -> ColumnElement[bool]:
    return tuple_(Task.dossier, Task.token) > tuple_(_DOSSIER, _TOKEN)


def _done(condition: ColumnElement[bool], cut: Cut) -> Select[*tuple[Any, ...]]:
    query = select(Task.dossier, Task.token, Task.ended_at.label("due_at")).where(condition)
    if cut.behind:
        query = query.where(or_(Task.ended_at < _AT, and_(Task.ended_at == _AT, _behind())))
    return query.order_by(Task.ended_at.desc(), Task.dossier, Task.token).limit(cut.size)
