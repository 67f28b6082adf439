"""Makes the demonstration province: its units and people at once, then its dossiers in the order of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import Connection, select

from app import clock
from app.calendars import working_calendar
from app.casework import Actor
from app.db import reading, transaction
from app.demonstration.plan import DOSSIERS, plays
from app.demonstration.province import PASSWORD, SINCE, Account, accounts, places
from app.demonstration.stage import Stage, perform
from app.dossiers.files import Store
from app.people import passwords
from app.people.commands import (
    NewMembership,
    NewPerson,
    NewUnit,
    insert_membership,
    insert_person,
    insert_unit,
)
from app.people.installation import remember, remembered
from app.people.models import Membership, Person, Unit
from app.people.permissions import permissions_of
from app.procedures.shipped import Shipped
from engine.errors import NotPossible

FACT = "demonstration"
BEGUN, DONE = "begun", "done"
OPENED_BEFORE = timedelta(days=90)


class DemonstrationHalfMade(NotPossible):
    """The demonstration province was left half made; start again with an empty database, or use --no-demo."""


def stage_reached() -> str | None:
    """How far the demonstration is in this database: None, begun or done."""
    with reading() as conn:
        found: str | None = remembered(conn, FACT)
        return found


def found_province() -> None:
    """Units and people, and the note that the demonstration has begun. Raises DemonstrationHalfMade."""
    password = passwords.hashed(PASSWORD)
    with transaction() as conn:
        if remembered(conn, FACT) == BEGUN:
            raise DemonstrationHalfMade()
        remember(conn, FACT, BEGUN)
        known = set(conn.scalars(select(Unit.code)))
        for place in places():
            if place.code not in known:
                insert_unit(conn, NewUnit(place.code, place.vi, place.en, place.kind, place.parent, SINCE,
                                          place.address))
        for account in accounts():
            _add(conn, account, password)


def _add(conn: Connection, account: Account, password: str) -> None:
    insert_person(conn, NewPerson(account.username, account.name, PASSWORD, account.language, demonstration=True),
                  password)
    for unit, role in account.roles:
        insert_membership(conn, NewMembership(account.username, unit, role, SINCE))


def tell_stories(store: Store, shipped: Sequence[Shipped], told: Callable[[int], None], count: int = DOSSIERS) -> None:
    """Let the dossiers be received and worked by the province's people until now."""
    now = clock.now()
    with reading() as conn:
        calendar, cast = working_calendar(conn, None), _cast(conn)
    stage = Stage(calendar, cast, store)
    perform(stage, plays(now, calendar, shipped, count), now, told)
    with transaction() as conn:
        remember(conn, FACT, DONE)


def person_named(username: str) -> Actor:
    """One of the demonstration's people as an actor."""
    with reading() as conn:
        return next(actor for actor in _actors(conn) if actor.username == username)


def _cast(conn: Connection) -> dict[tuple[str, str], Sequence[Actor]]:
    found: dict[tuple[str, str], list[Actor]] = {}
    for actor in _actors(conn):
        for held in actor.roles:
            found.setdefault(held, []).append(actor)
    return dict(found)


def _actors(conn: Connection) -> list[Actor]:
    query = (
        select(Person.id, Person.name, Person.username, Membership.unit, Membership.role)
        .join(Membership, Membership.person == Person.id)
        .where(Person.demonstration)
        .order_by(Person.id, Membership.unit, Membership.role)
    )
    people: dict[int, tuple[str, str, list[tuple[str, str]]]] = {}
    for row in conn.execute(query):
        people.setdefault(row.id, (row.name, row.username, []))[2].append((row.unit, row.role))
    return [
        Actor(person, name, username, tuple(roles), permissions_of({role for _, role in roles}))
        for person, (name, username, roles) in people.items()
    ]
