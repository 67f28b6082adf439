"""The catalogue, a procedure with its versions, and a draft, as pages and API show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select
from sqlalchemy.orm import aliased

from app import clock
from app.casework import Actor
from app.db import reading
from app.dossiers.models import Dossier
from app.errors import Forbidden
from app.jobs.connectors import CONNECTORS
from app.people.models import Person, Unit
from app.people.permissions import ROLES
from app.procedures import store
from app.procedures.compare import Change, compare, compare_decisions, fields_of
from app.procedures.errors import VersionUnknown
from app.procedures.models import Draft, Procedure, ProcedureEvent, ProcessVersion
from app.search import has_words
from engine.definition import Bundle, Definition, compile_definition, definition_for, outline
from engine.drawing.findings import Finding
from engine.errors import DiagramRefused
from engine.forms import localized
from engine.promise import hours_at, hours_of, longest_way

Names = Mapping[str, str]
PAGE = 50
# By how many percent the province wants times to be cut: a goal of its own, told on the catalogue only.
CUT = (40, 60)
LATELY = timedelta(days=1)
_Author, _Publisher = aliased(Person), aliased(Person)
_OUTSIDE = Procedure.cut.is_not(None) & ~Procedure.cut.between(*CUT)
_RUNNING = (
    select(func.count()).where(Dossier.procedure == Procedure.code, Dossier.ended_at.is_(None)).scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Line:
    """A procedure in the catalogue."""

    code: str
    key: str
    name: Names
    level: str
    owner: Names
    field: Names
    service_level: str
    limits: Mapping[str, Any]
    cut: Decimal | None
    number: int | None
    running: int
    draft: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search of the catalogue is narrowed to; `outside`: only what is cut by less or more than it should be."""

    text: str = ""
    level: str = ""
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A page of the catalogue; `levels` counts the procedures of each level, `total` all that match, `outside` all that
    are cut by less or more than the province has set itself."""

    lines: tuple[Line, ...]
    levels: Mapping[str, int]
    total: int
    page: int
    pages: int
    outside: int


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A published version in a list."""

    number: int
    digest: str
    author: str
    publisher: str
    published_at: datetime
    effective_from: date
    note: str
    running: int
    current: bool


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a definition in reading order, with the times of the longest way."""

    outline: tuple[Any, ...]
    parts: tuple[dict[str, Any], ...]
    total: Decimal
    target: Decimal | None


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version with all it contains."""

    line: VersionLine
    code: str
    name: Names
    bundle: Mapping[str, Any]
    findings: tuple[Mapping[str, Any], ...]

    @property
    def facts(self) -> Mapping[str, Any]:
        """The procedure's facts in this version."""
        found: Mapping[str, Any] = self.bundle["procedure"]
        return found


@dataclass(frozen=True, slots=True)
class ProcedureView:
    """A procedure with its current version (None before the first publication) and all its versions."""

    line: Line
    current: VersionView | None
    versions: tuple[VersionLine, ...]


@dataclass(frozen=True, slots=True)
class DraftView:
    """The draft under the analyst's hands."""

    code: str
    name: Names
    bundle: Mapping[str, Any]
    scenarios: Mapping[str, Any]
    revision: int
    state: str
    note: str
    rejected_note: str
    author: str
    updated_by: str
    updated_at: datetime
    submitted_at: datetime | None
    editors: tuple[int, ...]
    based_on: int | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the procedure's diagrams."""

    at: datetime
    who: str
    kind: str
    data: Mapping[str, Any]


