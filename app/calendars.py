"""The working calendar, from the table that people correct."""

from __future__ import annotations

from sqlalchemy import Connection, select

from app.people.models import CalendarDay
from engine.worktime import Calendar


def working_calendar(conn: Connection) -> Calendar:
    """The province's calendar: the week's pattern with its days off and make-up days."""
    query = select(CalendarDay.day, CalendarDay.kind)
    return Calendar(days={row.day: row.kind for row in conn.execute(query)})
