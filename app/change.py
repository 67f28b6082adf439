"""One change of a dossier on its way from the engine's decision to the rows: what was before, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.people.actor import Actor
from engine.commands import Command
from engine.facts import Fact


@dataclass(frozen=True, slots=True)
class Before:
    """The dossier's row before the change."""

    id: int
    code: str
    procedure: str
    receiving_unit: str
    competent_unit: str
    applicant: Mapping[str, str]
    seq: int
    status: int
    clock: str
    ledger: list[Any]
    due_at: datetime | None
    statutory_due_at: datetime | None
    finished_at: datetime | None
    ended_at: datetime | None
    warn_at: datetime | None

    @staticmethod
    def unborn(columns: Mapping[str, Any]) -> Before:
        """A dossier that is being received."""
        return Before(
            0, columns["code"], columns["procedure"], columns["receiving_unit"], columns["competent_unit"],
            _applicant(columns), 0, 0, "running", [], None, None, None, None, None,
        )

    @staticmethod
    def of(row: Any) -> Before:
        """A dossier that is there."""
        return Before(
            row.id, row.code, row.procedure, row.receiving_unit, row.competent_unit, _applicant(row._asdict()), row.seq,
            row.status, row.clock, row.ledger, row.due_at, row.statutory_due_at, row.finished_at,
            row.ended_at, row.warn_at,
        )

    def born(self, dossier_id: int) -> Before:
        """The same, once the dossier has its id."""
        return replace(self, id=dossier_id)


@dataclass(frozen=True, slots=True)
class Change:
    """What the engine decided on a command; `seq` is the dossier's place in its history afterwards."""

    command: Command
    actor: Actor
    at: datetime
    seq: int
    state: bytes
    facts: tuple[Fact, ...]
    ledger: list[Any]
    warn: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class OpenedTask:
    """A task that the change opened; `unit_name` is its unit's name in both languages."""

    token: str
    step: str
    kind: str
    role: str
    unit: str
    assignee: int | None
    message: str | None
    due_at: datetime | None
    unit_name: Mapping[str, str]


def _applicant(columns: Any) -> dict[str, str]:
    return {name: columns[f"applicant_{name}"] for name in ("name", "phone", "email", "address")}
