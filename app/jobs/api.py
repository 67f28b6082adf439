"""The API of incidents."""

from __future__ import annotations

from typing import Any

from app.casework import Advanced
from app.jobs import commands, queries
from app.jobs import schemas as s
from app.openapi import Blueprint
from app.security import current_actor, requires

blueprint = Blueprint("api_jobs", __name__, url_prefix="/api/v1/incidents", description="Failed commands")


@blueprint.get("")
@requires("incident.read")
@blueprint.arguments(s.IncidentFilter, location="query")
@blueprint.response(200, s.IncidentList)
def incidents(wanted: dict[str, Any]) -> queries.IncidentPage:
    """Incidents of my units, newest first"""
    resolved = wanted["state"] == "resolved"
    return queries.incidents(current_actor(), resolved=resolved, page=wanted["page"], size=wanted["page_size"])


@blueprint.get("/<int:incident>")
@requires("incident.read")
@blueprint.response(200, s.IncidentOut)
def incident(incident: int) -> queries.IncidentRow:
    """One incident"""
    return queries.incident(current_actor(), incident)


@blueprint.post("/<int:incident>/retry")
@requires("incident.retry")
@blueprint.response(200, s.Retried)
def retry(incident: int) -> Advanced:
    """Carry the failed command out again"""
    return commands.retry_incident(current_actor(), incident)
