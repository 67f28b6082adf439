"""What can be wrong with a question to the audit."""

from __future__ import annotations

from app.errors import NotFound


class HistoryUnknown(NotFound):
    """There is no dossier with the code {code} in the units you may audit."""


class MomentUnknown(NotFound):
    """The history of dossier {code} has no entry {seq}."""
