"""Signing in and out, one's account, and the administrator's pages of people and units."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app import clock
from app.demonstration.province import PASSWORD
from app.errors import NotFound, OneDoorError, message_of, status_of
from app.languages import UNIT_KIND_NAMES, pick
from app.people import accounts, commands, queries
from app.people.errors import DateUnreadable, SignInRefused
from app.people.permissions import ROLES
from app.security import attempt, current_actor, forget_attempts, optional_actor, own_session, public, requires
from app.web import own_path

blueprint = Blueprint("people", __name__, template_folder="templates")

Page = Response | str | tuple[str, int]


@blueprint.get("/sign-in")
@public
def sign_in() -> Page:
    """The form to sign in with."""
    if optional_actor() is not None:
        return redirect(own_path(request.args.get("next")))
    return _sign_in_page()


@blueprint.post("/sign-in")
@public
def enter() -> Page:
    """Sign in; attempts are counted before anything costly is done."""
    username = request.form.get("username", "").strip().lower()
    try:
        person = _authenticated(username, request.form.get("password", ""))
    except OneDoorError as error:
        return _sign_in_page(error), 422 if isinstance(error, SignInRefused) else status_of(error)
    accounts.open_session(own_session(), person, current_app.config["ONEDOOR_SESSION_HOURS"])
    return redirect(own_path(request.form.get("next")), 303)


def _authenticated(username: str, password: str) -> Any:
    config = current_app.config
    per_address, per_account = config["ONEDOOR_SIGN_IN_TRIES_ADDRESS"], config["ONEDOOR_SIGN_IN_TRIES"]
    attempt("address", request.remote_addr or "-", per_address)
    attempt("account", username, per_account)
    person = accounts.authenticate(username, password)
    forget_attempts("account", username, per_account)
    return person


def _sign_in_page(error: OneDoorError | None = None) -> str:
    return render_template(
        "people/sign_in.html", problem=message_of(error) if error else None,
        accounts=queries.read(queries.demonstration_accounts),
        demonstration_password=PASSWORD,
        next=own_path(request.values.get("next"), ""), username=request.form.get("username", ""),
    )


@blueprint.post("/sign-out")
@public
def leave() -> Response:
    """Sign out."""
    accounts.close_session(own_session())
    return redirect(url_for("people.sign_in"), 303)


@blueprint.get("/account")
@requires("account.own")
def account() -> str:
    """One's own account."""
    return _account_page()


def _account_page(**more: Any) -> str:
    person = queries.read(queries.person, current_actor().username)
    tokens = queries.read(queries.tokens, person.id)
    return render_template("people/account.html", person=person, tokens=tokens, role_text=role_text, **more)


@blueprint.post("/account/password")
@requires("account.own")
def change_password() -> Page:
    """Take a new password and sign in again with it."""
    given = request.form
    try:
        attempt("password", current_actor().username, current_app.config["ONEDOOR_SIGN_IN_TRIES"])
        accounts.change_password(
            current_actor(), given.get("old", ""), given.get("new", ""), given.get("again", ""))
    except OneDoorError as error:
        return _account_page(problem=message_of(error), about="password"), status_of(error)
    return redirect(url_for("people.sign_in"), 303)


@blueprint.post("/account/tokens")
@requires("account.own")
def create_token() -> Page:
    """Make an API token and show its secret this once."""
    try:
        token = accounts.create_token(
            current_actor(), request.form.get("name", ""), current_app.config["ONEDOOR_TOKEN_DAYS"])
    except OneDoorError as error:
        return _account_page(problem=message_of(error), about="token"), status_of(error)
    return _account_page(new_token=token)


@blueprint.post("/account/tokens/<int:token>/revoke")
@requires("account.own")
def revoke_token(token: int) -> Response:
    """Make a token worthless."""
    accounts.revoke_token(current_actor(), token)
    flash(gettext("The token has been revoked."), "success")
    return redirect(url_for("people.account"), 303)


@blueprint.get("/people")
@requires("people.manage")
def people() -> str:
    """Everybody with an account."""
    text, unit = request.args.get("q", ""), request.args.get("unit", "")
    found, units = queries.read(queries.people, text, unit), queries.read(queries.units)
    return render_template("people/people.html", people=found, units=units, q=text, unit=unit, role_text=role_text)


@blueprint.get("/people/add")
@requires("people.manage")
def add_person_form() -> str:
    """The form for a new account."""
    return render_template("people/person_new.html")


