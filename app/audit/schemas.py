"""The API's words about histories."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate


class Schema(ma.Schema):
    """Unknown fields of a request are left aside."""

    class Meta:
        unknown = ma.EXCLUDE


class Names(Schema):
    """A text in both languages."""

    vi = fields.String()
    en = fields.String()


class SearchQuery(Schema):
    """What to search for; empty fields do not limit."""

    q = fields.String(load_default="", metadata={"description": "Code, or words of the applicant's name"})
    procedure = fields.String(load_default="")
    status = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 10))
    unit = fields.String(load_default="", metadata={"description": "A unit with all below it"})
    since = fields.Date(load_default=None, allow_none=True)
    until = fields.Date(load_default=None, allow_none=True)
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))
    page_size = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class DossierLine(Schema):
    """A dossier that was found."""

    code = fields.String()
    procedure = fields.String()
    procedure_name = fields.Nested(Names)
    number = fields.Integer(metadata={"description": "The version it runs on"})
    digest = fields.String()
    applicant = fields.String()
    receiving = fields.Nested(Names)
    competent = fields.Nested(Names)
    status = fields.Integer()
    channel = fields.String()
    received_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime(allow_none=True)
    finished_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    entries = fields.Integer()
    head = fields.String()


class FoundAnswer(Schema):
    """A page of dossiers."""

    items = fields.List(fields.Nested(DossierLine), attribute="lines")
    total = fields.Integer()
    page = fields.Integer()
    pages = fields.Integer()


class ChainAnswer(Schema):
    """The state of the hash chain."""

    ok = fields.Boolean()
    broken_at = fields.Integer(allow_none=True)
    length = fields.Integer()
    head = fields.String()


class AgainAnswer(Schema):
    """What running the recorded commands again showed."""

    outcome = fields.String(metadata={"description": "equal, differs, refused, unreadable or erased"})
    checked = fields.Integer()
    seq = fields.Integer(allow_none=True)
    recorded = fields.Dict(allow_none=True)
    computed = fields.Dict(allow_none=True)
    reason = fields.String()


class ProofAnswer(Schema):
    """Whether the history is whole and follows from the diagram."""

    chain = fields.Nested(ChainAnswer)
    reexecution = fields.Nested(AgainAnswer)


class TokenAnswer(Schema):
    """A step that was open."""

    token = fields.String()
    element = fields.String()
    label = fields.String()
    state = fields.String()
    holder = fields.String()
    assignee = fields.String(allow_none=True)
    due_at = fields.String(allow_none=True)


def _entered(row: tuple[str, str, str]) -> dict[str, str]:
    label, text, group = row
    return {"label": label, "text": text, "group": group}


class MomentAnswer(Schema):
    """The dossier right after an entry."""

    seq = fields.Integer(attribute="act.seq")
    at = fields.AwareDateTime(attribute="act.at")
    who = fields.String(attribute="act.who")
    unit = fields.String(attribute="act.unit", allow_none=True)
    hash = fields.String(attribute="act.hash")
    kind = fields.String(attribute="act.kind")
    title = fields.String()
    sentences = fields.Function(lambda moment: [told.text for told in moment.told])
    entered = fields.Function(lambda moment: [_entered(row) for row in moment.rows])
    status = fields.Integer()
    clock = fields.String()
    tokens = fields.List(fields.Nested(TokenAnswer))
    passed = fields.List(fields.String())
    flows = fields.List(fields.String())
    due = fields.Dict(keys=fields.String(), values=fields.String(allow_none=True))
    data = fields.Dict()
    version = fields.String(attribute="digest", metadata={"description": "the digest of the version then in force"})


class HistoryAnswer(Schema):
    """A dossier's whole history with its proof."""

    dossier = fields.Nested(DossierLine)
    chain = fields.Nested(ChainAnswer)
    reexecution = fields.Nested(AgainAnswer)
    moments = fields.List(fields.Nested(MomentAnswer))


class LookAnswer(Schema):
    """Somebody looked, or was refused."""

    at = fields.AwareDateTime()
    who = fields.String()
    action = fields.String()
    allowed = fields.Boolean()
