"""Moments in whole seconds, as people read them, so that what is read adds up. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from engine.clock.worktime import Calendar

Interval = tuple[datetime, datetime | None]
SECOND = 1_000_000


def cut(moment: datetime) -> datetime:
    """A moment without what is left of its second."""
    return moment.replace(microsecond=0)


def cut_running(calendar: Calendar, running: Sequence[Interval]) -> Mapping[datetime, datetime]:
    """When the clock began to run and ended, in whole seconds, each less than a second from what it was.

    Cut one by one the seconds of several intervals would not add up to a limit. So each interval ends where the time
    that has run is a whole number of seconds, rounded up, and the next begins by as much later: what is left of the
    limit then ends at its due date, cut to the second.
    """
    found: dict[datetime, datetime] = {}
    ran = told = 0
    for begin, end in running:
        first = found[begin] = cut(begin + timedelta(microseconds=told - ran))
        if end is None:
            break
        ran += calendar.place(end) - calendar.place(begin)
        whole = -(-ran // SECOND) * SECOND
        off = calendar.place(first) + whole - told - calendar.place(end)
        found[end] = max(cut(end + timedelta(microseconds=off)), first)
        told = whole
    return found
