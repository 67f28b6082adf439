"""Facts about this installation that everybody who works on it shares."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from app.db import inserting
from app.people.models import Setting


def remember(conn: Connection, key: str, value: Any) -> None:
    """Keep a fact about this installation."""
    statement = inserting(conn, Setting).values(key=key, value={"value": value})
    conn.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": {"value": value}}))


def remembered(conn: Connection, key: str) -> Any:
    """A fact about this installation, or None."""
    found = conn.scalar(select(Setting.value).where(Setting.key == key))
    return None if found is None else found["value"]
