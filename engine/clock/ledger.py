"""A dossier's ledger: what its facts say about time, as plain data in the order of time.

    {"kind": "limit", "reason": "statutory", "value", "unit"}            a variant of a limit that holds here
    {"kind": "kept", "reason": policy, "limits"}                         the limits of before, until the clock turns
    {"kind": "run" | "stop", "reason", "from", "to"}                     the legal clock ran or stood
    {"kind": "deferral", "reason": "15:00", "from", "to"}                it came after that hour, so the next day counts
    {"kind": "step", "reason": token, "from", "to", "hours", "warned"}   an open step, and how many warnings it had
    {"kind": "extension", "reason": "apology", "from", "to", "hours"}    a new appointment, as working hours more
    {"kind": "warning", "reason": "dossier", "from", "to"}               the apology was called to mind

Runs and stops follow each other without gap or overlap until the dossier is done; `to` is None while one is open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from engine import facts as f
from engine.errors import AppointedAgain
from engine.statuses import FINISHED

Entry = dict[str, Any]
CLOCK = ("run", "stop")
DOSSIER = "dossier"


class Book:
    """The ledger while one command's facts are entered."""

    def __init__(self, entries: Iterable[Mapping[str, Any]], now: datetime) -> None:
        self.entries: list[Entry] = [dict(entry) for entry in entries]
        self.now = now.astimezone(UTC).isoformat()
        self.moved = False
        self.touched: list[str] = []

    def enter(self, fact: f.Fact) -> None:
        """Enter what a fact says about time, if anything."""
        rule = _RULES.get(type(fact))
        if rule is not None:
            rule(self, fact)

    def clock(self) -> Entry | None:
        """The open interval of the clock."""
        return next((e for e in reversed(self.entries) if e["kind"] in CLOCK and e["to"] is None), None)

    def step(self, token: str) -> Entry | None:
        """An open step."""
        return next((e for e in self.entries if e["kind"] == "step" and e["reason"] == token), None)

    def close(self) -> None:
        """End the open interval; one without length leaves no trace."""
        open_one = self.clock()
        if open_one is not None:
            open_one["to"] = self.now
            if open_one["from"] == self.now:
                self.entries.remove(open_one)

    def turn(self, kind: str, reason: str) -> None:
        """Let the clock run or stand from now on; the limits are those of the dossier's version again."""
        self.close()
        self.entries = [entry for entry in self.entries if entry["kind"] != "kept"]
        self.entries.append({"kind": kind, "reason": reason, "from": self.now, "to": None})
        self.moved = True

    def note(self, kind: str, reason: str, **more: Any) -> None:
        """Something that happened at this moment."""
        self.entries.append({"kind": kind, "reason": reason, "from": self.now, "to": self.now, **more})


def _limit(book: Book, fact: f.LimitSet) -> None:
    book.entries.append({"kind": "limit", "reason": fact.scope, "value": fact.value, "unit": fact.unit})


def _kept(book: Book, fact: f.PromiseKept) -> None:
    book.entries.append({"kind": "kept", "reason": fact.policy, "limits": dict(fact.limits)})


def _started(book: Book, fact: f.ProcessStarted) -> None:
    book.turn("run", "received")


def _deferred(book: Book, fact: f.ReceptionDeferred) -> None:
    book.note("deferral", fact.after)


def _stopped(book: Book, fact: f.ClockStopped) -> None:
    book.turn("stop", fact.reason)


def _resumed(book: Book, fact: f.ClockStarted) -> None:
    book.turn("run", fact.reason)


def _status(book: Book, fact: f.StatusChanged) -> None:
    if fact.new in FINISHED:
        book.close()
    elif fact.old in FINISHED:
        book.turn("run", "reopened")


def _ended(book: Book, fact: f.DossierEnded) -> None:
    book.close()


def _entered(book: Book, fact: f.StepEntered) -> None:
    if fact.hours is not None:
        step = {"kind": "step", "reason": fact.token, "from": book.now, "to": None, "hours": fact.hours}
        book.entries.append(step)
        book.touched.append(fact.token)


def _left(book: Book, fact: f.StepCompleted | f.StepCancelled) -> None:
    book.entries = [e for e in book.entries if e["kind"] != "step" or e["reason"] != fact.token]


def _warned(book: Book, fact: f.WarningGiven) -> None:
    step = book.step(fact.token)
    if fact.token == DOSSIER:
        book.note("warning", DOSSIER)
    elif step is not None:
        step["warned"] = fact.rung + 1
    book.touched.append(fact.token)


def _appointed(book: Book, fact: f.Reappointed) -> None:
    """A new date is promised once; another one needs a reason of its own."""
    if not fact.override and any(entry["kind"] == "extension" for entry in book.entries):
        raise AppointedAgain()
    book.entries = [e for e in book.entries if e["kind"] != "warning"]
    book.note("extension", "apology", hours=fact.hours)
    book.touched.append(DOSSIER)


def _gone_over(book: Book, fact: f.DossierMigrated) -> None:
    """The warnings are from now on those of the version that the dossier went over to."""
    book.touched += [DOSSIER, *(entry["reason"] for entry in book.entries if entry["kind"] == "step")]


_RULES: dict[type, Callable[[Book, Any], None]] = {
    f.LimitSet: _limit,
    f.PromiseKept: _kept,
    f.ProcessStarted: _started,
    f.ReceptionDeferred: _deferred,
    f.ClockStopped: _stopped,
    f.ClockStarted: _resumed,
    f.StatusChanged: _status,
    f.DossierEnded: _ended,
    f.StepEntered: _entered,
    f.StepCompleted: _left,
    f.StepCancelled: _left,
    f.WarningGiven: _warned,
    f.Reappointed: _appointed,
    f.DossierMigrated: _gone_over,
}


def ledger_of(entries: Iterable[tuple[datetime, Iterable[f.Fact]]]) -> list[Entry]:
    """The ledger out of a whole history: (moment, facts) of each entry, oldest first."""
    kept: list[Entry] = []
    for moment, facts in entries:
        book = Book(kept, moment)
        for fact in facts:
            book.enter(fact)
        kept = book.entries
    return kept


def moment_of(text: str) -> datetime:
    """A moment as the ledger writes it."""
    return datetime.fromisoformat(text)


def text_of(moment: datetime) -> str:
    """The inverse of `moment_of`, in UTC."""
    return moment.astimezone(UTC).isoformat()
