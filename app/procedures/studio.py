"""The studio: an analyst draws, fills in and submits a draft; another person reviews and publishes it."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from app.errors import fields_of, message_of
from app.languages import language
from app.procedures import commands, queries
from app.procedures.errors import (
    DiagramUnreadable,
    DraftFormUnknown,
    DraftRefused,
    DraftUnfit,
    NoteMissing,
    ScenarioFailed,
)
from app.procedures.factform import facts_from, rows_of
from app.procedures.facts import LEVELS, LIMIT_UNITS, SERVICE_LEVELS, SUBJECTS, SUPPLEMENT_POLICIES
from app.procedures.findings import finding_to_json
from app.procedures.words import (
    LEVEL_NAMES,
    LIMIT_NAMES,
    POLICY_NAMES,
    SERVICE_LEVEL_NAMES,
    SUBJECT_NAMES,
    change_rows,
    said,
    sentence,
)
from app.security import current_actor, requires

blueprint = Blueprint("studio", __name__, url_prefix="/<code>")


@blueprint.post("/draft/start")
@requires("procedure.edit")
def start(code: str) -> Any:
    """Open a draft from the current version."""
    commands.start_draft(current_actor(), code)
    return redirect(url_for("procedures.studio.diagram", code=code), 303)


@blueprint.get("/draft")
@requires("procedure.edit")
def diagram(code: str) -> str:
    """The diagram editor."""
    view = queries.draft(code)
    api = f"/api/v1/procedures/{code}/draft"
    data = {
        "procedure": view.bundle["procedure"], "xml": view.bundle["xml"], "revision": view.revision,
        "forms": sorted(view.bundle["forms"]), "decisions": sorted(view.bundle["decisions"]),
        "url_save": api, "url_check": f"{api}/check", "lang": language(), "readonly": view.state != "draft",
        **queries.studio_choices(),
    }
    return studio_page("diagram", view, modeler=data, outline=queries.try_outline(view.bundle, language()))


@blueprint.post("/draft/import")
@requires("procedure.edit")
def import_diagram(code: str) -> Any:
    """Put a file drawn elsewhere into the draft and show what is missing in it."""
    file = request.files.get("file")
    raw = file.read() if file is not None else b""
    try:
        done = commands.import_diagram(
            current_actor(), code, raw, revision_typed(), prepare="prepare" in request.form
        )
    except DiagramUnreadable as wrong:
        flash(fields_of(wrong)[0]["message"], "danger")
        return redirect(url_for("procedures.studio.diagram", code=code), 303)
    message = gettext("The diagram was imported; %(count)s places in it were prepared.", count=len(done.findings))
    flash(message, "success")
    return redirect(url_for("procedures.studio.check", code=code), 303)


@blueprint.get("/draft/forms")
@requires("procedure.edit")
def forms(code: str) -> str:
    """The forms of the draft."""
    view = queries.draft(code)
    rows = [{"key": key, "fields": queries.count_fields(schema)} for key, schema in view.bundle["forms"].items()]
    return studio_page("forms", view, forms=sorted(rows, key=lambda row: (row["key"] != "filing", row["key"])))


@blueprint.post("/draft/forms")
@requires("procedure.edit")
def add_form(code: str) -> Any:
    """Put an empty form into the draft."""
    key = request.form.get("key", "").strip()
    view = queries.draft(code)
    if key in view.bundle["forms"]:
        return redirect(url_for("procedures.studio.form", code=code, form=key), 303)
    schema = {"type": "default", "id": key, "schemaVersion": 19, "components": []}
    try:
        commands.save_form(current_actor(), code, key, schema, revision_typed())
    except DraftUnfit as wrong:
        flash(fields_of(wrong)[0]["message"], "danger")
        return redirect(url_for("procedures.studio.forms", code=code), 303)
    return redirect(url_for("procedures.studio.form", code=code, form=key), 303)


@blueprint.post("/draft/forms/<form>/remove")
@requires("procedure.edit")
def remove_form(code: str, form: str) -> Any:
    """Take a form out of the draft."""
    commands.save_form(current_actor(), code, form, None, revision_typed())
    flash(gettext("Form %(form)s was removed.", form=form), "success")
    return redirect(url_for("procedures.studio.forms", code=code), 303)


@blueprint.get("/draft/forms/<form>")
@requires("procedure.edit")
def form(code: str, form: str) -> str:
    """The form editor."""
    view = queries.draft(code)
    schema = view.bundle["forms"].get(form)
    if schema is None:
        raise DraftFormUnknown(code=code, form=form)
    data = {
        "schema": schema, "url_save": f"/api/v1/procedures/{code}/draft/forms/{form}", "revision": view.revision,
        "lang": language(), "readonly": view.state != "draft",
    }
    return studio_page("forms", view, form=form, editor=data)


@blueprint.get("/draft/steps")
@requires("procedure.edit")
def steps(code: str) -> str:
    """The steps of the draft as a table, with the times against the target."""
    view = queries.draft(code)
    found, findings = queries.try_steps(view.bundle, language())
    return studio_page("steps", view, steps=found, findings=_sentences(findings))


@blueprint.get("/draft/facts")
@requires("procedure.edit")
def facts(code: str) -> str:
    """The procedure's facts as a form."""
    view = queries.draft(code)
    return _facts_page(view, rows_of(view.bundle["procedure"]), [])


