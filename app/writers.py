"""A fair queue for those who write to SQLite: first come, first served, across threads and processes.

SQLite itself lets waiting writers race at random, so that one may starve for seconds. Threads of one process draw
tickets; the first of each process then waits at a lock file beside the database, which the kernel frees when a
process dies.
"""

from __future__ import annotations

import fcntl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock

from engine.errors import Failed


class DatabaseBusy(Failed):
    """The database was busy for {seconds} seconds and nothing was kept; try again in a moment."""


class FairQueue:
    """Gives its turn to one caller at a time, in the order of asking."""

    def __init__(self, path: Path, patience: float) -> None:
        self._path = path
        self._patience = patience
        self._guard = Lock()
        self._waiting: deque[Event] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn and hold it. Raises DatabaseBusy when it does not come in time."""
        ticket = self._draw()
        try:
            if not ticket.wait(self._patience):
                raise DatabaseBusy(seconds=self._patience)
            with self._path.open("a") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
        finally:
            self._leave(ticket)

    def _draw(self) -> Event:
        ticket = Event()
        with self._guard:
            self._waiting.append(ticket)
            if self._waiting[0] is ticket:
                ticket.set()
        return ticket

    def _leave(self, ticket: Event) -> None:
        with self._guard:
            self._waiting.remove(ticket)
            if self._waiting:
                self._waiting[0].set()
