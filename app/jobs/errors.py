"""What can be wrong with retrying."""

from __future__ import annotations

from engine.errors import NotPossible


class IncidentResolved(NotPossible):
    """Incident {incident} has already been resolved."""


class NeverReceived(NotPossible):
    """The dossier of incident {incident} was never received; receive it again once the procedure is corrected."""


class Overtaken(NotPossible):
    """The step has been handled otherwise in the meantime, so incident {incident} was closed without a retry."""
