"""Brings a database to the point where people can sign in: tables, what every province has, procedures, demonstration.

Every stage looks at the database itself for what is there already, so that preparing again does nothing twice.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import inspect, select

from app import clock
from app.audit.reseal import reseal_all
from app.casework import SYSTEM, Actor
from app.config import ROOT
from app.db import db, reading, transaction
from app.demonstration import commands as demonstration
from app.dossiers.files import Store
from app.people.commands import (
    NewPerson,
    NewUnit,
    insert_person,
    insert_unit,
    seed_calendar,
    seed_roles,
    set_active,
)
from app.people.holidays import days_of
from app.people.installation import remember, remembered
from app.people.models import Person, Unit
from app.procedures.models import Procedure
from app.procedures.shipped import Shipped, publish_shipped, read_all

CALENDAR_FACT = "calendar_until"
SEALED_FACT = "states_sealed"
YEARS_BACK, YEARS_AHEAD = 1, 2
AUTHOR, PUBLISHER = "onedoor.author", "onedoor.publisher"
NO_PASSWORD = "!"  # noqa: S105 - no password has this hash, so nobody signs in with these accounts


@dataclass(slots=True)
class Line:
    """One line of progress: what is done, how far, how long it took."""

    title: str
    moving: bool = field(default_factory=sys.stdout.isatty)
    started: float = field(default_factory=time.monotonic)

    def show(self, mark: str, end: bool = False) -> None:
        """Write the line over itself on a terminal, once at its end elsewhere."""
        if self.moving or end:
            seconds = time.monotonic() - self.started
            click.echo(("\r" if self.moving else "") + f"  {self.title:<30} {mark:<9}{seconds:6.1f} s", nl=end)


@contextmanager
def line(title: str) -> Iterator[Line]:
    """Announce a stage and say how long it took."""
    shown = Line(title)
    shown.show("…")
    yield shown
    shown.show("done", end=True)


def store_of(app: Flask) -> Store:
    """Where attachments lie."""
    return Store(Path(app.config["ONEDOOR_DATA"]) / "files", app.config["ONEDOOR_UPLOAD_MB"] << 20)


def prepare(app: Flask, demo: bool) -> None:
    """Everything between an empty database and the first sign-in."""
    with app.app_context():
        if migrate(app):
            forget_half_made(app)
        settle(app)
        seal_states()
        wanted = demo and demonstration.stage_reached() is None and is_new()
        if wanted:
            with line("Province and people"):
                demonstration.found_province()
        publish_missing(wanted)
        if wanted:
            play(app)


def migrate(app: Flask) -> bool:
    """Bring the tables to this release; whether the database had tables before."""
    with db.engine.connect() as conn:
        known = inspect(conn).has_table("alembic_version")
        at = MigrationContext.configure(conn).get_current_revision() if known else None
    if at != ScriptDirectory(str(ROOT / "migrations")).get_current_head():
        logging.getLogger("alembic").setLevel(logging.WARNING)
        with line("Database"):
            upgrade(directory=str(ROOT / "migrations"))
        # What connections have prepared does not outlive the tables that it was prepared for.
        db.engine.dispose()
    return known


def forget_half_made(app: Flask) -> None:
    """An interrupted first start leaves an SQLite file that nobody has worked in yet: it is made again."""
    if demonstration.stage_reached() != demonstration.BEGUN:
        return
    if db.engine.dialect.name != "sqlite":
        raise demonstration.DemonstrationHalfMade()
    path = Path(str(db.engine.url.database))
    db.engine.dispose()
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        name.unlink(missing_ok=True)
    migrate(app)


def settle(app: Flask) -> None:
    """What every installation has: roles, the province, the calendar of the years around today."""
    year = clock.today().year + YEARS_AHEAD
    with transaction() as conn:
        seed_roles(conn)
        code = app.config["ONEDOOR_PROVINCE"]
        if conn.scalar(select(Unit.code).where(Unit.code == code)) is None:
            insert_unit(conn, NewUnit(code, app.config["ONEDOOR_PROVINCE_NAME_VI"],
                                      app.config["ONEDOOR_PROVINCE_NAME_EN"], "province"))
        if remembered(conn, CALENDAR_FACT) != year:
            for each in range(clock.today().year - YEARS_BACK, year + 1):
                seed_calendar(conn, days_of(each))
            remember(conn, CALENDAR_FACT, year)


def seal_states() -> None:
    """Once, where states were kept before there were seals."""
    with reading() as conn:
        if remembered(conn, SEALED_FACT):
            return
    refused = [each for each in reseal_all() if each.outcome == "refused"]
    for each in refused:
        click.echo(f"  {each.code}: {each.reason}", err=True)
    with transaction() as conn:
        remember(conn, SEALED_FACT, True)


def is_new() -> bool:
    """Whether nothing has been published and nobody has an account yet."""
    with reading() as conn:
        return conn.scalar(select(Person.id).limit(1)) is None


def publish_missing(demo: bool) -> list[Shipped]:
    """Publish the shipped procedures that the catalogue does not have, by two different people."""
    with reading() as conn:
        there = set(conn.scalars(select(Procedure.code)))
    waiting = [each for each in read_all() if each.code not in there]
    if not waiting:
        return []
    author, publisher = (demonstration_pair() if demo else system_pair())
    past = clock.at(clock.now() - demonstration.OPENED_BEFORE) if demo else nullcontext()
    with line("Shipped procedures") as progress, past:
        for number, each in enumerate(waiting, start=1):
            publish_shipped(author, publisher, each, "Bản phát hành cùng hệ thống · Shipped with the platform")
            progress.show(f"{number}/{len(waiting)}")
    return waiting


def demonstration_pair() -> tuple[Actor, Actor]:
    """The demonstration's analyst and approver."""
    return demonstration.person_named("analyst"), demonstration.person_named("publisher")


def system_pair() -> tuple[Actor, Actor]:
    """Two closed accounts in whose names the platform publishes what it ships."""
    return _system_person(AUTHOR, "OneDoor (soạn thảo)"), _system_person(PUBLISHER, "OneDoor (phê duyệt)")


def _system_person(username: str, name: str) -> Actor:
    with transaction() as conn:
        person = conn.scalar(select(Person.id).where(Person.username == username))
        fresh = person is None
        if fresh:
            person = insert_person(conn, NewPerson(username, name, ""), NO_PASSWORD)
    if fresh:
        set_active(SYSTEM, username, False)
    return Actor(person, name, username)


def play(app: Flask) -> None:
    """Make the demonstration's dossiers."""
    with line("Demonstration dossiers") as progress:
        demonstration.tell_stories(store_of(app), list(read_all()), lambda number: progress.show(str(number)))


