"""People who receive and complete without end, who repeat what got no answer, and who remember what was promised."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from typing import Any

from sqlalchemy import Connection, select

from app.audit.log import verify_chain
from app.audit.models import HistoryEntry
from app.audit.verify import check_all
from app.db import reading
from app.dossiers.models import Dossier
from app.seals import opened
from app.tasks.models import Task
from engine.state import open_tokens
from tests import builders as make
from tests.faults.scene import Scene

TWICE = 0.1


class Load:
    """What the people did and were told."""

    def __init__(self, scene: Scene, port: int, seed: int) -> None:
        self.scene, self.port, self.seed = scene, port, seed
        self.over = threading.Event()
        self.retries = 0
        self.received: list[str] = []
        self.completed: list[tuple[str, str]] = []
        self.odd: list[str] = []
        self._guard = threading.Lock()

    @property
    def completions(self) -> int:
        return len(self.completed)

    @property
    def receptions(self) -> int:
        return len(self.received)

    def work(self, number: int) -> None:
        """One person's day."""
        chance = random.Random(self.seed * 100 + number)
        while not self.over.is_set():
            if chance.random() < 0.3:
                self._receive(number)
            else:
                self._complete(number, chance)

    def _receive(self, number: int) -> None:
        body = {
            "procedure": make.PROCEDURE, "receiving_unit": make.CENTRE, "competent_unit": make.COMMUNE,
            "channel": "direct", "form": {"name": "Nguyễn Văn A", "divisor": 1}, "attachments": [],
        }
        status, answer = self._sure(number, "POST", "/dossiers", body)
        self._note(status == 201, self.received, answer.get("code"), f"reception answered {status} {answer}")

    def _complete(self, number: int, chance: random.Random) -> None:
        tab = chance.choice(("unit", "mine"))
        status, page = self._sure(number, "GET", f"/tasks?tab={tab}&page_size=50", None)
        rows = page.get("items", [])
        if status != 200 or not rows:
            return
        row = chance.choice(rows)
        code, token = row["code"], row["token"]
        choice = {"appraise": chance.choice(("forward", "forward", "refuse"))}.get(row["step"]["code"])
        url, key = f"/tasks/{code}/{token}/complete", uuid.uuid4().hex
        status, answer = self._sure(number, "POST", url, {"form": {}, "choice": choice}, key)
        if status == 409:
            return
        self._note(status == 200, self.completed, (code, token), f"completion answered {status} {answer}")
        if status == 200 and chance.random() < TWICE:
            again = self._sure(number, "POST", url, {"form": {}, "choice": choice}, key)
            if again != (status, answer):
                self._note(False, [], None, f"{code}/{token}: a repeated request was answered otherwise: {again}")

    def _note(self, good: bool, kept: list[Any], what: Any, otherwise: str) -> None:
        with self._guard:
            if good:
                kept.append(what)
            else:
                self.odd.append(otherwise)

    def _sure(self, number: int, method: str, url: str, body: Any, key: str = "") -> tuple[int, dict[str, Any]]:
        """Ask until there is an answer; a key makes repeating safe."""
        headers = {
            "Authorization": f"Bearer {self.scene.tokens[number]}", "Content-Type": "application/json",
            "Idempotency-Key": key or uuid.uuid4().hex,
        }
        for _ in range(600):
            try:
                status, answer = self._ask(method, f"/api/v1{url}", json.dumps(body) if body else None, headers)
            except (OSError, http.client.HTTPException, ValueError):
                status, answer = 0, {}
            if status not in (0, 503):
                return status, answer
            self.retries += 1
            time.sleep(0.05)
        return 0, {}

    def _ask(self, method: str, url: str, body: str | None, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, url, body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def violations(self, *, answers: bool) -> list[str]:
        """Everything that is not as it was promised, read from the database itself; `answers` counts odd ones too."""
        with self.scene.app.app_context(), reading() as conn:
            rows = conn.execute(select(Dossier.id, Dossier.code, Dossier.seq, Dossier.state)).all()
            found = [*self.odd[:5 * answers], *self._against_promises(conn, {row.code for row in rows})]
            for row in rows:
                found += _of_dossier(conn, row)
            found += [f"{each.code}: history does not hold ({each})" for each in check_all() if not each.ok]
        return found

    def _against_promises(self, conn: Connection, codes: set[str]) -> list[str]:
        done = Counter(_completions(conn))
        found = [f"{code}: promised and lost" for code in self.received if code not in codes]
        found += [f"{code}: nobody was told of it" for code in codes - set(self.received)]
        found += [f"{each}: completed {times} times" for each, times in done.items() if times > 1]
        found += [f"{each}: promised and not in the history" for each in self.completed if not done[each]]
        found += [f"{each}: in the history, nobody was told" for each in done if each not in set(self.completed)]
        numbers = sorted(int(code.rpartition("-")[2]) for code in codes)
        return found + ([] if numbers == list(range(1, len(numbers) + 1)) else ["record codes have holes"])


def _completions(conn: Connection) -> list[tuple[str, str]]:
    query = select(Dossier.code, HistoryEntry.payload).join(Dossier, Dossier.id == HistoryEntry.dossier)
    rows = conn.execute(query.where(HistoryEntry.kind == "CompleteStep"))
    return [(row.code, row.payload["command"]["token"]) for row in rows]


def _of_dossier(conn: Connection, row: Any) -> list[str]:
    found = [] if verify_chain(conn, row.id).ok else [f"{row.code}: the chain is broken"]
    tasks = select(Task.token).where(Task.dossier == row.id, Task.state.in_(("open", "waiting")))
    if set(conn.scalars(tasks)) != set(open_tokens(opened(row.code, row.seq, row.state))):
        found.append(f"{row.code}: the inbox and the engine disagree")
    entries = select(HistoryEntry.seq).where(HistoryEntry.dossier == row.id).order_by(HistoryEntry.seq)
    if list(conn.scalars(entries)) != list(range(1, row.seq + 1)):
        found.append(f"{row.code}: entries are missing or too many")
    return found