@blueprint.post("/draft/facts")
@requires("procedure.edit")
def save_facts(code: str) -> Any:
    """Keep the facts that were typed."""
    view = queries.draft(code)
    typed = facts_from(request.form, view.bundle["procedure"])
    if "add_component" in request.form:
        return _facts_page(view, rows_of(typed, spare=1), [])
    try:
        commands.save_draft(current_actor(), code, {"procedure": typed}, revision_typed())
    except DraftUnfit as wrong:
        errors = [(field["path"], field["message"]) for field in fields_of(wrong)]
        return _facts_page(view, rows_of(typed), errors), 422
    flash(gettext("The facts were saved."), "success")
    return redirect(url_for("procedures.studio.facts", code=code), 303)


@blueprint.get("/draft/scenarios")
@requires("procedure.edit")
def scenarios(code: str) -> str:
    """The scenarios that the draft is rehearsed with."""
    return studio_page("scenarios", queries.draft(code), rehearsed=None)


@blueprint.post("/draft/scenarios")
@requires("procedure.edit")
def save_scenario(code: str) -> Any:
    """Keep, add or remove one scenario."""
    view = queries.draft(code)
    name, text = request.form.get("name", "").strip(), request.form.get("scenario", "")
    changed = dict(view.scenarios)
    try:
        if "remove" in request.form:
            changed.pop(name, None)
        else:
            changed[name] = json.loads(text)
        commands.save_draft(current_actor(), code, {"scenarios": changed}, revision_typed())
    except ValueError as unreadable:
        message = gettext("The scenario is not JSON: %(reason)s", reason=str(unreadable))
        return studio_page("scenarios", view, rehearsed=None, typed=(name, text, message)), 422
    except DraftUnfit as wrong:
        return studio_page("scenarios", view, rehearsed=None, typed=(name, text, fields_of(wrong)[0]["message"])), 422
    return redirect(url_for("procedures.studio.scenarios", code=code), 303)


@blueprint.post("/draft/rehearse")
@requires("procedure.edit")
def rehearse(code: str) -> str:
    """Run the scenarios and show how they went."""
    examined = commands.rehearse_draft(current_actor(), code)
    went = {each.scenario: each for each in examined.rehearsals}
    findings = _sentences(finding for finding in examined.findings if finding.severity == "error")
    return studio_page("scenarios", queries.draft(code), rehearsed=went, findings=findings)


@blueprint.get("/draft/compare")
@requires("procedure.edit")
def compare(code: str) -> str:
    """The draft beside the version it came from."""
    view = queries.draft(code)
    return studio_page("compare", view, **_comparison(view))


@blueprint.post("/draft/submit")
@requires("procedure.edit")
def submit(code: str) -> Any:
    """Hand the draft to an approver."""
    try:
        commands.submit_draft(current_actor(), code, request.form.get("note", ""), revision_typed())
    except DraftRefused as refused:
        findings = [sentence(finding) for finding in refused.details["findings"]]
        return _checked(code, findings, message_of(refused)), 422
    flash(gettext("The draft was submitted; somebody else has to approve it."), "success")
    return redirect(url_for("procedures.studio.review", code=code), 303)


@blueprint.route("/draft/check", methods=["GET", "POST"])
@requires("procedure.edit")
def check(code: str) -> str:
    """What the gate finds in the saved draft."""
    found = commands.check_draft(current_actor(), code)
    return _checked(code, _sentences(found))


def _checked(code: str, findings: list[dict[str, Any]], problem: str | None = None) -> str:
    view = queries.draft(code)
    outline = queries.try_outline(view.bundle, language())
    return studio_page("check", view, findings=findings, problem=problem, outline=outline)