@blueprint.post("/people/add")
@requires("people.manage")
def add_person() -> Page:
    """Make an account."""
    given = request.form
    username, name = given.get("username", "").strip().lower(), given.get("name", "")
    new = commands.NewPerson(username, name, given.get("password", ""))
    try:
        commands.add_person(current_actor(), new)
    except OneDoorError as error:
        return render_template("people/person_new.html", problem=message_of(error)), status_of(error)
    flash(gettext("The account has been made; now give it a role."), "success")
    return redirect(url_for("people.person", username=new.username), 303)


@blueprint.get("/people/person/<username>")
@requires("people.manage")
def person(username: str) -> str:
    """One account and its roles."""
    return _person_page(username)


def _person_page(username: str, problem: str | None = None) -> str:
    found, units = queries.read(queries.person, username), queries.read(queries.units)
    return render_template(
        "people/person.html", person=found, units=units, roles=role_options(), problem=problem, today=clock.today(),
        role_text=role_text,
    )


@blueprint.post("/people/person/<username>/memberships")
@requires("people.manage")
def add_membership(username: str) -> Page:
    """Give a person a role in a unit."""
    given = request.form

    def act() -> None:
        commands.add_membership(current_actor(), commands.NewMembership(
            username, given.get("unit", ""), given.get("role", ""), _day(given.get("valid_from", "")),
            _day(given["valid_to"]) if given.get("valid_to") else None,
        ))

    return _person_change(username, act, gettext("The role has been given."))


@blueprint.post("/people/person/<username>/memberships/<int:membership>/end")
@requires("people.manage")
def end_membership(username: str, membership: int) -> Page:
    """Let a role end."""

    def act() -> None:
        commands.end_membership(current_actor(), membership, _day(request.form.get("last_day", "")))

    return _person_change(username, act, gettext("The role ends with that day."))


@blueprint.post("/people/person/<username>/active")
@requires("people.manage")
def set_active(username: str) -> Page:
    """Close an account or open it again."""
    active = request.form.get("active") == "1"
    return _person_change(
        username, lambda: commands.set_active(current_actor(), username, active),
        gettext("The account is open.") if active else gettext("The account is closed and signed out everywhere."),
    )


@blueprint.post("/people/person/<username>/password")
@requires("people.manage")
def reset_password(username: str) -> Page:
    """Give a person a new password."""
    return _person_change(
        username, lambda: commands.reset_password(current_actor(), username, request.form.get("password", "")),
        gettext("The password has been changed and the person signed out everywhere."),
    )


def _person_change(username: str, act: Callable[[], None], done: str) -> Page:
    try:
        act()
    except NotFound:
        raise
    except OneDoorError as error:
        return _person_page(username, message_of(error)), status_of(error)
    flash(done, "success")
    return redirect(url_for("people.person", username=username), 303)


@blueprint.get("/people/units")
@requires("people.manage")
def units() -> str:
    """The tree of units."""
    return _units_page()


def _units_page(problem: str | None = None) -> str:
    found = queries.read(queries.units)
    return render_template("people/units.html", units=found, kinds=commands.UNIT_KINDS, problem=problem)


@blueprint.post("/people/units")
@requires("people.manage")
def add_unit() -> Page:
    """Make a unit."""
    given = request.form
    try:
        commands.add_unit(current_actor(), commands.NewUnit(
            code=given.get("code", "").strip(), name_vi=given.get("name_vi", ""), name_en=given.get("name_en", ""),
            kind=given.get("kind", ""), parent=given.get("parent") or None, valid_from=clock.today(),
            address=given.get("address", ""), phone=given.get("phone", ""),
        ))
    except OneDoorError as error:
        return _units_page(message_of(error)), status_of(error)
    flash(gettext("The unit has been made."), "success")
    return redirect(url_for("people.units"), 303)


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {
        "unit_options": lambda units: [(unit.code, f"{unit.code} · {pick(unit.name)}") for unit in units],
        "unit_kind": lambda kind: UNIT_KIND_NAMES.get(kind, kind),
        "unit_kind_choices": lambda kinds: [(kind, UNIT_KIND_NAMES[kind]) for kind in kinds],
        "role_choices": lambda roles, language: [(role, role_text(role, language)) for role in roles],
    }


def role_text(code: str, language: str) -> str:
    """A role's name in a language."""
    vi, en, _ = ROLES.get(code, (code, code, set()))
    return vi if language == "vi" else en


def role_options() -> list[str]:
    """Every role's code."""
    return list(ROLES)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DateUnreadable(text=text) from None
