"""What can be wrong with work on a task, in plain sentences."""

from __future__ import annotations

from app.errors import NotFound
from engine.errors import Invalid


class TaskUnknown(NotFound):
    """There is no such task of dossier {code} that you may see; open the dossier to see where it stands."""


class TabUnknown(Invalid):
    """The inbox has no tab "{tab}"; choose one of: {allowed}."""


class ResultMissing(Invalid):
    """Step {step} ends with a file (the signed or stamped result); attach it first."""


class PlaceUnreadable(Invalid):
    """The place in the list cannot be read; begin at the first page."""


class StandInReasonMissing(Invalid):
    """{name} holds this task; say why you give it back in their stead. The reason is kept in the history."""
