"""Journeys through the pages with a real browser, a real server and a real database.

The demonstration province is built once for a whole run, whatever the number of processes, and copied for each.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser
from psycopg import sql

from tests.conftest import SERVERS
from tests.journeys.world import People, Server, build_province, copy_province, serving


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here that opens a window needs a browser."""
    for item in items:
        if "journeys" in item.path.parts and "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The browser that `run.py test` found."""
    path = os.environ.get("ONEDOOR_BROWSER")
    if not path:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no browser (ONEDOOR_BROWSER)")
    return {"executable_path": path, "args": ["--no-sandbox", "--disable-dev-shm-usage"]}


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory that every server starts from."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    built = shared / "province"
    with (shared / "province.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (built / "complete").exists():
            build_province(built)
            (built / "complete").touch()
    return built


@pytest.fixture(scope="module")
def server(province: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A platform for the tests of one file."""
    with serving(copy_province(province, tmp_path_factory.mktemp("server") / "data")) as running:
        yield running


@pytest.fixture(scope="module")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same platform on PostgreSQL, with one procedure and no dossiers."""
    address = _postgresql()
    if address is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no PostgreSQL server answers")
    folder, name = tmp_path_factory.mktemp("postgresql"), f"onedoor_journey_{os.getpid()}"
    with psycopg.connect(address, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        database = f"{address.rpartition('/')[0]}/{name}"
        build_province(folder, database, ("household-business",), dossiers=0)
        with serving(folder, database) as running:
            yield running
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _postgresql() -> str | None:
    named = os.environ.get("ONEDOOR_TEST_POSTGRESQL", os.environ.get("DATABASE_URL"))
    return next((url for url in (SERVERS if named is None else [named]) if url and _answers(url)), None)


def _answers(address: str) -> bool:
    try:
        psycopg.connect(address, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


@pytest.fixture
def people(browser: Browser, server: Server) -> Iterator[People]:
    """Windows onto the server; nothing may go wrong in any of them unseen."""
    yield from _windows(browser, server)


@pytest.fixture
def postgresql_people(browser: Browser, postgresql_server: Server) -> Iterator[People]:
    """Windows onto the server that works on PostgreSQL."""
    yield from _windows(browser, postgresql_server)


def _windows(browser: Browser, server: Server) -> Iterator[People]:
    found = People(browser, server)
    yield found
    troubles = found.troubles()
    found.close()
    assert troubles == []
