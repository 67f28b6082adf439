"""What one completion costs over HTTP: real server processes, clients and database on the same machine.

    python -m tests.bench.completions [--seconds 8] [--rounds 3]

Every completion claims the step and finishes it, with a form of two fields, in a diagram of twelve steps that is
walked again and again. Prints completions per second and waiting times for eight clients and for one, the statements
of one completion, the rows and bytes of write-ahead log it costs, and the same on SQLite.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event, text

from app.db import db, reading
from tests.bench.clients import Client, Tally, load
from tests.bench.ground import ANSWERS, Ground, Server, ground, served, spent_by

CLIENTS, EACH = 8, 25
_numbers = itertools.count(1)


def clients(on: Ground, port: int, number: int, each: int = EACH) -> list[Client]:
    """So many clients with so many dossiers each."""
    return [Client(port, secret, [on.receive(next(_numbers)) for _ in range(each)]) for secret in on.secrets[:number]]


def measured(on: Ground, server: Server, people: int, seconds: float, rounds: int) -> list[Tally]:
    """Several rounds after a short one that warms the servers."""
    everybody = clients(on, server.port, people)
    load(everybody, 1.0)
    return [_round(on, server, everybody, seconds) for _ in range(rounds)]


def _round(on: Ground, server: Server, everybody: list[Client], seconds: float) -> Tally:
    watched = {"server": server.spent, "clients": time.process_time}
    if on.database:
        backends = _backends()
        watched["PostgreSQL"] = lambda: sum(map(spent_by, backends))
    before = {who: spent() for who, spent in watched.items()}
    tally = load(everybody, seconds)
    tally.costs = {who: spent() - before[who] for who, spent in watched.items()}
    return tally


def _backends() -> list[int]:
    """The processes of PostgreSQL that work for this database; they must run on this machine."""
    with reading() as conn:
        return list(conn.scalars(text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")))


def show(title: str, rounds: list[Tally]) -> None:
    """Each round, so that the spread is seen."""
    for tally in rounds:
        print(f"{title:44}{tally.line()}", flush=True)
        for odd in tally.odd[:2]:
            print("   ", odd[-300:].decode(errors="replace"))


# What one completion sends to the database


@contextmanager
def listening(said: list[str]) -> Iterator[None]:
    """Note every statement and commit of this process."""
    def statement(_conn: Connection, _cursor: object, sql: str, *_rest: object) -> None:
        said.append(" ".join(sql.split()))

    def commit(_conn: Connection) -> None:
        said.append("COMMIT")

    engine = db.engine
    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "commit", commit)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", statement)
        event.remove(engine, "commit", commit)


def statements(on: Ground) -> list[str]:
    """The statements of one completion, the look at the token included, caches being warm."""
    code, token = on.receive(next(_numbers))
    said: list[str] = []
    browser = on.app.test_client()
    for number in range(3):
        said.clear()
        with listening(said):
            answer = browser.post(f"/api/v1/tasks/{code}/{token}/complete", json={"form": ANSWERS}, headers={
                "Authorization": f"Bearer {on.secrets[0]}", "Idempotency-Key": f"once-{number}"})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        token = answer.get_json()["next"][0]["token"]
    return said


def show_statements(on: Ground) -> None:
    """Their number, and how each begins."""
    said = statements(on)
    commits = said.count("COMMIT")
    print(f"statements of one completion: {len(said) - commits}, commits: {commits}")
    for each in said:
        print("   ", each[:110])


# What it leaves in the write-ahead log

WRITTEN = text("SELECT tup_inserted, tup_updated, tup_deleted, xact_commit FROM pg_stat_database "
               "WHERE datname = current_database()")
LOGGED = text("SELECT sum(record_size), sum(fpi_size) FROM pg_get_wal_stats(CAST(:a AS pg_lsn), CAST(:b AS pg_lsn))")


def written(conn: Connection) -> tuple[int, ...]:
    """Rows inserted, updated and deleted so far in this database."""
    conn.execute(text("SELECT pg_stat_force_next_flush()"))
    conn.execute(text("SELECT pg_stat_clear_snapshot()"))
    return tuple(conn.execute(WRITTEN).one())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    said = parser.parse_args()
    with ground("postgresql", CLIENTS) as on:
        show_statements(on)
        with served(on, processes=2) as server:
            show("PostgreSQL, 8 clients, 2 server processes", measured(on, server, CLIENTS, said.seconds, said.rounds))
            show("PostgreSQL, one client alone", measured(on, server, 1, said.seconds / 2, said.rounds))
    with ground("sqlite", CLIENTS) as on, served(on, processes=1, threads=CLIENTS) as server:
        show("SQLite, 8 clients, one server process", measured(on, server, CLIENTS, said.seconds, said.rounds))


if __name__ == "__main__":
    main()
