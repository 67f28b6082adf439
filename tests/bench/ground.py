"""A province with people and running dossiers in a database of its own, and real servers on it, for measuring."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from flask import Flask
from flask_migrate import upgrade

from app import create_app
from app.config import ROOT
from app.db import db, transaction
from app.people import accounts
from app.people.actor import Actor
from app.people.commands import seed_calendar
from app.people.holidays import days_of
from app.sessions import ServerSession, SignedIn
from tests import builders as make
from tests.conftest import _address, _drop, _recreate, _server
from tests.engine import builders as draw

STEPS = 12
ROLES = ((make.CENTRE, "receiver"), (make.COMMUNE, "specialist"), (make.COMMUNE, "leader"))
FILING = {"name": "Nguyễn Văn An", "area": 120, "storeys": 3, "kind": "new", "street": "Trần Hưng Đạo", "plot": 15,
          "sheet": 4, "urgent": False}
ANSWERS = {"note": "Hồ sơ hợp lệ, đề nghị trình ký", "checked": True}
FORM = {
    "type": "default", "schemaVersion": 16, "id": "work",
    "components": [
        {"type": "textfield", "key": "note", "label": "Ý kiến", "id": "w1", "validate": {"required": True}},
        {"type": "checkbox", "key": "checked", "label": "Đã kiểm tra", "id": "w2"},
    ],
}


def loop_of(steps: int) -> str:
    """A row of steps that is walked again and again: the gateway at its end leads back unless somebody says enough."""
    last = f"s{steps}"
    names = [f"s{number}" for number in range(1, steps + 1)]
    return draw.diagram(
        draw.start(), draw.xor("again"), *(draw.task(name, form="work", hours="4") for name in names),
        draw.xor("decided", default="decided-again"), draw.end("returned", "10"),
        draw.path("begin", "again", *names, "decided", "again"),
        draw.flow("decided", "returned", f'{last}.note = "enough" and {last}.checked and filing.area > 1000'),
    )


@dataclass
class Ground:
    """Where everything is: people with their tokens for the API, and (dossier code, open step's token) pairs."""

    data: Path
    database: str
    app: Flask
    officers: list[Actor]
    secrets: list[str]
    version: int

    def sign_in(self, number: int) -> str:
        """The cookie of a signed-in browser."""
        officer = self.officers[number]
        session = ServerSession("none")
        found = SignedIn(officer.person or 0, officer.name, officer.username, "vi", False)
        accounts.open_session(session, found, 1)
        return f"{self.app.config['SESSION_COOKIE_NAME']}={session.secret}"

    def receive(self, number: int) -> tuple[str, str]:
        """One more running dossier and the token of its open step."""
        code, tokens = self.receive_fork(number)
        return code, tokens[0]

    def receive_fork(self, number: int) -> tuple[str, list[str]]:
        """One more running dossier and the tokens of all its open steps."""
        received = make.receive(self.officers[0], self.version, number, FILING)
        return received.code, [opened.token for opened in received.opened_tasks]


@contextmanager
def ground(kind: str, people: int = 8, xml: str = "") -> Iterator[Ground]:
    """Fresh ground on "postgresql" or "sqlite"; gone afterwards."""
    with tempfile.TemporaryDirectory() as folder, database_of(kind) as database:
        app = _application(Path(folder), database)
        with app.app_context():
            upgrade(directory=str(ROOT / "migrations"))
            yield _settle(Path(folder), database, app, people, xml or loop_of(STEPS))
            db.engine.dispose()


@contextmanager
def database_of(kind: str) -> Iterator[str]:
    """The address of an empty database that is removed afterwards; empty for SQLite."""
    if kind == "sqlite":
        yield ""
        return
    server, name = _server(), f"onedoor_bench_{os.getpid()}"
    if server is None:
        sys.exit("No PostgreSQL server answers; name one in ONEDOOR_TEST_POSTGRESQL.")
    with psycopg.connect(server, autocommit=True) as conn:
        _recreate(conn, name)
        try:
            yield _address(server, name)
        finally:
            _drop(conn, name)


def _application(data: Path, database: str) -> Flask:
    return create_app(ONEDOOR_DATA=data, DATABASE_URL=database, ONEDOOR_LOG_LEVEL="CRITICAL",
                      ONEDOOR_SECRET_KEY="for measuring")


def _settle(data: Path, database: str, app: Flask, people: int, xml: str) -> Ground:
    make.province()
    with transaction() as conn:
        seed_calendar(conn, [day for year in (2025, 2026, 2027) for day in days_of(year)])
    officers = [make.person(f"officer.{number}", *ROLES) for number in range(people)]
    secrets = [accounts.create_token(officer, "bench", 1).secret for officer in officers]
    version = make.publish(officers[0], xml, {"work": FORM})
    return Ground(data, database, app, officers, secrets, version)


@dataclass(frozen=True)
class Server:
    """Running server processes: where they listen, and the first one's number."""

    port: int
    pid: int

    def spent(self) -> float:
        """Seconds of processor time that the server processes have used."""
        return sum(spent_by(pid) for pid in (self.pid, *_children(self.pid)))


def spent_by(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def served(ground_: Ground, processes: int, threads: int = 4) -> Iterator[Server]:
    """Real server processes on that ground, as an installation runs them: gunicorn, or waitress for a single one."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = int(found.getsockname()[1])
    env = os.environ | {
        "ONEDOOR_DATA": str(ground_.data), "DATABASE_URL": ground_.database, "ONEDOOR_LOG_LEVEL": "INFO",
        "ONEDOOR_SECRET_KEY": "for measuring", "PYTHONPATH": str(ROOT),
    }
    with (ground_.data / "server.log").open("wb") as log:
        child = subprocess.Popen(_program(port, processes, threads), env=env, cwd=ROOT, stdout=log, stderr=log)
        try:
            _await(port, child, ground_.data / "server.log")
            yield Server(port, child.pid)
        finally:
            child.terminate()
            child.wait(30)


def _program(port: int, processes: int, threads: int) -> list[str]:
    if processes == 1:
        return [sys.executable, "-m", "waitress", "--listen", f"127.0.0.1:{port}", "--threads", str(threads),
                "--call", "app:create_app"]
    return [sys.executable, "-m", "gunicorn", "app:create_app()", "--worker-class", "gthread",
            "--workers", str(processes), "--threads", str(threads), "--bind", f"127.0.0.1:{port}"]


def _await(port: int, child: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if child.poll() is not None:
                break
            time.sleep(0.1)
    sys.exit(f"The server does not answer: {log.read_text(errors='replace')[-2000:]}")
