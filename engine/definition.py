"""A procedure's bundle becomes a Definition that can be run, or findings that say what to correct."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.analysis import Analysis, House, analyse
from engine.bundle import Bundle
from engine.decisions import Decision
from engine.drawing import findings as f
from engine.drawing.adhoc import AdHoc
from engine.drawing.events import Event
from engine.drawing.findings import Finding
from engine.drawing.naming import Space
from engine.drawing.structure import CONTAINER_TAGS, Flow
from engine.drawing.vocabulary import STATUSES, Choice, Element, Lane, Step
from engine.errors import DefinitionAltered, DiagramRefused, OneDoorError
from engine.feel import Expression
from engine.feel.budget import Run

__all__ = [
    "Bundle", "Choice", "Definition", "Element", "Flow", "Lane", "Step", "check", "compile_definition",
    "definition_for", "outline",
]

CACHED = 256


@dataclass(frozen=True)
class Definition:
    """A checked bundle, ready to run; shared by all dossiers of the version and never changed."""

    digest: str
    process_id: str
    name: str
    name_en: str
    steps: Mapping[str, Step]
    elements: Mapping[str, Element]
    flows: Mapping[str, Flow]
    lanes: Mapping[str, Lane]
    start_form: str | None
    forms: Mapping[str, Mapping[str, Any]]
    procedure: Mapping[str, Any]
    step_order: tuple[str, ...]
    start: str
    starts: tuple[str, ...]
    onward: Mapping[str, list[str]]
    spec: Any
    expressions: Mapping[str, Expression]
    end_status: Mapping[str, str]
    decision_of: Mapping[str, Decision]
    frames: frozenset[str]
    meets: Mapping[str, Mapping[str, frozenset[str]]]
    items: Mapping[str, str]
    spaces: Mapping[str, Space]
    called: frozenset[str]
    ad_hocs: Mapping[str, AdHoc]
    xml: str
    events: Mapping[str, Event]
    handlers: tuple[Event, ...]
    services: frozenset[str]
    compensates: bool
    doubts: tuple[Finding, ...] = ()
    statuses: frozenset[str] = frozenset(STATUSES)

    def decide(self, element: str, context: Mapping[str, Any], run: Run) -> Any:
        """The output of a business rule task; failures name the element."""
        try:
            return self.decision_of[element].evaluate_within(context, run)
        except OneDoorError as problem:
            problem.details["element"] = element
            raise


def check(
    bundle: Bundle, roles: frozenset[str] | None = None, connectors: frozenset[str] | None = None
) -> tuple[Finding, ...]:
    """Everything that is wrong with a bundle; errors keep it from being run, warnings do not.

    `roles` and `connectors` are the names that steps and service tasks may use; None: they are not known here.
    """
    found = analyse(bundle, House(roles, connectors))
    return (*found.findings, *found.moves)


def compile_definition(bundle: Bundle, *, rehearsal: bool = False) -> Definition:
    """The definition of a bundle. Raises DiagramRefused with all findings if any is an error.

    For a rehearsal, what is unsound is compiled too; what has to be published never is.
    """
    analysis = analyse(bundle, House(), rehearsal=rehearsal)
    wrong = f.blocking(analysis.findings, rehearsal)
    if wrong:
        raise DiagramRefused(findings=analysis.findings, first=wrong[0].message, count=len(wrong))
    return _build(bundle, analysis)


def _build(bundle: Bundle, found: Analysis) -> Definition:
    start_form = found.start_form if found.start_form in bundle.forms else None
    return Definition(
        digest=bundle.digest, process_id=found.process_id, name=found.name, name_en=found.name_en,
        steps=found.steps, elements=found.elements, flows=found.flows, lanes=found.lanes,
        start_form=start_form, forms=found.forms, procedure=bundle.procedure, step_order=found.step_order,
        start=found.start, starts=found.starts, onward=found.onward, spec=found.spec, expressions=found.expressions,
        end_status=found.end_status, decision_of=found.decision_of,
        frames=frozenset(element.id for element in found.elements.values() if element.type in CONTAINER_TAGS),
        meets=found.meets, items={element: loop.item for element, loop in found.loops.items()},
        spaces=found.spaces, called=frozenset(found.calls), ad_hocs=found.ad_hocs, events=found.events,
        handlers=found.handlers, services=frozenset(one.id for one in found.events.values() if one.role == "service"),
        compensates=any(one.handler for one in found.events.values()), doubts=f.refused(found.findings),
        xml=bundle.xml,
    )


class _Cache:
    """The definitions most recently used; two threads that miss at once both compile, and one result is kept."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.lock = threading.Lock()
        self.kept: OrderedDict[str, Definition] = OrderedDict()

    def get(self, digest: str) -> Definition | None:
        with self.lock:
            if digest in self.kept:
                self.kept.move_to_end(digest)
            return self.kept.get(digest)

    def put(self, digest: str, definition: Definition) -> Definition:
        with self.lock:
            kept = self.kept.setdefault(digest, definition)
            while len(self.kept) > self.size:
                self.kept.popitem(last=False)
            return kept


_cache = _Cache(CACHED)


def definition_for(digest: str, load: Callable[[], Bundle]) -> Definition:
    """The definition with that digest, from memory or compiled from what `load` brings.

    Raises DefinitionAltered if that is something else.
    """
    return _cache.get(digest) or _cache.put(digest, _compiled(digest, load()))


def _compiled(digest: str, bundle: Bundle) -> Definition:
    if bundle.digest != digest:
        raise DefinitionAltered(digest=digest)
    return compile_definition(bundle)


@dataclass(frozen=True, slots=True)
class OutlineStep:
    """One line of the list of steps that stands beside every diagram."""

    number: int
    id: str
    name: str
    kind: str
    role: str
    unit: str
    hours: str | None
    lane: str | None


def outline(definition: Definition, lang: str) -> list[OutlineStep]:
    """The steps in reading order, in the reader's language."""
    english = lang == "en"
    lines = []
    for number, identity in enumerate(definition.step_order, 1):
        step = definition.steps[identity]
        lane = definition.lanes.get(step.lane or "")
        lane_name = (lane.name_en if english else lane.name) if lane else None
        name = step.name_en if english else step.name
        lines.append(OutlineStep(number, identity, name, step.kind, step.role, step.unit, step.hours, lane_name))
    return lines
