"""Dossiers, their papers, and the counters of their codes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Hex, Packed, UtcDateTime, db


class Dossier(db.Model):
    """One dossier: its place in the process (`state`), the head of its history, and what lists need.

    `procedure` and `version` never change. `status` is one of the portal's codes 1-10. `due_at` is the reduced
    (promised) date, `statutory_due_at` the law's, `warn_at` when an apology is to be thought of. What people answered
    is in the state alone, under its seal.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    procedure: Mapped[str] = mapped_column(ForeignKey("procedure.code"), index=True)
    version: Mapped[int] = mapped_column(ForeignKey("process_version.id"))
    receiving_unit: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    competent_unit: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    channel: Mapped[str] = mapped_column(String(10))
    applicant_name: Mapped[str]
    applicant_id: Mapped[str] = mapped_column(String(20), default="", index=True)
    applicant_phone: Mapped[str] = mapped_column(String(20), default="")
    applicant_email: Mapped[str] = mapped_column(default="")
    applicant_address: Mapped[str] = mapped_column(default="")
    search: Mapped[str]
    status: Mapped[int]
    clock: Mapped[str] = mapped_column(String(10), default="running")
    received_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    statutory_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    warn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ledger: Mapped[list] = mapped_column(Packed)
    state: Mapped[bytes] = mapped_column(LargeBinary)
    seq: Mapped[int]
    head: Mapped[str] = mapped_column(Hex(64))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (
        # Nothing that a step changes stands in an index that every dossier is in: an update then touches none of them.
        Index("ix_dossier_receiving", "receiving_unit", "id"),
        Index("ix_dossier_competent", "competent_unit", "id"),
        Index("ix_dossier_received_by", "received_by", "id"),
        Index("ix_dossier_due", "due_at", "id", postgresql_where=text("finished_at IS NULL"),
              sqlite_where=text("finished_at IS NULL")),
        Index("ix_dossier_finished", "finished_at", "id", postgresql_where=text("finished_at IS NOT NULL"),
              sqlite_where=text("finished_at IS NOT NULL")),
        Index("ix_dossier_running", "procedure", "version", postgresql_where=text("ended_at IS NULL"),
              sqlite_where=text("ended_at IS NULL")),
        # By three letters each on PostgreSQL; on SQLite it is read through, which is less than reading the dossiers.
        Index("ix_dossier_search", "search", postgresql_using="gin", postgresql_ops={"search": "gin_trgm_ops"}),
        Index("ix_dossier_warn", "warn_at", "id", postgresql_where=text("warn_at IS NOT NULL"),
              sqlite_where=text("warn_at IS NOT NULL")),
    )


class DossierUnit(db.Model):
    """A unit that takes or took part in a dossier and may therefore see it."""

    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"), primary_key=True)
    dossier: Mapped[int] = mapped_column(ForeignKey("dossier.id"), primary_key=True, index=True)


class Attachment(db.Model):
    """A file handed in for a component (or made as a step's result); its content lies under its SHA-256."""

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier: Mapped[int | None] = mapped_column(ForeignKey("dossier.id"), index=True)
    component: Mapped[str] = mapped_column(String(60), default="")
    step: Mapped[str] = mapped_column(String(80), default="")
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(100))
    uploaded_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CodeCounter(db.Model):
    """The last ordinal given out for a receiving unit on a (local) day."""

    unit: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]
