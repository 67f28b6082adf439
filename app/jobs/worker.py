"""The platform's own hands: look for what is due, again and again, and never stop because one thing failed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Event

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app import clock, sessions
from app.db import database_time, reading, transaction
from app.deadlines.warnings import coming_warnings, fire_due_warnings
from app.dossiers.papers import forget_unused
from app.dossiers.uploads import store
from app.jobs.answers import forget_old
from app.jobs.commands import fire_due_timers, next_timer
from app.jobs.delivery import deliver_letters
from app.jobs.mailbox import mailbox_of
from app.jobs.services import answer_services
from app.statements import send

log = structlog.get_logger("onedoor")

# How many of each a round does: however many warnings have piled up, a timer is looked for several times a second.
TIMERS, WARNINGS = 20, 10
HOUSEKEEPING = timedelta(hours=1)
UNUSED_FOR = timedelta(days=1)


def poll(app: Flask) -> dict[str, int]:
    """One round: due timers and warnings, services, waiting letters. What fails is logged, the rest still happens."""
    return {
        "timers": _safely(app, lambda: fire_due_timers(TIMERS)),
        "warnings": _safely(app, lambda: fire_due_warnings(WARNINGS)),
        "services": _safely(app, lambda: _serve(app)), "letters": _safely(app, lambda: _deliver(app)),
    }


def tidy(app: Flask) -> dict[str, int]:
    """Forget expired sessions, old answers, and files that were brought but never used."""
    return {
        "sessions": _safely(app, _forget_sessions), "answers": _safely(app, lambda: _forget_answers(app)),
        "files": _safely(app, lambda: forget_unused(store(), clock.now() - UNUSED_FOR)),
    }


def run(app: Flask, stop: Event) -> None:
    """Work until told to stop."""
    tidied = clock.now() - HOUSEKEEPING
    while not stop.is_set():
        done = poll(app)
        if clock.now() - tidied >= HOUSEKEEPING:
            tidy(app)
            tidied = clock.now()
        if not any(done.values()):
            stop.wait(_pause(app))


def _pause(app: Flask) -> float:
    """Seconds until something falls due, by the database's clock, and at most as long as the worker rests anyway."""
    longest = float(app.config["ONEDOOR_POLL_SECONDS"])
    try:
        with app.app_context(), reading() as conn:
            now = database_time(conn)
            coming = [at for rows in send(conn, next_timer(now), *coming_warnings(now)) for at, in rows]
    except SQLAlchemyError:
        # The next round says what is wrong with the database.
        return longest
    return min([longest, *((at - now).total_seconds() for at in coming)])


def start_scheduler(app: Flask) -> BackgroundScheduler:
    """Wake `poll` and `tidy` inside the serving process; shut it down when the server ends.

    Two processes that both do this do no harm: every job claims its row in the database first.
    """
    scheduler = BackgroundScheduler(timezone="UTC")
    every = app.config["ONEDOOR_POLL_SECONDS"]
    scheduler.add_job(poll, "interval", args=[app], seconds=every, max_instances=1, coalesce=True)
    scheduler.add_job(tidy, "interval", args=[app], hours=1, max_instances=1, coalesce=True)
    scheduler.start()
    return scheduler


def _safely(app: Flask, job: Callable[[], int]) -> int:
    try:
        with app.app_context():
            return job()
    except Exception as error:
        # A dead database or a full disk must not end the worker; the next round tries again.
        log.error("job_failed", error=type(error).__name__, exc_info=error)
        return 0


def _deliver(app: Flask) -> int:
    return deliver_letters(mailbox_of(app.config), app.config["ONEDOOR_LETTER_TRIES"])


def _serve(app: Flask) -> int:
    return answer_services(mailbox_of(app.config), app.config["ONEDOOR_LETTER_TRIES"])


def _forget_sessions() -> int:
    with transaction() as conn:
        return sessions.forget_expired(conn)


def _forget_answers(app: Flask) -> int:
    with transaction() as conn:
        return forget_old(conn, app.config["ONEDOOR_ANSWER_DAYS"])
