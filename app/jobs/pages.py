"""Incidents: what failed, why, and the button to try again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.errors import Failed, NotPossible, fill, message_of
from app.jobs import commands, queries
from app.jobs.sentences import sentence_of, told_details
from app.languages import COMMAND_NAMES
from app.security import current_actor, requires
from app.web import pager

blueprint = Blueprint("jobs", __name__, template_folder="templates", url_prefix="/incidents")


@blueprint.get("")
@requires("incident.read")
def incidents() -> str:
    """Open incidents, or those that were resolved."""
    resolved = request.args.get("state") == "resolved"
    number = max(request.args.get("page", 1, type=int), 1)
    found = queries.incidents(current_actor(), resolved=resolved, page=number)
    return render_template(
        "jobs/incidents.html", found=found, resolved=resolved,
        page=pager("jobs.incidents", found, state="resolved" if resolved else None))


@blueprint.get("/<int:incident>")
@requires("incident.read")
def incident(incident: int) -> str:
    """One incident in full."""
    row = queries.incident(current_actor(), incident)
    return render_template("jobs/incident.html", incident=row, sentence=sentence_of(row.error, row.details))


@blueprint.post("/<int:incident>/retry")
@requires("incident.retry")
def retry(incident: int) -> Response:
    """Carry the failed command out again."""
    try:
        done = commands.retry_incident(current_actor(), incident)
        flash(gettext("Done: dossier %(code)s has moved on.", code=done.code), "success")
    except Failed as error:
        flash(fill(gettext("It failed again: {reason}"), {"reason": message_of(error)}), "danger")
    except NotPossible as error:
        flash(message_of(error), "warning")
    return redirect(url_for("jobs.incident", incident=incident), 303)


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {"command_name": lambda name: COMMAND_NAMES.get(name, name), "sentence_of": sentence_of,
            "told_details": told_details}
