"""Where the time of a completion goes: real requests through the whole application, its parts timed from inside.

    python -m tests.bench.breakdown [--completions 400] [--database postgresql|sqlite]

Each part is shown without the parts that it calls and that have a line of their own. No web server and no socket
stand before it: what these add is the difference to `tests.bench.completions`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.engine.base import Connection

from app import casework, projections, sessions
from app.tasks import commands, hold
from tests.bench.ground import ANSWERS, Ground, ground

REST = "Flask, request and answer, everything else"
PARTS: tuple[tuple[str, Any, str], ...] = (
    ("who asks, with his roles (1 statement)", sessions, "_looked_up"),
    ("lock the dossier; task, earlier answer, calendar (2)", hold, "send"),
    ("check the form", commands, "_checked"),
    ("the engine: claim and finish", casework, "step"),
    ("deadlines", casework, "schedule"),
    ("history: digests and chain", casework, "_entry"),
    ("seal of the state, columns", projections, "dossier_values"),
    ("dossier, history, tasks, look at the inbox, answer (6)", casework, "send"),
    ("inbox against engine", projections, "check_inbox"),
    ("commit", Connection, "_commit_impl"),
)


@dataclass
class Watch:
    """Seconds by part, each without the parts inside it."""

    spent: dict[str, float] = field(default_factory=dict)
    inside: list[float] = field(default_factory=list)

    @contextmanager
    def part(self, title: str) -> Iterator[None]:
        """Time what happens inside."""
        self.inside.append(0.0)
        begun = time.perf_counter()
        try:
            yield
        finally:
            whole = time.perf_counter() - begun
            self.spent[title] = self.spent.get(title, 0.0) + whole - self.inside.pop()
            if self.inside:
                self.inside[-1] += whole

    def over(self, title: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with its time taken."""
        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.part(title):
                return function(*args, **kwargs)
        return timed


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Put the watch on every part."""
    kept = [(where, name, getattr(where, name)) for _, where, name in PARTS]
    for title, where, name in PARTS:
        setattr(where, name, watch.over(title, getattr(where, name)))
    try:
        yield
    finally:
        for where, name, function in kept:
            setattr(where, name, function)


def once(on: Ground, browser: FlaskClient, code: str, token: str) -> str:
    """One completion through the application; the next token."""
    answer = browser.post(f"/api/v1/tasks/{code}/{token}/complete", json={"form": ANSWERS}, headers={
        "Authorization": f"Bearer {on.secrets[0]}", "Idempotency-Key": f"{code}-{token}"})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    following: str = answer.get_json()["next"][0]["token"]
    return following


def turns(on: Ground, number: int) -> list[dict[str, float]]:
    """The parts of every completion, after some that fill the caches."""
    browser = on.app.test_client(use_cookies=False)
    code, token = on.receive(1)
    found = []
    for at in range(number + 50):
        watch = Watch()
        with watched(watch), watch.part(REST):
            token = once(on, browser, code, token)
        if at >= 50:
            found.append(watch.spent)
    return found


def main() -> None:
    """Measure and print, the largest part first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--completions", type=int, default=400)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    said = parser.parse_args()
    with ground(said.database, 1) as on:
        found = turns(on, said.completions)
    print(f"{'':56}{'fastest tenth':>14}{'median':>12}")
    for title in sorted(found[0], key=lambda part: -at(found, part, 0.1)):
        print(f"{title:56}{at(found, title, 0.1):11.0f} µs{at(found, title, 0.5):9.0f} µs")
    whole = [{"": sum(each.values())} for each in found]
    print(f"{'a completion':56}{at(whole, '', 0.1):11.0f} µs{at(whole, '', 0.5):9.0f} µs")


def at(found: list[dict[str, float]], title: str, share: float) -> float:
    """The microseconds that this share of the completions did not exceed; the fastest had the machine to themselves."""
    return sorted(each.get(title, 0.0) for each in found)[int(share * len(found))] * 1e6


if __name__ == "__main__":
    main()
