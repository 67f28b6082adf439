"""Which dossiers will be late: by the ledger, and by how long the steps ahead have taken in this unit before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from app import clock
from app.calendars import Calendars, calendars
from app.casework import Actor
from app.db import UtcDateTime, reading
from app.deadlines.habits import Expected, Habits
from app.deadlines.hindsight import Past, past_of
from app.dossiers.models import Dossier
from app.dossiers.queries import Head, head_of, head_query
from app.dossiers.sight import units_in_sight, visible
from app.jobs.models import ServiceCall, Timer
from app.people.queries import subtree, unit_names
from app.procedures.models import ProcessVersion
from app.search import of_procedure
from app.tasks.models import Task

AHEAD = 500
PAGE = 50
WORDS = ("late", "will", "may", "fits")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the board is narrowed to: a unit with those below it, a procedure by its code or words, one word."""

    unit: str = ""
    procedure: str = ""
    word: str = ""


EVERYTHING = Wanted()


@dataclass(frozen=True, slots=True)
class Line:
    """A dossier with what is expected of it."""

    head: Head
    expected: Expected


@dataclass(frozen=True, slots=True)
class Board:
    """A page of dossiers, the gravest first; `counts` by word, `cut_off` when more are ahead than were looked at."""

    lines: tuple[Line, ...]
    counts: Mapping[str, int]
    past: Past
    cut_off: bool
    total: int
    page: int
    pages: int


def board(actor: Actor, wanted: Wanted = EVERYTHING, page: int = 1) -> Board:
    """What will be late among the open dossiers that the person may see.

    All that are late already are counted; of the others those that are due soonest are looked at.
    """
    now = clock.now()
    with reading() as conn:
        known, mine = calendars(conn), visible(conn, actor, Dossier.id)
        habits = Habits(conn, known, now)
        among = and_(mine, *_narrowed(conn, wanted))
        ahead = _expected(conn, (among & (Dossier.due_at >= now), AHEAD + 1), habits)
        late = _expected(conn, (among & (Dossier.due_at < now), AHEAD), habits) if wanted.word in ("", "late") else []
        counts = {word: sum(each.word == word for each in ahead[:AHEAD]) for word in WORDS}
        counts["late"] = _late(conn, among & (Dossier.due_at < now))
        shown = [each for each in (*late, *ahead[:AHEAD]) if wanted.word in ("", each.word)]
        shown.sort(key=lambda each: (WORDS.index(each.word), each.due))
        lines = _with_heads(conn, shown[(page - 1) * PAGE : page * PAGE], (known, now))
        past = past_of(conn, mine, habits)
    pages = max(1, -(-len(shown) // PAGE))
    return Board(lines, counts, past, len(ahead) > AHEAD, len(shown), page, pages)


def unit_choices(actor: Actor) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """The units to narrow the board to."""
    with reading() as conn:
        return tuple(unit_names(conn, units_in_sight(conn, actor)).items())


def _narrowed(conn: Connection, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    yield from (Dossier.due_at.is_not(None), Dossier.finished_at.is_(None), Dossier.ended_at.is_(None))
    if wanted.unit:
        yield _UNIT.in_(subtree(conn, [wanted.unit]))
    if wanted.procedure:
        yield of_procedure(Dossier.procedure, wanted.procedure)


_OPEN_STEP = (Task.dossier == Dossier.id) & (Task.state == "open") & Task.hours.is_not(None)
# A dossier that no officer has stands where an outside system or a time is waited for; the deciding unit has it.
_UNIT = func.coalesce(Task.unit, Dossier.competent_unit)
_AT = func.coalesce(Task.step, *(
    select(func.min(each.element)).where(each.dossier == Dossier.id).scalar_subquery() for each in (ServiceCall, Timer)
), "").label("step")
_SINCE = func.coalesce(Task.entered_at, Dossier.updated_at, type_=UtcDateTime).label("entered_at")


def _late(conn: Connection, which: ColumnElement[bool]) -> int:
    query = select(func.count(Dossier.id.distinct())).outerjoin(Task, _OPEN_STEP).where(which)
    return conn.scalar(query) or 0


def _expected(
    conn: Connection, which: tuple[ColumnElement[bool], int], habits: Habits
) -> list[Expected]:
    """So many dossiers, those due soonest first, each by its open step that takes longest, or where it stands."""
    condition, number = which
    soonest = (
        select(Dossier.id, Dossier.due_at).outerjoin(Task, _OPEN_STEP).where(condition).distinct()
        .order_by(Dossier.due_at, Dossier.id).limit(number).subquery()
    )
    query: Select[*tuple[Any, ...]] = (
        select(Dossier.id, Dossier.procedure, Dossier.due_at, Dossier.receiving_unit, Dossier.channel,
               Dossier.ledger, ProcessVersion.digest, _AT, _UNIT.label("unit"), _SINCE)
        .outerjoin(Task, _OPEN_STEP).join(ProcessVersion, ProcessVersion.id == Dossier.version)
        .join(soonest, soonest.c.id == Dossier.id)
        .where(condition).order_by(Dossier.due_at, Dossier.id, Task.token)
    )
    found: dict[int, Expected] = {}
    for row in conn.execute(query):
        each = habits.expected(row)
        if row.id not in found or found[row.id].slow_finish < each.slow_finish:
            found[row.id] = each
    return list(found.values())


def _with_heads(
    conn: Connection, shown: Sequence[Expected], at: tuple[Calendars, datetime]
) -> tuple[Line, ...]:
    rows = conn.execute(head_query().where(Dossier.id.in_([each.dossier for each in shown])))
    heads = {row.id: head_of(row, *at) for row in rows}
    return tuple(Line(heads[each.dossier], each) for each in shown)
