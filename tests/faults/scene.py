"""A data directory with a migrated database, a published procedure and people with tokens, for proofs by fault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from flask import Flask
from flask_migrate import upgrade

from app import create_app
from app.config import ROOT
from app.db import db
from app.people import accounts
from tests import builders as make
from tests.conftest import _address, _drop, _recreate

DATABASE = "onedoor_faults"
ROLES = ((make.CENTRE, "receiver"), (make.COMMUNE, "specialist"))


@dataclass
class Scene:
    """Where everything is, and the people's tokens by number."""

    data: Path
    database: str
    app: Flask
    tokens: list[str]


def application(data: str | Path, database: str) -> Flask:
    """The app on the scene's database."""
    return create_app(ONEDOOR_DATA=Path(data), DATABASE_URL=database, ONEDOOR_LOG_LEVEL="CRITICAL",
                      ONEDOOR_SECRET_KEY="for tests")


@contextmanager
def prepare(data: Path, server: str, people: int) -> Iterator[Scene]:
    """A fresh scene; its PostgreSQL database is dropped afterwards."""
    database = _address(server, DATABASE) if server else ""
    if server:
        with psycopg.connect(server, autocommit=True) as conn:
            _recreate(conn, DATABASE)
    app = application(data, database)
    try:
        with app.app_context():
            upgrade(directory=str(ROOT / "migrations"))
            make.province()
            actors = [make.person(f"person.{number}", *ROLES) for number in range(people)]
            make.publish(actors[0])
            tokens = [accounts.create_token(actor, "load", 1).secret for actor in actors]
            db.engine.dispose()
        yield Scene(data, database, app, tokens)
    finally:
        with app.app_context():
            db.engine.dispose()
        if server:
            with psycopg.connect(server, autocommit=True) as conn:
                _drop(conn, DATABASE)
