"""What can be wrong with a procedure, its draft or its publication, in sentences."""

from __future__ import annotations

from app.errors import Forbidden, NotFound
from engine.errors import Conflict, DiagramRefused, FormRefused, Invalid, NotPossible


class ProcedureUnknown(NotFound):
    """There is no procedure with the code {code}."""


class VersionUnknown(NotFound):
    """Procedure {code} has no version {number}."""


class DraftUnknown(NotFound):
    """Procedure {code} has no draft; start one from its current version."""


class DraftFormUnknown(NotFound):
    """The draft of procedure {code} has no form {form}."""


class DraftDecisionUnknown(NotFound):
    """The draft of procedure {code} has no decision {decision}."""


class CodeTaken(Conflict):
    """There is already a procedure with the code {code} or the key {key}; choose another one."""


class DraftUnfit(FormRefused):
    """{count} field(s) have to be corrected, first: {first}."""


class DiagramUnreadable(Invalid):
    """The file is no diagram that can be imported; what is wrong with it stands beside."""


class DraftExists(Conflict):
    """Procedure {code} already has a draft, last saved by {name} at {at}; continue that one."""


class DraftChanged(Conflict):
    """{name} saved the draft of procedure {code} at {at}; load it again before you save."""


class DraftUnderReview(NotPossible):
    """The draft of procedure {code} is submitted for approval; withdraw it before you change it."""


class DraftNotSubmitted(NotPossible):
    """The draft of procedure {code} is not submitted for approval."""


class SameAsPublished(NotPossible):
    """Version {number} of procedure {other} already has exactly this content; there is nothing new to publish."""


class CallsItself(NotPossible):
    """These procedures would call each other in a circle: {circle}; take one of the calls out."""


class OwnDraft(Forbidden):
    """You had a hand in this draft of procedure {code}; another person has to approve it."""


class NoteMissing(Invalid):
    """Write a note that says why the draft is sent back."""


class DraftRefused(DiagramRefused):
    """The draft has {count} error(s) to correct before it can be submitted or published."""


class ScenarioFailed(Invalid):
    """Scenario "{scenario}" does not pass; correct the draft or the scenario."""


class BundleMissing(NotFound):
    """The folder {folder} does not hold a procedure: {reason}."""
