"""Pages of dossiers: search, reception, receipt, the dossier itself and its files."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.dossiers import outside
from app.dossiers.commands import Filing, look_at_paper, receive, withdraw
from app.dossiers.forms import answers_in
from app.dossiers.panes import PANES, pane
from app.dossiers.queries import Wanted, can_withdraw, search
from app.dossiers.receipt import qr, receipt
from app.dossiers.reception import CHANNELS, desk, filing_page
from app.dossiers.story import Reader
from app.dossiers.uploads import Taken, answer_with, take
from app.errors import Invalid, fields_of, message_of
from app.languages import STATUS_NAMES, language, pick
from app.security import current_actor, requires
from app.tasks.queries import tasks_of
from app.web import full_address

blueprint = Blueprint("dossiers", __name__, template_folder="templates", url_prefix="/dossiers")
Answer = str | tuple[str, int] | Response | dict[str, Any]


@blueprint.get("")
@requires("dossier.read")
def index() -> Answer:
    """Search."""
    wanted = Wanted(
        text=request.args.get("q", "").strip(), procedure=request.args.get("procedure", ""),
        status=request.args.get("status", type=int),
    )
    before = request.args.get("before", type=int)
    found = search(current_actor(), wanted, before)
    narrowed: dict[str, Any] = {
        "q": wanted.text or None, "procedure": wanted.procedure or None, "status": wanted.status,
    }
    return render_template(
        "dossiers/list.html", found=found, wanted=wanted, statuses=STATUS_NAMES.items(),
        first_url=url_for(".index", **narrowed) if before else None,
        next_url=url_for(".index", **narrowed, before=found.next) if found.next else None,
    )


@blueprint.get("/new")
@requires("dossier.receive")
def new() -> Answer:
    """Choose the procedure, then fill in its filing form."""
    procedure, centre = request.args.get("procedure", ""), request.args.get("centre", "")
    if procedure:
        return _filing(procedure, centre, {}, Taken((), ()))
    text = request.args.get("text", "").strip()
    return render_template("dossiers/choose.html", desk=desk(current_actor(), centre, text), text=text)


@blueprint.post("/new")
@requires("dossier.receive")
def create() -> Answer:
    """Receive the dossier, or show the page again with everything that was entered."""
    actor, given = current_actor(), request.form
    procedure, centre = given.get("procedure", ""), given.get("centre", "")
    form, taken = answers_in(given.get("form", "")), take(actor)
    if taken.errors:
        return _filing(procedure, centre, form, taken, list(taken.errors)), 422
    filing = Filing(procedure, centre, given.get("unit", ""), given.get("channel", ""), form, taken.ids)
    try:
        done = receive(actor, filing, given.get("key") or None)
    except Invalid as error:
        return _filing(procedure, centre, form, taken, *_errors_of(error)), 422
    return redirect(url_for(".slip", code=done.code, new=1), 303)


@blueprint.post("/new/papers")
@requires("dossier.receive")
def papers() -> Answer:
    """Which papers the answers given so far ask for."""
    given = request.form
    form = answers_in(given.get("form", ""))
    page = filing_page(current_actor(), given.get("procedure", ""), given.get("centre", ""), form, language())
    return {"required": [each.code for each in page.components if each.required]}


def _filing(procedure: str, centre: str, form: Mapping[str, Any], taken: Taken,
            errors: Iterable[tuple[str | None, str]] = (), fields: Iterable[Mapping[str, str]] = ()) -> str:
    page = filing_page(current_actor(), procedure, centre, form, language())
    gaps = {
        each["path"].removeprefix("papers."): each["message"]
        for each in fields if each["path"].startswith("papers.")
    }
    missing = [(f"file:{each.code}", f"{pick(each.name)}: {gaps[each.code]}") for each in page.components
               if each.code in gaps]
    return render_template(
        "dossiers/filing.html", page=page, form=form, taken=taken, errors=[*errors, *missing], gaps=gaps,
        fields=[each for each in fields if not each["path"].startswith("papers.")],
        unit=request.form.get("unit", page.unit), channel=request.form.get("channel", CHANNELS[0]),
        channels=CHANNELS, key=request.form.get("key") or secrets.token_urlsafe(16),
        upload_mb=current_app.config["ONEDOOR_UPLOAD_MB"],
    )


def _errors_of(error: Invalid) -> tuple[list[tuple[str | None, str]], list[dict[str, str]]]:
    return [(None, message_of(error))], fields_of(error)


@blueprint.get("/<code>/receipt")
@requires("dossier.read")
def slip(code: str) -> Answer:
    """The receipt and appointment slip, to be printed."""
    address = full_address(current_app.config["ONEDOOR_ADDRESS"] or request.host_url, url_for(".show", code=code))
    return render_template(
        "dossiers/receipt.html", slip=receipt(current_actor(), code), address=address, qr=qr(address),
        is_new="new" in request.args, tasks=tasks_of(current_actor(), code),
    )


@blueprint.get("/<code>")
@requires("dossier.read")
def show(code: str) -> Answer:
    """The dossier, one part at a time."""
    actor, base = current_actor(), url_for(".show", code=code)
    shown = pane(actor, code, request.args.get("pane", "steps"), Reader(language(), gettext))
    if "HX-Request" in request.headers:
        return render_template("dossiers/pane.html", pane=shown, panes=PANES, base=base)
    return render_template(
        "dossiers/dossier.html", head=shown.head, pane=shown, panes=PANES, base=base, key=secrets.token_urlsafe(16),
        may_withdraw=can_withdraw(actor, shown.head), tasks=tasks_of(actor, code),
    )


@blueprint.get("/<code>/awaited/<wait>")
@requires("dossier.deliver")
def awaited(code: str, wait: str) -> Answer:
    """What is to be recorded when a message or signal comes that the process waits for."""
    return _awaited(code, wait, {})


def _awaited(code: str, wait: str, form: Mapping[str, Any], error: Invalid | None = None) -> str:
    found = outside.awaited(current_actor(), code, wait, language())
    errors, fields = _errors_of(error) if error else ([], [])
    return render_template("dossiers/awaited.html", found=found, form=form, errors=errors, fields=fields,
                           key=request.form.get("key") or secrets.token_urlsafe(16))


@blueprint.post("/<code>/awaited/<wait>")
@requires("dossier.deliver")
def record(code: str, wait: str) -> Answer:
    """Record that it has come, or show the page again with everything that was entered."""
    form = answers_in(request.form.get("form", ""))
    try:
        outside.record(current_actor(), code, wait, form, request.form.get("key") or None)
    except Invalid as error:
        return _awaited(code, wait, form, error), 422
    flash(gettext("It is recorded, and the dossier %(code)s has gone on.", code=code), "success")
    return redirect(url_for(".show", code=code), 303)


@blueprint.post("/<code>/withdraw")
@requires("dossier.withdraw")
def take_back(code: str) -> Answer:
    """Record that the applicant takes the dossier back."""
    actor, reason = current_actor(), request.form.get("reason", "")
    try:
        withdraw(actor, code, reason, key=request.form.get("key") or None)
    except Invalid as error:
        flash(message_of(error), "warning")
        return redirect(url_for(".show", code=code), 303)
    flash(gettext("Dossier %(code)s was withdrawn.", code=code), "success")
    return redirect(url_for(".show", code=code), 303)


@blueprint.get("/files/<int:attachment>")
@requires("dossier.read")
def file(attachment: int) -> Answer:
    """One file: shown in place with ?inline=1 where that is safe, else saved."""
    return answer_with(look_at_paper(current_actor(), attachment), inline="inline" in request.args)
