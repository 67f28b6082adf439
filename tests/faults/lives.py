"""A server whose worker is killed again and again: from outside at any moment, and by itself after a statement.

Started by `tests.faults.kill`: prints its port, then, when it ends, how many workers it had. SIGUSR1 lets the present
worker live on.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from flask import Flask
from sqlalchemy import Connection, event
from waitress.server import create_server

from app.db import db
from tests.faults.scene import application

# Longer than in life, so that a kill falls between two statements more often than not.
PAUSE = 0.002


class Master:
    """Keeps one worker alive until it is told to stop."""

    def __init__(self, app: Flask, listening: socket.socket, seed: int) -> None:
        self.app, self.listening, self.chance = app, listening, random.Random(seed)
        self.lives, self.worker, self.calm, self.stopped = 0, 0, False, False

    def run(self) -> None:
        """Start workers, one after the other."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGUSR1, self._calm)
        while not self.stopped:
            self._live()
        print(self.lives, flush=True)

    def _live(self) -> None:
        mortal, statements = not self.calm, self.chance.randrange(20, 600)
        self.worker = os.fork()
        if self.worker == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            serve(self.app, self.listening, statements if mortal else 0)
            os._exit(0)
        self.lives += 1
        if mortal:
            threading.Thread(target=self._kill, args=(self.worker, self.chance.uniform(0.5, 3.0)), daemon=True).start()
        os.waitpid(self.worker, 0)

    def _kill(self, worker: int, after: float) -> None:
        time.sleep(after)
        if worker == self.worker and not self.calm and not self.stopped:
            self._end()

    def _calm(self, *_: Any) -> None:
        # The worker at hand may carry its own end with it.
        self.calm = True
        self._end()

    def _stop(self, *_: Any) -> None:
        self.stopped = True
        self._end()

    def _end(self) -> None:
        with suppress(ProcessLookupError):
            if self.worker:
                os.kill(self.worker, signal.SIGKILL)


def serve(app: Flask, listening: socket.socket, statements: int) -> None:
    """Serve until killed, or until so many statements have been sent."""
    left = [statements]

    def count(*_: Any) -> None:
        time.sleep(PAUSE)
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    with app.app_context():
        event.listen(db.engine, "after_cursor_execute", count)
    create_server(app, sockets=[listening], threads=8).run()


def keep_at_once(conn: Connection, *_: Any) -> None:
    """The defect of the second run: whatever was written before this statement is kept, come what may."""
    raw = conn.connection.dbapi_connection
    assert raw is not None
    if conn.dialect.name == "sqlite" and not raw.in_transaction:
        return
    if conn.dialect.name == "sqlite":
        raw.execute("COMMIT")
        raw.execute("BEGIN IMMEDIATE" if conn.get_execution_options().get("onedoor_write", True) else "BEGIN")
    else:
        raw.commit()


def main(data: str, database: str, seed: str, broken: str) -> None:
    """Lay everything ready before the first fork."""
    logging.getLogger("waitress").setLevel(logging.ERROR)
    app = application(data, database)
    if broken == "1":
        with app.app_context():
            event.listen(db.engine, "before_cursor_execute", keep_at_once)
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    print(listening.getsockname()[1], flush=True)
    Master(app, listening, int(seed)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
