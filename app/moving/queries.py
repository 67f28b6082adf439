"""Which running dossiers can go over to another version, and why the others cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from app.casework import definition_of
from app.db import reading
from app.dossiers.models import Dossier
from app.moving.errors import SameVersion
from app.procedures.errors import VersionUnknown
from app.procedures.models import ProcessVersion
from app.seals import opened
from engine.definition import Definition
from engine.errors import StateUnreadable
from engine.migration import DROPPED, Obstacle, Way, obstacles, way
from engine.state import load

MOST = 500
_EVENT = "boundaryEvent"


@dataclass(frozen=True, slots=True)
class Request:
    """From which version of a procedure to which, and what takes the place of what."""

    code: str
    number: int
    to: int
    mapping: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A running dossier: where it stands, and the reasons why it cannot go over (none: it can)."""

    id: int
    code: str
    seq: int
    at: tuple[str, ...]
    obstacles: tuple[Obstacle, ...]

    @property
    def can(self) -> bool:
        """Whether nothing is in the way."""
        return not self.obstacles


@dataclass(frozen=True, slots=True)
class Place:
    """An element of the old version that the new one does not have, with what could take its place."""

    id: str
    name: Mapping[str, str]
    chosen: str | None
    choices: tuple[tuple[str, Mapping[str, str]], ...]
    may_drop: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen: the dossiers of the version, at most so many, and how many there are in all."""

    request: Request
    candidates: tuple[Candidate, ...]
    total: int
    places: tuple[Place, ...]
    steps: Mapping[str, Mapping[str, str]]

    @property
    def movable(self) -> tuple[Candidate, ...]:
        """Those that can go over."""
        return tuple(each for each in self.candidates if each.can)


def preview(request: Request) -> Preview:
    """Every running dossier of a version with what keeps it there; nothing is changed."""
    with reading() as conn:
        return preview_in(conn, request)


def preview_in(conn: Connection, request: Request) -> Preview:
    """The same, inside a transaction."""
    if request.number == request.to:
        raise SameVersion(number=request.to)
    old, new = (_definition(conn, request.code, number) for number in (request.number, request.to))
    to = way(old, new, request.mapping)
    running = (Dossier.procedure == request.code, ProcessVersion.number == request.number, Dossier.ended_at.is_(None))
    query = (
        select(Dossier.id, Dossier.code, Dossier.seq, Dossier.state)
        .join(ProcessVersion, ProcessVersion.id == Dossier.version).where(*running)
    )
    total = conn.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = conn.execute(query.order_by(Dossier.id).limit(MOST))
    found = tuple(_candidate(to, row.id, row.code, row.seq, row.state) for row in rows)
    places = (*_places(old, new, request.mapping), *_flows(to, found, request.mapping))
    names = {step.id: {"vi": step.name, "en": step.name_en} for step in old.steps.values()}
    return Preview(request, found, total, places, names)


def version_numbers(code: str) -> tuple[int, ...]:
    """The numbers of a procedure's versions, the newest first."""
    query = select(ProcessVersion.number).where(ProcessVersion.procedure == code).order_by(ProcessVersion.number.desc())
    with reading() as conn:
        return tuple(conn.scalars(query))


def digest_of(conn: Connection, code: str, number: int) -> str:
    """The digest of a published version; raises VersionUnknown."""
    wanted = (ProcessVersion.procedure == code, ProcessVersion.number == number)
    digest = conn.scalar(select(ProcessVersion.digest).where(*wanted))
    if digest is None:
        raise VersionUnknown(code=code, number=number)
    return digest


def _definition(conn: Connection, code: str, number: int) -> Definition:
    return definition_of(conn, digest_of(conn, code, number))


def _candidate(to: Way, identity: int, code: str, seq: int, kept: bytes) -> Candidate:
    try:
        state = opened(code, seq, kept)
    except StateUnreadable as problem:
        unreadable = Obstacle("unreadable", "", {"reason": problem.details["reason"]})
        return Candidate(identity, code, seq, (), (unreadable,))
    steps = dict.fromkeys(place.at for place in load(state).tokens.values() if place.at in to.old.steps)
    return Candidate(identity, code, seq, tuple(steps), obstacles(to, state))


def _places(old: Definition, new: Definition, mapping: Mapping[str, str]) -> Iterator[Place]:
    """Ends and starts have no dossier waiting in them; they need no place."""
    for element in old.elements.values():
        if element.id not in new.elements and element.type not in ("startEvent", "endEvent"):
            alike = [other for other in new.elements.values() if other.type == element.type]
            free = [other for other in alike if other.id not in old.elements or other.id == mapping.get(element.id)]
            choices = tuple((other.id, {"vi": other.name, "en": other.name_en}) for other in free)
            name = {"vi": element.name, "en": element.name_en}
            yield Place(element.id, name, mapping.get(element.id), choices, element.type == _EVENT)


def _flows(to: Way, found: tuple[Candidate, ...], mapping: Mapping[str, str]) -> Iterator[Place]:
    """The flows over which tokens have come to joins, and which have no counterpart."""
    missing = {each.details["flow"] for one in found for each in one.obstacles if each.code == "arrival"}
    for flow in to.old.flows.values():
        if flow.id in missing or flow.id in mapping:
            join = to.to(flow.target)
            ways = [each for each in to.new.flows.values() if each.target == join]
            choices = tuple((each.id, {"vi": each.name or each.id, "en": each.name or each.id}) for each in ways)
            name = {"vi": flow.name or flow.id, "en": flow.name or flow.id}
            yield Place(flow.id, name, mapping.get(flow.id), choices, False)


def cleaned(mapping: Mapping[str, str]) -> dict[str, str]:
    """A mapping as a page sends it: what was left open is not in it, "-" lets an event go."""
    return {name: DROPPED if to == "-" else to for name, to in mapping.items() if to}
