"""Due timers and workers that die: four workers, kills at random, every timer fired exactly once and none early.

    python -m tests.faults.timers [--timers 100000] [--workers 4] [--kills 30] [--ahead 60]

Half of the timers are overdue when the workers start, the others fall due while they work. Workers are separate
processes, killed with SIGKILL and replaced. Every firing is noted in the same transaction, with the database's time.
Then a negative control: two workers whose claim takes no lock note the same timers twice.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import time
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from sqlalchemy import Connection, bindparam, func, select, text

from app import clock, create_app
from app.db import database_time, db, transaction
from app.jobs import commands
from app.jobs.models import Timer
from tests import builders as make
from tests.bench.reproject import NAME, database, server_of
from tests.bench.timers import copies

TARGET = 2.0
_NOTE = text("INSERT INTO fired (dossier, timer, at) VALUES (:dossier, :timer, clock_timestamp())")
_GONE = Timer.__table__.delete().where(Timer.dossier == bindparam("d"), Timer.timer == bindparam("t"))


def fire(conn: Connection, dossier: int, name: str) -> None:
    """What stands for the engine's part: the timer is taken away and noted, both or none."""
    conn.execute(_NOTE, {"dossier": dossier, "timer": name})
    conn.execute(_GONE, {"d": dossier, "t": name})


def one_round(batch: int) -> int:
    """Claim and fire like the worker does, one timer in one transaction."""
    fired = 0
    for _ in range(batch):
        with transaction() as conn:
            due = commands.claim(conn, database_time(conn))
            if due is None:
                break
            if commands.still_set(conn, due.dossier, due.timer):
                fire(conn, due.dossier, due.timer)
                fired += 1
    return fired


def worker(folder: str, url: str) -> None:
    """A process that works until it is killed."""
    app = create_app(ONEDOOR_DATA=folder, DATABASE_URL=url, ONEDOOR_LOG_LEVEL="CRITICAL")
    with app.app_context():
        while True:
            if not one_round(200):
                time.sleep(0.05)


def unlocked(folder: str, url: str, start: float, seconds: float) -> None:
    """The negative control: a worker whose claim takes no lock and that does not look again."""
    app = create_app(ONEDOOR_DATA=folder, DATABASE_URL=url, ONEDOOR_LOG_LEVEL="CRITICAL")
    time.sleep(max(start - time.time(), 0))
    until = time.time() + seconds
    with app.app_context():
        while time.time() < until:
            with transaction() as conn:
                query = select(Timer.dossier, Timer.timer).where(Timer.due_at <= func.now()).order_by(
                    Timer.due_at, Timer.dossier).limit(1)
                due = conn.execute(query).first()
                if due is None:
                    return
                fire(conn, due.dossier, due.timer)


def lay_out(count: int, ahead: int) -> None:
    """Dossiers with a timer each: half of them due already, the others within so many seconds."""
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    with clock.at(make.NOW):
        make.receive(receiver, make.publish(receiver))
    with transaction() as conn:
        copies(conn, count)
        conn.execute(text("CREATE TABLE fired (dossier integer, timer text, at timestamptz)"))
        conn.execute(text("CREATE TABLE wanted (dossier integer PRIMARY KEY, due_at timestamptz)"))
    deal(count, ahead)


