"""What can be wrong with a dossier that is handed in, in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.errors import NotFound
from engine.errors import FormRefused, Invalid, NotPossible


class DossierUnknown(NotFound):
    """There is no dossier {code} that you may see; check the code."""


class PaperUnknown(NotFound):
    """There is no file {attachment} that you may see; go back to the dossier."""


class PaneUnknown(NotFound):
    """A dossier has no part "{pane}"; go back to the dossier."""


class NothingAwaited(NotFound):
    """Dossier {code} does not wait for this any more; go back to it and see where it stands."""


class FileTooLarge(Invalid):
    """The file "{name}" is larger than {limit} MB; scan it with fewer dots or split it."""


class FileEmpty(Invalid):
    """The file "{name}" is empty; choose it again."""


class FileTypeRefused(Invalid):
    """The file "{name}" is not a document that can be kept; hand in one of: {allowed}."""


class FileUnknown(Invalid):
    """Attachment {attachment} is not there or belongs to somebody else; upload it again."""


class FileLost(NotPossible):
    """The content of "{name}" cannot be found in the store; tell the administrator."""


class ComponentUnknown(Invalid):
    """The procedure has no component "{component}"; reload the page."""


class ChannelUnknown(Invalid):
    """A dossier cannot come in by "{channel}"; choose one of: {allowed}."""


class CentreRefused(Invalid):
    """You do not receive dossiers at {unit}; choose one of your own centres."""


class UnitRefused(Invalid):
    """{unit} is not competent for this procedure; choose one of the units offered."""


class ProcedureUnavailable(Invalid):
    """Procedure {procedure} has no published version yet, so no dossier can be received for it."""


class FilingRefused(FormRefused):
    """{count} place(s) have to be corrected; each is marked."""


class MatchUnreadable(Invalid):
    """If-Match "{value}" is not an ETag of a dossier; send the one you were given."""


class AnswersUnreadable(Invalid):
    """The form's answers cannot be read; load the page again."""


class ReasonMissing(Invalid):
    """Say why the dossier is taken back; the reason is kept in its history."""


@dataclass(frozen=True)
class PaperGap:
    """A required paper that is not there, named like a field of the form."""

    path: str
    template: str = "This paper is required."
    details: Mapping[str, Any] = field(default_factory=dict)
