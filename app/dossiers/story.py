"""A dossier's history as a list that people read: one line per act, with what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from app.audit.models import HistoryEntry
from app.people.models import Unit
from engine.definition import Definition

Names = Mapping[str, str]


@dataclass(frozen=True)
class Note:
    """One consequence of an act; `kind` picks the sentence, the rest fills it."""

    kind: str
    step: Names | None = None
    unit: Names | None = None
    detail: Any = None


@dataclass(frozen=True)
class Line:
    """One act: who did what when, for which unit."""

    seq: int
    at: datetime
    who: str
    unit: Names | None
    act: str
    step: Names | None
    choice: Names | None
    reason: str
    notes: tuple[Note, ...] = field(default=())


def story(conn: Connection, dossier: int, definition: Definition) -> tuple[Line, ...]:
    """Every act on the dossier, the newest first."""
    entries = conn.execute(
        select(HistoryEntry.seq, HistoryEntry.at, HistoryEntry.kind, HistoryEntry.person_name,
               HistoryEntry.acting_unit, HistoryEntry.payload)
        .where(HistoryEntry.dossier == dossier)
        .order_by(HistoryEntry.seq.desc())
    ).all()
    units = _unit_names(conn, entries)
    return tuple(_line(entry, definition, units) for entry in entries)


def _unit_names(conn: Connection, entries: Any) -> dict[str, Names]:
    wanted = {entry.acting_unit for entry in entries if entry.acting_unit}
    wanted |= {fact["unit"] for entry in entries for fact in entry.payload["facts"] if "unit" in fact}
    rows = conn.execute(select(Unit.code, Unit.name_vi, Unit.name_en).where(Unit.code.in_(wanted)))
    return {row.code: {"vi": row.name_vi, "en": row.name_en} for row in rows}


def _line(entry: Any, definition: Definition, units: Mapping[str, Names]) -> Line:
    command, facts = entry.payload["command"], entry.payload["facts"]
    done = next((fact for fact in facts if fact["fact"] in _ACT_OF), {})
    step = done.get("step")
    return Line(
        seq=entry.seq, at=entry.at, who=entry.person_name, unit=units.get(entry.acting_unit),
        act=command.get("command", entry.kind), step=_step(definition, step), reason=command.get("reason", ""),
        choice=_choice(definition, step, done.get("choice")), notes=tuple(_notes(facts, definition, units)),
    )


_ACT_OF = frozenset({"StepCompleted", "StepClaimed", "StepReleased"})


def _step(definition: Definition, step: str | None) -> Names | None:
    found = definition.steps.get(step or "")
    return {"vi": found.name, "en": found.name_en or found.name} if found else None


def _choice(definition: Definition, step: str | None, choice: str | None) -> Names | None:
    found = definition.steps.get(step or "")
    picked = next((each for each in found.choices if each.id == choice), None) if found else None
    return {"vi": picked.name, "en": picked.name_en or picked.name} if picked else None


def _notes(facts: list[Mapping[str, Any]], definition: Definition, units: Mapping[str, Names]) -> Iterator[Note]:
    for fact in facts:
        make = _NOTES.get(fact["fact"])
        if make:
            yield make(fact, definition, units)


def _entered(fact: Mapping[str, Any], definition: Definition, units: Mapping[str, Names]) -> Note:
    kind = "waits" if fact.get("message") else "entered"
    return Note(kind, _step(definition, fact["step"]), units.get(fact["unit"]), fact.get("item"))


def _cancelled(fact: Mapping[str, Any], definition: Definition, units: Mapping[str, Names]) -> Note:
    return Note("cancelled", _step(definition, fact["step"]), detail=fact["reason"])


def _timer(fact: Mapping[str, Any], definition: Definition, units: Mapping[str, Names]) -> Note:
    element = definition.elements.get(fact["element"])
    return Note("timer", {"vi": element.name, "en": element.name_en or element.name} if element else None)


def _plain(kind: str, key: str) -> Callable[..., Note]:
    return lambda fact, definition, units: Note(kind, detail=fact.get(key))


_NOTES: dict[str, Callable[..., Note]] = {
    "StepEntered": _entered,
    "StepCancelled": _cancelled,
    "TimerFired": _timer,
    "StatusChanged": _plain("status", "new"),
    "ClockStopped": _plain("stopped", "reason"),
    "ClockStarted": _plain("started", "reason"),
    "DossierEnded": _plain("ended", "status"),
}
