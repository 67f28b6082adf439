"""Working hours as people see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from app.dossiers.named import Named
from app.people.models import CutOffHour, Unit, WorkHours


@dataclass(frozen=True, slots=True)
class HoursRow:
    """Hours from a date on, each year between two days; `unit` is None where they are everybody's."""

    id: int
    unit: Named | None
    since: date
    first: str
    last: str
    week: tuple[str, ...]
    document: str
    usual: bool

    @property
    def all_year(self) -> bool:
        """Whether they are no season's."""
        return (self.first, self.last) == ("01/01", "31/12")


def work_hours(conn: Connection) -> tuple[HoursRow, ...]:
    """All hours: everybody's first, then by unit and date."""
    query = select(WorkHours.__table__, Unit.name_vi, Unit.name_en).outerjoin(Unit, Unit.code == WorkHours.unit)
    rows = conn.execute(query.order_by(WorkHours.unit.is_not(None), WorkHours.unit, WorkHours.since, WorkHours.id))
    return tuple(
        HoursRow(
            row.id, Named(row.unit, {"vi": row.name_vi, "en": row.name_en}) if row.unit else None, row.since,
            turned(row.first), turned(row.last), tuple(shifts_text(day) for day in row.week), row.document,
            usual=number == 0,
        )
        for number, row in enumerate(rows)
    )


@dataclass(frozen=True, slots=True)
class CutOffRow:
    """A cut-off hour from a date on; `unit` is None where it is everybody's, `channel` empty where it is all channels',
    `at` empty where it lifts one."""

    id: int
    unit: Named | None
    since: date
    channel: str
    at: str
    document: str


def cut_off_hours(conn: Connection) -> tuple[CutOffRow, ...]:
    """All cut-off hours: everybody's first, then by unit and date."""
    query = select(CutOffHour.__table__, Unit.name_vi, Unit.name_en).outerjoin(Unit, Unit.code == CutOffHour.unit)
    order = CutOffHour.unit.is_not(None), CutOffHour.unit, CutOffHour.since, CutOffHour.id
    return tuple(
        CutOffRow(row.id, Named(row.unit, {"vi": row.name_vi, "en": row.name_en}) if row.unit else None, row.since,
                  row.channel, row.at, row.document)
        for row in conn.execute(query.order_by(*order))
    )


def shifts_text(shifts: Sequence[Sequence[str]]) -> str:
    """The shifts of a day as they are typed; the end of a day is 24:00."""
    return ", ".join(f"{begin}-{'24:00' if end == '00:00' else end}" for begin, end in shifts)


def turned(text: str) -> str:
    """A day of the year ("04-16") as it is typed ("16/04")."""
    month, day = text.split("-")
    return f"{day}/{month}"
