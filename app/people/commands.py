"""What the administrator does: people, their roles, units, the calendar."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from app import clock, sessions
from app.calendars import correction, new_edition, working_calendar
from app.db import inserting, transaction
from app.errors import NotFound
from app.people import journal, passwords
from app.people.actor import Actor
from app.people.errors import (
    AlreadyWorked,
    DatesInvalid,
    DayContradicts,
    DayKindUnknown,
    DayOutside,
    MembershipExists,
    NameMissing,
    OwnAccount,
    RoleUnknown,
    UnitCodeInvalid,
    UnitCodeTaken,
    UnitKindUnknown,
    UnitUnfit,
    UsernameInvalid,
    UsernameTaken,
)
from app.people.models import CalendarDay, Membership, Person, Role, Unit
from app.people.permissions import ROLES
from engine.clock.calendar import BEGINS

USERNAME = re.compile(r"[a-z0-9._-]{3,80}")
UNIT_CODE = re.compile(r"[A-Z][0-9]{2}(\.[0-9]{1,4}){0,3}")
UNIT_KINDS = ("province", "department", "centre", "commune", "enterprise", "vertical", "division")
DAY_KINDS = ("off", "make_up")
FIRST_DAY, LAST_DAY = BEGINS, date(2100, 12, 31)


@dataclass(frozen=True, slots=True)
class NewPerson:
    """An account to be made."""

    username: str
    name: str
    password: str
    language: str = "vi"
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit to be made."""

    code: str
    name_vi: str
    name_en: str
    kind: str
    parent: str | None = None
    valid_from: date = date(2025, 7, 1)
    address: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class NewMembership:
    """A role in a unit to be given to a person."""

    username: str
    unit: str
    role: str
    valid_from: date
    valid_to: date | None = None


def add_person(actor: Actor, new: NewPerson) -> int:
    """Make an account; its id."""
    value = _checked_hash(new)
    with transaction() as conn:
        return insert_person(conn, new, value)


def _checked_hash(new: NewPerson) -> str:
    if not USERNAME.fullmatch(new.username):
        raise UsernameInvalid(username=new.username)
    if not new.name.strip():
        raise NameMissing()
    passwords.check_strength(new.password, new.username)
    return passwords.hashed(new.password)


def insert_person(conn: Connection, new: NewPerson, password_hash: str) -> int:
    """Write an account whose password is hashed already."""
    if conn.scalar(select(Person.id).where(Person.username == new.username)) is not None:
        raise UsernameTaken(username=new.username)
    return int(conn.execute(insert(Person).values(
        username=new.username, name=new.name.strip(), password_hash=password_hash, language=new.language, active=True,
        demonstration=new.demonstration, created_at=clock.now(),
    ).returning(Person.id)).scalar_one())


def set_active(actor: Actor, username: str, active: bool) -> None:
    """Close an account (and sign the person out everywhere), or open it again."""
    with transaction() as conn:
        person = person_id(conn, username)
        if person == actor.person:
            raise OwnAccount()
        conn.execute(update(Person).where(Person.id == person).values(active=active))
        if not active:
            sessions.end_all(conn, person)


def reset_password(actor: Actor, username: str, password: str) -> None:
    """Give a person a new password; all his sessions end."""
    passwords.check_strength(password, username)
    value = passwords.hashed(password)
    with transaction() as conn:
        person = person_id(conn, username)
        conn.execute(update(Person).where(Person.id == person).values(password_hash=value))
        sessions.end_all(conn, person)


def add_membership(actor: Actor, new: NewMembership) -> int:
    """Give a person a role in a unit from a day on; its id."""
    with transaction() as conn:
        return insert_membership(conn, new)


def insert_membership(conn: Connection, new: NewMembership) -> int:
    """Write a membership after checking it."""
    if new.role not in ROLES:
        raise RoleUnknown(role=new.role, offered=", ".join(ROLES))
    if new.valid_to is not None and new.valid_to < new.valid_from:
        raise DatesInvalid()
    person = person_id(conn, new.username)
    if conn.scalar(select(Unit.code).where(Unit.code == new.unit)) is None:
        raise UnitUnfit(unit=new.unit)
    same = select(Membership.id).where(
        Membership.person == person, Membership.unit == new.unit, Membership.role == new.role,
        Membership.valid_from == new.valid_from)
    if conn.scalar(same) is not None:
        raise MembershipExists()
    return int(conn.execute(insert(Membership).values(
        person=person, unit=new.unit, role=new.role, valid_from=new.valid_from, valid_to=new.valid_to,
    ).returning(Membership.id)).scalar_one())


def end_membership(actor: Actor, membership_id: int, last_day: date) -> None:
    """Let a role end with a day."""
    with transaction() as conn:
        first = conn.scalar(select(Membership.valid_from).where(Membership.id == membership_id))
        if first is None:
            raise NotFound(what="membership", key=membership_id)
        if last_day < first:
            raise DatesInvalid()
        conn.execute(update(Membership).where(Membership.id == membership_id).values(valid_to=last_day))


def add_unit(actor: Actor, new: NewUnit) -> str:
    """Make a unit; its code."""
    with transaction() as conn:
        return insert_unit(conn, new)


