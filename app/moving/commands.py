"""Moving running dossiers: each in a transaction of its own, through the one door."""

from __future__ import annotations

from dataclasses import dataclass

from app import clock
from app.casework import Actor, advance
from app.db import transaction
from app.moving.errors import MoveReasonMissing
from app.moving.queries import Candidate, Request, digest_of, preview
from app.procedures import store
from engine.commands import MigrateDossier
from engine.errors import Conflict, Failed, NotPossible


@dataclass(frozen=True, slots=True)
class Moved:
    """What came of it: the codes of the dossiers that went over, those that could not, and how many are left."""

    moved: tuple[str, ...]
    stayed: tuple[Candidate, ...]
    failed: tuple[str, ...]
    left: int


def move_dossiers(actor: Actor, request: Request, reason: str) -> Moved:
    """Let every running dossier of a version go over that can; at most so many as a preview shows.

    A dossier that moved on in the meantime is left as it is and can be tried again.
    """
    if not reason.strip():
        raise MoveReasonMissing()
    found = preview(request)
    moved: list[str] = []
    failed: list[str] = []
    for candidate in found.movable:
        (moved if _move(actor, request, candidate, reason.strip()) else failed).append(candidate.code)
    with transaction() as conn:
        store.note(conn, actor, request.code, "dossiers_moved", clock.now(), number=request.number, to=request.to,
                   moved=len(moved), note=reason.strip())
    stayed = tuple(each for each in found.candidates if not each.can)
    return Moved(tuple(moved), stayed, tuple(failed), found.total - len(moved))


def _move(actor: Actor, request: Request, candidate: Candidate, reason: str) -> bool:
    unit = next(iter(actor.units_for("procedure.publish")), None)
    try:
        with transaction() as conn:
            command = MigrateDossier(digest_of(conn, request.code, request.to), dict(request.mapping), reason)
            advance(conn, candidate.id, command, actor, acting_unit=unit, expected_seq=candidate.seq)
    except (Conflict, NotPossible, Failed):
        return False
    return True
