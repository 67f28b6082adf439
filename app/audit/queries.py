"""Dossiers of the units an auditor answers for, their entries, and who looked at them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from app import clock
from app.audit.errors import HistoryUnknown, MomentUnknown
from app.audit.export import lines_of
from app.audit.log import Chain, verify_chain
from app.audit.models import HistoryEntry, Look
from app.audit.narrate import Words, acting
from app.audit.reexecute import Recorded, Verdict, reexecute
from app.audit.replay import Act, Moment, moments
from app.audit.versions import Version, digests, first_digest, versions_of
from app.calendars import Calendars, calendars
from app.casework import Actor
from app.clock import LOCAL
from app.db import reading
from app.dossiers.models import Dossier, DossierUnit
from app.dossiers.timing import Due, due_of
from app.people.models import Person, Unit
from app.people.permissions import ROLES
from app.people.queries import subtree, unit_names
from app.procedures.models import Procedure, ProcessVersion
from app.search import has_words, of_procedure
from engine.definition import OutlineStep, outline

PAGE = 50
_Receiving, _Competent = aliased(Unit), aliased(Unit)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an auditor searches for; empty fields do not limit. `procedure` is a code or words of the name."""

    text: str = ""
    procedure: str = ""
    status: int | None = None
    unit: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A dossier in the list of those found, and at the head of its history."""

    id: int
    code: str
    procedure: str
    procedure_name: Mapping[str, str]
    version: int
    number: int
    digest: str
    applicant: str
    receiving: Mapping[str, str]
    competent: Mapping[str, str]
    status: int
    channel: str
    received_at: datetime
    due_at: datetime | None
    finished_at: datetime | None
    ended_at: datetime | None
    entries: int
    head: str
    promised: Due | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of dossiers."""

    lines: tuple[Line, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class LookLine:
    """Somebody looked at a history, or was refused."""

    at: datetime
    who: str
    action: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """How the reader wants codes put into words."""

    language: str
    translate: Callable[[str], str]
    status: Callable[[int], str]
    moment: Callable[[str], str]
    hours: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class History:
    """A dossier's whole history, checked; `drawn` are the diagrams by the digests of the versions it ran on."""

    head: Line
    drawn: Mapping[str, str]
    version_ok: bool
    words: Words
    moments: tuple[Moment, ...]
    chain: Chain
    again: Verdict

    @property
    def outline(self) -> tuple[OutlineStep, ...]:
        """The steps of the dossier's version, to be listed beside its diagram."""
        return self.outline_at(self.head.digest)

    def outline_at(self, digest: str) -> tuple[OutlineStep, ...]:
        """The steps of a version that the dossier ran on."""
        return tuple(outline(self.words.under(digest).definition, self.words.language))


def search(actor: Actor, wanted: Wanted, page: int = 1, size: int = PAGE) -> Found:
    """The dossiers in the actor's units and those below, the newest first."""
    with reading() as conn:
        matching = and_(within(conn, actor), *_conditions(conn, wanted))
        total = conn.execute(select(func.count()).select_from(Dossier).where(matching)).scalar_one()
        query = _lines().where(matching).order_by(Dossier.id.desc()).limit(size).offset((page - 1) * size)
        known, now = calendars(conn), clock.now()
        lines = tuple(_line(row, _promised(row, known, now)) for row in conn.execute(query))
    return Found(lines, total, page, max(1, -(-total // size)))


def find(conn: Connection, actor: Actor, code: str) -> Line | None:
    """The dossier, if it lies in the units that this person audits."""
    row = conn.execute(_lines().where(Dossier.code == code, within(conn, actor))).first()
    return None if row is None else _line(row)


def head(actor: Actor, code: str) -> Line:
    """The dossier's line; raises HistoryUnknown."""
    with reading() as conn:
        return _found(conn, actor, code)


def history(actor: Actor, code: str, reader: Reader) -> History:
    """A dossier moment by moment, with its chain and the commands run again."""
    with reading() as conn:
        line = _found(conn, actor, code)
        acts = _acts(conn, line.id, reader.language)
        ran_on = _ran_on(conn, line, acts)
        words = _words(conn, ran_on, acts, reader)
        chain = verify_chain(conn, line.id)
    in_force = digests((act.payload for act in acts), line.digest)
    drawn = {digest: version.bundle.xml for digest, version in ran_on.items()}
    unaltered = all(version.unaltered for version in ran_on.values())
    return History(line, drawn, unaltered, words, tuple(moments(words, acts, in_force)), chain, _again(ran_on, acts))


def moment(found: History, seq: int) -> Moment:
    """One moment of a history; raises MomentUnknown."""
    for each in found.moments:
        if each.act.seq == seq:
            return each
    raise MomentUnknown(code=found.head.code, seq=seq)


def chain(actor: Actor, code: str) -> tuple[Chain, Verdict]:
    """The state of a dossier's chain, and whether its commands lead to the same facts again."""
    with reading() as conn:
        line = _found(conn, actor, code)
        acts = _acts(conn, line.id)
        ran_on = _ran_on(conn, line, acts)
        found = verify_chain(conn, line.id)
    return found, _again(ran_on, acts)


def looks(actor: Actor, code: str, limit: int = 100) -> tuple[LookLine, ...]:
    """Who looked at the dossier's history, the latest first."""
    query = (
        select(Look.at, Person.name, Look.action, Look.allowed)
        .outerjoin(Person, Person.id == Look.person)
        .where(Look.subject == code)
        .order_by(Look.id.desc())
        .limit(limit)
    )
    with reading() as conn:
        _found(conn, actor, code)
        return tuple(LookLine(row.at, row.name or "", row.action, row.allowed) for row in conn.execute(query))


def export(conn: Connection, line: Line, now: datetime, by: str) -> tuple[str, ...]:
    """The dossier's case file, line by line."""
    ran_on = _ran_on(conn, line, _acts(conn, line.id))
    first, *later = [
        {"number": version.number, "digest": digest, "bundle": json.loads(version.bundle.to_json())}
        for digest, version in ran_on.items()
    ]
    header = {"code": line.code, "procedure": line.procedure, "version": first, "exported_at": now.isoformat(),
              "exported_by": by} | ({"later_versions": later} if later else {})
    query = select(HistoryEntry.__table__).where(HistoryEntry.dossier == line.id).order_by(HistoryEntry.seq)
    return tuple(lines_of(header, (dict(row) for row in conn.execute(query).mappings())))


def any_line(conn: Connection, code: str) -> Line:
    """A dossier by its code, for the operator's own commands; raises HistoryUnknown."""
    row = conn.execute(_lines().where(Dossier.code == code)).first()
    if row is None:
        raise HistoryUnknown(code=code)
    return _line(row)


def unit_choices(actor: Actor) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """The units to filter by: the actor's own and those below."""
    with reading() as conn:
        names = unit_names(conn, subtree(conn, actor.units_for("audit.read")))
    return tuple(names.items())


def within(conn: Connection, actor: Actor) -> ColumnElement[bool]:
    """Whether a unit that the actor answers for takes part in the dossier."""
    units = subtree(conn, actor.units_for("audit.read"))
    return exists().where(DossierUnit.dossier == Dossier.id, DossierUnit.unit.in_(units))


def _found(conn: Connection, actor: Actor, code: str) -> Line:
    line = find(conn, actor, code)
    if line is None:
        raise HistoryUnknown(code=code)
    return line


def _conditions(conn: Connection, wanted: Wanted) -> list[ColumnElement[bool]]:
    text = [has_words(Dossier.search, wanted.text)]
    if wanted.procedure:
        text.append(of_procedure(Dossier.procedure, wanted.procedure))
    if wanted.status is not None:
        text.append(Dossier.status == wanted.status)
    if wanted.unit:
        below = subtree(conn, [wanted.unit])
        text.append(or_(Dossier.receiving_unit.in_(below), Dossier.competent_unit.in_(below)))
    if wanted.since is not None:
        text.append(Dossier.received_at >= _midnight(wanted.since))
    if wanted.until is not None:
        text.append(Dossier.received_at < _midnight(wanted.until) + timedelta(days=1))
    return text


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, LOCAL)


def _lines() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Dossier.id, Dossier.code, Dossier.procedure, Procedure.name_vi, Procedure.name_en, Dossier.version,
            ProcessVersion.number, ProcessVersion.digest, Dossier.applicant_name, Dossier.status, Dossier.channel,
            Dossier.received_at, Dossier.due_at, Dossier.finished_at, Dossier.ended_at, Dossier.seq, Dossier.head,
            Dossier.receiving_unit, Dossier.clock,
            _Receiving.name_vi.label("receiving_vi"), _Receiving.name_en.label("receiving_en"),
            _Competent.name_vi.label("competent_vi"), _Competent.name_en.label("competent_en"),
        )
        .join(Procedure, Procedure.code == Dossier.procedure)
        .join(ProcessVersion, ProcessVersion.id == Dossier.version)
        .join(_Receiving, _Receiving.code == Dossier.receiving_unit)
        .join(_Competent, _Competent.code == Dossier.competent_unit)
    )


def _promised(row: Row[Any], known: Calendars, now: datetime) -> Due:
    return due_of(known.of(row.receiving_unit), row.due_at, now, clock=row.clock, ended=row.finished_at or row.ended_at)


def _line(row: Row[Any], promised: Due | None = None) -> Line:
    return Line(
        row.id, row.code, row.procedure, {"vi": row.name_vi, "en": row.name_en}, row.version, row.number, row.digest,
        row.applicant_name, {"vi": row.receiving_vi, "en": row.receiving_en},
        {"vi": row.competent_vi, "en": row.competent_en}, row.status, row.channel, row.received_at, row.due_at,
        row.finished_at, row.ended_at, row.seq, row.head, promised,
    )


def _ran_on(conn: Connection, line: Line, acts: tuple[Act, ...]) -> dict[str, Version]:
    """The versions of a dossier by their digests, the one it began under first."""
    payloads = [act.payload for act in acts]
    wanted = dict.fromkeys([first_digest(payloads, line.digest), *digests(payloads, line.digest), line.digest])
    found = versions_of(conn, wanted)
    return {digest: found[digest] for digest in wanted if digest in found}


def _again(ran_on: Mapping[str, Version], acts: tuple[Act, ...]) -> Verdict:
    definitions = {digest: version.definition for digest, version in ran_on.items()}
    recorded = [Recorded(act.seq, act.at, act.payload) for act in acts]
    return reexecute(next(iter(definitions.values())), recorded, definitions)


def _acts(conn: Connection, dossier: int, language: str = "vi") -> tuple[Act, ...]:
    entry = HistoryEntry
    query = (
        select(entry.seq, entry.at, entry.kind, entry.person, entry.person_name, entry.acting_unit, entry.hash,
               entry.payload)
        .where(entry.dossier == dossier)
        .order_by(entry.seq)
    )
    return tuple(
        Act(row.seq, row.at, row.kind, acting(row.person, row.person_name, language), row.acting_unit, row.hash,
            row.payload) for row in conn.execute(query))


def _words(conn: Connection, ran_on: Mapping[str, Version], acts: tuple[Act, ...], reader: Reader) -> Words:
    facts = [fact for act in acts for fact in (act.payload or {}).get("facts", [])]
    wanted = {fact["unit"] for fact in facts if fact.get("unit")} | {act.unit for act in acts if act.unit}
    units = unit_names(conn, wanted)

    def unit(code: str) -> str:
        names = units.get(code, {})
        return names.get(reader.language) or names.get("vi") or code

    def role(code: str) -> str:
        vi, en, _ = ROLES.get(code, (code, code, set()))
        return en if reader.language == "en" else vi

    last = list(ran_on.values())[-1].definition
    return Words(
        last, reader.language, reader.translate, unit, role, reader.status, reader.moment, reader.hours,
        {digest: (version.number, version.definition) for digest, version in ran_on.items()},
    )
