"""The API's words about tasks."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate

from app.dossiers.schemas import BothLanguages, CodeAndName, DueTime
from app.tasks.inbox import TABS


class TaskSchema(ma.Schema):
    """Unknown fields are refused."""

    class Meta:
        unknown = ma.RAISE


class TaskQuery(TaskSchema):
    """Which tab, narrowed to what."""

    class Meta:
        unknown = ma.EXCLUDE

    tab = fields.String(load_default="mine", validate=validate.OneOf(TABS))
    procedure = fields.String(load_default="")
    kind = fields.String(load_default="", metadata={"description": "Step kind: receive, appraise, approve, …"})
    unit = fields.String(load_default="")
    text = fields.String(load_default="", metadata={"description": "Code, name or ID; accents do not matter"})
    free = fields.Boolean(load_default=False, metadata={"description": "Only tasks that nobody holds"})
    after = fields.String(load_default="", metadata={"description": "`next` of the page before"})
    page_size = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class TaskLine(TaskSchema):
    """One line of the inbox."""

    code = fields.String()
    token = fields.String()
    seq = fields.Integer()
    applicant = fields.String()
    procedure = fields.Nested(CodeAndName)
    step = fields.Nested(CodeAndName)
    visit = fields.Integer()
    kind = fields.String()
    role = fields.String()
    unit = fields.Nested(CodeAndName)
    state = fields.String()
    status = fields.Integer()
    assignee = fields.Integer(allow_none=True)
    assignee_name = fields.String(allow_none=True)
    item = fields.Raw(allow_none=True)
    due = fields.Nested(DueTime)
    entered_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    choice = fields.String(allow_none=True)


class TaskCounts(TaskSchema):
    """How many tasks stand under each tab; 5001 says that there are more than 5,000."""

    mine = fields.Integer()
    unit = fields.Integer()
    waiting = fields.Integer()
    today = fields.Integer()
    late = fields.Integer()
    done = fields.Integer()


class TaskPage(TaskSchema):
    """One page of a tab, soonest first, with the counts of all tabs; 5001 says that there are more than 5,000."""

    tab = fields.String()
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    items = fields.List(fields.Nested(TaskLine), attribute="rows")
    next = fields.String(allow_none=True)


class AheadStepAnswer(TaskSchema):
    """A step that the dossier would go to."""

    name = fields.Nested(BothLanguages)
    unit = fields.String()
    waits = fields.Boolean()
    hours = fields.String(allow_none=True)


class AheadAnswer(TaskSchema):
    """Where a choice leads, as far as can be said now."""

    steps = fields.List(fields.Nested(AheadStepAnswer))
    ended = fields.Integer(allow_none=True)


class OptionAnswer(TaskSchema):
    """A way to finish the step."""

    id = fields.String(allow_none=True)
    name = fields.Nested(BothLanguages, allow_none=True)
    kind = fields.String()
    ahead = fields.Nested(AheadAnswer, allow_none=True)


class TaskRights(TaskSchema):
    """What you may do with the task."""

    work = fields.Boolean()
    claim = fields.Boolean()
    release = fields.Boolean()
    withdraw = fields.Boolean()


class TaskAnswer(TaskSchema):
    """A task with its form."""

    task = fields.Nested(TaskLine)
    message = fields.String(allow_none=True, metadata={"description": "Deliver this instead of completing"})
    needs_file = fields.Boolean()
    schema_ = fields.Dict(attribute="schema", data_key="schema", allow_none=True)
    values = fields.Dict(metadata={"description": "Your draft, else what the form held when the dossier was here last"})
    draft_at = fields.AwareDateTime(allow_none=True)
    options = fields.List(fields.Nested(OptionAnswer))
    rights = fields.Nested(TaskRights)


class CompleteBody(TaskSchema):
    """How the step ends."""

    form = fields.Dict(load_default=dict)
    choice = fields.String(load_default=None, allow_none=True)
    attachments = fields.List(fields.Integer(), load_default=list)


class ReleaseBody(TaskSchema):
    """Why, where somebody else holds the task."""

    reason = fields.String(load_default="", validate=validate.Length(max=2000))


class DeliverBody(TaskSchema):
    """What was handed in."""

    form = fields.Dict(load_default=dict)
    attachments = fields.List(fields.Integer(), load_default=list)


class DraftBody(TaskSchema):
    """What was typed so far."""

    form = fields.Dict(required=True)


class DraftSaved(TaskSchema):
    """When the draft was kept."""

    saved_at = fields.String()


class NextTask(TaskSchema):
    """A task that opened."""

    token = fields.String()
    step = fields.Nested(BothLanguages)
    unit = fields.Nested(BothLanguages)
    due_at = fields.String(allow_none=True)
    waits = fields.Boolean()
    mine = fields.Boolean(metadata={"description": "Whether you hold its role in its unit"})


class DoneAnswer(TaskSchema):
    """What came of it."""

    code = fields.String()
    seq = fields.Integer()
    step = fields.Nested(BothLanguages)
    next = fields.List(fields.Nested(NextTask))
    ended = fields.Integer(allow_none=True)
