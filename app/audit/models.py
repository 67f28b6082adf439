"""History that only grows, and the record of who looked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Hex, JsonText, UtcDateTime, db


class HistoryEntry(db.Model):
    """One act on one dossier: the command and the facts it led to, chained by hash to the entry before.

    `payload` is {"command": …, "facts": […]}; `payload_digest` = SHA-256(salt | canonical JSON), so that personal
    data can later be erased and the chain still be verified. `acting_unit` is the unit the person acted for.
    """

    dossier: Mapped[int] = mapped_column(ForeignKey("dossier.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(40))
    person: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    person_name: Mapped[str]
    acting_unit: Mapped[str | None] = mapped_column(String(40))
    payload: Mapped[dict] = mapped_column(JsonText)
    salt: Mapped[str] = mapped_column(Hex(32))
    payload_digest: Mapped[str] = mapped_column(Hex(64))
    previous: Mapped[str] = mapped_column(Hex(64))
    hash: Mapped[str] = mapped_column(Hex(64))


class Look(db.Model):
    """Somebody looked at a dossier's history, printed or exported it, or was refused (append-only)."""

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(80), index=True)
    allowed: Mapped[bool] = mapped_column(default=True)
