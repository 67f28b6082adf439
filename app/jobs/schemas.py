"""Shapes of incidents in the API."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate


class IncidentOut(ma.Schema):
    """A command that failed."""

    id = fields.Integer()
    code = fields.String(allow_none=True, metadata={"description": "The dossier; none if it was never received"})
    procedure = fields.String(allow_none=True)
    at = fields.AwareDateTime()
    person = fields.String()
    acting_unit = fields.String(allow_none=True)
    command = fields.Dict()
    error = fields.String()
    details = fields.Dict()
    retries = fields.Integer()
    retriable = fields.Boolean()
    resolved_at = fields.AwareDateTime(allow_none=True)
    resolved_by = fields.String(allow_none=True)


class IncidentFilter(ma.Schema):
    """Which incidents."""

    state = fields.String(load_default="open", validate=validate.OneOf(("open", "resolved")))
    page = fields.Integer(load_default=1, validate=validate.Range(1))
    page_size = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class IncidentList(ma.Schema):
    """One page of incidents."""

    rows = fields.List(fields.Nested(IncidentOut))
    total = fields.Integer()
    page = fields.Integer()
    size = fields.Integer()


class Retried(ma.Schema):
    """Where the dossier stands after the retry."""

    code = fields.String()
    seq = fields.Integer()