def insert_unit(conn: Connection, new: NewUnit) -> str:
    """Write a unit after checking it."""
    if not UNIT_CODE.fullmatch(new.code):
        raise UnitCodeInvalid(code=new.code)
    if new.kind not in UNIT_KINDS:
        raise UnitKindUnknown(kind=new.kind, offered=", ".join(UNIT_KINDS))
    if not new.name_vi.strip() or not new.name_en.strip():
        raise NameMissing()
    if conn.scalar(select(Unit.code).where(Unit.code == new.code)) is not None:
        raise UnitCodeTaken(code=new.code)
    if new.parent and conn.scalar(select(Unit.code).where(Unit.code == new.parent)) is None:
        raise UnitUnfit(unit=new.parent)
    conn.execute(insert(Unit).values(
        code=new.code, name_vi=new.name_vi.strip(), name_en=new.name_en.strip(), kind=new.kind,
        parent=new.parent or None, valid_from=new.valid_from, address=new.address, phone=new.phone,
    ))
    new_edition(conn)
    return new.code


def end_unit(actor: Actor, code: str, last_day: date) -> None:
    """Let a unit end with a day; its dossiers keep it in their history."""
    with transaction() as conn:
        first = conn.scalar(select(Unit.valid_from).where(Unit.code == code))
        if first is None:
            raise NotFound(what="unit", key=code)
        if last_day < first:
            raise DatesInvalid()
        conn.execute(update(Unit).where(Unit.code == code).values(valid_to=last_day))


def set_day(actor: Actor, day: date, kind: str, names: tuple[str, str], document: str) -> None:
    """Say that a day is off or made up for, by which document."""
    if kind not in DAY_KINDS:
        raise DayKindUnknown()
    if not FIRST_DAY <= day <= LAST_DAY:
        raise DayOutside(begins=f"{FIRST_DAY:%d/%m/%Y}", ends=f"{LAST_DAY:%d/%m/%Y}", day=f"{day:%d/%m/%Y}")
    if not names[0].strip() or not names[1].strip():
        raise NameMissing()
    row = {"kind": kind, "name_vi": names[0].strip(), "name_en": names[1].strip(), "document": journal.named(document)}
    with correction() as conn:
        old = _check_day(conn, day, kind)
        statement = inserting(conn, CalendarDay).values(day=day, **row)
        changed = conn.execute(statement.on_conflict_do_update(index_elements=["day"], set_=row).returning(*_DAY)).one()
        before = _told(old) if old else None
        journal.note(conn, actor, journal.Change("day", before, _told(changed), row["document"]))


_DAY = tuple(CalendarDay.__table__.columns)


def _told(row: Any) -> dict[str, Any]:
    """A day as the journal keeps it."""
    return {"day": row.day.isoformat(), "kind": row.kind, "name": {"vi": row.name_vi, "en": row.name_en},
            "document": row.document}


def _check_day(conn: Connection, day: date, kind: str) -> Any:
    """The day's entry until now. It cannot be off and made up for at once, nor made up for if it is worked anyway."""
    there = conn.execute(select(CalendarDay.__table__).where(CalendarDay.day == day)).first()
    if there is not None and there.kind != kind:
        raise DayContradicts(day=day.strftime("%d/%m/%Y"), name={"vi": there.name_vi, "en": there.name_en},
                             document=there.document)
    if there is None and kind == "make_up" and working_calendar(conn, None).works(day):
        raise AlreadyWorked(day=day.strftime("%d/%m/%Y"))
    return there


def clear_day(actor: Actor, day: date, document: str) -> None:
    """Let a day follow the week's pattern again, by which document."""
    by = journal.named(document)
    with correction() as conn:
        old = conn.execute(delete(CalendarDay).where(CalendarDay.day == day).returning(*_DAY)).first()
        if old is None:
            raise NotFound(what="calendar day", key=day.isoformat())
        journal.note(conn, actor, journal.Change("day", _told(old), None, by))


def seed_roles(conn: Connection) -> None:
    """Write the roles of this release that the database does not know yet."""
    known = set(conn.scalars(select(Role.code)))
    rows = [{"code": code, "name_vi": vi, "name_en": en} for code, (vi, en, _) in ROLES.items() if code not in known]
    if rows:
        conn.execute(insert(Role), rows)


def seed_calendar(conn: Connection, days: Collection[tuple[date, str, str, str, str]]) -> None:
    """Write days that nobody has decided on yet: (day, kind, Vietnamese name, English name, document)."""
    known = set(conn.scalars(select(CalendarDay.day)))
    rows = [
        {"day": day, "kind": kind, "name_vi": vi, "name_en": en, "document": document}
        for day, kind, vi, en, document in days if day not in known
    ]
    if rows:
        conn.execute(insert(CalendarDay), rows)
        new_edition(conn)


def person_id(conn: Connection, username: str) -> int:
    """The id of an account. Raises NotFound."""
    found = conn.scalar(select(Person.id).where(Person.username == username))
    if found is None:
        raise NotFound(what="person", key=username)
    return int(found)
