"""Which dossiers will be late: by the ledger, and by how long the steps ahead have taken in this unit before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from statistics import median
from typing import Any

from sqlalchemy import Connection, Row

from app import clock
from app.calendars import Calendars, calendars
from app.casework import Actor, definition_of
from app.db import reading
from app.deadlines.visits import visits
from app.dossiers.definitions import step_names
from app.dossiers.models import Dossier
from app.dossiers.named import Names
from app.dossiers.queries import Head, head_of, head_query
from app.dossiers.sight import visible
from app.tasks.models import Task
from engine.clock.worktime import add, between
from engine.definition import Definition
from engine.forecast import Ahead, Usual, ahead_of, usual_of
from engine.promise import hours_at, longest_ways

SHOWN = 100
LOOKED_AT = 2000
PAST = timedelta(days=365)
JUDGED = 200
A_MINUTE = Decimal(1) / 60


@dataclass(frozen=True, slots=True)
class Line:
    """A dossier with what is expected of it; `word` is late, will, may or fits."""

    head: Head
    step: Names
    unit_hours: Decimal
    planned: Decimal
    ahead: Ahead
    finish: datetime
    slow_finish: datetime
    word: str


@dataclass(frozen=True, slots=True)
class Past:
    """How good the forecast was: of so many finished dossiers, the median error in working hours (and without its
    sign), and how many it would have called late or in time rightly."""

    count: int
    error: Decimal | None
    lean: Decimal | None
    right: int


@dataclass(frozen=True, slots=True)
class Board:
    """The dossiers that are due soonest, the gravest first, and how far to trust the forecast."""

    lines: tuple[Line, ...]
    counts: Mapping[str, int]
    past: Past
    more: bool


WORDS = ("late", "will", "may", "fits")


def board(actor: Actor) -> Board:
    """What will be late among the open dossiers that the person may see."""
    now = clock.now()
    with reading() as conn:
        known, mine = calendars(conn), visible(conn, actor, Dossier.id)
        query = head_query().add_columns(Task.token, Task.step, Task.unit, Task.entered_at).join(
            Task, (Task.dossier == Dossier.id) & (Task.state == "open") & Task.hours.is_not(None))
        rows = conn.execute(
            query.where(mine, Dossier.due_at.is_not(None), Dossier.finished_at.is_(None))
            .order_by(Dossier.due_at, Dossier.id, Task.token).limit(SHOWN + 1)
        ).all()
        habits = _Habits(conn, known, now)
        lines = [_line(conn, row, habits, (known, now)) for row in rows[:SHOWN]]
        past = _past(conn, mine, habits, known)
    ordered = tuple(sorted(lines, key=lambda line: (WORDS.index(line.word), line.head.promised.at)))
    return Board(ordered, {word: sum(line.word == word for line in lines) for word in WORDS}, past, len(rows) > SHOWN)


class _Habits:
    """How long steps usually take, by procedure and unit; read once for each procedure."""

    def __init__(self, conn: Connection, known: Calendars, now: datetime) -> None:
        self.conn, self.known, self.now = conn, known, now
        self.taken = cache(self._taken)

    def _taken(self, procedure: str) -> dict[tuple[str, str], list[Decimal]]:
        """Working hours of finished steps by (step, unit), and by (step, "") for all units."""
        wanted = (Task.procedure == procedure) & Task.hours.is_not(None) & (Task.ended_at > self.now - PAST)
        found: dict[tuple[str, str], list[Decimal]] = {}
        for visit in visits(self.conn, self.known, wanted, LOOKED_AT):
            for unit in (visit.unit, ""):
                found.setdefault((visit.step, unit), []).append(visit.used)
        return found

    def usual(self, procedure: str, definition: Definition, steps: Iterable[str], unit: str) -> dict[str, Usual]:
        """What each step usually takes: in this unit, else anywhere, else as planned."""
        taken = self.taken(procedure)
        found = {}
        for step in steps:
            own, all_units = taken.get((step, unit), []), taken.get((step, ""), [])
            planned = hours_at(definition, step)
            here = usual_of(own, planned)
            found[step] = here if here.count and len(own) >= len(all_units) / 4 else usual_of(all_units, planned)
        return found


def _line(conn: Connection, row: Row[Any], habits: _Habits, at: tuple[Calendars, datetime]) -> Line:
    known, now = at
    head, definition = head_of(row, known, now), definition_of(conn, row.digest)
    calendar = known.of(row.receiving_unit)
    way = longest_ways(definition, online=row.channel == "online").get(row.step)
    # The processing ends before the result is handed over, and lateness is measured to that.
    steps = [step for step in way.steps if definition.steps[step].kind != "return"] if way else []
    planned = sum((hours_at(definition, step) for step in steps), Decimal(0))
    usual = habits.usual(row.procedure, definition, steps, row.unit)
    used = between(calendar, row.entered_at, now)
    ahead = ahead_of(steps, usual, used)
    # What is over its usual time may be done at any moment, but only while the unit works.
    finish, slow = (add(calendar, now, max(hours, A_MINUTE)) for hours in (ahead.usual, ahead.slow))
    return Line(
        head, step_names(definition, row.step), used, planned, ahead, finish, slow,
        _word(row.due_at, now, finish, slow),
    )


def _word(due: datetime, now: datetime, finish: datetime, slow: datetime) -> str:
    if due < now:
        return "late"
    return "will" if finish > due else "may" if slow > due else "fits"


def _past(conn: Connection, mine: Any, habits: _Habits, known: Calendars) -> Past:
    """The forecast held against dossiers that are finished, as it would have been made when they came in."""
    query = head_query().add_columns(Dossier.ledger).where(
        mine, Dossier.finished_at.is_not(None), Dossier.due_at.is_not(None)
    ).order_by(Dossier.finished_at.desc()).limit(JUDGED)
    errors, right = [], 0
    for row in conn.execute(query):
        definition, calendar = definition_of(conn, row.digest), known.of(row.receiving_unit)
        steps = max(longest_ways(definition).values(), key=lambda way: way.hours).steps
        worked = [step for step in steps if definition.steps[step].kind != "return"]
        usual = habits.usual(row.procedure, definition, worked, row.competent_unit)
        expected = sum((each.median for each in usual.values()), Decimal(0))
        actual = sum((
            between(calendar, datetime.fromisoformat(each["from"]), datetime.fromisoformat(each["to"]))
            for each in row.ledger if each["kind"] == "run" and each["to"]
        ), Decimal(0))
        errors.append(actual - expected)
        right += (add(calendar, row.received_at, expected) > row.due_at) == (row.finished_at > row.due_at)
    if not errors:
        return Past(0, None, None, 0)
    return Past(len(errors), median(abs(error) for error in errors), median(errors), right)
