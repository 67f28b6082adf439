"""The page on which running dossiers are moved to another version of their procedure."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import ngettext

from app.errors import OneDoorError, message_of
from app.errors import status_of as http_status
from app.moving import commands, queries
from app.moving.words import sentence
from app.procedures.queries import procedure
from app.security import current_actor, requires

blueprint = Blueprint("moving", __name__, template_folder="templates", url_prefix="/procedures")

_PLACE = "place."


@blueprint.get("/<code>/versions/<int:number>/move")
@requires("procedure.edit")
def show(code: str, number: int) -> Any:
    """Which running dossiers can go over, and why the others cannot."""
    return _page(code, number, request.args)


@blueprint.post("/<code>/versions/<int:number>/move")
@requires("procedure.publish")
def move(code: str, number: int) -> Any:
    """Let all go over that can."""
    asked = _request(code, number, request.form)
    try:
        done = commands.move_dossiers(current_actor(), asked, request.form.get("reason", ""))
    except OneDoorError as problem:
        return _page(code, number, request.form, message_of(problem), http_status(problem))
    flash(ngettext("%(num)s dossier went over to the other version.",
                   "%(num)s dossiers went over to the other version.", len(done.moved)), "success")
    if done.failed:
        flash(ngettext("%(num)s dossier moved on in the meantime; try again.",
                       "%(num)s dossiers moved on in the meantime; try again.", len(done.failed)), "warning")
    return redirect(url_for(".show", code=code, number=number, to=asked.to), 303)


def _request(code: str, number: int, said: Any) -> queries.Request:
    places = {name.removeprefix(_PLACE): value for name, value in said.items() if name.startswith(_PLACE)}
    newest = next((each for each in queries.version_numbers(code) if each != number), number)
    return queries.Request(code, number, said.get("to", newest, int), queries.cleaned(places))


def _page(code: str, number: int, said: Any, problem: str = "", status: int = 200) -> Any:
    line = procedure(code).line
    others = [each for each in queries.version_numbers(code) if each != number]
    found = None
    if others:
        try:
            found = queries.preview(_request(code, number, said))
        except OneDoorError as refused:
            problem, status = problem or message_of(refused), http_status(refused)
    shown = render_template(
        "moving/move.html", line=line, number=number, others=others, found=found, problem=problem,
        may_move=current_actor().may("procedure.publish"), sentence=sentence, reason=said.get("reason", ""),
        to=said.get("to", others[0] if others else number, int),
    )
    return shown, status
