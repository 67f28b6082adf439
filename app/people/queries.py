"""Reading people, units, memberships, tokens and the calendar."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Select, or_, select

from app import clock
from app.db import reading
from app.errors import NotFound
from app.people.models import ApiToken, CalendarDay, Membership, Person, Unit
from app.people.permissions import ROLES

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit as lists show it."""

    code: str
    name: dict[str, str]
    kind: str
    parent: str | None
    valid_from: date
    valid_to: date | None
    address: str
    phone: str


@dataclass(frozen=True, slots=True)
class MembershipRow:
    """A role in a unit between two dates."""

    id: int
    unit: str
    unit_name: dict[str, str]
    role: str
    valid_from: date
    valid_to: date | None
    current: bool


@dataclass(frozen=True, slots=True)
class PersonRow:
    """An account as lists show it, with its memberships."""

    id: int
    username: str
    name: str
    language: str
    active: bool
    demonstration: bool
    memberships: tuple[MembershipRow, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenRow:
    """An API token without its secret."""

    id: int
    name: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    @property
    def usable(self) -> bool:
        """Whether requests with it are still accepted."""
        return self.revoked_at is None and self.expires_at > clock.now()


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day off or a make-up day."""

    day: date
    kind: str
    name: dict[str, str]
    document: str


def read(query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """One of the questions below, asked on its own."""
    with reading() as conn:
        return query(conn, *args, **kwargs)


def unit_names(conn: Connection, codes: Collection[str]) -> dict[str, dict[str, str]]:
    """The names of these units in both languages, by code."""
    if not codes:
        return {}
    query = select(Unit.code, Unit.name_vi, Unit.name_en).where(Unit.code.in_(codes)).order_by(Unit.code)
    return {row.code: {"vi": row.name_vi, "en": row.name_en} for row in conn.execute(query)}


def person_names(conn: Connection, ids: Collection[int]) -> dict[int, str]:
    """The names of these people, by id."""
    if not ids:
        return {}
    return {row.id: row.name for row in conn.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))}


def units(conn: Connection, kinds: Collection[str] = (), on: date | None = None) -> list[UnitRow]:
    """The units that exist on a day (today), in the order of the tree."""
    day = on or clock.today()
    query = select(Unit).where(Unit.valid_from <= day, or_(Unit.valid_to.is_(None), Unit.valid_to >= day))
    if kinds:
        query = query.where(Unit.kind.in_(kinds))
    return sorted((_unit_row(row) for row in conn.execute(_columns(query))), key=lambda unit: tree_key(unit.code))


def unit(conn: Connection, code: str) -> UnitRow:
    """One unit. Raises NotFound."""
    row = conn.execute(_columns(select(Unit).where(Unit.code == code))).first()
    if row is None:
        raise NotFound(what="unit", key=code)
    return _unit_row(row)


def tree_key(code: str) -> tuple[tuple[int, str], ...]:
    """Sorts H49.2 before H49.10 and a centre after its commune."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in code.split("."))


def subtree(conn: Connection, codes: Collection[str]) -> frozenset[str]:
    """These units and all below them."""
    if not codes:
        return frozenset()
    parents = {row.code: row.parent for row in conn.execute(select(Unit.code, Unit.parent))}
    return frozenset(code for code in parents if _stands_under(code, set(codes), parents))


def _stands_under(code: str, tops: set[str], parents: dict[str, str | None]) -> bool:
    seen: set[str] = set()
    here: str | None = code
    while here is not None and here not in seen:
        if here in tops:
            return True
        seen.add(here)
        here = parents.get(here)
    return False


def people(conn: Connection, text: str = "", unit_code: str = "") -> list[PersonRow]:
    """People whose name or account contains the text, with their memberships."""
    query = select(Person.__table__).order_by(Person.name, Person.id)
    if unit_code:
        query = query.where(Person.id.in_(select(Membership.person).where(Membership.unit == unit_code)))
    wanted = text.strip().casefold()
    rows = [row for row in conn.execute(query) if wanted in row.name.casefold() or wanted in row.username.casefold()]
    held = _memberships(conn, [row.id for row in rows])
    return [_person_row(row, held.get(row.id, ())) for row in rows]


def person(conn: Connection, username: str) -> PersonRow:
    """One person by account name. Raises NotFound."""
    row = conn.execute(select(Person.__table__).where(Person.username == username)).first()
    if row is None:
        raise NotFound(what="person", key=username)
    return _person_row(row, _memberships(conn, [row.id]).get(row.id, ()))


def tokens(conn: Connection, person_id: int) -> list[TokenRow]:
    """A person's API tokens, newest first."""
    columns = (ApiToken.id, ApiToken.name, ApiToken.created_at, ApiToken.expires_at, ApiToken.revoked_at)
    query = select(*columns).where(ApiToken.person == person_id).order_by(ApiToken.id.desc())
    return [TokenRow(*row) for row in conn.execute(query)]


def calendar_days(conn: Connection, year: int | None = None) -> list[DayRow]:
    """Days off and make-up days of a year, or all."""
    query = select(CalendarDay.__table__).order_by(CalendarDay.day)
    if year is not None:
        query = query.where(CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)))
    return [
        DayRow(row.day, row.kind, {"vi": row.name_vi, "en": row.name_en}, row.document) for row in conn.execute(query)
    ]


