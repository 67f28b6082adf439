"""The working calendars and names of all units, from the tables that people correct; built once per edition of these
tables.

Whoever changes hours, days or units calls `new_edition` in the same transaction; until the first edition the tables
are read each time.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, time
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, select

from app.db import transaction
from app.people.installation import remember
from app.people.models import CalendarDay, CutOffHour, Setting, Unit, WorkHours
from engine.clock.calendar import CutOff
from engine.clock.worktime import Calendar, Season, Shift

EDITION = "calendar_edition"
_Rule = tuple[str | None, Season]
_Hour = tuple[str | None, CutOff]


@dataclass(frozen=True, eq=False)
class Calendars:
    """Every unit's calendar; a unit without hours of its own has its parent's, at last everybody's.

    `names` are the units' names in both languages; a unit that is not in them does not exist.
    """

    names: Mapping[str, Mapping[str, str]]
    parents: Mapping[str, str | None]
    rules: tuple[_Rule, ...]
    days: Mapping[date, str]
    cut_offs: tuple[_Hour, ...] = ()
    built: dict[tuple[str, ...], Calendar] = field(default_factory=dict)

    def of(self, unit: str | None) -> Calendar:
        """The unit's calendar; everybody's for None."""
        line = self._line(unit)
        if line not in self.built:
            seasons = [season for each in (None, *line) for code, season in self.rules if code == each]
            hours = tuple(hour for each in (None, *line) for code, hour in self.cut_offs if code == each)
            self.built[line] = Calendar(shifts=(), days=self.days, seasons=tuple(seasons), cut_offs=hours)
        return self.built[line]

    def _line(self, unit: str | None) -> tuple[str, ...]:
        """The units with hours of their own from the top down to this one."""
        own: set[str | None] = {code for code, _ in self.rules} | {code for code, _ in self.cut_offs}
        line: list[str] = []
        while unit is not None and unit not in line:
            line.append(unit)
            unit = self.parents.get(unit)
        return tuple(each for each in reversed(line) if each in own)


_EDITION = select(Setting.value).where(Setting.key == EDITION)
_kept: dict[str, Calendars] = {}


def working_calendar(conn: Connection, unit: str | None) -> Calendar:
    """The calendar by which a unit works."""
    return calendars(conn).of(unit)


def calendars(conn: Connection) -> Calendars:
    """The calendars of this moment."""
    return of_edition(conn, conn.scalar(_EDITION))


def of_edition(conn: Connection, edition: Mapping[str, str] | None) -> Calendars:
    """The calendars of the edition that this transaction has just found to be the present one."""
    if edition is None:
        return _read(conn)
    found = _kept.get(edition["value"])
    if found is None:
        found = _read(conn)
        _kept.clear()
        _kept[edition["value"]] = found
    return found


@contextmanager
def correction() -> Iterator[Connection]:
    """A transaction that corrects the calendar: nobody else does meanwhile, and everybody reads it anew after it."""
    with transaction() as conn:
        conn.execute(_EDITION.with_for_update())
        yield conn
        new_edition(conn)


def new_edition(conn: Connection) -> None:
    """Let every process read the calendar tables anew once this transaction is through."""
    remember(conn, EDITION, secrets.token_hex(8))


def seasons_of(rows: Iterable[Any]) -> tuple[_Rule, ...]:
    """Rows of working hours as the engine's seasons, those that count more later."""
    rules = [(row.unit, _season(row)) for row in rows]
    return tuple(sorted(rules, key=lambda rule: (rule[1].since, -_days(rule[1]))))


def _season(row: Any) -> Season:
    week = tuple(tuple(_shift(each) for each in day) for day in row.week)
    return Season(week, row.since, _day(row.first), _day(row.last))


def _shift(pair: Iterable[str]) -> Shift:
    begin, end = (time.fromisoformat(text) for text in pair)
    return begin, end


def _day(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return int(month), int(day)


def _days(season: Season) -> int:
    """How long a season is, roughly; enough to see which is the shorter."""
    (month, day), (last_month, last_day) = season.first, season.last
    return ((last_month - month) * 31 + last_day - day) % (12 * 31)


def _read(conn: Connection) -> Calendars:
    rows = conn.execute(select(Unit.code, Unit.parent, Unit.name_vi, Unit.name_en).order_by(Unit.code))
    units = tuple((row.code, row.parent, row.name_vi, row.name_en) for row in rows)
    rules = seasons_of(conn.execute(select(WorkHours.__table__).order_by(WorkHours.id)))
    days = conn.execute(select(CalendarDay.day, CalendarDay.kind).order_by(CalendarDay.day))
    hours = conn.execute(select(CutOffHour.__table__).order_by(CutOffHour.since, CutOffHour.channel, CutOffHour.id))
    cut_offs = tuple((row.unit, CutOff(_hour(row.at), row.since, row.channel)) for row in hours)
    return _built(units, rules, tuple((row.day, row.kind) for row in days), cut_offs)


def _hour(text: str) -> time | None:
    return time.fromisoformat(text) if text else None


@lru_cache(maxsize=8)
def _built(
    units: tuple[tuple[str, str | None, str, str], ...], rules: tuple[_Rule, ...], days: tuple[tuple[date, str], ...],
    cut_offs: tuple[_Hour, ...],
) -> Calendars:
    names = {code: {"vi": vietnamese, "en": english} for code, _, vietnamese, english in units}
    return Calendars(names, {code: parent for code, parent, _, _ in units}, rules, dict(days), cut_offs)
