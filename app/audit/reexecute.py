"""Does the recorded history follow from the published diagram? The recorded commands are run again. Pure.

Due dates are left aside: they follow from the working calendar, which may have been corrected since. When a timer in
working time goes off is taken from its fact for the same reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.clock.timing import Worked, Working
from engine.commands import MigrateDossier, from_json
from engine.definition import Definition
from engine.errors import OneDoorError
from engine.execute import step
from engine.facts import to_json

_BY_CALENDAR = ("DueSet", "DueMoved", "ReceptionDeferred", "PromiseKept")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What re-execution needs of an entry; an erased one has no payload."""

    seq: int
    at: datetime
    payload: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`outcome` is equal, differs, refused, unreadable or erased; `seq` the first entry that is not equal.

    `state` is what the commands lead to and `digest` the version it belongs to, where all are equal.
    """

    outcome: str
    checked: int
    seq: int | None = None
    recorded: Mapping[str, Any] | None = None
    computed: Mapping[str, Any] | None = None
    reason: str = ""
    state: bytes | None = None
    digest: str = ""

    @property
    def equal(self) -> bool:
        """Whether the diagram commands exactly what was recorded."""
        return self.outcome == "equal"


def reexecute(
    definition: Definition, entries: Iterable[Recorded], others: Mapping[str, Definition] | None = None
) -> Verdict:
    """Run the commands of a whole history, oldest first, at their recorded times.

    `definition` is the version that the dossier began under, `others` those it went over to, by their digests.
    """
    state: bytes | None = None
    checked = 0
    for entry in entries:
        if not entry.payload:
            return Verdict("erased", checked, entry.seq)
        try:
            command = from_json(entry.payload["command"])
            onto = (others or {}).get(command.digest) if isinstance(command, MigrateDossier) else None
            outcome = step(definition, state, command, entry.at, onto, _recorded(entry.payload["facts"]))
        except OneDoorError as refused:
            return Verdict("refused", checked, entry.seq, reason=str(refused))
        except (KeyError, TypeError) as unreadable:
            return Verdict("unreadable", checked, entry.seq, reason=str(unreadable))
        different = _first_difference(_lasting(entry.payload["facts"]), _lasting(map(to_json, outcome.facts)))
        if different is not None:
            return Verdict("differs", checked, entry.seq, *different)
        definition, state, checked = onto or definition, outcome.state, checked + 1
    return Verdict("equal", checked, state=state, digest=definition.digest)


def _recorded(facts: Iterable[Mapping[str, Any]]) -> Working:
    """Working time as the calendar of then counted it: timers in working time were set to these moments, in order."""
    due = iter([fact["due_at"] for fact in facts if fact["fact"] == "TimerSet" and fact.get("working")])

    def counted(start: datetime, length: Worked) -> datetime:
        return datetime.fromisoformat(next(due, start.isoformat()))

    return counted


def _lasting(facts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The facts as they come back from the database, without those that the calendar decides."""
    kept = [fact for fact in facts if fact["fact"] not in _BY_CALENDAR]
    read: list[dict[str, Any]] = json.loads(json.dumps(kept, default=str))
    return read


def _first_difference(
    recorded: list[dict[str, Any]], computed: list[dict[str, Any]]
) -> tuple[dict[str, Any] | None, dict[str, Any] | None] | None:
    for place in range(max(len(recorded), len(computed))):
        was = recorded[place] if place < len(recorded) else None
        is_now = computed[place] if place < len(computed) else None
        if was != is_now:
            return was, is_now
    return None
