"""Claiming one of 1,000,000 pending timers on PostgreSQL: how long the claim of the oldest due one takes.

    python -m tests.bench.timers [--timers 1000000] [--claims 2000]
"""

from __future__ import annotations

import argparse
import statistics
import time
from datetime import timedelta

from sqlalchemy import Connection, String, cast, func, insert, literal, select, text

from app import clock
from app.db import database_time, db, transaction
from app.deadlines import warnings
from app.dossiers.models import Dossier
from app.jobs import commands
from tests import builders as make
from tests.bench.reproject import database

TARGET = 10.0
_COPIED = [column for column in Dossier.__table__.c if column.name not in ("id", "code")]
_TIMERS = text("""
    INSERT INTO timer (dossier, timer, element, due_at)
    SELECT id, 'x', 'expired', now() + (id - :due) * interval '1 second' FROM dossier
""")
_TASKS = text("""
    INSERT INTO task (dossier, token, procedure, step, visit, kind, role, unit, state, hours, entered_at, due_at,
        warn_at)
    SELECT dossier.id, '1', task.procedure, step, visit, kind, role, unit, task.state, hours, entered_at, task.due_at,
        now() + (dossier.id - :due) * interval '1 second'
    FROM task, dossier WHERE task.dossier = 1 AND dossier.id > 1
""")


def copies(conn: Connection, count: int) -> None:
    """So many dossiers, all of them like the first."""
    number = func.generate_series(2, count).column_valued("n")
    code = literal("B-").concat(cast(number, String))
    like = select(number, code, *_COPIED).where(Dossier.id == 1, number > Dossier.id)
    conn.execute(insert(Dossier.__table__).from_select(["id", "code", *(column.name for column in _COPIED)], like))


def lay_out(count: int, due: int) -> None:
    """One dossier, its copies, and a timer and a warning for each: so many of them due, the others still to come."""
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    with clock.at(make.NOW):
        make.receive(receiver, make.publish(receiver))
    with transaction() as conn:
        copies(conn, count)
        conn.execute(_TIMERS, {"due": due})
        conn.execute(_TASKS, {"due": due})
        conn.execute(text("UPDATE dossier SET warn_at = NULL"))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE"))


def claims(count: int, kind: str) -> list[float]:
    """Milliseconds of each claim; what was claimed is taken away, so that the next one is another."""
    found = []
    for _ in range(count):
        with transaction() as conn:
            started = time.perf_counter()
            now = database_time(conn)
            if kind == "timer":
                row = commands.claim(conn, now)
                assert row is not None
                found.append((time.perf_counter() - started) * 1e3)
                conn.execute(text("DELETE FROM timer WHERE dossier = :d"), {"d": row.dossier})
            else:
                claimed = warnings.claim(conn, now)
                assert claimed is not None
                found.append((time.perf_counter() - started) * 1e3)
                conn.execute(text("UPDATE task SET warn_at = NULL WHERE dossier = :d"), {"d": claimed.dossier})
    return found


def main() -> None:
    """Print the median and the 99th percentile of the claims."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--timers", type=int, default=1_000_000)
    given.add_argument("--claims", type=int, default=2000)
    wanted = given.parse_args()
    with database(sqlite=False):
        started = time.perf_counter()
        lay_out(wanted.timers, wanted.claims + int(timedelta(hours=1).total_seconds()))
        print(f"{wanted.timers} timers and {wanted.timers} warnings pending, laid out in "
              f"{time.perf_counter() - started:.0f} s")
        worst = 0.0
        for kind in ("timer", "warning"):
            took = claims(wanted.claims, kind)
            p99 = statistics.quantiles(took, n=100)[98]
            worst = max(worst, p99)
            print(f"{kind:8} {len(took)} claims: median {statistics.median(took):.2f} ms, p99 {p99:.2f} ms, "
                  f"longest {max(took):.2f} ms")
        print(f"wanted p99 at most {TARGET:.0f} ms: {'kept' if worst <= TARGET else 'MISSED'}")


if __name__ == "__main__":
    main()
