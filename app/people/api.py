"""The API of one's account, people, units and the calendar."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import current_app

from app.openapi import Blueprint
from app.people import accounts, commands, journal, queries
from app.people import schemas as s
from app.people.errors import DateUnreadable
from app.security import current_actor, requires

blueprint = Blueprint("api_people", __name__, url_prefix="/api/v1", description="Account, people, units, calendar")


@blueprint.get("/me")
@requires("account.own")
@blueprint.response(200, s.Me)
def me() -> dict[str, Any]:
    """Who I am, my roles today and what they permit"""
    actor = current_actor()
    return {
        "person": actor.person, "username": actor.username, "name": actor.name, "language": actor.language,
        "roles": [{"unit": unit, "role": role} for unit, role in actor.roles],
        "permissions": sorted(actor.permissions),
    }


@blueprint.put("/me/language")
@requires("account.own")
@blueprint.arguments(s.LanguageIn)
@blueprint.response(204)
def set_language(given: dict[str, str]) -> None:
    """Choose the language of my pages"""
    accounts.choose_language(current_actor(), given["language"])


@blueprint.get("/tokens")
@requires("account.own")
@blueprint.response(200, s.TokenOut(many=True))
def tokens() -> list[queries.TokenRow]:
    """My API tokens"""
    return queries.read(queries.tokens, current_actor().person or 0)


@blueprint.post("/tokens")
@requires("account.own")
@blueprint.arguments(s.TokenIn)
@blueprint.response(201, s.TokenMade)
def create_token(given: dict[str, str]) -> accounts.NewToken:
    """Make an API token; its secret is shown this once"""
    return accounts.create_token(current_actor(), given["name"], current_app.config["ONEDOOR_TOKEN_DAYS"])


@blueprint.delete("/tokens/<int:token>")
@requires("account.own")
@blueprint.response(204)
def revoke_token(token: int) -> None:
    """Revoke one of my tokens"""
    accounts.revoke_token(current_actor(), token)


@blueprint.get("/units")
@requires("catalogue.read")
@blueprint.arguments(s.UnitFilter, location="query")
@blueprint.response(200, s.UnitOut(many=True))
def units(wanted: dict[str, str]) -> list[queries.UnitRow]:
    """The units of the province today"""
    return queries.read(queries.units, kinds=[wanted["kind"]] if wanted["kind"] else ())


@blueprint.post("/units")
@requires("people.manage")
@blueprint.arguments(s.UnitIn)
@blueprint.response(201, s.UnitOut)
def add_unit(given: dict[str, Any]) -> queries.UnitRow:
    """Add a unit"""
    name = given.pop("name")
    code = commands.add_unit(current_actor(), commands.NewUnit(name_vi=name["vi"], name_en=name["en"], **given))
    return queries.read(queries.unit, code)


@blueprint.get("/people")
@requires("people.manage")
@blueprint.arguments(s.PeopleFilter, location="query")
@blueprint.response(200, s.PersonOut(many=True))
def people(wanted: dict[str, str]) -> list[queries.PersonRow]:
    """Everybody with an account"""
    return queries.read(queries.people, wanted["q"], wanted["unit"])


@blueprint.post("/people")
@requires("people.manage")
@blueprint.arguments(s.PersonIn)
@blueprint.response(201, s.PersonOut)
def add_person(given: dict[str, Any]) -> queries.PersonRow:
    """Add a person"""
    commands.add_person(current_actor(), commands.NewPerson(**given))
    return _person(given["username"])


@blueprint.get("/people/<username>")
@requires("people.manage")
@blueprint.response(200, s.PersonOut)
def person(username: str) -> queries.PersonRow:
    """One person"""
    return _person(username)


@blueprint.patch("/people/<username>")
@requires("people.manage")
@blueprint.arguments(s.PersonChange)
@blueprint.response(200, s.PersonOut)
def change_person(given: dict[str, bool], username: str) -> queries.PersonRow:
    """Close an account or open it again"""
    commands.set_active(current_actor(), username, given["active"])
    return _person(username)


@blueprint.post("/people/<username>/memberships")
@requires("people.manage")
@blueprint.arguments(s.MembershipIn)
@blueprint.response(201, s.PersonOut)
def add_membership(given: dict[str, Any], username: str) -> queries.PersonRow:
    """Give a person a role in a unit"""
    commands.add_membership(current_actor(), commands.NewMembership(username=username, **given))
    return _person(username)


@blueprint.patch("/people/<username>/memberships/<int:membership>")
@requires("people.manage")
@blueprint.arguments(s.MembershipEnd)
@blueprint.response(200, s.PersonOut)
def end_membership(given: dict[str, date], username: str, membership: int) -> queries.PersonRow:
    """Let a role end with a day"""
    commands.end_membership(current_actor(), membership, given["valid_to"])
    return _person(username)


@blueprint.get("/calendar")
@requires("catalogue.read")
@blueprint.arguments(s.YearFilter, location="query")
@blueprint.response(200, s.DayOut(many=True))
def calendar(wanted: dict[str, int | None]) -> list[queries.DayRow]:
    """Days off and make-up working days"""
    return queries.read(queries.calendar_days, wanted["year"])


@blueprint.get("/calendar/changes")
@requires("catalogue.read")
@blueprint.arguments(s.ChangeFilter, location="query")
@blueprint.response(200, s.ChangeList)
def calendar_changes(wanted: dict[str, Any]) -> journal.ChangePage:
    """Who changed days, working hours and cut-off hours, newest first"""
    return queries.read(journal.changes, before=wanted["before"], size=wanted["page_size"])


@blueprint.put("/calendar/<day>")
@requires("calendar.manage")
@blueprint.arguments(s.DayIn)
@blueprint.response(204)
def set_day(given: dict[str, Any], day: str) -> None:
    """Say that a day is off or made up for"""
    names = (given["name"]["vi"], given["name"]["en"])
    commands.set_day(current_actor(), _day(day), given["kind"], names, given["document"])


@blueprint.delete("/calendar/<day>")
@requires("calendar.manage")
@blueprint.arguments(s.Removal, location="query")
@blueprint.response(204)
def clear_day(by: dict[str, str], day: str) -> None:
    """Let a day follow the week's pattern again"""
    commands.clear_day(current_actor(), _day(day), by["document"])


def _person(username: str) -> queries.PersonRow:
    return queries.read(queries.person, username)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DateUnreadable(text=text) from None
