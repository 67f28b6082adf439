"""Deadlines: from the facts of one command and the dossier's ledger to due dates and the new ledger.

The ledger is plain data, in the order of time. `{"kind": "run"|"stop", "reason", "from", "to"}` are the intervals in
which the legal clock ran and stood, without gap or overlap until the dossier is done; `{"kind": "step", "reason":
token, "from", "to", "hours"}` is an open step with its limit. `to` is None while an interval is open. Every due date
can be computed again from the ledger alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine import facts as f
from engine.worktime import Calendar, add, between, limit_due, limit_hours

Entry = dict[str, Any]
Interval = tuple[datetime, datetime | None]
RESTART = "restart_full"
FINISHED = frozenset({3, 7, 8, 9, 10})
_LIMITS = (("dossier", "reduced"), ("statutory", "statutory"))


@dataclass(frozen=True, slots=True)
class Scheduled:
    """New due dates and the ledger to keep."""

    due: tuple[f.DueSet, ...]
    ledger: list[Entry]


def schedule(
    procedure: Mapping[str, Any],
    facts: Iterable[f.Fact],
    ledger: list[Entry],
    calendar: Calendar,
    now: datetime,
) -> Scheduled:
    """What the facts of one command, all of this moment, mean for the dossier's dates."""
    book = _Book(ledger, now)
    for fact in facts:
        rule = _RULES.get(type(fact))
        if rule is not None:
            rule(book, fact)
    return Scheduled(tuple(_due(procedure, book, calendar)), book.entries)


def due_dates(procedure: Mapping[str, Any], ledger: list[Entry], calendar: Calendar) -> dict[str, str | None]:
    """All due dates of a dossier from its ledger alone, as after a change of the calendar."""
    tokens = [entry["reason"] for entry in ledger if entry["kind"] == "step"]
    scopes = {scope: _dossier_due(procedure, ledger, calendar, key) for scope, key in _LIMITS if _limit(procedure, key)}
    return {**scopes, **{token: _step_due(ledger, calendar, token) for token in tokens}}


class _Book:
    """The ledger while one command's facts are entered."""

    def __init__(self, ledger: Iterable[Entry], now: datetime) -> None:
        self.entries = [dict(entry) for entry in ledger]
        self.now = now.astimezone(UTC).isoformat()
        self.moved = False
        self.entered: list[str] = []

    def clock(self) -> Entry | None:
        """The open interval of the clock."""
        return next((e for e in reversed(self.entries) if e["kind"] != "step" and e["to"] is None), None)

    def close(self) -> None:
        """End the open interval; one without length leaves no trace."""
        open_one = self.clock()
        if open_one is not None:
            open_one["to"] = self.now
            if open_one["from"] == self.now:
                self.entries.remove(open_one)

    def turn(self, kind: str, reason: str) -> None:
        """Let the clock run or stand from now on."""
        self.close()
        self.entries.append({"kind": kind, "reason": reason, "from": self.now, "to": None})
        self.moved = True


# What each fact means


def _started(book: _Book, fact: f.ProcessStarted) -> None:
    book.turn("run", "received")


def _stopped(book: _Book, fact: f.ClockStopped) -> None:
    book.turn("stop", fact.reason)


def _resumed(book: _Book, fact: f.ClockStarted) -> None:
    book.turn("run", fact.reason)


def _status(book: _Book, fact: f.StatusChanged) -> None:
    if fact.new in FINISHED:
        book.close()
    elif fact.old in FINISHED:
        book.turn("run", "reopened")


def _ended(book: _Book, fact: f.DossierEnded) -> None:
    book.close()


def _entered(book: _Book, fact: f.StepEntered) -> None:
    if fact.hours is not None:
        step = {"kind": "step", "reason": fact.token, "from": book.now, "to": None, "hours": fact.hours}
        book.entries.append(step)
        book.entered.append(fact.token)


def _left(book: _Book, fact: f.StepCompleted | f.StepCancelled) -> None:
    book.entries = [e for e in book.entries if e["kind"] != "step" or e["reason"] != fact.token]


_RULES: dict[type, Callable[[_Book, Any], None]] = {
    f.ProcessStarted: _started,
    f.ClockStopped: _stopped,
    f.ClockStarted: _resumed,
    f.StatusChanged: _status,
    f.DossierEnded: _ended,
    f.StepEntered: _entered,
    f.StepCompleted: _left,
    f.StepCancelled: _left,
}


# What the ledger means


def _due(procedure: Mapping[str, Any], book: _Book, calendar: Calendar) -> Iterator[f.DueSet]:
    if book.moved:
        for scope, due in due_dates(procedure, book.entries, calendar).items():
            yield f.DueSet(scope, due)
        return
    open_steps = {entry["reason"] for entry in book.entries if entry["kind"] == "step"}
    for token in book.entered:
        if token in open_steps:
            yield f.DueSet(token, _step_due(book.entries, calendar, token))


def _limit(procedure: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = procedure.get("limits", {}).get(key)
    return found


def _intervals(ledger: list[Entry], kind: str) -> list[Interval]:
    return [(_moment(e["from"]), _moment(e["to"]) if e["to"] else None) for e in ledger if e["kind"] == kind]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _stands(ledger: list[Entry]) -> bool:
    return any(entry["kind"] == "stop" and entry["to"] is None for entry in ledger)


def _dossier_due(procedure: Mapping[str, Any], ledger: list[Entry], calendar: Calendar, key: str) -> str | None:
    limit = _limit(procedure, key)
    if limit is None or _stands(ledger):
        return None
    clock = [entry for entry in ledger if entry["kind"] != "step"]
    if procedure.get("supplement", {}).get("policy") == RESTART:
        clock = _since_restart(clock)
    running, standing = _intervals(clock, "run"), _intervals(clock, "stop")
    if not running:
        return None
    hours = limit_hours(calendar, limit)
    if hours is None:
        stood = sum((end - begin for begin, end in standing if end), timedelta())
        return _text(limit_due(calendar, running[0][0] + stood, limit))
    return _text(_reached(calendar, running, hours))


def _since_restart(clock: list[Entry]) -> list[Entry]:
    """What counts where a supplement begins the limit anew."""
    again = [index for index, e in enumerate(clock) if e["kind"] == "stop" and e["reason"] == "supplement"]
    return clock[again[-1] + 1 :] if again else clock


def _step_due(ledger: list[Entry], calendar: Calendar, token: str) -> str | None:
    step = next(e for e in ledger if e["kind"] == "step" and e["reason"] == token)
    if _stands(ledger):
        return None
    running = _without(_moment(step["from"]), _intervals(ledger, "stop"))
    return _text(_reached(calendar, running, Decimal(step["hours"])))


def _without(begin: datetime, stops: list[Interval]) -> list[Interval]:
    """The time from begin on that lies outside the stops, which are in order."""
    pieces: list[Interval] = []
    for stop_begin, stop_end in stops:
        if stop_end is None or stop_end <= begin:
            continue
        if stop_begin > begin:
            pieces.append((begin, stop_begin))
        begin = stop_end
    return [*pieces, (begin, None)]


def _reached(calendar: Calendar, running: list[Interval], hours: Decimal) -> datetime:
    """The moment at which so many working hours have run."""
    left = hours
    for begin, end in running[:-1]:
        used = between(calendar, begin, end) if end else Decimal(0)
        if left <= used:
            return add(calendar, begin, left)
        left -= used
    return add(calendar, running[-1][0], left)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
