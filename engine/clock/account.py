"""Whose time it was: a history's working time shared out among those who had the dossier and those it waited for.

Every microsecond between reception and the end of processing is somebody's: the applicant's (or the tax office's)
while the clock stands, else that of the officers with an open step, in equal parts when there are several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from engine import facts as f
from engine.clock.calendar import HOUR
from engine.clock.worktime import Calendar
from engine.statuses import FINISHED


@dataclass(frozen=True, slots=True)
class Holder:
    """A step that somebody had before him: the unit, and the person once it was claimed."""

    token: str
    step: str
    unit: str
    person: str | None = None
    hours: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch of time: the clock ran (`reason` "") and these had the dossier, or it stood for a reason."""

    begin: datetime
    end: datetime
    reason: str
    holders: tuple[Holder, ...]
    who: str


@dataclass(frozen=True, slots=True)
class Part:
    """Working time that a holder had."""

    holder: Holder
    time: timedelta


@dataclass(frozen=True, slots=True)
class Spent:
    """What one visit of a step took against what was planned; `people` had it how long."""

    token: str
    step: str
    unit: str
    planned: timedelta | None
    used: timedelta
    people: tuple[tuple[str | None, timedelta], ...]

    @property
    def over(self) -> timedelta:
        """Working time beyond the plan."""
        return max(self.used - self.planned, timedelta()) if self.planned is not None else timedelta()


@dataclass(frozen=True, slots=True)
class Account:
    """Officers' time and waiting, which together are the elapsed working time exactly."""

    elapsed: timedelta
    officers: timedelta
    waiting: Mapping[str, timedelta]
    parts: tuple[Part, ...]
    steps: tuple[Spent, ...]
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the history: when, who acted, and what came of it."""

    at: datetime
    who: str
    facts: tuple[f.Fact, ...]


@dataclass(slots=True)
class _Walk:
    """The dossier while its history is gone through."""

    open: dict[str, Holder] = field(default_factory=dict)
    reason: str = ""
    who: str = ""
    counting: bool = False
    status: int = 0

    def turn(self, begin: datetime, end: datetime) -> Turn:
        holders = () if self.reason else tuple(self.open.values())
        return Turn(begin, end, self.reason, holders, self.who)


def account(entries: Iterable[Entry], calendar: Calendar, now: datetime) -> Account:
    """The account of a whole history, oldest entry first, up to the end of processing or to now."""
    told = list(entries)
    turns = tuple(_deferred(_turns(told, now), told, calendar))
    parts: dict[Holder, int] = {}
    waiting: dict[str, int] = {}
    spent: dict[Holder, int] = {}
    total = 0
    for turn in turns:
        length = calendar.place(turn.end) - calendar.place(turn.begin)
        total += length
        if turn.reason:
            waiting[turn.reason] = waiting.get(turn.reason, 0) + length
            continue
        for number, holder in enumerate(turn.holders or (NOBODY,)):
            share, rest = divmod(length, max(len(turn.holders), 1))
            parts[holder] = parts.get(holder, 0) + share + (rest if number == 0 else 0)
            spent[holder] = spent.get(holder, 0) + length
    return Account(
        elapsed=_time(total), officers=_time(sum(parts.values())),
        waiting={reason: _time(length) for reason, length in waiting.items()},
        parts=tuple(Part(holder, _time(length)) for holder, length in parts.items()),
        steps=tuple(_steps(spent)), turns=turns,
    )


DEFERRED = "deferred"
NOBODY = Holder("", "", "")


def _steps(spent: Mapping[Holder, int]) -> Iterable[Spent]:
    """Visits of steps in the order in which they began."""
    by_token: dict[str, list[tuple[Holder, int]]] = {}
    for holder, length in spent.items():
        if holder is not NOBODY:
            by_token.setdefault(holder.token, []).append((holder, length))
    for token, held in by_token.items():
        first = held[0][0]
        people = tuple((holder.person, _time(length)) for holder, length in held if length)
        planned = None if first.hours is None else _time(int(first.hours * HOUR))
        yield Spent(token, first.step, first.unit, planned, _time(sum(length for _, length in held)), people)


def _time(length: int) -> timedelta:
    return timedelta(microseconds=length)


def _turns(entries: list[Entry], now: datetime) -> Iterable[Turn]:
    walk = _Walk()
    for index, entry in enumerate(entries):
        for fact in entry.facts:
            rule = _RULES.get(type(fact))
            if rule is not None:
                rule(walk, fact)
        walk.who = entry.who
        end = entries[index + 1].at if index + 1 < len(entries) else max(now, entry.at)
        if walk.counting and end > entry.at:
            yield walk.turn(entry.at, end)


def _deferred(turns: Iterable[Turn], entries: list[Entry], calendar: Calendar) -> Iterable[Turn]:
    """What lies between a reception after the cut-off hour and the next working day is nobody's: a wait of its own."""
    came = next((each.at for each in entries for fact in each.facts if isinstance(fact, f.ReceptionDeferred)), None)
    until = calendar.next_opening(came) if came else None
    for turn in turns:
        if until is None or turn.reason or turn.begin >= until:
            yield turn
            continue
        yield replace(turn, end=min(turn.end, until), reason=DEFERRED, holders=())
        if turn.end > until:
            yield replace(turn, begin=until)


def _entered(walk: _Walk, fact: f.StepEntered) -> None:
    hours = None if fact.hours is None else Decimal(fact.hours)
    walk.open[fact.token] = Holder(fact.token, fact.step, fact.unit, None, hours)


def _claimed(walk: _Walk, fact: f.StepClaimed) -> None:
    walk.open[fact.token] = replace(walk.open[fact.token], person=fact.assignee)


def _released(walk: _Walk, fact: f.StepReleased) -> None:
    walk.open[fact.token] = replace(walk.open[fact.token], person=None)


def _left(walk: _Walk, fact: f.StepCompleted | f.StepCancelled) -> None:
    walk.open.pop(fact.token, None)


def _started(walk: _Walk, fact: f.ProcessStarted) -> None:
    walk.counting = True


def _stopped(walk: _Walk, fact: f.ClockStopped) -> None:
    walk.reason = fact.reason


def _resumed(walk: _Walk, fact: f.ClockStarted) -> None:
    walk.reason = ""


def _status(walk: _Walk, fact: f.StatusChanged) -> None:
    walk.counting = fact.new not in FINISHED


def _ended(walk: _Walk, fact: f.DossierEnded) -> None:
    walk.counting = False


_RULES: dict[type, Callable[[_Walk, Any], None]] = {
    f.ProcessStarted: _started, f.StepEntered: _entered, f.StepClaimed: _claimed, f.StepReleased: _released,
    f.StepCompleted: _left, f.StepCancelled: _left, f.ClockStopped: _stopped, f.ClockStarted: _resumed,
    f.StatusChanged: _status, f.DossierEnded: _ended,
}
