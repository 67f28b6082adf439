"""What the API asks and answers about dossiers that go over to another version."""

from __future__ import annotations

from marshmallow import Schema, fields

from app.moving.words import sentence


class MoveAsked(Schema):
    """To which version, and what takes the place of what."""

    to = fields.Integer(required=True, strict=True, metadata={"description": "number of the version to go over to"})
    mapping = fields.Dict(
        keys=fields.String(), values=fields.String(), load_default=dict,
        metadata={"description": "element or flow until now → its place in the other version; an empty text lets a "
                                 "boundary event go"},
    )


class MoveGiven(MoveAsked):
    """The same with the reason that stays in each history."""

    reason = fields.String(required=True)


class CandidateAnswer(Schema):
    """A running dossier: where it stands and what keeps it there."""

    code = fields.String()
    at = fields.List(fields.String())
    can = fields.Boolean()
    reasons = fields.Function(lambda each: [sentence(obstacle) for obstacle in each.obstacles])


class PreviewAnswer(Schema):
    """What would happen."""

    total = fields.Integer()
    dossiers = fields.List(fields.Nested(CandidateAnswer), attribute="candidates")


class MovedAnswer(Schema):
    """What happened."""

    moved = fields.List(fields.String())
    stayed = fields.List(fields.Nested(CandidateAnswer))
    failed = fields.List(fields.String())
    left = fields.Integer()