def deal(count: int, ahead: int) -> None:
    """Set every dossier's timer anew."""
    with transaction() as conn:
        conn.execute(text("TRUNCATE fired, wanted, timer"))
        conn.execute(text("""
            INSERT INTO timer (dossier, timer, element, due_at)
            SELECT id, 'x', 'expired', now() + greatest((id - :half) * :step, -60) * interval '1 second'
            FROM dossier WHERE id <= :count
        """), {"half": count // 2, "step": ahead / max(count / 2, 1), "count": count})
        conn.execute(text("INSERT INTO wanted SELECT dossier, due_at FROM timer"))


def left() -> int:
    """Timers that have not been fired."""
    with transaction() as conn:
        return conn.scalar(select(func.count()).select_from(Timer)) or 0


def run(app: Flask, url: str, workers: int, kills: int) -> tuple[float, int]:
    """Let the workers work, kill them now and then; how long it took, how many were killed."""
    folder, chance = str(app.config["ONEDOOR_DATA"]), random.Random(11)
    context = multiprocessing.get_context("spawn")

    def begin() -> Any:
        process = context.Process(target=worker, args=(folder, url), daemon=True)
        process.start()
        return process

    running, killed, started = [begin() for _ in range(workers)], 0, time.time()
    while left():
        time.sleep(1.0)
        if killed < kills:
            at = chance.randrange(workers)
            os.kill(running[at].pid, signal.SIGKILL)
            running[at].join()
            running[at], killed = begin(), killed + 1
    took = time.time() - started
    for process in running:
        process.kill()
        process.join()
    return took, killed


def verdict(count: int, began: datetime) -> dict[str, float]:
    """What the notes say: twice, never, early; and the lateness of those that fell due while workers were up."""
    with transaction() as conn:
        row = conn.execute(text("""
            SELECT count(*) AS fired, count(*) - count(DISTINCT dossier) AS twice,
                   count(*) FILTER (WHERE fired.at < wanted.due_at) AS early
            FROM fired JOIN wanted USING (dossier)
        """)).one()
        late = conn.execute(text("""
            SELECT coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM fired.at - due_at)), 0),
                   coalesce(percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM fired.at - due_at)), 0)
            FROM fired JOIN wanted USING (dossier) WHERE due_at > :up
        """), {"up": began}).one()
    return {"fired": row.fired, "never": count - row.fired + row.twice, "twice": row.twice, "early": row.early,
            "median": float(late[0]), "p99": float(late[1])}


def caught_up() -> datetime:
    """The moment at which the overdue timers were through; lateness counts from then on."""
    with transaction() as conn:
        query = text("""SELECT max(fired.at) FROM fired JOIN wanted USING (dossier)
                        WHERE due_at <= (SELECT min(at) FROM fired)""")
        found: datetime = conn.scalar(query) or datetime.now(UTC)
        return found


def control(app: Flask, url: str) -> int:
    """How many timers two workers without a lock note twice in a few seconds."""
    deal(20_000, 1)
    context = multiprocessing.get_context("spawn")
    start = time.time() + 8
    args = (str(app.config["ONEDOOR_DATA"]), url, start, 4.0)
    processes = [context.Process(target=unlocked, args=args) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    with transaction() as conn:
        return conn.scalar(text("SELECT count(*) - count(DISTINCT dossier) FROM fired")) or 0


def main() -> None:
    """Run, kill, count, and say whether everything holds."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--timers", type=int, default=100_000)
    given.add_argument("--workers", type=int, default=4)
    given.add_argument("--kills", type=int, default=30)
    given.add_argument("--ahead", type=int, default=600, help="seconds within which the second half falls due")
    wanted = given.parse_args()
    with database(sqlite=False) as app:
        url = f"{server_of().rpartition('/')[0]}/{NAME}"
        lay_out(wanted.timers, wanted.ahead)
        db.engine.dispose()
        took, killed = run(app, url, wanted.workers, wanted.kills)
        found = verdict(wanted.timers, caught_up())
        print(f"{wanted.timers} timers, {wanted.workers} workers, {killed} kills, {took:.0f} s: "
              f"{found['fired']:.0f} fired, {found['twice']:.0f} twice, {found['never']:.0f} never, "
              f"{found['early']:.0f} early")
        print(f"lateness of those that fell due once the backlog was through: median {found['median'] * 1e3:.0f} ms, "
              f"p99 {found['p99']:.2f} s")
        twice = control(app, url)
        print(f"negative control without the lock: {twice} fired twice")
        good = not (found["twice"] or found["never"] or found["early"]) and found["p99"] <= TARGET and twice
        print("kept" if good else "MISSED")


if __name__ == "__main__":
    main()
