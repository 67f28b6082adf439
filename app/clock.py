"""The one place that reads the time; tests and demonstrations set it with `at`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta, timezone

LOCAL = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")

# Machines that share a database may disagree by so much about the time.
SKEW = timedelta(seconds=10)

_set: ContextVar[datetime | None] = ContextVar("clock", default=None)


def now() -> datetime:
    """This moment, aware and in UTC."""
    return _set.get() or datetime.now(UTC)


def not_before(earliest: datetime) -> datetime:
    """This moment, or `earliest` where this machine's clock is a little behind the one that wrote it."""
    moment = now()
    return earliest if moment < earliest <= moment + SKEW else moment


def today() -> date:
    """This day in Viet Nam."""
    return now().astimezone(LOCAL).date()


def is_set() -> bool:
    """Whether somebody holds the clock at another moment."""
    return _set.get() is not None


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let everything inside happen at `moment` (aware)."""
    token = _set.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _set.reset(token)
