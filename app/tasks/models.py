"""The inbox: a projection of the dossiers' facts, one row per step that is or was somebody's work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Numeric, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Json, UtcDateTime, db

# Both databases use the partial indexes only when their own condition stands literally in the statement.
LIVE = text("task.state IN ('open', 'waiting')")
WAITING = text("task.state = 'waiting'")


class Task(db.Model):
    """One token of a dossier resting on a step (state: open, waiting, done, cancelled).

    `due_at` is None while the clock stands, `warn_at` is when the next warning is
    due; `hours` are working hours allowed. `waiting` tasks wait for a message.
    """

    dossier: Mapped[int] = mapped_column(ForeignKey("dossier.id"), primary_key=True)
    token: Mapped[str] = mapped_column(String(20), primary_key=True)
    procedure: Mapped[str] = mapped_column(String(40))
    step: Mapped[str] = mapped_column(String(80))
    visit: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    role: Mapped[str] = mapped_column(String(40))
    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    form: Mapped[str | None] = mapped_column(String(80))
    message: Mapped[str | None] = mapped_column(String(80))
    item: Mapped[dict | None] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(10))
    assignee: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    hours: Mapped[float | None] = mapped_column(Numeric(8, 2))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    warn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    choice: Mapped[str | None] = mapped_column(String(60))
    __table_args__ = (
        Index("ix_task_inbox", "unit", "role", "due_at", "dossier", "token", "state", "assignee", "procedure",
              postgresql_where=text("state IN ('open', 'waiting')"), sqlite_where=text("state IN ('open', 'waiting')")),
        Index("ix_task_mine", "assignee", "due_at", "dossier", "token",
              postgresql_where=text("state IN ('open', 'waiting') AND assignee IS NOT NULL"),
              sqlite_where=text("state IN ('open', 'waiting') AND assignee IS NOT NULL")),
        Index("ix_task_open", "dossier", "token",
              postgresql_where=text("state IN ('open', 'waiting')"), sqlite_where=text("state IN ('open', 'waiting')")),
        Index("ix_task_waiting", "unit", "role", "due_at", "dossier", "token",
              postgresql_where=text("state = 'waiting'"), sqlite_where=text("state = 'waiting'")),
        Index("ix_task_done", "ended_by", "ended_at",
              postgresql_where=text("ended_by IS NOT NULL"), sqlite_where=text("ended_by IS NOT NULL")),
        Index("ix_task_warn", "warn_at", "dossier", "token",
              postgresql_where=text("warn_at IS NOT NULL AND state = 'open'"),
              sqlite_where=text("warn_at IS NOT NULL AND state = 'open'")),
    )


class TaskDraft(db.Model):
    """What an officer typed into a step's form without finishing it."""

    dossier: Mapped[int] = mapped_column(ForeignKey("dossier.id"), primary_key=True)
    token: Mapped[str] = mapped_column(String(20), primary_key=True)
    person: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    form: Mapped[dict] = mapped_column(Json)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