def _columns(query: Select[tuple[Unit]]) -> Select[tuple[object, ...]]:
    return query.with_only_columns(*Unit.__table__.columns)


def _unit_row(row: object) -> UnitRow:
    values = row._mapping  # type: ignore[attr-defined]
    return UnitRow(
        values["code"], {"vi": values["name_vi"], "en": values["name_en"]}, values["kind"], values["parent"],
        values["valid_from"], values["valid_to"], values["address"], values["phone"],
    )


def _person_row(row: object, memberships: Sequence[MembershipRow]) -> PersonRow:
    values = row._mapping  # type: ignore[attr-defined]
    return PersonRow(
        values["id"], values["username"], values["name"], values["language"], values["active"],
        values["demonstration"], tuple(memberships),
    )


def _memberships(conn: Connection, ids: Collection[int]) -> dict[int, list[MembershipRow]]:
    today = clock.today()
    query = (
        select(Membership.__table__, Unit.name_vi, Unit.name_en)
        .join(Unit, Unit.code == Membership.unit)
        .where(Membership.person.in_(ids))
        .order_by(Membership.unit, Membership.role, Membership.valid_from)
    )
    found: dict[int, list[MembershipRow]] = {}
    for row in conn.execute(query):
        current = row.valid_from <= today and (row.valid_to is None or row.valid_to >= today)
        found.setdefault(row.person, []).append(MembershipRow(
            row.id, row.unit, {"vi": row.name_vi, "en": row.name_en}, row.role, row.valid_from, row.valid_to, current
        ))
    return found


@dataclass(frozen=True, slots=True)
class DemonstrationAccount:
    """An account of the demonstration, as the sign-in page offers it."""

    username: str
    name: str
    role: dict[str, str]
    unit: dict[str, str]


def is_demonstration(conn: Connection) -> bool:
    """Whether demonstration data were loaded into this installation."""
    return conn.scalar(select(Person.id).where(Person.demonstration).limit(1)) is not None


def demonstration_accounts(conn: Connection) -> list[DemonstrationAccount]:
    """One demonstration account for each role, in the order of the roles."""
    today = clock.today()
    query = (
        select(Person.username, Person.name, Membership.role, Unit.name_vi, Unit.name_en)
        .join(Membership, Membership.person == Person.id)
        .join(Unit, Unit.code == Membership.unit)
        .where(Person.demonstration, Person.active, Membership.valid_from <= today,
               or_(Membership.valid_to.is_(None), Membership.valid_to >= today))
        .order_by(Person.id)
    )
    first: dict[str, DemonstrationAccount] = {}
    for row in conn.execute(query):
        vi, en, _ = ROLES[row.role]
        unit_name = {"vi": row.name_vi, "en": row.name_en}
        first.setdefault(row.role, DemonstrationAccount(row.username, row.name, {"vi": vi, "en": en}, unit_name))
    return [first[role] for role in ROLES if role in first]
