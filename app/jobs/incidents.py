"""Commands that failed inside the engine: what was wanted, why it failed, and the way to try again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, insert, select, update

from app.db import transaction
from app.dossiers.models import Dossier
from app.jobs.models import Incident, ServiceCall, Timer
from app.people.actor import Actor
from app.tasks.models import Task
from engine.clock.ledger import DOSSIER
from engine.errors import OneDoorError

log = structlog.get_logger("onedoor")


@dataclass(frozen=True, slots=True)
class Note:
    """What is needed to understand and repeat a failed command; without a dossier it was about to be received."""

    dossier: int | None
    at: datetime
    actor: Actor
    acting_unit: str | None
    command: Mapping[str, Any]


def record(note: Note, error: OneDoorError) -> None:
    """Keep the incident in a transaction of its own; the same command failing again only counts up."""
    values = {"error": error.code(), "details": {key: str(value) for key, value in error.details.items()}}
    with transaction() as conn:
        again = _same(conn, note)
        if again is not None:
            counted = values | {"retries": Incident.retries + 1, "at": note.at}
            conn.execute(update(Incident).where(Incident.id == again).values(**counted))
        else:
            conn.execute(insert(Incident).values(
                dossier=note.dossier, at=note.at, person=note.actor.person, acting_unit=note.acting_unit,
                command=dict(note.command), retries=0, **values,
            ))
        _hold_back(conn, note)
    log.error("incident", dossier=note.dossier, command=note.command["command"], error=error.code())


def _same(conn: Connection, note: Note) -> int | None:
    """The open incident of the same command on the same dossier."""
    query = select(Incident.id, Incident.command).where(
        Incident.dossier == note.dossier, Incident.resolved_at.is_(None))
    wanted = {key: value for key, value in note.command.items() if key != "assignee"}
    for row in conn.execute(query):
        if {key: value for key, value in row.command.items() if key != "assignee"} == wanted:
            return int(row.id)
    return None


def _hold_back(conn: Connection, note: Note) -> None:
    """A timer or a request that failed waits for a supervisor instead of failing at every poll."""
    if note.command["command"] == "FireTimer":
        conn.execute(update(Timer).where(Timer.dossier == note.dossier, Timer.timer == note.command["timer"])
                     .values(failed_at=note.at))
    if note.command["command"] == "GiveWarning":
        conn.execute(update(Dossier).where(Dossier.id == note.dossier, note.command["token"] == DOSSIER)
                     .values(warn_at=None))
        conn.execute(update(Task).where(Task.dossier == note.dossier, Task.token == note.command["token"])
                     .values(warn_at=None))
    if note.command["command"] == "AnswerService":
        asked = (ServiceCall.dossier == note.dossier, ServiceCall.token == note.command["token"])
        conn.execute(update(ServiceCall).where(*asked).values(failed_at=note.at))
