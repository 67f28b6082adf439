"""The decision tables of a draft: a list, and one table as a form."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext, lazy_gettext

from app.errors import fields_of
from app.procedures import commands, queries, tables
from app.procedures.errors import DraftDecisionUnknown, DraftUnfit
from app.procedures.findings import finding_to_json
from app.procedures.studio import blueprint, revision_typed, studio_page
from app.procedures.words import sentence
from app.security import current_actor, requires

HIT_NAMES = {
    "UNIQUE": lazy_gettext("Unique: at most one rule may fit"),
    "FIRST": lazy_gettext("First: the first rule that fits"),
    "ANY": lazy_gettext("Any: several may fit, all with the same result"),
    "PRIORITY": lazy_gettext("Priority: the result that stands first among the output's values"),
    "COLLECT": lazy_gettext("Collect: all that fit, or one number of them"),
    "RULE ORDER": lazy_gettext("Rule order: all that fit, as they stand"),
    "OUTPUT ORDER": lazy_gettext("Output order: all that fit, by the order of the output's values"),
}
AGGREGATION_NAMES = {
    "": lazy_gettext("a list"), "SUM": lazy_gettext("the sum"), "COUNT": lazy_gettext("the number"),
    "MIN": lazy_gettext("the least"), "MAX": lazy_gettext("the most"),
}
TYPE_NAMES = {
    "string": lazy_gettext("text"), "number": lazy_gettext("number"), "boolean": lazy_gettext("yes or no"),
    "date": lazy_gettext("date"), "time": lazy_gettext("time"), "dateTime": lazy_gettext("date and time"),
    "days and time duration": lazy_gettext("duration"), "Any": lazy_gettext("anything"),
}


@blueprint.get("/draft/decisions")
@requires("procedure.edit")
def decisions(code: str) -> str:
    """The decision tables of the draft."""
    view = queries.draft(code)
    rows = [_row(view, key, xml) for key, xml in sorted(view.bundle["decisions"].items())]
    return studio_page("decisions", view, decisions=rows)


@blueprint.post("/draft/decisions")
@requires("procedure.edit")
def add_decision(code: str) -> Any:
    """Put a small decision table into the draft."""
    key, view = request.form.get("key", "").strip(), queries.draft(code)
    if key not in view.bundle["decisions"]:
        try:
            _save(view, key, tables.write_table(tables.blank(key), key))
        except DraftUnfit as wrong:
            flash(fields_of(wrong)[0]["message"], "danger")
            return redirect(url_for("procedures.studio.decisions", code=code), 303)
    return redirect(url_for("procedures.studio.decision", code=code, key=key), 303)


@blueprint.post("/draft/decisions/<key>/remove")
@requires("procedure.edit")
def remove_decision(code: str, key: str) -> Any:
    """Take a decision out of the draft."""
    _save(queries.draft(code), key, None)
    flash(gettext("Decision %(key)s was removed.", key=key), "success")
    return redirect(url_for("procedures.studio.decisions", code=code), 303)


@blueprint.get("/draft/decisions/<key>")
@requires("procedure.edit")
def decision(code: str, key: str) -> str:
    """One decision table as a form, with what the gate finds in it."""
    view, table = _known(code, key)
    return _page(view, key, table, _findings(code, key))


@blueprint.post("/draft/decisions/<key>")
@requires("procedure.edit")
def save_decision(code: str, key: str) -> Any:
    """Keep the table; the buttons for rows and columns only change what is typed."""
    view, kept = _known(code, key)
    typed = tables.table_from(request.form, kept.id if kept else key.replace("-", "_"))
    if "act" in request.form:
        return _page(view, key, tables.edited(typed, request.form["act"]), None)
    try:
        _save(view, key, tables.write_table(typed, key))
    except DraftUnfit as wrong:
        return _page(view, key, typed, None, fields_of(wrong)[0]["message"]), 422
    flash(gettext("The decision was saved."), "success")
    return redirect(url_for("procedures.studio.decision", code=code, key=key), 303)


def _known(code: str, key: str) -> tuple[queries.DraftView, tables.Table | None]:
    view = queries.draft(code)
    xml = view.bundle["decisions"].get(key)
    if xml is None:
        raise DraftDecisionUnknown(code=code, decision=key)
    return view, tables.read_table(xml)


def _save(view: queries.DraftView, key: str, xml: str | None) -> None:
    kept = {name: each for name, each in view.bundle["decisions"].items() if name != key}
    changed = kept if xml is None else {**kept, key: xml}
    commands.save_draft(current_actor(), view.code, {"decisions": changed}, revision_typed())


def _row(view: queries.DraftView, key: str, xml: str) -> dict[str, Any]:
    return {"key": key, "table": tables.read_table(xml), "used": f'ref="{key}"' in view.bundle["xml"]}


def _findings(code: str, key: str) -> list[dict[str, Any]]:
    """What is wrong with this table only."""
    found = [finding_to_json(each) for each in commands.check_draft(current_actor(), code)]
    return [sentence(each) for each in found if each["code"].startswith("decision_") and each["element"] == key]


def _page(
    view: queries.DraftView, key: str, table: tables.Table | None, findings: list[dict[str, Any]] | None,
    problem: str | None = None,
) -> str:
    return studio_page(
        "decision", view, key=key, table=table, findings=findings, problem=problem, hits=HIT_NAMES.items(),
        aggregations=AGGREGATION_NAMES.items(), types=TYPE_NAMES, xml=view.bundle["decisions"][key],
        part_of="decisions",
    )
