"""How long steps usually take in a unit, and what that lets expect of a dossier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Row

from app.calendars import Calendars
from app.casework import definition_of
from app.deadlines.visits import visits
from app.dossiers.definitions import element_names
from app.dossiers.named import Names
from app.tasks.models import Task
from engine.clock.deadlines import worked
from engine.clock.worktime import add
from engine.definition import Definition
from engine.forecast import Ahead, Usual, ahead_of, usual_of
from engine.promise import hours_at, longest_way, longest_ways

LOOKED_AT = 2000
PAST = timedelta(days=365)
FRESH = timedelta(minutes=10)
A_MINUTE = Decimal(1) / 60
Taken = dict[tuple[str, str], list[Decimal]]
_kept: WeakKeyDictionary[Engine, dict[str, tuple[datetime, Taken]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of a dossier from its open step on; `word` is late, will, may or fits.

    `planned` are the working hours of the steps ahead; `finish` is when they are done as a rule, `slow_finish` when
    each takes as long as its slowest tenth.
    """

    dossier: int
    due: datetime
    step: Names
    planned: Decimal
    ahead: Ahead
    finish: datetime
    slow_finish: datetime
    word: str


class Habits:
    """How long steps usually take, by procedure and unit; what was read is good for ten minutes."""

    def __init__(self, conn: Connection, known: Calendars, now: datetime) -> None:
        self.conn, self.known, self.now = conn, known, now
        self.usual, self.steps = cache(self._usual), cache(self._steps)

    def expected(self, row: Row[Any]) -> Expected:
        """What is expected of a dossier from this open step on."""
        calendar, steps = self.known.of(row.receiving_unit), self.steps(row.digest, row.step, row.channel == "online")
        usual = {step: self.usual(row.procedure, step, row.unit, hours) for step, hours in steps}
        at_step = bool(steps) and steps[0][0] == row.step
        used = worked(calendar, row.ledger, row.entered_at, self.now) if at_step else Decimal(0)
        ahead = ahead_of([step for step, _ in steps], usual, used)
        # What is over its usual time may be done at any moment, but only while the unit works.
        finish, slow = (add(calendar, self.now, max(hours, A_MINUTE)) for hours in (ahead.usual, ahead.slow))
        return Expected(
            row.id, row.due_at, _named(definition_of(self.conn, row.digest), row.step),
            sum((hours for _, hours in steps), Decimal(0)), ahead, finish, slow,
            word_of(row.due_at, self.now, finish, slow),
        )

    def whole(self, row: Row[Any], taken: Callable[[str, str], list[Decimal]]) -> Decimal:
        """The working hours that were to be expected of a dossier by what steps had taken, in a unit or anywhere."""
        steps = self.steps(row.digest, None, row.channel == "online")
        usual = {step: chosen(taken(step, row.competent_unit), taken(step, ""), hours) for step, hours in steps}
        return sum((each.median for each in usual.values()), Decimal(0))

    def _steps(self, digest: str, step: str | None, online: bool) -> tuple[tuple[str, Decimal], ...]:
        """The steps with their hours on the longest way from a step on, or from the beginning.

        The processing ends before the result is handed over, and lateness is measured to that.
        """
        definition = definition_of(self.conn, digest)
        way = longest_ways(definition, online=online).get(step) if step else longest_way(definition, online=online)
        return tuple((each, hours_at(definition, each, online=online)) for each in (way.steps if way else ())
                     if definition.steps[each].kind != "return")

    def _usual(self, procedure: str, step: str, unit: str, planned: Decimal) -> Usual:
        """What a step usually takes: in this unit, else anywhere, else as planned."""
        taken = self._taken(procedure)
        return chosen(taken.get((step, unit), []), taken.get((step, ""), []), planned)

    def _taken(self, procedure: str) -> Taken:
        """Working hours of finished steps by (step, unit), and by (step, "") for all units."""
        kept = _kept.setdefault(self.conn.engine, {})
        at, found = kept.get(procedure, (self.now, None))
        if found is None or not at <= self.now < at + FRESH:
            found = self._read(procedure)
            kept[procedure] = (self.now, found)
        return found

    def _read(self, procedure: str) -> Taken:
        wanted = (Task.procedure == procedure) & Task.hours.is_not(None) & (Task.ended_at > self.now - PAST)
        found: Taken = {}
        for visit in visits(self.conn, self.known, wanted, LOOKED_AT):
            for unit in (visit.unit, ""):
                found.setdefault((visit.step, unit), []).append(visit.used)
        return found


def chosen(own: list[Decimal], everywhere: list[Decimal], planned: Decimal) -> Usual:
    """What a step usually takes by what it took in a unit and anywhere: the unit's own where that is enough of it."""
    here = usual_of(own, planned)
    return here if here.count and len(own) >= len(everywhere) / 4 else usual_of(everywhere, planned)


def _named(definition: Definition, element: str) -> Names:
    """The name of where a dossier stands, which need not be a step."""
    return element_names(definition, element) if element in definition.elements else {"vi": element, "en": element}


def word_of(due: datetime, now: datetime, finish: datetime, slow: datetime) -> str:
    """What is to be said of a date: late, will, may or fits."""
    if due < now:
        return "late"
    return "will" if finish > due else "may" if slow > due else "fits"
