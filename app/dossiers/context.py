"""What expressions of a step's form see beside the form's own values: the dossier, earlier answers, visits."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from app.dossiers.models import Dossier
from app.dossiers.queries import Head
from app.tasks.models import Task


def form_context(conn: Connection, head: Head) -> dict[str, Any]:
    """The same names as in conditions of the diagram."""
    data = conn.execute(select(Dossier.data).where(Dossier.id == head.id)).scalar_one()
    visits = conn.execute(
        select(Task.step, func.max(Task.visit)).where(Task.dossier == head.id).group_by(Task.step)
    ).all()
    dossier = {
        "code": head.code, "procedure": head.procedure.code, "channel": head.channel,
        "receiving_unit": head.receiving.code, "competent_unit": head.competent.code,
        "received_at": head.received_at.isoformat(),
    }
    return {**data, "dossier": dossier, "visits": {step: visit for step, visit in visits}}
