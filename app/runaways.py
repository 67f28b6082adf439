"""Dossiers whose commands use up the engine's budget rest for a while, so that everybody else is served meanwhile.

The engine counts what it does and stops itself; how long that took only the process knows. Both are watched here. What
rests is remembered by each process for itself: a process that does not know yet finds out at the price of one command.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import ceil

from flask import current_app

from app import clock
from app.errors import TooMany
from engine.errors import BudgetExceeded, Failed

REMEMBERED = 10_000


class DossierRests(TooMany):
    """The last command here used up what a command may use; wait {seconds} seconds before the next one."""


class StepTooSlow(Failed):
    """The step took {spent} ms of computing time, more than the {limit} ms allowed; nothing of it was kept."""


@contextmanager
def watched(about: str, *, patient: bool = False) -> Iterator[None]:
    """Watch the engine at work on a dossier. Raises DossierRests at once while it rests; the `patient` do not care."""
    if not patient:
        _refuse_resting(about)
    began = time.thread_time()
    try:
        yield
    except BudgetExceeded:
        _rest(about)
        raise
    spent, limit = int((time.thread_time() - began) * 1000), int(current_app.config["ONEDOOR_STEP_MS"])
    if spent > limit:
        _rest(about)
        raise StepTooSlow(spent=spent, limit=limit)


def _refuse_resting(about: str) -> None:
    until, rest = _resting().get(about), current_app.config["ONEDOOR_REST_SECONDS"]
    left = (until - clock.now()).total_seconds() if until is not None else 0.0
    # A clock that was set back must not turn a minute's rest into months.
    if 0 < left <= rest:
        raise DossierRests(seconds=ceil(left))


def _rest(about: str) -> None:
    now, resting = clock.now(), _resting()
    if len(resting) >= REMEMBERED:
        resting.clear()
    resting[about] = now + timedelta(seconds=current_app.config["ONEDOOR_REST_SECONDS"])


def _resting() -> dict[str, datetime]:
    found: dict[str, datetime] = current_app.extensions.setdefault("onedoor_resting", {})
    return found
