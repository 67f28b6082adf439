"""What can be wrong when dossiers are to go over to another version."""

from __future__ import annotations

from engine.errors import Invalid


class SameVersion(Invalid):
    """The dossiers run on version {number} already; choose another one."""


class MoveReasonMissing(Invalid):
    """Write why the dossiers go over to the other version; it stays in each history."""
