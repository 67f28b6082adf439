"""Seals on states that lack the present key's: after the key was changed, and where no key opens what is kept.

What a known key opens is sealed anew. Anything else is not believed: the history is checked, its commands are run
again, and the state they lead to is kept instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from app import seals
from app.audit.verify import rebuild
from app.db import reading, transaction
from app.dossiers.models import Dossier
from engine.errors import StateUnreadable

BATCH = 200


@dataclass(frozen=True, slots=True)
class Resealed:
    """What became of a dossier's state: `outcome` is sealed, rebuilt or refused, the latter with its reason."""

    code: str
    outcome: str
    reason: str = ""


def reseal_all() -> Iterator[Resealed]:
    """Every dossier whose state the present key has not sealed, some in one transaction."""
    waiting = _waiting()
    for at in range(0, len(waiting), BATCH):
        with transaction() as conn:
            done = [_reseal(conn, dossier) for dossier in waiting[at : at + BATCH]]
        yield from done


def _waiting() -> list[int]:
    columns = select(Dossier.id, Dossier.code, Dossier.seq, Dossier.state).order_by(Dossier.id)
    with reading() as conn:
        rows = conn.execution_options(yield_per=BATCH).execute(columns)
        return [row.id for row in rows if not seals.is_current(row.code, row.seq, row.state)]


def _reseal(conn: Connection, dossier: int) -> Resealed:
    query = select(Dossier.id, Dossier.code, Dossier.seq, Dossier.state).where(Dossier.id == dossier).with_for_update()
    row: Any = conn.execute(query).one()
    try:
        return _keep(conn, row, seals.opened(row.code, row.seq, row.state), "sealed")
    except StateUnreadable:
        again = rebuild(conn, row.id)
    if again.state is None:
        return Resealed(row.code, "refused", again.reason)
    return _keep(conn, row, again.state, "rebuilt")


def _keep(conn: Connection, row: Any, state: bytes, outcome: str) -> Resealed:
    kept = seals.sealed(row.code, row.seq, state)
    conn.execute(update(Dossier).where(Dossier.id == row.id).values(state=kept))
    return Resealed(row.code, outcome)

