"""Record codes: `<receiving unit>-<yyMMdd>-<NNNN>`, counted per unit and local day without holes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from app.clock import LOCAL
from app.db import inserting
from app.dossiers.models import CodeCounter


def next_code(conn: Connection, unit: str, now: datetime) -> str:
    """The next free code; the counter's row stays locked until the transaction ends, and a rollback gives it back."""
    day = now.astimezone(LOCAL).date()
    ordinal = conn.execute(_counted(conn, unit, day)).scalar_one()
    return f"{unit}-{day:%y%m%d}-{ordinal:04d}"


def next_number(conn: Connection, series: str, year: int) -> int:
    """The next number of a series of letters in a year, without holes; locked until the transaction ends."""
    return int(conn.execute(_counted(conn, series, date(year, 1, 1))).scalar_one())


def _counted(conn: Connection, unit: str, day: Any) -> Any:
    first = inserting(conn, CodeCounter).values(unit=unit, day=day, last=1)
    return first.on_conflict_do_update(
        index_elements=["unit", "day"], set_={"last": CodeCounter.last + 1}
    ).returning(CodeCounter.last)