def catalogue(wanted: Wanted, page: int = 1, size: int = PAGE) -> Catalogue:
    """The procedures whose code or words match, by level and code; accents do not matter."""
    matching = _matches(wanted)
    with reading() as conn:
        counted = select(Procedure.level, func.count()).where(matching).group_by(Procedure.level)
        levels = {row[0]: row[1] for row in conn.execute(counted.order_by(Procedure.level))}
        total = levels.get(wanted.level, 0) if wanted.level else sum(levels.values())
        found = _lines().where(matching)
        if wanted.level:
            found = found.where(Procedure.level == wanted.level)
        found = found.order_by(Procedure.level, Procedure.code).limit(size).offset((page - 1) * size)
        lines = tuple(_line(row) for row in conn.execute(found))
        outside = conn.scalar(select(func.count()).select_from(Procedure).where(_OUTSIDE)) or 0
    return Catalogue(lines, levels, total, page, max(1, -(-total // size)), outside)


def procedure(code: str) -> ProcedureView:
    """A procedure with its versions; raises ProcedureUnknown."""
    with reading() as conn:
        store.procedure_row(conn, code)
        row = conn.execute(_lines().where(Procedure.code == code)).one()
        versions = tuple(_version_line(version) for version in conn.execute(_versions(code)))
        current = None if row.number is None else _version(conn, code, row.number)
    return ProcedureView(_line(row), current, versions)


def version(code: str, number: int) -> VersionView:
    """One published version; raises VersionUnknown."""
    with reading() as conn:
        return _version(conn, code, number)


def draft(code: str) -> DraftView:
    """The procedure's draft; raises DraftUnknown."""
    with reading() as conn:
        row = store.draft_row(conn, code)
        author = conn.execute(select(Person.name).where(Person.id == row.author)).scalar_one()
        based = select(ProcessVersion.number).where(ProcessVersion.id == row.based_on)
        number = conn.execute(based).scalar()
    return DraftView(
        code, row.bundle["procedure"]["name"], row.bundle, row.scenarios, row.revision, row.state, row.note,
        row.rejected_note, author, row.updated_name, row.updated_at, row.submitted_at, tuple(row.editors), number,
    )


def may_publish(actor: Actor, view: DraftView) -> bool:
    """Whether this person may approve the draft: submitted, and not worked on by the same person."""
    return actor.may("procedure.publish") and view.state == "submitted" and actor.person not in view.editors


def events(code: str, limit: int = 50) -> tuple[Event, ...]:
    """What happened to the procedure, the newest first."""
    wanted = (
        select(ProcedureEvent.at, ProcedureEvent.kind, ProcedureEvent.data, Person.name)
        .join(Person, Person.id == ProcedureEvent.person)
        .where(ProcedureEvent.procedure == code)
        .order_by(ProcedureEvent.id.desc())
        .limit(limit)
    )
    with reading() as conn:
        store.procedure_row(conn, code)
        return tuple(Event(row.at, row.name, row.kind, row.data) for row in conn.execute(wanted))


def lately(actor: Actor, code: str) -> tuple[tuple[str, datetime], ...]:
    """Who else saved the draft within a day, each with the last time."""
    wanted = (
        select(Person.name, func.max(ProcedureEvent.at).label("at"))
        .join(Person, Person.id == ProcedureEvent.person)
        .where(
            ProcedureEvent.procedure == code, ProcedureEvent.kind == "draft_saved",
            ProcedureEvent.person != actor.person, ProcedureEvent.at > clock.now() - LATELY,
        )
        .group_by(Person.name)
        .order_by(func.max(ProcedureEvent.at).desc())
    )
    with reading() as conn:
        return tuple((row.name, row.at) for row in conn.execute(wanted))


def definition_of(bundle: Mapping[str, Any]) -> Definition:
    """The compiled definition of a bundle; raises DiagramRefused."""
    read = Bundle.from_json(bundle)
    return definition_for(read.digest, lambda: read)


def steps_of(bundle: Mapping[str, Any], language: str) -> Steps:
    """The steps of a bundle beside its diagram, with the sum of hours against the reduced limit."""
    definition = definition_of(bundle)
    way = longest_way(definition)
    parts = tuple(
        {"label": _name(definition.steps[step], language), "hours": hours_at(definition, step)} for step in way.steps
    )
    limits = bundle["procedure"].get("limits", {})
    return Steps(tuple(outline(definition, language)), parts, way.hours, hours_of(limits.get("reduced")))


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Change, ...]:
    """What differs between two bundles; raises DiagramRefused when one cannot be run."""
    found = compare(definition_of(old), compile_definition(Bundle.from_json(new)))
    return (*found, *compare_decisions(old["decisions"], new["decisions"]))


def try_steps(bundle: Mapping[str, Any], language: str) -> tuple[Steps | None, tuple[Finding, ...]]:
    """The steps of a draft, or the findings that keep them from being read."""
    try:
        return steps_of(bundle, language), ()
    except DiagramRefused as refused:
        return None, refused.details["findings"]


def try_outline(bundle: Mapping[str, Any], language: str) -> tuple[Any, ...]:
    """The steps to list beside a draft's diagram; none while it cannot be read."""
    steps, _ = try_steps(bundle, language)
    return steps.outline if steps else ()


def try_changes(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> tuple[tuple[Change, ...] | None, tuple[Finding, ...]]:
    """What differs between a version and a draft, or the findings that keep the draft from being read."""
    try:
        return changes(old, new), ()
    except DiagramRefused as refused:
        return None, refused.details["findings"]


def newer_bundle(actor: Actor, code: str, number: int | None) -> Mapping[str, Any]:
    """A version's bundle, or the draft's for those who may edit drafts."""
    if number is not None:
        return version(code, number).bundle
    if not actor.may("procedure.edit"):
        raise Forbidden(permission="procedure.edit")
    return draft(code).bundle


def localized_form(schema: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    """A form in the reader's language, for form-js."""
    return localized(schema, language)


def users_of_forms(bundle: Mapping[str, Any], language: str) -> dict[str, list[str]]:
    """Which steps and events show a form; the filing form stands under an empty name."""
    definition = definition_of(bundle)
    users: dict[str, list[str]] = {definition.start_form or "": [""]}
    shown = [(step.id, step.form) for step in definition.steps.values()]
    for element, form in (*shown, *((event.id, event.form) for event in definition.events.values())):
        if form:
            users.setdefault(form, []).append(_name(definition.elements[element], language))
    return users


def count_fields(schema: Mapping[str, Any]) -> int:
    """How many fields of a form hold a value."""
    return sum(1 for _, field in fields_of(schema) if "key" in field)


def studio_choices() -> dict[str, Any]:
    """The roles, units and connectors that the modeller offers."""
    able = ((code, vi, en) for code, (vi, en, permissions) in ROLES.items() if "task.work" in permissions)
    roles = [{"code": code, "name": {"vi": vi, "en": en}} for code, vi, en in able]
    wanted = select(Unit.code, Unit.name_vi, Unit.name_en).where(Unit.kind != "centre").order_by(Unit.code)
    with reading() as conn:
        rows = conn.execute(wanted.limit(500)).all()
    units = [{"code": row.code, "name": {"vi": row.name_vi, "en": row.name_en}} for row in rows]
    return {"roles": roles, "units": units, "connectors": sorted(CONNECTORS)}


def _matches(wanted: Wanted) -> ColumnElement[bool]:
    found = has_words(Procedure.search, wanted.text)
    return found & _OUTSIDE if wanted.outside else found


def _lines() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Procedure.__table__, ProcessVersion.number, Draft.state.label("draft_state"), _RUNNING.label("running"),
        )
        .outerjoin(ProcessVersion, ProcessVersion.id == Procedure.current_version)
        .outerjoin(Draft, Draft.procedure == Procedure.code)
    )


def _line(row: Row[Any]) -> Line:
    return Line(
        row.code, row.key, {"vi": row.name_vi, "en": row.name_en}, row.level,
        {"vi": row.owner_vi, "en": row.owner_en}, {"vi": row.field_vi, "en": row.field_en}, row.service_level,
        row.limits or {}, row.cut, row.number, row.running, row.draft_state,
    )


def _versions(code: str) -> Select[*tuple[Any, ...]]:
    running = select(func.count()).where(
        Dossier.procedure == ProcessVersion.procedure, Dossier.version == ProcessVersion.id, Dossier.ended_at.is_(None)
    )
    return (
        select(
            ProcessVersion.number, ProcessVersion.digest, _Author.name.label("author"),
            _Publisher.name.label("publisher"), ProcessVersion.published_at, ProcessVersion.effective_from,
            ProcessVersion.note, running.scalar_subquery().label("running"),
            (Procedure.current_version == ProcessVersion.id).label("current"),
        )
        .join(Procedure, Procedure.code == ProcessVersion.procedure)
        .join(_Author, _Author.id == ProcessVersion.author)
        .join(_Publisher, _Publisher.id == ProcessVersion.publisher)
        .where(ProcessVersion.procedure == code)
        .order_by(ProcessVersion.number.desc())
    )


def _version_line(row: Row[Any]) -> VersionLine:
    return VersionLine(
        row.number, row.digest, row.author, row.publisher, row.published_at, row.effective_from, row.note,
        row.running, bool(row.current),
    )


def _version(conn: Connection, code: str, number: int) -> VersionView:
    wanted = _versions(code).where(ProcessVersion.number == number)
    row = conn.execute(wanted.add_columns(ProcessVersion.bundle, ProcessVersion.findings)).first()
    if row is None:
        raise VersionUnknown(code=code, number=number)
    return VersionView(_version_line(row), code, row.bundle["procedure"]["name"], row.bundle, tuple(row.findings))


def _name(step: Any, language: str) -> str:
    return str(step.name_en if language == "en" and step.name_en else step.name)
