"""What a completion leaves behind in PostgreSQL: rows, and bytes of write-ahead log.

    python -m tests.bench.written [--completions 600]

The log is read record by record with pg_walinspect, and only records of transactions on this database count. After a
checkpoint the first change of a page writes the whole page once; that share is shown by itself, because it depends on
how often there are checkpoints and not on what a completion does.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from app.db import db
from app.tasks.commands import Submission, complete
from tests.bench.ground import ANSWERS, Ground, ground

DOSSIERS, SLICE = 50, 50
HERE = text("SELECT CAST(pg_current_wal_flush_lsn() AS text)")
ROWS = text("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del AS rows FROM pg_stat_user_tables")
LOG = text("""
    WITH records AS (
        SELECT xid, record_length, fpi_length, resource_manager, record_type,
               coalesce(block_ref LIKE '%/' || (SELECT oid FROM pg_database WHERE datname = current_database()) || '/%',
                        false) AS own
        FROM pg_get_wal_records_info(CAST(:a AS pg_lsn), CAST(:b AS pg_lsn))
    )
    SELECT resource_manager || ' ' || record_type AS kind, count(*) AS number, sum(record_length - fpi_length) AS bytes,
           sum(fpi_length) AS pages
    FROM records
    WHERE own OR xid IN (SELECT xid FROM records WHERE own AND xid <> '0')
    GROUP BY 1 ORDER BY 3 DESC
""")


@dataclass
class Log:
    """Bytes and records by kind; read often, because checkpoints remove what was written long ago."""

    slices: int = 0
    pages: int = 0
    size: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)

    def add(self, rows: Iterable[Any]) -> None:
        """Take in one slice."""
        self.slices += 1
        for row in rows:
            self.size[row.kind] += int(row.bytes)
            self.records[row.kind] += row.number
            self.pages += int(row.pages)


def walked(on: Ground, tasks: list[tuple[str, str]], number: int) -> list[tuple[str, str]]:
    """Finish so many steps, the dossiers in turn; the tasks that are open then."""
    for at in range(number):
        code, token = tasks.pop(0)
        done = complete(on.officers[0], code, token, Submission(ANSWERS), f"{code}-{token}-{at}")
        tasks.append((code, done.next[0].token))
    return tasks


def counted(conn: Connection) -> dict[str, int]:
    """Rows written so far, by table; connections that ended have told all they did."""
    return {row.relname: row.rows for row in conn.execute(ROWS)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--completions", type=int, default=600)
    number = parser.parse_args().completions
    with ground("postgresql", 1) as on:
        tasks = walked(on, [on.receive(each) for each in range(1, DOSSIERS + 1)], 2 * DOSSIERS)
        watching = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        watching.execute(text("CREATE EXTENSION pg_walinspect"))
        watching.execute(text("CHECKPOINT"))
        db.engine.dispose()
        watching.execute(text("SELECT pg_sleep(1)"))
        before, log = counted(watching), Log()
        for _ in range(number // SLICE):
            begun = watching.scalar(HERE)
            walked(on, tasks, SLICE)
            log.add(watching.execute(LOG, {"a": begun, "b": watching.scalar(HERE)}))
        db.engine.dispose()
        watching.execute(text("SELECT pg_sleep(1)"))
        after = counted(watching)
        watching.close()
    show(log, {table: after[table] - before[table] for table in after if after[table] != before[table]})


def show(log: Log, written: Mapping[str, int]) -> None:
    """Everything per completion."""
    number = log.slices * SLICE
    rows = {table: count / number for table, count in written.items()}
    print(f"rows written by a completion that also claims: {sum(rows.values()):.2f}")
    for table, share in sorted(rows.items(), key=lambda each: -each[1]):
        print(f"    {share:5.2f} {table}")
    print(f"write-ahead log: {sum(log.size.values()) / number:.0f} bytes, and "
          f"{log.pages / number:.0f} of whole pages after a checkpoint")
    for kind, size in log.size.most_common(14):
        print(f"    {size / number:7.0f} bytes {log.records[kind] / number:6.2f} records   {kind}")


if __name__ == "__main__":
    main()
