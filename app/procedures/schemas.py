"""The API's words about procedures."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate

from app.procedures.facts import LEVELS


class Schema(ma.Schema):
    """Unknown fields are refused, in the order written."""

    class Meta:
        unknown = ma.RAISE


class Names(Schema):
    """A text in both languages."""

    vi = fields.String(required=True)
    en = fields.String(required=True)


class CatalogueQuery(Schema):
    """What to look for in the catalogue."""

    class Meta:
        unknown = ma.EXCLUDE

    q = fields.String(load_default="", metadata={"description": "Code or words; accents do not matter"})
    level = fields.String(load_default="", validate=validate.OneOf(("", *LEVELS)))
    outside = fields.Boolean(
        load_default=False, metadata={"description": "Only those cut by less than 40 or more than 60 percent"})
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))
    page_size = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class ProcedureLine(Schema):
    """A procedure in the catalogue."""

    code = fields.String()
    key = fields.String()
    name = fields.Nested(Names)
    level = fields.String()
    owner = fields.Nested(Names)
    field = fields.Nested(Names)
    service_level = fields.String()
    limits = fields.Dict(metadata={"description": "statutory and reduced, each with value and unit"})
    cut = fields.Float(allow_none=True, metadata={"description": "By how many percent the reduced time is shorter"})
    number = fields.Integer(allow_none=True, metadata={"description": "The current version"})
    running = fields.Integer(metadata={"description": "Dossiers under way"})
    draft = fields.String(allow_none=True, metadata={"description": "draft, submitted, or null without a draft"})


class CatalogueAnswer(Schema):
    """A page of the catalogue."""

    items = fields.List(fields.Nested(ProcedureLine), attribute="lines")
    levels = fields.Dict(keys=fields.String(), values=fields.Integer())
    total = fields.Integer()
    page = fields.Integer()
    pages = fields.Integer()
    outside = fields.Integer(metadata={"description": "Procedures cut by less than 40 or more than 60 percent"})


class VersionLine(Schema):
    """A published version."""

    number = fields.Integer()
    digest = fields.String()
    author = fields.String()
    publisher = fields.String()
    published_at = fields.AwareDateTime()
    effective_from = fields.Date()
    note = fields.String()
    running = fields.Integer()
    current = fields.Boolean()


class FindingAnswer(Schema):
    """One thing to correct (error) or to think about (warning)."""

    code = fields.String()
    severity = fields.String()
    element = fields.String(allow_none=True)
    message = fields.String()


class VersionAnswer(VersionLine):
    """A published version with its content."""

    procedure = fields.String()
    bundle = fields.Dict(metadata={"description": "xml, forms, decisions and procedure"})
    findings = fields.List(fields.Nested(FindingAnswer))


class ProcedureAnswer(ProcedureLine):
    """A procedure with its facts and versions."""

    facts = fields.Dict(allow_none=True, metadata={"description": "The content of procedure.json, current version"})
    versions = fields.List(fields.Nested(VersionLine))


class Parts(Schema):
    """Parts of a draft; those given replace the kept ones whole."""

    xml = fields.String(metadata={"description": "BPMN 2.0 XML"})
    forms = fields.Dict(keys=fields.String(), values=fields.Dict(), metadata={"description": "form-js by form key"})
    decisions = fields.Dict(keys=fields.String(), values=fields.String(), metadata={"description": "DMN by name"})
    procedure = fields.Dict(metadata={"description": "The content of procedure.json"})
    scenarios = fields.Dict(keys=fields.String(), values=fields.Dict())


class NewProcedure(Schema):
    """A procedure to add: its facts, and its first draft's parts if there are any."""

    procedure = fields.Dict(required=True, metadata={"description": "The content of procedure.json"})
    parts = fields.Nested(Parts(exclude=("procedure",)), load_default=dict)


class SaveDraft(Parts):
    """Parts to save, with the revision that they were made from."""

    revision = fields.Integer(required=True, metadata={"description": "409 when somebody saved since"})


class ImportDiagram(Schema):
    """A diagram drawn in any BPMN 2.0 modeller."""

    xml = fields.String(required=True, metadata={"description": "The file as text"})
    prepare = fields.Boolean(
        load_default=True, metadata={"description": "Write our properties into it; else it is kept letter by letter"}
    )
    revision = fields.Integer(required=True)


class SaveForm(Schema):
    """A form to put into the draft."""

    schema_ = fields.Dict(required=True, data_key="schema")
    revision = fields.Integer(required=True)


class AtRevision(Schema):
    """The revision of the draft that the person has before the eyes."""

    revision = fields.Integer(load_default=None, allow_none=True)
    note = fields.String(load_default="", validate=validate.Length(max=2000))


class RevisionQuery(Schema):
    """The revision of the draft."""

    class Meta:
        unknown = ma.EXCLUDE

    revision = fields.Integer(required=True)


class SavedAnswer(Schema):
    """The draft after a command."""

    code = fields.String()
    revision = fields.Integer()
    state = fields.String()
    at = fields.AwareDateTime()


class ImportedAnswer(SavedAnswer):
    """The draft with the imported diagram."""

    findings = fields.List(fields.Nested(FindingAnswer))


class DraftAnswer(Schema):
    """A draft with its content."""

    code = fields.String()
    name = fields.Nested(Names)
    bundle = fields.Dict()
    scenarios = fields.Dict()
    revision = fields.Integer()
    state = fields.String()
    note = fields.String()
    rejected_note = fields.String()
    author = fields.String()
    updated_by = fields.String()
    updated_at = fields.AwareDateTime()
    submitted_at = fields.AwareDateTime(allow_none=True)
    based_on = fields.Integer(allow_none=True)


class RehearsedAnswer(Schema):
    """How one scenario went."""

    scenario = fields.String()
    passed = fields.Boolean()
    failures = fields.List(fields.String())


class CheckAnswer(Schema):
    """What the gate says."""

    digest = fields.String()
    errors = fields.Integer()
    findings = fields.List(fields.Nested(FindingAnswer))
    scenarios = fields.List(fields.Nested(RehearsedAnswer), attribute="rehearsals")


class PublishedAnswer(Schema):
    """The new version."""

    code = fields.String()
    number = fields.Integer()
    digest = fields.String()
    at = fields.AwareDateTime()


class CompareQuery(Schema):
    """Two versions; `new` may be left out to compare with the draft."""

    class Meta:
        unknown = ma.EXCLUDE

    old = fields.Integer(required=True)
    new = fields.Integer(load_default=None, allow_none=True)


class ChangeAnswer(Schema):
    """One difference."""

    kind = fields.String()
    id = fields.String()
    name = fields.String()
    what = fields.String(metadata={"description": "added, removed or changed"})
    property = fields.String()
    old = fields.Raw(allow_none=True)
    new = fields.Raw(allow_none=True)


class EventAnswer(Schema):
    """Something that happened to the procedure's diagrams."""

    at = fields.AwareDateTime()
    who = fields.String()
    kind = fields.String()
    data = fields.Dict()
