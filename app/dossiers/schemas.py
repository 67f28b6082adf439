"""The API's words about dossiers and their files."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate

from app.dossiers.commands import CHANNELS


class DossierSchema(ma.Schema):
    """Unknown fields are refused."""

    class Meta:
        unknown = ma.RAISE


class BothLanguages(DossierSchema):
    """A text in both languages."""

    vi = fields.String()
    en = fields.String()


class CodeAndName(DossierSchema):
    """A code with its name."""

    code = fields.String()
    name = fields.Nested(BothLanguages)


class DueTime(DossierSchema):
    """A due time as it reads now."""

    at = fields.AwareDateTime(allow_none=True)
    left = fields.Decimal(as_string=True, allow_none=True, metadata={"description": "Working hours, below 0 when late"})
    state = fields.String(metadata={"description": "ok, soon, late, stopped, done or done_late"})


class DossierApplicant(DossierSchema):
    """Who wants something."""

    name = fields.String()
    id = fields.String()
    phone = fields.String()
    email = fields.String()
    address = fields.String()


class DossierAnswer(DossierSchema):
    """A dossier."""

    code = fields.String()
    seq = fields.Integer(metadata={"description": "Entries of its history; send it as If-Match"})
    procedure = fields.Nested(CodeAndName)
    number = fields.Integer(metadata={"description": "The procedure's version, for life"})
    digest = fields.String()
    applicant = fields.Nested(DossierApplicant)
    channel = fields.String()
    receiving = fields.Nested(CodeAndName)
    competent = fields.Nested(CodeAndName)
    status = fields.Integer(metadata={"description": "1-10, the codes of the national portal"})
    clock = fields.String()
    received_at = fields.AwareDateTime()
    received_by = fields.String()
    promised = fields.Nested(DueTime)
    statutory = fields.Nested(DueTime)
    finished_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)


class DossierQuery(DossierSchema):
    """What to look for."""

    class Meta:
        unknown = ma.EXCLUDE

    q = fields.String(load_default="", metadata={"description": "Code, name or ID; accents do not matter"})
    procedure = fields.String(load_default="")
    status = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 10))
    before = fields.Integer(load_default=None, allow_none=True, metadata={"description": "`next` of the page before"})
    page_size = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class DossierPage(DossierSchema):
    """One page of dossiers, newest first."""

    items = fields.List(fields.Nested(DossierAnswer), attribute="rows")
    next = fields.Integer(allow_none=True)


class FilingBody(DossierSchema):
    """What is handed in. Upload files first and name them in `attachments`."""

    procedure = fields.String(required=True)
    receiving_unit = fields.String(required=True)
    competent_unit = fields.String(required=True)
    channel = fields.String(load_default="online", validate=validate.OneOf(CHANNELS))
    form = fields.Dict(required=True)
    attachments = fields.List(fields.Integer(), load_default=list)


class ReceivedAnswer(DossierSchema):
    """The new dossier."""

    code = fields.String()
    seq = fields.Integer()


class WithdrawBody(DossierSchema):
    """Why the applicant takes the dossier back."""

    reason = fields.String(required=True, validate=validate.Length(1, 2000))


class MessageBody(DossierSchema):
    """A message for the process."""

    message = fields.String(required=True, validate=validate.Length(1, 200))
    correlation = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 500))
    values = fields.Dict(keys=fields.String(), load_default=dict)


class SignalBody(DossierSchema):
    """A signal for the process."""

    signal = fields.String(required=True, validate=validate.Length(1, 200))
    values = fields.Dict(keys=fields.String(), load_default=dict)


class ToldAnswer(DossierSchema):
    """The dossier that was told."""

    code = fields.String()
    seq = fields.Integer()


class HistoryNote(DossierSchema):
    """One thing that came of an act."""

    kind = fields.String()
    text = fields.String()


class HistoryAnswer(DossierSchema):
    """One act."""

    seq = fields.Integer()
    at = fields.AwareDateTime()
    title = fields.String()
    who = fields.String()
    unit = fields.String()
    reason = fields.String()
    notes = fields.List(fields.Nested(HistoryNote))


class StageAnswer(DossierSchema):
    """A step of the way, planned against actual."""

    token = fields.String()
    step = fields.Nested(BothLanguages)
    kind = fields.String()
    visit = fields.Integer()
    unit = fields.Nested(BothLanguages)
    who = fields.String(allow_none=True)
    state = fields.String()
    hours = fields.Decimal(as_string=True, allow_none=True)
    used = fields.Decimal(as_string=True)
    entered_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    due = fields.Nested(DueTime)


class AnswerSection(DossierSchema):
    """The answers of one form in words."""

    step = fields.Nested(BothLanguages, allow_none=True)
    item = fields.Integer(allow_none=True)
    choice = fields.Nested(BothLanguages, allow_none=True)
    rows = fields.List(fields.List(fields.String(allow_none=True)), metadata={"description": "[label, text, group]"})


class AttachmentAnswer(DossierSchema):
    """A file."""

    id = fields.Integer()
    component = fields.String()
    step = fields.String()
    name = fields.String()
    sha256 = fields.String()
    size = fields.Integer()
    media_type = fields.String()
    uploaded_by = fields.String()
    uploaded_at = fields.AwareDateTime()


class UploadFields(DossierSchema):
    """What the file is for."""

    component = fields.String(load_default="", validate=validate.Length(max=60))


class UploadFiles(DossierSchema):
    """The file itself."""

    file = fields.Raw(required=True, metadata={"type": "string", "format": "binary"})


class ReceptionQuery(DossierSchema):
    """Which procedures can be received where."""

    class Meta:
        unknown = ma.EXCLUDE

    centre = fields.String(load_default="")
    q = fields.String(load_default="")


class OfferAnswer(DossierSchema):
    """A procedure with a published version."""

    code = fields.String()
    name = fields.Nested(BothLanguages)
    field = fields.Nested(BothLanguages)
    level = fields.String()


class ReceptionAnswer(DossierSchema):
    """The reception desk."""

    centres = fields.List(fields.Nested(CodeAndName))
    centre = fields.String()
    recent = fields.List(fields.Nested(OfferAnswer))
    offers = fields.List(fields.Nested(OfferAnswer))
    more = fields.Boolean()


class ComponentAnswer(DossierSchema):
    """A paper the procedure asks for."""

    code = fields.String()
    name = fields.Nested(BothLanguages)
    required = fields.Boolean()
    conditional = fields.Boolean()
    originals = fields.Integer()
    copies = fields.Integer()
    eform = fields.Boolean()


class FilingQuery(DossierSchema):
    """Where it is filed."""

    class Meta:
        unknown = ma.EXCLUDE

    centre = fields.String(load_default="")
    language = fields.String(load_default="vi", validate=validate.OneOf(("vi", "en")))


class FilingAnswer(DossierSchema):
    """The filing form with what goes with it."""

    procedure = fields.Nested(CodeAndName)
    centre = fields.Nested(CodeAndName)
    units = fields.List(fields.Nested(CodeAndName))
    unit = fields.String(metadata={"description": "The competent unit to preselect, or empty"})
    schema_ = fields.Dict(attribute="schema", data_key="schema")
    components = fields.List(fields.Nested(ComponentAnswer))
