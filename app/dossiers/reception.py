"""What the reception desk offers: centres, procedures, competent units, and the filing form with its papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from app import clock
from app.casework import Actor, definition_of
from app.db import reading
from app.dossiers.components import Component, components_of
from app.dossiers.definitions import filing_form
from app.dossiers.errors import CentreRefused, ProcedureUnavailable
from app.dossiers.models import Dossier
from app.dossiers.named import Named, Names
from app.people.models import Unit
from app.procedures.models import Procedure, ProcessVersion
from app.search import has_words
from engine.definition import Definition
from engine.forms import localized

RECENT, LOOKED_AT = 6, 300
OFFERED = 50
CHANNELS = ("direct", "postal")


@dataclass(frozen=True)
class Offer:
    """A procedure that can be received, as the list shows it."""

    code: str
    name: Names
    field: Names
    level: str


@dataclass(frozen=True)
class Desk:
    """The first page of reception: where, and what for."""

    centres: tuple[Named, ...]
    centre: str
    recent: tuple[Offer, ...]
    offers: tuple[Offer, ...]
    more: bool


@dataclass(frozen=True)
class FilingPage:
    """The second page: the filing form, its papers and whom it goes to."""

    centre: Named
    procedure: Named
    facts: Mapping[str, Any]
    version: int
    units: tuple[Named, ...]
    unit: str
    schema: Mapping[str, Any]
    components: tuple[Component, ...]


@dataclass(frozen=True)
class Current:
    """The published version that new dossiers take."""

    procedure: Named
    version: int
    digest: str
    definition: Definition


def centres(conn: Connection, actor: Actor) -> tuple[Named, ...]:
    """The units at whose counter the person receives dossiers today."""
    return units_named(conn, Unit.code.in_(actor.units_for("dossier.receive")))


def centre_of(conn: Connection, actor: Actor, code: str) -> Named:
    """One of the person's own centres, the first when none is asked for. Raises CentreRefused."""
    found = {each.code: each for each in centres(conn, actor)}
    wanted = found.get(code) if code else next(iter(found.values()), None)
    if wanted is None:
        raise CentreRefused(unit=code or "-")
    return wanted


def units_named(conn: Connection, condition: ColumnElement[bool]) -> tuple[Named, ...]:
    """Units of today under a condition."""
    today = clock.today()
    rows = conn.execute(
        select(Unit.code, Unit.name_vi, Unit.name_en).where(condition, _valid(today)).order_by(Unit.code)
    )
    return tuple(Named(row.code, {"vi": row.name_vi, "en": row.name_en}) for row in rows)


def _valid(today: date) -> ColumnElement[bool]:
    return and_(Unit.valid_from <= today, or_(Unit.valid_to.is_(None), Unit.valid_to >= today))


def desk(actor: Actor, centre: str, text: str) -> Desk:
    """What the person can receive where; recent procedures first."""
    with reading() as conn:
        own = centres(conn, actor)
        here = centre_of(conn, actor, centre).code
        recent = () if text else _recent(conn, actor)
        others = Procedure.code.not_in([each.code for each in recent])
        offers = _offers(conn, others & has_words(Procedure.search, text))
    return Desk(own, here, recent, offers[:OFFERED], len(offers) > OFFERED)


def _recent(conn: Connection, actor: Actor) -> tuple[Offer, ...]:
    last = select(Dossier.procedure).where(Dossier.received_by == actor.person).order_by(Dossier.id.desc())
    order = list(dict.fromkeys(conn.scalars(last.limit(LOOKED_AT))))[:RECENT]
    found = {each.code: each for each in _offers(conn, Procedure.code.in_(order))}
    return tuple(found[code] for code in order if code in found)


def _offers(conn: Connection, condition: ColumnElement[bool]) -> tuple[Offer, ...]:
    rows = conn.execute(
        select(Procedure.__table__).where(Procedure.current_version.is_not(None), condition)
        .order_by(Procedure.name_vi).limit(OFFERED + 1)
    )
    return tuple(
        Offer(row.code, {"vi": row.name_vi, "en": row.name_en}, {"vi": row.field_vi, "en": row.field_en}, row.level)
        for row in rows
    )


def current(conn: Connection, procedure: str) -> Current:
    """The procedure's published version. Raises ProcedureUnavailable."""
    row = conn.execute(
        select(Procedure.code, Procedure.name_vi, Procedure.name_en, ProcessVersion.id, ProcessVersion.digest)
        .join(ProcessVersion, ProcessVersion.id == Procedure.current_version)
        .where(Procedure.code == procedure)
    ).first()
    if row is None:
        raise ProcedureUnavailable(procedure=procedure)
    definition = definition_of(conn, row.digest)
    return Current(Named(row.code, {"vi": row.name_vi, "en": row.name_en}), row.id, row.digest, definition)


def competent_units(conn: Connection, facts: Mapping[str, Any], centre: str) -> tuple[Named, ...]:
    """The units that may decide; a procedure bound to its territory offers only the centre's own."""
    rule = facts.get("competent", {})
    kinds, codes = rule.get("kinds", ()), rule.get("units", ())
    found = units_named(conn, or_(Unit.kind.in_(kinds), Unit.code.in_(codes)))
    if facts.get("non_territorial", False):
        return found
    near = {centre, _parent(conn, centre)}
    return tuple(each for each in found if each.code in near) or found


def _parent(conn: Connection, unit: str) -> str | None:
    return conn.execute(select(Unit.parent).where(Unit.code == unit)).scalar()


def preselected(conn: Connection, units: tuple[Named, ...], centre: str) -> str:
    """The only unit there is, or the one whose centre this is."""
    codes = {each.code for each in units}
    if len(codes) == 1:
        return next(iter(codes))
    return next((code for code in (centre, _parent(conn, centre)) if code in codes), "") or ""


def filing_page(actor: Actor, procedure: str, centre: str, answers: Mapping[str, Any], language: str) -> FilingPage:
    """The filing form in the reader's language, with what the answers so far make of the papers."""
    now: datetime = clock.now()
    with reading() as conn:
        here = centre_of(conn, actor, centre)
        taken = current(conn, procedure)
        facts = taken.definition.procedure
        units = competent_units(conn, facts, here.code)
        return FilingPage(
            centre=here, procedure=taken.procedure, facts=facts, version=taken.version, units=units,
            unit=preselected(conn, units, here.code),
            schema=localized(filing_form(taken.definition), language),
            components=components_of(facts, answers, now),
        )
