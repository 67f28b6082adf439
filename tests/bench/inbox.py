"""The inbox at 50,000 open tasks: the first and the last page of a list, through a real server and by statement.

    python -m tests.bench.inbox [--tasks 50000] [--database postgresql|sqlite]

All of them stand in one officer's list, in one unit: no list of a province is longer.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, event, insert, select, text

from app.db import db, reading, transaction
from app.dossiers.models import Dossier, DossierUnit
from app.tasks.inbox import Filter, Place
from app.tasks.models import Task
from app.tasks.places import place_text
from app.tasks.queries import PAGE, inbox
from tests import builders as make
from tests.bench.ground import Ground, Server, ground, served

ROUNDS, WARM, BATCH = 30, 10, 5_000


def crowd(number: int) -> None:
    """So many dossiers like the only one there is, each with an open task of the same unit, due one after the other."""
    with transaction() as conn:
        dossier = dict(conn.execute(select(Dossier.__table__)).mappings().one())
        task = dict(conn.execute(select(Task.__table__)).mappings().one())
        for start in range(2, number + 1, BATCH):
            numbers = range(start, min(start + BATCH, number + 1))
            conn.execute(insert(Dossier.__table__).inline(), [
                {**dossier, "id": each, "code": f"{make.CENTRE}-260303-{each:06d}"} for each in numbers])
            conn.execute(insert(DossierUnit.__table__).inline(), [
                {"unit": task["unit"], "dossier": each} for each in numbers])
            conn.execute(insert(Task.__table__).inline(), [
                {**task, "dossier": each, "due_at": task["due_at"] + timedelta(minutes=each)} for each in numbers])
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE" if conn.dialect.name == "postgresql" else "ANALYZE"))


def last_place(size: int = PAGE) -> Place:
    """Where the last page begins."""
    query = select(Task.due_at, Task.dossier, Task.token).order_by(Task.due_at.desc(), Task.dossier.desc())
    with reading() as conn:
        row = conn.execute(query.offset(size).limit(1)).one()
    return Place(row.due_at, row.dossier, row.token)


# Statements


@contextmanager
def timed(spent: dict[str, list[float]]) -> Iterator[None]:
    """Note the milliseconds of every statement of this process, by its beginning."""
    begun: list[float] = []

    def before(*_: Any) -> None:
        begun.append(time.perf_counter())

    def after(_conn: Connection, _cursor: Any, sql: str, *_: Any) -> None:
        spent.setdefault(" ".join(sql.split()), []).append((time.perf_counter() - begun.pop()) * 1000)

    event.listen(db.engine, "before_cursor_execute", before)
    event.listen(db.engine, "after_cursor_execute", after)
    try:
        yield
    finally:
        event.remove(db.engine, "before_cursor_execute", before)
        event.remove(db.engine, "after_cursor_execute", after)


def show_statements(on: Ground, places: dict[str, Place | None]) -> None:
    """The median of each statement of a page."""
    for title, place in places.items():
        spent: dict[str, list[float]] = {}
        with timed(spent):
            for _ in range(ROUNDS):
                inbox(on.officers[0], "unit", Filter(), place)
        print(f"{title}, statement by statement:")
        for sql, times in spent.items():
            print(f"    {statistics.median(times):7.2f} ms   {sql[:50]} … {sql[-50:]}")


# Pages


def median_of(ask: Callable[[], None]) -> tuple[float, float]:
    """Median and slowest in milliseconds."""
    spent = []
    ask()
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        ask()
        spent.append((time.perf_counter() - begun) * 1000)
    return statistics.median(spent), max(spent)


def show_pages(on: Ground, server: Server, places: dict[str, Place | None]) -> None:
    """The page as a browser gets it, and the list as a program gets it through the API."""
    cookie = on.sign_in(0)
    for title, place in places.items():
        after = f"&after={place_text(place).replace('+', '%2B')}" if place else ""
        for what, path, header in (
            ("page", f"/tasks?tab=unit{after}", {"Cookie": cookie}),
            ("API", f"/api/v1/tasks?tab=unit{after}", {"Authorization": f"Bearer {on.secrets[0]}"}),
        ):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

            def ask(path: str = path, header: dict[str, str] = header,
                    connection: http.client.HTTPConnection = connection) -> None:
                connection.request("GET", path, headers=header)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200, answer.status

            for _ in range(WARM):
                ask()
            before = server.spent()
            median, worst = median_of(ask)
            spent = (server.spent() - before) * 1000 / (ROUNDS + 1)
            print(f"{title}, {what:5}{median:8.2f} ms   worst {worst:7.2f} ms   CPU of the server {spent:6.2f} ms",
                  flush=True)
            connection.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tasks", type=int, default=50_000)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    said = parser.parse_args()
    with ground(said.database, 1) as on:
        on.receive(1)
        crowd(said.tasks)
        places = {"first page": None, "last page": last_place()}
        print(f"{said.tasks} open tasks in one list, {said.database}")
        show_statements(on, places)
        with served(on, processes=1 if said.database == "sqlite" else 2) as server:
            show_pages(on, server, places)


if __name__ == "__main__":
    main()
