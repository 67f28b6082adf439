"""Dossiers that go over to another version, through the API."""

from __future__ import annotations

from typing import Any

from app.moving import commands, queries, schemas
from app.openapi import Blueprint
from app.security import current_actor, requires

blueprint = Blueprint(
    "api_moving", __name__, url_prefix="/api/v1/procedures",
    description="Running dossiers that go over to another published version.",
)


@blueprint.post("/<code>/versions/<int:number>/move/check")
@requires("procedure.edit")
@blueprint.arguments(schemas.MoveAsked)
@blueprint.response(200, schemas.PreviewAnswer)
def check_move(asked: dict[str, Any], code: str, number: int) -> queries.Preview:
    """Which running dossiers of a version can go over to another one, and why the others cannot."""
    return queries.preview(queries.Request(code, number, asked["to"], asked["mapping"]))


@blueprint.post("/<code>/versions/<int:number>/move")
@requires("procedure.publish")
@blueprint.arguments(schemas.MoveGiven)
@blueprint.response(200, schemas.MovedAnswer)
def move_dossiers(given: dict[str, Any], code: str, number: int) -> commands.Moved:
    """Let all dossiers go over that can."""
    request = queries.Request(code, number, given["to"], given["mapping"])
    return commands.move_dossiers(current_actor(), request, given["reason"])
