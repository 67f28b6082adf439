"""Every page of a province with many dossiers: its time and its statements.

    python -m tests.bench.pages [--dossiers 60000] [--procedures 1763] [--database postgresql|sqlite]

The demonstration's dossiers, with histories that the engine made, are copied until there are so many; then each page
is opened by somebody who may see a whole unit or the whole province. In this process, without a web server before it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Table, event, func, insert, select, text, update

from app import create_app
from app.db import db, reading, transaction
from app.demonstration.province import PASSWORD
from app.dossiers.models import Dossier
from tests.bench.ground import database_of
from tests.journeys.world import build_province

OF_A_DOSSIER = ("dossier_unit", "task", "history_entry", "timer", "notice", "incident", "attachment")
ROUNDS = 5
PAGES = (
    ("specialist", ("/tasks?tab=unit", "/tasks?tab=late", "/tasks?tab=waiting", "/tasks?tab=done", "/dossiers",
                    "/notices", "/outlook", "/outlook?word=may")),
    ("supervisor", ("/tasks?tab=unit", "/tasks?tab=late", "/dossiers", "/dossiers?q=nguyen", "/dossiers?status=10",
                    "/outlook", "/outlook?word=may", "/incidents", "/procedures", "/procedures/1.001612")),
    ("receiver", ("/dossiers/new", "/dossiers/new?q=dat+dai", "/tasks?tab=unit")),
    ("auditor", ("/audit", "/audit?q=tran", "/audit/{code}", "/audit/{code}?at=3", "/dossiers")),
    ("analyst", ("/procedures", "/procedures/1.001612", "/procedures/1.001612/versions/1",
                 "/procedures/1.001612/versions/1/move")),
    ("administrator", ("/people", "/calendar", "/calendar/moves")),
)


@contextmanager
def province(kind: str, number: int, procedures: int) -> Iterator[Flask]:
    """The demonstration with so many dossiers, in a database that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder, database_of(kind) as url:
        build_province(Path(folder), url, dossiers=206)
        app = create_app(ONEDOOR_DATA=Path(folder), DATABASE_URL=url, ONEDOOR_LOG_LEVEL="CRITICAL")
        with app.app_context():
            multiply_procedures(procedures)
            multiply(number)
        # Outside of it, so that each request has a context of its own.
        yield app
        with app.app_context():
            db.engine.dispose()


def multiply(number: int) -> None:
    """Copy what there is until there are so many dossiers."""
    with reading() as conn:
        has, highest = conn.execute(select(func.count(), func.max(Dossier.id))).one()
    for times in range(1, number // has):
        with transaction() as conn:
            copy(conn, times, highest * times)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE" if conn.dialect.name == "postgresql" else "ANALYZE"))


def multiply_procedures(number: int) -> None:
    """Copy the procedures, each with its current version, until there are so many."""
    procedure, version = db.metadata.tables["procedure"], db.metadata.tables["process_version"]
    with transaction() as conn:
        has = conn.scalar(select(func.count()).select_from(procedure))
        kinds = conn.execute(select(procedure)).mappings().all()
        for times in range(1, number // has + 1):
            for kind in kinds:
                code, key = f"{kind['code']}.{times:03}", f"{kind['key']}-{times:03}"
                conn.execute(insert(procedure), {**kind, "code": code, "key": key, "current_version": None})
                current = select(version).where(version.c.id == kind["current_version"])
                first = dict(conn.execute(current).mappings().one())
                first |= {"procedure": code, "digest": f"{first['digest'][:50]}-{times:03}"}
                del first["id"]
                new = conn.execute(insert(version).returning(version.c.id), first).scalar_one()
                conn.execute(update(procedure).where(procedure.c.code == code).values(current_version=new))


def copy(conn: Connection, times: int, shift: int) -> None:
    """Each dossier once more, its number and its code moved on."""
    tables = db.metadata.tables
    dossier = tables["dossier"]
    original = dossier.c.id <= shift // times
    _copy(conn, dossier, {"id": dossier.c.id + shift, "code": dossier.c.code + f".{times}"}, original)
    for name in OF_A_DOSSIER:
        table = tables[name]
        moved = {"dossier": table.c.dossier + shift}
        _copy(conn, table, moved, table.c.dossier <= shift // times)


def _copy(conn: Connection, table: Table, moved: dict[str, Any], which: Any) -> None:
    given = {column.name for column in table.primary_key if len(table.primary_key) == 1} - moved.keys()
    columns = [column for column in table.columns if column.name not in given]
    values = [moved.get(column.name, column) for column in columns]
    conn.execute(insert(table).from_select([column.name for column in columns], select(*values).where(which),
                                           include_defaults=False))


@contextmanager
def counted(app: Flask) -> Iterator[list[tuple[float, str]]]:
    """The statements of what is done inside, each with its milliseconds."""
    done: list[tuple[float, str]] = []
    begun: list[float] = []

    def before(*_: Any) -> None:
        begun.append(time.perf_counter())

    def after(_conn: Connection, _cursor: Any, sql: str, *_: Any) -> None:
        done.append(((time.perf_counter() - begun.pop()) * 1000, " ".join(sql.split())))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield done
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


def open_page(app: Flask, client: FlaskClient, url: str) -> tuple[float, int, list[tuple[float, str]], int]:
    """Median milliseconds, status, statements of the last time, bytes."""
    spent = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        with counted(app) as done:
            answer = client.get(url)
        spent.append((time.perf_counter() - begun) * 1000)
        if spent[0] > 5000:
            break
    return statistics.median(spent), answer.status_code, done, len(answer.data)


def signed_in(app: Flask, who: str) -> FlaskClient:
    """A browser in which that person has signed in."""
    client = app.test_client()
    page = client.get("/sign-in").get_data(as_text=True)
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    answer = client.post("/sign-in", data={"username": who, "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 303, answer.status_code
    return client


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--dossiers", type=int, default=60_000)
    parser.add_argument("--procedures", type=int, default=1_763)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    said = parser.parse_args()
    with province(said.database, said.dossiers, said.procedures) as app:
        with app.app_context(), reading() as conn:
            number, code = conn.execute(select(func.count(), func.min(Dossier.code))).one()
        print(f"{number} dossiers, {said.database}")
        for who, urls in PAGES:
            client = signed_in(app, who)
            for url in urls:
                took, status, done, size = open_page(app, client, url.format(code=code))
                worst = max(done, default=(0.0, ""))
                print(f"{took:9.1f} ms {len(done):4} statements {size // 1024:5} KB {status} {who:14}{url:40}"
                      f"{worst[0]:9.1f} ms {worst[1][:60]}", flush=True)


if __name__ == "__main__":
    main()
