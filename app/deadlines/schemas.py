"""Shapes of the legal clock in the API."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate

from app.dossiers.schemas import BothLanguages, CodeAndName

_SEASON = {"description": "Day and month, as in 16/04; every year"}


class HoursOut(ma.Schema):
    """Working hours from a date on."""

    id = fields.Integer()
    unit = fields.Nested(CodeAndName, allow_none=True, metadata={"description": "None where they are everybody's"})
    since = fields.Date()
    first = fields.String(metadata=_SEASON)
    last = fields.String(metadata=_SEASON)
    week = fields.List(fields.String(), metadata={"description": "Monday to Sunday, as in 07:30-11:30, 13:00-17:00"})
    document = fields.String()


class HoursIn(ma.Schema):
    """Hours that are to count."""

    unit = fields.String(load_default=None, allow_none=True)
    since = fields.Date(required=True)
    first = fields.String(load_default="01/01", metadata=_SEASON)
    last = fields.String(load_default="31/12", metadata=_SEASON)
    week = fields.List(fields.String(), required=True, validate=validate.Length(7, 7))
    document = fields.String(required=True)


class HoursMade(ma.Schema):
    """The number of new hours."""

    id = fields.Integer()


class _CutOff(ma.Schema):
    """What both ways have in common."""

    since = fields.Date(required=True)
    channel = fields.String(load_default="", metadata={"description": "direct, online, postal; empty for all"})
    at = fields.String(required=True, metadata={"description": "As in 15:00; empty lifts one that held before"})
    document = fields.String(required=True)


class CutOffIn(_CutOff):
    """A cut-off hour that is to hold."""

    unit = fields.String(load_default=None, allow_none=True)


class CutOffOut(_CutOff):
    """A cut-off hour of reception from a date on."""

    id = fields.Integer()
    unit = fields.Nested(CodeAndName, allow_none=True, metadata={"description": "None where it is everybody's"})


class NoticeOut(ma.Schema):
    """Something an officer was told."""

    id = fields.Integer()
    code = fields.String()
    token = fields.String(metadata={"description": 'The step\'s token, or "dossier"'})
    kind = fields.String(metadata={"description": "officer, head, unit or apology"})
    step = fields.Nested(BothLanguages, allow_none=True)
    procedure = fields.Nested(BothLanguages)
    due_at = fields.AwareDateTime(allow_none=True)
    created_at = fields.AwareDateTime()
    read_at = fields.AwareDateTime(allow_none=True)
    open = fields.Boolean(metadata={"description": "Whether there is still something to do"})


class NoticeList(ma.Schema):
    """One page of notices."""

    rows = fields.List(fields.Nested(NoticeOut))
    next = fields.Integer(allow_none=True, metadata={"description": "`before` of the next page"})


class NoticeFilter(ma.Schema):
    """Which notices."""

    unread = fields.Boolean(load_default=False)
    before = fields.Integer(load_default=None, allow_none=True)
    page_size = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class NoticesRead(ma.Schema):
    """Notices that have been read."""

    notices = fields.List(fields.Integer(), load_default=None, allow_none=True, load_only=True)
    count = fields.Integer(dump_only=True)


class MovedOut(ma.Schema):
    """A date that moves."""

    code = fields.String()
    scope = fields.String(metadata={"description": "dossier, statutory, a step's token, or timer"})
    step = fields.Nested(BothLanguages, allow_none=True)
    old = fields.AwareDateTime(allow_none=True)
    new = fields.AwareDateTime(allow_none=True)


class MovesOut(ma.Schema):
    """What a corrected calendar moves; the first hundred dates are listed."""

    looked = fields.Integer()
    dossiers = fields.Integer()
    dates = fields.Integer()
    shown = fields.List(fields.Nested(MovedOut))
    failed = fields.List(fields.String(), metadata={"description": "Dossiers that became incidents"})


class MovesIn(ma.Schema):
    """Which correction moves the dates."""

    reason = fields.String(required=True)


class TimeQuery(ma.Schema):
    """Which date."""

    scope = fields.String(load_default="dossier", metadata={"description": "dossier, statutory or a step's token"})


class SpanOut(ma.Schema):
    """A stretch of a day; counted when there is no reason, else paused for it."""

    begin = fields.AwareDateTime()
    end = fields.AwareDateTime()
    reason = fields.String()


class DayCounted(ma.Schema):
    """A day of the count."""

    day = fields.Date()
    kind = fields.String(metadata={"description": "open, closed, off or make_up"})
    spans = fields.List(fields.Nested(SpanOut))
    used = fields.Decimal(as_string=True)
    left = fields.Decimal(as_string=True)


class Explained(ma.Schema):
    """The count of a date."""

    limit = fields.Dict()
    unit = fields.String(metadata={"description": "hour or calendar_day"})
    total = fields.Decimal(as_string=True)
    extension = fields.Decimal(as_string=True)
    start = fields.AwareDateTime()
    cut_off = fields.String(metadata={"description": "The cut-off hour after which it began"})
    begins = fields.String(
        metadata={"description": "open, before_opening, break, after_closing, after_cut_off or day_off"})
    restarted = fields.Boolean()
    kept = fields.Boolean(metadata={"description": "The limit is still that of the version before the dossier's own"})
    stands = fields.Boolean()
    due = fields.AwareDateTime(allow_none=True)
    days = fields.List(fields.Nested(DayCounted))
    further = fields.Integer(metadata={"description": "How many days follow that are not listed"})


class ShareLine(ma.Schema):
    """Working hours of a step, or of a wait."""

    step = fields.Nested(BothLanguages, allow_none=True)
    visit = fields.Integer(metadata={"description": "Its number where the step was visited more than once, else 0"})
    unit = fields.Nested(BothLanguages)
    person = fields.String()
    reason = fields.String()
    planned = fields.Decimal(as_string=True, allow_none=True)
    used = fields.Decimal(as_string=True)
    over = fields.Decimal(as_string=True)
    people = fields.List(fields.Tuple((fields.String(), fields.Decimal(as_string=True))), metadata={
        "description": "Who had the step and for how many hours; without a name before anybody claimed it"})


class TurnOut(ma.Schema):
    """An interval of the ledger: the clock ran (no reason) or stood; who turned it."""

    begin = fields.AwareDateTime()
    end = fields.AwareDateTime()
    reason = fields.String()
    who = fields.String()


class ShareOut(ma.Schema):
    """Officers' time and waiting, which together are the elapsed working time."""

    elapsed = fields.Decimal(as_string=True)
    officers = fields.Decimal(as_string=True)
    waiting = fields.Dict(keys=fields.String(), values=fields.Decimal(as_string=True))
    lines = fields.List(fields.Nested(ShareLine))
    turns = fields.List(fields.Nested(TurnOut))
    side_by_side = fields.Boolean(metadata={
        "description": "Steps were open side by side; each line has all of its time, so that they add up to more"})
    late = fields.Decimal(as_string=True, allow_none=True, metadata={
        "description": "Working hours after the promised date; none for a dossier that is not late"})


