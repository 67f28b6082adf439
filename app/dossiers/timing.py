"""How a due time reads now: working hours left, the word for its state, how much of the planned time is used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from engine.clock.worktime import Calendar, between

SOON = Decimal(4)


@dataclass(frozen=True)
class Due:
    """A due time as pages show it; `state` is ok, soon, late, stopped, done or done_late."""

    at: datetime | None
    left: Decimal | None
    state: str
    share: float | None = None


def due_of(calendar: Calendar, at: datetime | None, now: datetime, *, clock: str = "running",
           ended: datetime | None = None, hours: Decimal | None = None) -> Due:
    """The due time `at` seen from `now`, or from the moment the work ended."""
    if ended is not None:
        return Due(at, None, _state_at_end(at, ended))
    if at is None:
        return Due(None, None, "stopped" if clock == "stopped" else "ok")
    left = left_until(calendar, now, at)
    return Due(at, left, _state(left, at, now), _share(left, hours))


def _state_at_end(at: datetime | None, ended: datetime) -> str:
    """What never had a deadline was neither on time nor late."""
    if at is None:
        return "ok"
    return "done_late" if ended > at else "done"


def left_until(calendar: Calendar, now: datetime, at: datetime) -> Decimal:
    """Working hours until `at`, below zero when it is past."""
    return between(calendar, now, at) if now <= at else -between(calendar, at, now)


def _state(left: Decimal, at: datetime, now: datetime) -> str:
    if at < now:
        return "late"
    return "soon" if left <= SOON else "ok"


def _share(left: Decimal, hours: Decimal | None) -> float | None:
    if not hours:
        return None
    return float(min(max(1 - left / hours, Decimal(0)), Decimal(1)))
