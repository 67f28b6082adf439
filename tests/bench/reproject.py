"""Moving 50,000 open deadlines after a correction of the calendar, with a progress bar.

    python -m tests.bench.reproject [--dossiers 50000] [--sqlite]

Without --sqlite it makes a database of its own on the PostgreSQL server that the tests use.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click
import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import insert, select

from app import clock, create_app
from app.audit.log import verify_chain
from app.audit.models import HistoryEntry
from app.db import db, reading, transaction
from app.deadlines.recompute import preview, recompute
from app.dossiers.models import Dossier
from app.people.commands import set_day
from app.seals import opened, sealed
from app.tasks.models import Task
from tests import builders as make
from tests.conftest import SERVERS

NAME = f"onedoor_bench_{os.getpid()}"
TARGET = 30.0


@contextmanager
def database(*, sqlite: bool) -> Iterator[Flask]:
    """An application on an empty database that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        url = "" if sqlite else _created()
        app = create_app(ONEDOOR_DATA=Path(folder), DATABASE_URL=url, ONEDOOR_LOG_LEVEL="ERROR")
        try:
            with app.app_context():
                upgrade()
                yield app
                db.engine.dispose()
        finally:
            if not sqlite:
                _drop()


def server_of() -> str:
    """The PostgreSQL server that the tests use."""
    for url in SERVERS:
        try:
            psycopg.connect(url, connect_timeout=3).close()
        except psycopg.Error:
            continue
        return url
    raise SystemExit("No PostgreSQL server answers; start one or use --sqlite.")


def _created() -> str:
    _drop()
    with psycopg.connect(server_of(), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {NAME}")
    return f"{server_of().rpartition('/')[0]}/{NAME}"


def _drop() -> None:
    with psycopg.connect(server_of(), autocommit=True) as conn:
        conn.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


def lay_out(
    count: int, xml: str | None = None, state_of: Callable[[int, bytes], bytes] = lambda _, state: state
) -> None:
    """One dossier received through the door, the others its copies under codes of their own, each with the state that
    `state_of` makes of the first one's for its number."""
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    with clock.at(make.NOW):
        make.receive(receiver, make.publish(receiver, xml))
    with reading() as conn:
        first = dict(conn.execute(select(Dossier.__table__)).mappings().one())
        task = dict(conn.execute(select(Task.__table__)).mappings().one())
        entry = dict(conn.execute(select(HistoryEntry.__table__)).mappings().one())
    state = opened(first["code"], 1, first["state"])
    for begin in range(2, count + 1, 1000):
        numbers = range(begin, min(begin + 1000, count + 1))
        codes = {number: f"{make.CENTRE}-260302-{number:06d}" for number in numbers}
        with transaction() as conn:
            conn.execute(insert(Dossier.__table__), [
                {**first, "id": number, "code": codes[number],
                 "state": sealed(codes[number], 1, state_of(number, state))}
                for number in numbers
            ])
            conn.execute(insert(Task.__table__), [{**task, "dossier": number} for number in numbers])
            conn.execute(insert(HistoryEntry.__table__), [{**entry, "dossier": number} for number in numbers])


def main() -> None:
    """Lay the dossiers out, give a day off, preview, move, and print how long each took."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--dossiers", type=int, default=50_000)
    given.add_argument("--sqlite", action="store_true")
    wanted = given.parse_args()
    with database(sqlite=wanted.sqlite):
        lay_out(wanted.dossiers)
        admin = make.person("admin", ("H49", "administrator"))
        set_day(admin, date(2026, 3, 2), "off", ("Nghỉ", "Off"), "1/VPCP")
        started = time.perf_counter()
        found = preview()
        looked = time.perf_counter() - started
        with click.progressbar(length=wanted.dossiers, label="Open dossiers", file=sys.stderr) as bar:
            started = time.perf_counter()
            done = recompute(admin, "1/VPCP", lambda count, _: bar.update(count - bar.pos))
            moved = time.perf_counter() - started
        with reading() as conn:
            whole = verify_chain(conn, 1).ok
        kind = 'SQLite' if wanted.sqlite else 'PostgreSQL'
        print(f"{kind}: {found.looked} open dossiers, {found.dates} dates to move")
        print(f"preview {looked:.1f} s; moved {done.dates} dates of {done.dossiers} dossiers in {moved:.1f} s "
              f"({moved / max(done.dossiers, 1) * 1e3:.2f} ms each), {len(done.failed)} failed, chain whole: {whole}")
        print(f"wanted at most {TARGET:.0f} s: {'kept' if moved <= TARGET else 'MISSED'}")


if __name__ == "__main__":
    main()
