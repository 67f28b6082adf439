"""The catalogue, drafts under the analyst's hands, and published versions that never change."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Json, UtcDateTime, db


class Procedure(db.Model):
    """One administrative procedure of the catalogue; what is promised to citizens is in its current version.

    `limits` and `cut` (by how many percent the reduced time is shorter) are kept here as well, because a list of all
    procedures must not read every version's bundle.
    """

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    name_vi: Mapped[str]
    name_en: Mapped[str]
    search: Mapped[str]
    level: Mapped[str] = mapped_column(String(20), index=True)
    owner_vi: Mapped[str]
    owner_en: Mapped[str]
    field_vi: Mapped[str]
    field_en: Mapped[str]
    service_level: Mapped[str] = mapped_column(String(20))
    limits: Mapped[dict | None] = mapped_column(Json)
    cut: Mapped[Decimal | None] = mapped_column(Numeric(5, 1))
    current_version: Mapped[int | None] = mapped_column(ForeignKey("process_version.id", use_alter=True))


class ProcessVersion(db.Model):
    """An immutable published bundle: diagram, decisions, forms and the procedure's facts, under one digest."""

    id: Mapped[int] = mapped_column(primary_key=True)
    procedure: Mapped[str] = mapped_column(ForeignKey("procedure.code"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    bundle: Mapped[dict] = mapped_column(Json)
    findings: Mapped[list] = mapped_column(Json)
    scenarios: Mapped[dict] = mapped_column(Json, default=dict)
    note: Mapped[str] = mapped_column(default="")
    author: Mapped[int] = mapped_column(ForeignKey("person.id"))
    publisher: Mapped[int] = mapped_column(ForeignKey("person.id"))
    effective_from: Mapped[date]
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (UniqueConstraint("procedure", "number"),)


class Draft(db.Model):
    """The one draft of a procedure (state: draft, submitted); `revision` rises with every save.

    `editors` are the ids of all who had a hand in it: none of them may publish it.
    """

    procedure: Mapped[str] = mapped_column(ForeignKey("procedure.code"), primary_key=True)
    bundle: Mapped[dict] = mapped_column(Json)
    scenarios: Mapped[dict] = mapped_column(Json, default=dict)
    revision: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(20), default="draft")
    note: Mapped[str] = mapped_column(default="")
    author: Mapped[int] = mapped_column(ForeignKey("person.id"))
    editors: Mapped[list] = mapped_column(Json, default=list)
    based_on: Mapped[int | None] = mapped_column(ForeignKey("process_version.id"))
    updated_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rejected_note: Mapped[str] = mapped_column(default="")


class ProcedureEvent(db.Model):
    """What happened to a procedure's diagrams, who did it and when (append-only)."""

    id: Mapped[int] = mapped_column(primary_key=True)
    procedure: Mapped[str] = mapped_column(ForeignKey("procedure.code"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict] = mapped_column(Json)
