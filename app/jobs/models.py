"""What has to happen later or elsewhere: timers, outgoing letters, incidents, answers kept for repeated requests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Hex, Json, Packed, UtcDateTime, db


class Timer(db.Model):
    """A timer event of a dossier that waits for `due_at`; one that failed (`failed_at`) waits for a supervisor."""

    dossier: Mapped[int] = mapped_column(ForeignKey("dossier.id"), primary_key=True)
    timer: Mapped[str] = mapped_column(String(20), primary_key=True)
    element: Mapped[str] = mapped_column(String(80))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Letter(db.Model):
    """The outbox: something to tell somebody outside, written in the same transaction as its cause.

    `next_at` is when delivery is tried next; whoever tries moves it on first, so that nobody else tries meanwhile.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier: Mapped[int | None] = mapped_column(ForeignKey("dossier.id"), index=True)
    seq: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(40))
    body: Mapped[dict] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str] = mapped_column(default="")
    __table_args__ = (Index("ix_letter_waiting", "sent_at", "next_at"),)


class ServiceCall(db.Model):
    """A request of a service task that waits for its connector; one that failed (`failed_at`) waits for a supervisor.

    `next_at` is when the connector is asked next; whoever asks moves it on first.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier: Mapped[int] = mapped_column(ForeignKey("dossier.id"))
    token: Mapped[str] = mapped_column(String(20))
    element: Mapped[str] = mapped_column(String(80))
    connector: Mapped[str] = mapped_column(String(80))
    inputs: Mapped[dict] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        Index("ix_service_call_token", "dossier", "token", unique=True),
        Index("ix_service_call_waiting", "failed_at", "next_at"),
    )


class Incident(db.Model):
    """A command that failed inside the engine; nothing of it was kept but this, so that it can be retried.

    `dossier` is empty when it was about to be received; that cannot be retried here.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier: Mapped[int | None] = mapped_column(ForeignKey("dossier.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    acting_unit: Mapped[str | None] = mapped_column(String(40))
    command: Mapped[dict] = mapped_column(Json)
    error: Mapped[str] = mapped_column(String(60))
    details: Mapped[dict] = mapped_column(Json)
    retries: Mapped[int] = mapped_column(default=0)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    __table_args__ = (Index("ix_incident_open", "resolved_at", "id"),)


class Answer(db.Model):
    """The answer given to a request with an idempotency key, given again when the same request comes again."""

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    person: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    request_digest: Mapped[str] = mapped_column(Hex(64))
    body: Mapped[dict] = mapped_column(Packed)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # They come in the order of their times: what is too old lies together, and a range of pages is all that it takes.
    __table_args__ = (Index("ix_answer_created_at", "created_at", postgresql_using="brin",
                            postgresql_with={"pages_per_range": 4}),)