@blueprint.post("/draft/withdraw")
@requires("procedure.edit")
def withdraw(code: str) -> Any:
    """Take a submitted draft back."""
    commands.withdraw_draft(current_actor(), code)
    return redirect(url_for("procedures.studio.diagram", code=code), 303)


@blueprint.post("/draft/discard")
@requires("procedure.edit")
def discard(code: str) -> Any:
    """Throw the draft away."""
    commands.discard_draft(current_actor(), code, revision_typed())
    flash(gettext("The draft was discarded."), "success")
    return redirect(url_for("procedures.show", code=code), 303)


@blueprint.get("/review")
@requires("procedure.edit")
def review(code: str) -> str:
    """The submitted draft as its approver reads it."""
    return _review(queries.draft(code), None)


@blueprint.post("/review/approve")
@requires("procedure.publish")
def approve(code: str) -> Any:
    """Publish the draft as the new version."""
    try:
        published = commands.publish_draft(current_actor(), code, revision_typed())
    except (DraftRefused, ScenarioFailed) as refused:
        return _review(queries.draft(code), message_of(refused), fields_of(refused)), 422
    flash(gettext("Version %(number)s is published. New dossiers follow it.", number=published.number), "success")
    return redirect(url_for("procedures.show", code=code), 303)


@blueprint.post("/review/reject")
@requires("procedure.publish")
def reject(code: str) -> Any:
    """Send the draft back with a note."""
    try:
        commands.reject_draft(current_actor(), code, request.form.get("note", ""))
    except NoteMissing as missing:
        return _review(queries.draft(code), message_of(missing)), 422
    flash(gettext("The draft was sent back to its author."), "success")
    return redirect(url_for("procedures.show", code=code), 303)


def _review(view: queries.DraftView, problem: str | None, details: Any = ()) -> str:
    actor = current_actor()
    examined = commands.rehearse_draft(actor, view.code)
    return render_template(
        "procedures/review.html", view=view, may_publish=queries.may_publish(actor, view),
        is_editor=actor.person in view.editors, findings=_sentences(examined.findings), problem=problem,
        details=details, rehearsals=examined.rehearsals, said=said,
        outline=queries.try_outline(view.bundle, language()), **_comparison(view),
    )


def _comparison(view: queries.DraftView) -> dict[str, Any]:
    """The diagrams and the list of changes; a draft that cannot be run has findings instead."""
    if view.based_on is None:
        return {"old": None, "changes": [], "diff": None, "obstacles": []}
    old = queries.version(view.code, view.based_on)
    titles = {"old_title": gettext("Version %(number)s", number=view.based_on), "new_title": gettext("Draft")}
    diff = {"old_xml": old.bundle["xml"], "new_xml": view.bundle["xml"], **titles}
    changes, findings = queries.try_changes(old.bundle, view.bundle)
    rows = None if changes is None else change_rows(changes)
    return {"old": old, "diff": diff, "changes": rows, "obstacles": _sentences(findings)}


def _facts_page(view: queries.DraftView, values: dict[str, Any], errors: list[tuple[str, str]]) -> str:
    options = {
        "level": _options(LEVELS, LEVEL_NAMES), "subject": _options(SUBJECTS, SUBJECT_NAMES),
        "service_level": _options(SERVICE_LEVELS, SERVICE_LEVEL_NAMES), "unit": _options(LIMIT_UNITS, LIMIT_NAMES),
        "policy": _options(SUPPLEMENT_POLICIES, POLICY_NAMES),
    }
    return studio_page("facts", view, values=values, options=options, errors=errors, error_of=dict(errors))


def _options(codes: tuple[str, ...], names: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(code, names[code]) for code in codes]


def studio_page(page: str, view: queries.DraftView, part_of: str = "", **shown: Any) -> str:
    """A page of the studio; `part_of` names the tab that it belongs to."""
    actor = current_actor()
    return render_template(
        f"procedures/studio/{page}.html", view=view, tab=part_of or page, editable=view.state == "draft",
        others=queries.lately(actor, view.code), pretty=_pretty, said=said, **shown,
    )


def _pretty(scenario: Any) -> str:
    return json.dumps(scenario, ensure_ascii=False, indent=2)


def _sentences(findings: Any) -> list[dict[str, Any]]:
    return [sentence(finding_to_json(finding)) for finding in findings]


def revision_typed() -> int:
    """The revision that the page showed."""
    return request.form.get("revision", 0, int)
