"""Shapes of the legal clock in the API."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate

from app.dossiers.schemas import CodeAndName

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
