"""Units, people, what they may do where and when, and how they prove who they are."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Json, UtcDateTime, db


class Unit(db.Model):
    """An organisation (kind: province, department, centre, commune, enterprise, vertical, division)."""

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name_vi: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[str] = mapped_column(String(20))
    parent: Mapped[str | None] = mapped_column(ForeignKey("unit.code"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    address: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")


class Role(db.Model):
    """A role that a step may ask for, or that lets people work on the platform itself."""

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name_vi: Mapped[str]
    name_en: Mapped[str]


class Person(db.Model):
    """Somebody with an account."""

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    language: Mapped[str] = mapped_column(String(5), default="vi")
    active: Mapped[bool] = mapped_column(default=True)
    demonstration: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Membership(db.Model):
    """A person holds a role in a unit between two dates (both included; open end when `valid_to` is empty)."""

    id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"), index=True)
    role: Mapped[str] = mapped_column(ForeignKey("role.code"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    __table_args__ = (UniqueConstraint("person", "unit", "role", "valid_from"),)


class Session(db.Model):
    """A signed-in browser; the cookie holds the secret, the row only its SHA-256."""

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    data: Mapped[dict] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ApiToken(db.Model):
    """A person's key for the API, with the person's own permissions; only its SHA-256 is kept."""

    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    person: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CalendarDay(db.Model):
    """A day that differs from the week's pattern (kind: off or make_up), with the document that says so."""

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    name_vi: Mapped[str]
    name_en: Mapped[str]
    document: Mapped[str] = mapped_column(default="")


class WorkHours(db.Model):
    """The shifts of a unit's week from a date on and, each year, between two days ("MM-DD", both included).

    Without a unit they are everybody's; units below take over their parent's. `week` is a list of Monday to Sunday,
    each a list of ["07:30", "11:30"]; "00:00" ends a day. Of several that cover a day the nearer unit's count, of
    these the later `since`, of these the shorter season, of these what was entered later.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    unit: Mapped[str | None] = mapped_column(ForeignKey("unit.code"), index=True)
    since: Mapped[date]
    first: Mapped[str] = mapped_column(String(5), default="01-01")
    last: Mapped[str] = mapped_column(String(5), default="12-31")
    week: Mapped[list] = mapped_column(Json)
    document: Mapped[str] = mapped_column(default="")


class CutOffHour(db.Model):
    """What a unit receives after the hour `at` ("15:00") of a working day counts from the next; empty: nothing does.

    Without a unit it is everybody's, without a channel all channels'. Of several that cover a reception the nearer
    unit's counts, of these the later `since`, of these the channel's own.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    unit: Mapped[str | None] = mapped_column(ForeignKey("unit.code"), index=True)
    since: Mapped[date]
    channel: Mapped[str] = mapped_column(String(10), default="")
    at: Mapped[str] = mapped_column(String(5), default="")
    document: Mapped[str]


class CalendarChange(db.Model):
    """Somebody changed the calendar (kind: day, hours or cut_off) by a document; append-only.

    `old` and `new` are what the API shows of it, empty where there was or is nothing; without a unit it is everybody's.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(10))
    unit: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    old: Mapped[dict | None] = mapped_column(Json)
    new: Mapped[dict | None] = mapped_column(Json)
    document: Mapped[str]


class Setting(db.Model):
    """A fact about this installation (the province's code, whether demonstration data were loaded)."""

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[dict] = mapped_column(Json)


Index("ix_membership_person_dates", Membership.person, Membership.valid_from, Membership.valid_to)
