"""People at their browsers, many at once from one thread: each finishes a step, reads the answer, finishes the next.

A client has its own connection, kept open, and its own dossiers, which it takes in turn.
"""

from __future__ import annotations

import itertools
import json
import selectors
import socket
import statistics
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.bench.ground import ANSWERS

Task = tuple[str, str]
BODY = json.dumps({"form": ANSWERS}).encode()
_keys = itertools.count()


@dataclass
class Tally:
    """What the clients saw: seconds each completion took, the answers, and everything that was not an answer 200."""

    spent: list[float] = field(default_factory=list)
    odd: list[bytes] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)
    seconds: float = 0.0
    costs: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Completions per second."""
        return len(self.spent) / self.seconds

    def at(self, share: float) -> float:
        """The milliseconds that this share of the completions did not exceed."""
        return sorted(self.spent)[min(int(share * len(self.spent)), len(self.spent) - 1)] * 1000

    @property
    def median(self) -> float:
        """The median in milliseconds."""
        return statistics.median(self.spent) * 1000

    def line(self) -> str:
        """The figures in one line; the processor's time per completion by who used it."""
        costs = " ".join(f"{who} {spent / len(self.spent) * 1000:.2f}" for who, spent in self.costs.items())
        return (f"{self.rate:7.1f} /s   median {self.median:6.2f}   p99 {self.at(0.99):6.2f}   worst "
                f"{max(self.spent) * 1000:6.2f} ms   {len(self.spent)} done, {len(self.odd)} refused   CPU ms: {costs}")


class Client:
    """One person with a connection."""

    def __init__(self, port: int, secret: str, tasks: Iterable[Task]) -> None:
        self.port, self.secret, self.tasks = port, secret, deque(tasks)
        self.begun, self.heard = 0.0, b""

    def connect(self) -> None:
        """Open the connection anew; the server closes one that was idle."""
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self) -> None:
        """Send the completion of the next task."""
        code, token = self.tasks[0]
        self.heard, self.begun = b"", time.perf_counter()
        self.socket.sendall(
            f"POST /api/v1/tasks/{code}/{token}/complete HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Authorization: Bearer {self.secret}\r\nContent-Type: application/json\r\n"
            f"Idempotency-Key: bench-{next(_keys)}-{self.begun}\r\nContent-Length: {len(BODY)}\r\n\r\n".encode() + BODY
        )

    def hear(self, tally: Tally) -> bool:
        """Take in what has come; whether the answer is complete."""
        came = self.socket.recv(65536)
        if not came:
            raise ConnectionError(f"the server hung up after {self.heard!r}")
        self.heard += came
        head, found, body = self.heard.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return False
        tally.spent.append(time.perf_counter() - self.begun)
        code, _ = self.tasks.popleft()
        if head.startswith(b"HTTP/1.1 200"):
            self.tasks.extend((code, each["token"]) for each in json.loads(body)["next"])
            tally.said.append(body)
        else:
            tally.odd.append(self.heard)
        return True


def _length(head: bytes) -> int:
    return next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))


def load(clients: Sequence[Client], seconds: float, at_least: int = 0) -> Tally:
    """Let them all work for so long, or until so many are done; nobody waits between an answer and the next request."""
    tally = Tally()
    with selectors.DefaultSelector() as waiting:
        for client in clients:
            client.connect()
            waiting.register(client.socket, selectors.EVENT_READ, client)
            client.ask()
        begun, busy = time.perf_counter(), len(clients)
        while busy:
            for key, _ in waiting.select():
                if key.data.hear(tally):
                    going = time.perf_counter() - begun < seconds or len(tally.spent) < at_least
                    if going and key.data.tasks:
                        key.data.ask()
                    else:
                        waiting.unregister(key.data.socket)
                        key.data.socket.close()
                        busy -= 1
        tally.seconds = time.perf_counter() - begun
    return tally
