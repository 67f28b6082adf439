"""A dossier's history as officers read it: one line per act, with what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from app.audit.models import HistoryEntry
from app.audit.narrate import Told, Translate, Words, acting, narrate, title
from app.audit.versions import digests, moves, versions_of
from app.languages import STATUS_NAMES, hours, moment
from app.people.permissions import ROLES
from app.people.queries import unit_names
from engine.definition import Definition

# Officers want to know where a dossier went; why a branch was taken is told on the auditor's page.
TOLD = frozenset({
    "StepEntered", "StepCancelled", "TimerFired", "EventAwaited", "EventCaught", "EventThrown", "MessageSent",
    "ServiceRequested", "ServiceAnswered", "ServiceFailed", "ActivityCompensated", "StatusChanged", "ClockStopped",
    "ClockStarted", "DossierMigrated", "DossierEnded", "LimitSet", "DeadlinesRecomputed", "DueMoved", "WarningGiven",
    "Reappointed", "ReceptionDeferred", "PromiseKept", "TimerDueMoved",
})


@dataclass(frozen=True)
class Reader:
    """Who reads: the language and the translator of that language."""

    language: str
    translate: Translate


@dataclass(frozen=True)
class Line:
    """One act: who did what when, for which unit, and what came of it."""

    seq: int
    at: datetime
    title: str
    who: str
    unit: str
    reason: str
    notes: tuple[Told, ...]


def story(conn: Connection, dossier: int, definition: Definition, reader: Reader) -> tuple[Line, ...]:
    """Every act on the dossier, the newest first."""
    columns = (HistoryEntry.seq, HistoryEntry.at, HistoryEntry.person, HistoryEntry.person_name,
               HistoryEntry.acting_unit, HistoryEntry.payload)
    entries = conn.execute(
        select(*columns).where(HistoryEntry.dossier == dossier).order_by(HistoryEntry.seq.desc())
    ).all()
    words = words_for(conn, definition, reader, entries)
    in_force = reversed(digests([entry.payload for entry in reversed(entries)], definition.digest))
    return tuple(_line(entry, words.under(digest)) for entry, digest in zip(entries, in_force, strict=True))


def words_for(conn: Connection, definition: Definition, reader: Reader, entries: Any) -> Words:
    """The narrator's words, with the names of the units that these entries mention."""
    codes = {entry.acting_unit for entry in entries if entry.acting_unit}
    codes |= {fact["unit"] for entry in entries for fact in entry.payload["facts"] if fact.get("unit")}
    names, second = unit_names(conn, codes), int(reader.language == "en")
    return Words(
        definition=definition, language=reader.language, translate=reader.translate,
        unit=lambda code: names.get(code, {}).get(reader.language, code),
        role=lambda code: str(ROLES[code][second]) if code in ROLES else code,
        status=lambda code: str(STATUS_NAMES.get(code, code)), moment=moment, hours=hours,
        versions=_versions(conn, entries),
    )


def _versions(conn: Connection, entries: Any) -> dict[str, tuple[int, Definition]]:
    """The versions that a dossier went over from and to; none for most."""
    wanted = {fact[end] for entry in entries for fact in moves(entry.payload) for end in ("old", "new")}
    found = versions_of(conn, wanted) if wanted else {}
    return {digest: (version.number, version.definition) for digest, version in found.items()}


def _line(entry: Any, words: Words) -> Line:
    command: Mapping[str, Any] = entry.payload["command"]
    facts = entry.payload["facts"]
    return Line(
        seq=entry.seq, at=entry.at, title=title(command, facts, words),
        who=acting(entry.person, entry.person_name, words.language),
        unit=words.unit(entry.acting_unit) if entry.acting_unit else "", reason=command.get("reason", ""),
        notes=narrate([fact for fact in facts if fact["fact"] in TOLD], words, {}),
    )
