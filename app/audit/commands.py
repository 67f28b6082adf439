"""Looking is recorded: before a history is shown, printed or exported, and when it is refused."""

from __future__ import annotations

from app import clock
from app.audit.errors import HistoryUnknown
from app.audit.log import record_look
from app.audit.queries import export, find
from app.casework import Actor
from app.db import transaction


def look(actor: Actor, action: str, code: str) -> None:
    """Record that the actor looks at a dossier's history; raises HistoryUnknown (recorded as refused)."""
    with transaction() as conn:
        allowed = find(conn, actor, code) is not None
        record_look(conn, actor, action, code, allowed=allowed)
    if not allowed:
        raise HistoryUnknown(code=code)


def export_dossier(actor: Actor, code: str) -> tuple[str, ...]:
    """The dossier's case file as JSON lines; that it was taken is recorded first."""
    with transaction() as conn:
        line = find(conn, actor, code)
        record_look(conn, actor, "export", code, allowed=line is not None)
        lines = () if line is None else export(conn, line, clock.now(), actor.username)
    if line is None:
        raise HistoryUnknown(code=code)
    return lines