class TimeOut(ma.Schema):
    """A dossier's time."""

    due = fields.AwareDateTime(attribute="scope.due", allow_none=True, metadata={
        "description": "The date that was set; told.due is where the count ends by the calendar and limits of today"})
    told = fields.Nested(Explained)
    share = fields.Nested(ShareOut)


class ApologyOut(ma.Schema):
    """A letter of apology."""

    id = fields.Integer()
    state = fields.String(metadata={"description": "draft, signed or refused"})
    number = fields.String()
    unit = fields.Nested(CodeAndName)
    reason = fields.String()
    override = fields.String()
    old_due = fields.AwareDateTime()
    new_due = fields.AwareDateTime()
    drafted_by = fields.String()
    drafted_at = fields.AwareDateTime()
    decided_by = fields.String(allow_none=True)
    decided_at = fields.AwareDateTime(allow_none=True)
    note = fields.String()


class ApologyIn(ma.Schema):
    """What is to be promised, and why."""

    reason = fields.String(required=True)
    new_due = fields.AwareDateTime(required=True)
    override = fields.String(load_default="", metadata={"description": "Why a further new date is unavoidable"})


class ApologyMade(ma.Schema):
    """The apology; its letter's number once it is signed."""

    id = fields.Integer()
    number = fields.String()


class ApologyRefused(ma.Schema):
    """Why it goes back."""

    note = fields.String(load_default="")


