"""Shapes of people, units, tokens and calendar days in the API."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate


class TwoLanguages(ma.Schema):
    """A text in both languages."""

    vi = fields.String(required=True)
    en = fields.String(required=True)


class Held(ma.Schema):
    """A role in a unit."""

    id = fields.Integer()
    unit = fields.String()
    unit_name = fields.Nested(TwoLanguages)
    role = fields.String()
    valid_from = fields.Date()
    valid_to = fields.Date(allow_none=True)
    current = fields.Boolean()


class PersonOut(ma.Schema):
    """A person with an account."""

    id = fields.Integer()
    username = fields.String()
    name = fields.String()
    language = fields.String()
    active = fields.Boolean()
    memberships = fields.List(fields.Nested(Held))


class PersonIn(ma.Schema):
    """A new account."""

    username = fields.String(required=True)
    name = fields.String(required=True)
    password = fields.String(required=True, load_only=True)
    language = fields.String(load_default="vi", validate=validate.OneOf(("vi", "en")))


class PersonChange(ma.Schema):
    """What changes about an account."""

    active = fields.Boolean(required=True)


class PeopleFilter(ma.Schema):
    """Which people."""

    q = fields.String(load_default="")
    unit = fields.String(load_default="")


class MembershipIn(ma.Schema):
    """A role to be given."""

    unit = fields.String(required=True)
    role = fields.String(required=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(load_default=None, allow_none=True)


class MembershipEnd(ma.Schema):
    """The last day of a role."""

    valid_to = fields.Date(required=True)


class Me(ma.Schema):
    """Who the token or the session belongs to."""

    person = fields.Integer()
    username = fields.String()
    name = fields.String()
    language = fields.String()
    roles = fields.List(fields.Dict(keys=fields.String(), values=fields.String()))
    permissions = fields.List(fields.String())


class LanguageIn(ma.Schema):
    """The language to read in."""

    language = fields.String(required=True, validate=validate.OneOf(("vi", "en")))


class UnitOut(ma.Schema):
    """A unit."""

    code = fields.String()
    name = fields.Nested(TwoLanguages)
    kind = fields.String()
    parent = fields.String(allow_none=True)
    valid_from = fields.Date()
    valid_to = fields.Date(allow_none=True)
    address = fields.String()
    phone = fields.String()


class UnitFilter(ma.Schema):
    """Which units."""

    kind = fields.String(load_default="")


class UnitIn(ma.Schema):
    """A new unit."""

    code = fields.String(required=True)
    name = fields.Nested(TwoLanguages, required=True)
    kind = fields.String(required=True)
    parent = fields.String(load_default=None, allow_none=True)
    valid_from = fields.Date(required=True)
    address = fields.String(load_default="")
    phone = fields.String(load_default="")


class TokenOut(ma.Schema):
    """An API token without its secret."""

    id = fields.Integer()
    name = fields.String()
    created_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    revoked_at = fields.AwareDateTime(allow_none=True)
    usable = fields.Boolean()


class TokenMade(ma.Schema):
    """A new token; the only answer that ever holds its secret."""

    id = fields.Integer()
    name = fields.String()
    secret = fields.String()
    expires_at = fields.AwareDateTime()


class TokenIn(ma.Schema):
    """What the token is for."""

    name = fields.String(required=True)


class DayOut(ma.Schema):
    """A day off or a make-up working day."""

    day = fields.Date()
    kind = fields.String(metadata={"description": "off or make_up"})
    name = fields.Nested(TwoLanguages)
    document = fields.String()


class DayIn(ma.Schema):
    """What a day is, and by which document."""

    kind = fields.String(required=True, validate=validate.OneOf(("off", "make_up")))
    name = fields.Nested(TwoLanguages, required=True)
    document = fields.String(required=True)


class YearFilter(ma.Schema):
    """Which year."""

    year = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1990, 2100))


class Removal(ma.Schema):
    """By which document something of the calendar is removed."""

    document = fields.String(load_default="", metadata={"description": "Needed; the number of the document"})


_VALUE = {"description": "As GET /calendar, /hours or /cut-offs shows it; null where there was or is nothing"}


class ChangeOut(ma.Schema):
    """A change of the calendar."""

    id = fields.Integer()
    at = fields.AwareDateTime()
    person = fields.Integer(allow_none=True, metadata={"description": "null for the platform itself"})
    person_name = fields.String(allow_none=True)
    kind = fields.String(metadata={"description": "day, hours or cut_off"})
    unit = fields.String(allow_none=True, metadata={"description": "null where it is everybody's"})
    unit_name = fields.Nested(TwoLanguages, allow_none=True)
    old = fields.Dict(allow_none=True, metadata=_VALUE)
    new = fields.Dict(allow_none=True, metadata=_VALUE)
    document = fields.String()


class ChangeList(ma.Schema):
    """One page of changes."""

    rows = fields.List(fields.Nested(ChangeOut))
    next = fields.Integer(allow_none=True, metadata={"description": "`before` of the next page"})


class ChangeFilter(ma.Schema):
    """Which changes."""

    before = fields.Integer(load_default=None, allow_none=True)
    page_size = fields.Integer(load_default=50, validate=validate.Range(1, 200))
