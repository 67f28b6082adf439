"""Notices to officers, and letters of apology."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import UtcDateTime, db


class Notice(db.Model):
    """Something an officer is told inside the platform: a warning to `kind` (officer, head, unit, apology) about a
    step (`token`, or "dossier"), due at `due_at`."""

    id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[int] = mapped_column(ForeignKey("person.id"))
    dossier: Mapped[int] = mapped_column(ForeignKey("dossier.id"), index=True)
    token: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (Index("ix_notice_mine", "person", "read_at", "id"),)


class Apology(db.Model):
    """A letter of apology with a new date (form 04). `state` is draft, signed or refused; `override` says why a
    further one is unavoidable; `unit` answers for it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier: Mapped[int] = mapped_column(ForeignKey("dossier.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default="draft")
    number: Mapped[str] = mapped_column(String(40), default="")
    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    reason: Mapped[str]
    override: Mapped[str] = mapped_column(default="")
    old_due: Mapped[datetime] = mapped_column(UtcDateTime)
    new_due: Mapped[datetime] = mapped_column(UtcDateTime)
    drafted_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    drafted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(default="")
