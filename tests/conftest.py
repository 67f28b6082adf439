"""The app on a fresh database for every test: SQLite, and PostgreSQL where a server answers.

Each database is migrated once and copied for every test. `ONEDOOR_TEST_POSTGRESQL` (or `DATABASE_URL`) names the
server; without it one of this machine is tried. Without any, tests on PostgreSQL are skipped; where CI is "true"
they fail.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from psycopg import sql

from app import create_app
from app.config import ROOT
from app.db import db
from app.security import limiter
from tests.builders import PASSWORD

SERVERS = (
    "postgresql://127.0.0.1:5432/postgres",
    "postgresql://postgres@127.0.0.1:5432/postgres",
    "postgresql:///postgres",
)
Reset = Callable[[], None]
LONGEST = ("tests/journeys/", "tests/app/security/", "tests/engine/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest begin first, so that no processor waits for the other at the end."""
    items.sort(key=lambda item: next((n for n, place in enumerate(LONGEST) if item.nodeid.startswith(place)), 9))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def app(request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application on an empty, migrated database of each kind."""
    application, reset = request.getfixturevalue(f"_{request.param}")
    reset()
    with application.app_context():
        limiter.reset()
    application.extensions.pop("onedoor_resting", None)
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    """Inside the app, for tests that send no request."""
    with app.app_context():
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a memory."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[..., FlaskClient]:
    """A browser in which somebody is signed in, through the sign-in page."""

    def enter(username: str, password: str = PASSWORD) -> FlaskClient:
        browser = app.test_client()
        answer = browser.post("/sign-in", data={
            "username": username, "password": password, "csrf_token": page_token(browser),
        })
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return browser

    return enter


def page_token(browser: FlaskClient, url: str = "/sign-in") -> str:
    """The token that a page's forms carry."""
    text = browser.get(url).get_data(as_text=True)
    return text.split('name="csrf_token" value="')[1].split('"')[0]


@pytest.fixture(scope="session")
def _sqlite(tmp_path_factory: pytest.TempPathFactory) -> tuple[Flask, Reset]:
    folder = tmp_path_factory.mktemp("sqlite")
    application = _application(folder, "")
    _migrate(application)
    template, database = folder / "template.sqlite", folder / "onedoor.sqlite"
    shutil.copy(database, template)

    def reset() -> None:
        for path in folder.glob("onedoor.sqlite*"):
            path.unlink()
        _empty(folder)
        shutil.copy(template, database)

    return application, reset


@pytest.fixture(scope="session")
def _postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Reset]]:
    server = _server()
    if server is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no PostgreSQL server answers")
    folder = tmp_path_factory.mktemp("postgresql")
    database, template = f"onedoor_test_{os.getpid()}", f"onedoor_template_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as conn:
        _recreate(conn, template)
        application = _application(folder, _address(server, template))
        _migrate(application)
        _recreate(conn, database, template)
        application = _application(folder, _address(server, database))

        def reset() -> None:
            _recreate(conn, database, template)
            _empty(folder)

        yield application, reset
        _drop(conn, database)
        _drop(conn, template)


def _server() -> str | None:
    named = os.environ.get("ONEDOOR_TEST_POSTGRESQL", os.environ.get("DATABASE_URL"))
    return next((url for url in (SERVERS if named is None else [named]) if url and _answers(url)), None)


def _answers(address: str) -> bool:
    try:
        psycopg.connect(address, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


def _address(server: str, database: str) -> str:
    return f"{server.rpartition('/')[0]}/{database}"


def _recreate(conn: psycopg.Connection[Any], name: str, template: str = "template0") -> None:
    _drop(conn, name)
    conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template)))


def _drop(conn: psycopg.Connection[Any], name: str) -> None:
    conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _application(folder: Path, database_url: str) -> Flask:
    application = create_app(
        ONEDOOR_DATA=folder, DATABASE_URL=database_url, ONEDOOR_LOG_LEVEL="CRITICAL", ONEDOOR_SECRET_KEY="for tests",
        TESTING=True,
    )
    application.config["PROPAGATE_EXCEPTIONS"] = False
    return application


def _migrate(application: Flask) -> None:
    with application.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        db.engine.dispose()


def _empty(folder: Path) -> None:
    for name in ("files", "mailbox"):
        shutil.rmtree(folder / name, ignore_errors=True)
