"""Correcting working hours and the cut-off hours of reception."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from app.calendars import correction
from app.deadlines.errors import (
    ChannelUnknown,
    HoursEmpty,
    HoursUnreadable,
    HourUnreadable,
    SeasonUnreadable,
    TooEarly,
    UsualHoursStay,
)
from app.deadlines.queries import shifts_text, turned
from app.errors import NotFound
from app.people import journal
from app.people.actor import Actor
from app.people.errors import UnitUnfit
from app.people.models import CutOffHour, Unit, WorkHours
from engine.clock.calendar import BEGINS, pieces_of

_SHIFT = re.compile(r"\s*([01]?\d|2[0-3])[:h.]([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4])[:h.]([0-5]\d)\s*")
_HOUR = re.compile(r"\s*([01]?\d|2[0-3])[:h.]([0-5]\d)\s*")
_DAY = re.compile(r"\s*(\d{1,2})[/.-](\d{1,2})\s*")
CHANNELS = ("direct", "online", "postal")
LEAP_YEAR = 2024
MIDNIGHT = 24


@dataclass(frozen=True, slots=True)
class NewHours:
    """Hours to be worked: one text such as "07:30-11:30, 13:00-17:00" for each day from Monday to Sunday.

    `first` and `last` are day and month ("16/04") of a season that comes each year; without a unit they are
    everybody's.
    """

    unit: str | None
    since: date
    first: str
    last: str
    week: Sequence[str]
    document: str


def set_hours(actor: Actor, new: NewHours) -> int:
    """Let hours count from a date on, by which document; the number of their row."""
    row = {
        "unit": new.unit or None, "since": new.since, "first": _season_day(new.first), "last": _season_day(new.last),
        "week": week_of(new.week), "document": journal.named(new.document),
    }
    _check_since(new.since)
    with correction() as conn:
        _check_unit(conn, new.unit)
        made = conn.execute(insert(WorkHours).values(**row).returning(*_HOURS)).one()
        journal.note(conn, actor, journal.Change("hours", None, _hours_told(made), made.document, made.unit))
    return int(made.id)


def remove_hours(actor: Actor, number: int, document: str) -> None:
    """Let hours count no longer, by which document. The first of everybody's stay: there must always be an answer."""
    by = journal.named(document)
    with correction() as conn:
        if number == _usual(conn):
            raise UsualHoursStay()
        old = conn.execute(delete(WorkHours).where(WorkHours.id == number).returning(*_HOURS)).first()
        if old is None:
            raise NotFound(what="working hours of a unit", key=number)
        journal.note(conn, actor, journal.Change("hours", _hours_told(old), None, by, old.unit))


@dataclass(frozen=True, slots=True)
class NewCutOff:
    """An hour such as "15:00" after which reception counts from the next working day; "" lifts one that held before.

    Without a unit it is everybody's, without a channel (direct, online, postal) all channels'.
    """

    unit: str | None
    since: date
    channel: str
    at: str
    document: str


def set_cut_off(actor: Actor, new: NewCutOff) -> int:
    """Let a cut-off hour hold from a date on, by which document; the number of its row."""
    at = _hour_of_day(new.at)
    _check_since(new.since)
    if new.channel not in ("", *CHANNELS):
        raise ChannelUnknown(channel=new.channel, allowed=", ".join(CHANNELS))
    by = journal.named(new.document)
    with correction() as conn:
        _check_unit(conn, new.unit)
        values = {"unit": new.unit or None, "since": new.since, "channel": new.channel, "at": at, "document": by}
        made = conn.execute(insert(CutOffHour).values(**values).returning(*_CUT_OFF)).one()
        journal.note(conn, actor, journal.Change("cut_off", None, _cut_off_told(made), by, made.unit))
    return int(made.id)


def remove_cut_off(actor: Actor, number: int, document: str) -> None:
    """Let a cut-off hour hold no longer, as if it had never been, by which document."""
    by = journal.named(document)
    with correction() as conn:
        old = conn.execute(delete(CutOffHour).where(CutOffHour.id == number).returning(*_CUT_OFF)).first()
        if old is None:
            raise NotFound(what="cut-off hour", key=number)
        journal.note(conn, actor, journal.Change("cut_off", _cut_off_told(old), None, by, old.unit))


_HOURS, _CUT_OFF = tuple(WorkHours.__table__.columns), tuple(CutOffHour.__table__.columns)


def _hours_told(row: Any) -> dict[str, Any]:
    """Hours as the journal keeps them."""
    return {"id": row.id, "since": row.since.isoformat(), "first": turned(row.first), "last": turned(row.last),
            "week": [shifts_text(day) for day in row.week], "document": row.document}


def _cut_off_told(row: Any) -> dict[str, Any]:
    """A cut-off hour as the journal keeps it."""
    return {"id": row.id, "since": row.since.isoformat(), "channel": row.channel, "at": row.at,
            "document": row.document}


def _hour_of_day(text: str) -> str:
    """An hour as it is kept. Raises HourUnreadable."""
    found = _HOUR.fullmatch(text)
    if text.strip() and found is None:
        raise HourUnreadable(text=text.strip()[:20])
    return f"{int(found[1]):02d}:{found[2]}" if found else ""


def _check_since(since: date) -> None:
    if since < BEGINS:
        raise TooEarly(begins=f"{BEGINS:%d/%m/%Y}")


def _check_unit(conn: Connection, unit: str | None) -> None:
    if unit and conn.scalar(select(Unit.code).where(Unit.code == unit)) is None:
        raise UnitUnfit(unit=unit)


def _usual(conn: Connection) -> int | None:
    query = select(WorkHours.id).where(WorkHours.unit.is_(None)).order_by(WorkHours.since, WorkHours.id).limit(1)
    return conn.scalar(query)


def week_of(texts: Sequence[str]) -> list[list[list[str]]]:
    """Seven texts as a week's shifts. Raises what is wrong with them."""
    week = [_shifts(text) for text in texts]
    if not any(week):
        raise HoursEmpty()
    for day in week:
        pieces_of(tuple((time.fromisoformat(begin), time.fromisoformat(end)) for begin, end in day))
    return week


def _shifts(text: str) -> list[list[str]]:
    return sorted(_shift(part, text) for part in re.split(r"[,;]", text) if part.strip())


def _shift(part: str, text: str) -> list[str]:
    found = _SHIFT.fullmatch(part)
    if found is None or (int(found[3]) == MIDNIGHT and int(found[4])):
        raise HoursUnreadable(text=text.strip()[:60])
    hour, minute, last_hour, last_minute = (int(each) for each in found.groups())
    return [f"{hour:02d}:{minute:02d}", f"{last_hour % MIDNIGHT:02d}:{last_minute:02d}"]


def _season_day(text: str) -> str:
    """Day and month as "MM-DD"."""
    found = _DAY.fullmatch(text)
    try:
        day = date(LEAP_YEAR, int(found[2]), int(found[1])) if found else None
    except ValueError:
        day = None
    if day is None:
        raise SeasonUnreadable(text=text.strip()[:20])
    return f"{day:%m-%d}"
