"""The catalogue, a procedure, its published versions and what differs between them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from app.errors import fields_of, message_of
from app.languages import language
from app.procedures import blank, commands, decisions, queries
from app.procedures.errors import CodeTaken, DraftUnfit
from app.procedures.facts import LEVELS
from app.procedures.words import (
    EVENT_NAMES,
    LEVEL_NAMES,
    SERVICE_LEVEL_NAMES,
    SUBJECT_NAMES,
    change_rows,
    limit,
    sentence,
)
from app.security import current_actor, requires
from app.web import pager

blueprint = Blueprint("procedures", __name__, template_folder="templates", url_prefix="/procedures")
blueprint.register_blueprint(decisions.blueprint)
WORDS = {"levels": LEVEL_NAMES, "service_levels": SERVICE_LEVEL_NAMES, "subjects": SUBJECT_NAMES, "limit": limit}


@blueprint.get("")
@requires("catalogue.read")
def index() -> str:
    """The catalogue."""
    level = request.args.get("level", "")
    wanted = queries.Wanted(
        request.args.get("q", "").strip(), level if level in LEVELS else "", outside="outside" in request.args)
    found = queries.catalogue(wanted, max(1, min(request.args.get("page", 1, int), 100_000)))
    return render_template(
        "procedures/index.html", found=found, wanted=wanted, cut=queries.CUT, **WORDS,
        pager=pager("procedures.index", found, q=wanted.text, level=wanted.level, outside=int(wanted.outside)))


@blueprint.get("/new")
@requires("procedure.edit")
def new() -> str:
    """A form for a new procedure."""
    return _new_form({}, [])


@blueprint.post("/new")
@requires("procedure.edit")
def create() -> Any:
    """Add the procedure and open its first draft."""
    said = {name: request.form.get(name, "").strip() for name in NEW_FIELDS}
    facts = blank.facts_for(
        said["code"], said["key"], {"vi": said["name_vi"], "en": said["name_en"]}, said["level"],
        {"vi": said["agency_vi"], "en": said["agency_en"]}, {"vi": said["field_vi"], "en": said["field_en"]},
    )
    try:
        commands.create_procedure(current_actor(), facts)
    except DraftUnfit as wrong:
        errors = [(NEW_FIELD_OF.get(field["path"], field["path"]), field["message"]) for field in fields_of(wrong)]
        return _new_form(said, errors), 422
    except CodeTaken as taken:
        return _new_form(said, [("code", message_of(taken))]), 409
    return redirect(url_for("procedures.studio.diagram", code=said["code"]), 303)


NEW_FIELDS = ("code", "key", "name_vi", "name_en", "level", "agency_vi", "agency_en", "field_vi", "field_en")
NEW_FIELD_OF = {"name": "name_vi", "agency": "agency_vi", "field": "field_vi"}


def _new_form(said: dict[str, str], errors: list[tuple[str, str]]) -> str:
    return render_template("procedures/new.html", said=said, errors=errors, wrong=dict(errors), levels=LEVEL_NAMES)


@blueprint.get("/<code>")
@requires("catalogue.read")
def show(code: str) -> str:
    """A procedure: what is promised, the way it goes, and its versions."""
    view = queries.procedure(code)
    shown: dict[str, Any] = {"steps": None, "forms": ()}
    if view.current is not None:
        shown = {"steps": queries.steps_of(view.current.bundle, language()), "forms": _form_rows(view.current)}
    may_edit = current_actor().may("procedure.edit")
    events = queries.events(code, 12) if may_edit else ()
    return render_template(
        "procedures/show.html", view=view, line=view.line, may_edit=may_edit, events=events,
        event_names=EVENT_NAMES, **shown, **WORDS,
    )


@blueprint.get("/<code>/versions/<int:number>")
@requires("catalogue.read")
def version(code: str, number: int) -> str:
    """One published version, as it was published."""
    view = queries.version(code, number)
    return render_template(
        "procedures/version.html", view=view, line=view.line, steps=queries.steps_of(view.bundle, language()),
        forms=_form_rows(view), findings=[sentence(finding) for finding in view.findings],
        may_edit=current_actor().may("procedure.edit"), **WORDS,
    )


@blueprint.get("/<code>/versions/<int:number>/diagram.bpmn")
@requires("catalogue.read")
def diagram_file(code: str, number: int) -> Response:
    """The published diagram as a file that any BPMN modeller opens."""
    answer = make_response(queries.version(code, number).bundle["xml"])
    answer.headers["Content-Type"] = "application/xml; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{code}-v{number}.bpmn"'
    return answer


@blueprint.get("/<code>/versions/<int:number>/forms/<form>")
@requires("catalogue.read")
def form(code: str, number: int, form: str) -> str:
    """A form of a published version, as people see it."""
    view = queries.version(code, number)
    schema = view.bundle["forms"].get(form)
    if schema is None:
        abort(404)
    return render_template(
        "procedures/form.html", view=view, form=form, schema=queries.localized_form(schema, language())
    )


@blueprint.get("/<code>/compare")
@requires("catalogue.read")
def compare(code: str) -> str:
    """Two versions side by side, and what differs in words; without `new`, the latest with the one before."""
    view = queries.procedure(code)
    newest = view.versions[0].number if view.versions else None
    new = request.args.get("new", newest, int)
    old = request.args.get("old", max(1, (new or 1) - 1), int)
    before, after = queries.version(code, old), queries.version(code, new or 1)
    return render_template(
        "procedures/compare.html", view=view, old=before, new=after,
        changes=change_rows(queries.changes(before.bundle, after.bundle)),
        diff=diff_data(before.bundle["xml"], after.bundle["xml"], _titled(old), _titled(new or 1)),
    )


def diff_data(old: str, new: str, old_title: str, new_title: str) -> dict[str, str]:
    """What the diff island needs."""
    return {"old_xml": old, "new_xml": new, "old_title": old_title, "new_title": new_title}


def _titled(number: int) -> str:
    return gettext("Version %(number)s", number=number)


def _form_rows(view: queries.VersionView) -> list[dict[str, Any]]:
    """Every form with the step that shows it and the number of its fields."""
    users = queries.users_of_forms(view.bundle, language())
    return [
        {"key": key, "used_by": users.get(key, []), "fields": queries.count_fields(schema)}
        for key, schema in view.bundle["forms"].items()
    ]