class AheadOut(ma.Schema):
    """Working hours still needed."""

    usual = fields.Decimal(as_string=True)
    slow = fields.Decimal(as_string=True)


class BoardQuery(ma.Schema):
    """What the board is narrowed to."""

    class Meta:
        unknown = ma.EXCLUDE

    unit = fields.String(load_default="", metadata={"description": "A unit with those below it"})
    procedure = fields.String(load_default="", metadata={"description": "Code or words of the procedure"})
    word = fields.String(load_default="", validate=ma.validate.OneOf(("", "late", "will", "may", "fits")))
    page = fields.Integer(load_default=1, validate=ma.validate.Range(1, 100_000))


class BoardLine(ma.Schema):
    """A dossier with what is expected of it."""

    code = fields.String(attribute="head.code")
    step = fields.Nested(BothLanguages, attribute="expected.step")
    planned = fields.Decimal(as_string=True, attribute="expected.planned")
    ahead = fields.Nested(AheadOut, attribute="expected.ahead")
    due = fields.AwareDateTime(attribute="expected.due")
    finish = fields.AwareDateTime(attribute="expected.finish")
    slow_finish = fields.AwareDateTime(attribute="expected.slow_finish")
    word = fields.String(attribute="expected.word", metadata={"description": "late, will, may or fits"})


class PastOut(ma.Schema):
    """How good the forecast was."""

    count = fields.Integer()
    error = fields.Decimal(as_string=True, allow_none=True)
    lean = fields.Decimal(as_string=True, allow_none=True)
    right = fields.Integer()


class BoardOut(ma.Schema):
    """What will be late."""

    lines = fields.List(fields.Nested(BoardLine))
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    past = fields.Nested(PastOut)
    cut_off = fields.Boolean(metadata={"description": "More dossiers are due later than were looked at"})
    total = fields.Integer()
    page = fields.Integer()
    pages = fields.Integer()


class TimesQuery(ma.Schema):
    """Which visits: those that ended between two days (both included), in one unit."""

    since = fields.Date(load_default=None)
    until = fields.Date(load_default=None)
    unit = fields.String(load_default=None)


class VisitsQuery(TimesQuery):
    """The same, and whether only those over their limit."""

    over = fields.Boolean(load_default=False)


class MeasuredOut(ma.Schema):
    """A step in working hours, planned against actual."""

    id = fields.String()
    number = fields.Integer()
    step = fields.Nested(BothLanguages)
    kind = fields.String()
    planned = fields.Decimal(as_string=True, allow_none=True)
    online = fields.Decimal(as_string=True, allow_none=True, metadata={"description": "Planned, where online differs"})
    visits = fields.Integer()
    dossiers = fields.Integer()
    median = fields.Decimal(as_string=True, allow_none=True)
    ninetieth = fields.Decimal(as_string=True, allow_none=True)
    over = fields.Integer(metadata={"description": "Visits that took longer than their limit"})
    share = fields.Decimal(as_string=True, allow_none=True, places=4)
    open = fields.Integer()
    word = fields.String(metadata={"description": "over, tight, within, few, none or unplanned"})


class TimesOut(ma.Schema):
    """Every step of a version, planned against actual."""

    steps = fields.List(fields.Nested(MeasuredOut))
    units = fields.List(fields.Nested(CodeAndName))
    visits = fields.Integer()
    dossiers = fields.Integer()
    more = fields.Boolean(metadata={"description": "Whether older visits were left out"})


class VisitOut(ma.Schema):
    """A visit of a step."""

    code = fields.String(attribute="visit.code")
    token = fields.String(attribute="visit.token")
    number = fields.Integer(attribute="visit.number")
    unit = fields.Nested(BothLanguages)
    entered_at = fields.AwareDateTime(attribute="visit.entered_at")
    ended_at = fields.AwareDateTime(attribute="visit.ended_at")
    planned = fields.Decimal(as_string=True, allow_none=True, attribute="visit.planned")
    used = fields.Decimal(as_string=True, attribute="visit.used")
    over = fields.Decimal(as_string=True, attribute="visit.over")


class VisitsOut(ma.Schema):
    """The visits behind a step's numbers; the first five hundred are listed."""

    step = fields.Nested(BothLanguages)
    total = fields.Integer()
    visits = fields.List(fields.Nested(VisitOut))
