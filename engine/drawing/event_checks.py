"""What is wrong with the events of a diagram, each by itself; how they belong together is in `handler_checks.py`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime

from lxml import etree

from engine.clock.timing import any_time, due_at
from engine.drawing import findings as f
from engine.drawing.diagram import local
from engine.drawing.events import ROLES, Event, Trigger, definitions_of
from engine.drawing.findings import Finding
from engine.drawing.structure import EVENT_TAGS, RESERVED, Graph, Node

_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_WAITED = ("message", "timer", "signal", "condition")
_RAISED = ("error", "escalation")
ALLOWED = {
    "catch": _WAITED,
    "boundary": (*_WAITED, *_RAISED, "cancel", "compensation"),
    "throw": ("message", "signal", "escalation", "compensation"),
    "end": ("message", "signal", *_RAISED, "cancel", "compensation", "terminate"),
}
_STARTS = (*_WAITED, *_RAISED)
_ALONE = {"cancel", "compensation", "terminate"}
_REFERENCES = {
    "messageEventDefinition": ("messageRef", "message"), "signalEventDefinition": ("signalRef", "signal"),
    "errorEventDefinition": ("errorRef", "error"), "escalationEventDefinition": ("escalationRef", "escalation"),
}
_INPUT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
MAX_INPUTS = 100


def check_events(graph: Graph, events: Mapping[str, Event], forms: Collection[str]) -> list[Finding]:
    """Everything that is wrong with what events wait for or throw."""
    found: list[Finding] = []
    for event in events.values():
        node = graph.nodes[event.id]
        if event.form and event.form not in forms:
            found.append(f.error("event_form", event.id, form=event.form))
        elif event.form and not event.listens:
            found.append(f.error("event_form_idle", event.id, form=event.form))
        found += _references(graph, node)
        found += [*_kinds(graph, event, node), *_triggers(event), *_inputs(event)]
        if event.brings and event.id in RESERVED:
            found.append(f.error("id_reserved", event.id))
    return found


def _references(graph: Graph, node: Node) -> Iterator[Finding]:
    """Every reference leads to something that the diagram declares."""
    refer = [(xml, *_REFERENCES[local(xml)]) for xml in definitions_of(node.xml) if local(xml) in _REFERENCES]
    if node.type in ("sendTask", "receiveTask"):
        refer.append((node.xml, "messageRef", "message"))
    for xml, attribute, tag in refer:
        wanted = xml.get(attribute)
        if wanted and wanted not in {one.get("id") for one in graph.root.iter(f"{{*}}{tag}")}:
            yield f.error("reference", node.id, reference=wanted)


def _kinds(graph: Graph, event: Event, node: Node) -> Iterator[Finding]:
    if node.type == "startEvent":
        yield from _start(event, node)
    elif node.type in EVENT_TAGS:
        allowed = ALLOWED[ROLES[node.type]]
        wrong = sorted(event.kinds() - set(allowed))
        yield from (f.error("event_kind", event.id, kind=kind, allowed=", ".join(allowed)) for kind in wrong)
        if not event.triggers and event.role in ("catch", "boundary"):
            yield f.error("event_empty", event.id)
    if len(event.triggers) > 1:
        yield from (f.error("event_alone", event.id, kind=kind) for kind in sorted(event.kinds() & _ALONE))
        if node.xml.get("parallelMultiple") == "true":
            yield f.error("parallel_multiple", event.id)
    if "error" in event.kinds() and not event.interrupting:
        yield f.error("error_interrupts", event.id)


def _start(event: Event, node: Node) -> Iterator[Finding]:
    """A dossier begins by being filed, a subprocess by being reached; only an event subprocess has an event."""
    if event.frame is not None:
        if not event.triggers or event.kinds() - set(_STARTS):
            yield f.error("handler_start", event.frame)
    elif node.scope is not None and event.triggers:
        yield f.error("start_inner", event.id)
    elif event.kinds() - {"message"}:
        yield f.error("start_kind", event.id)


def _triggers(event: Event) -> Iterator[Finding]:
    named = ("message", "signal", *(_RAISED if event.role in ("throw", "end") else ()))
    for trigger in event.triggers:
        if trigger.kind == "timer":
            yield from _timer(event.id, trigger)
        elif trigger.kind == "condition" and not trigger.text:
            yield f.error("condition_event", event.id)
        elif trigger.kind in named and not trigger.name:
            yield f.error("event_name", event.id, kind=trigger.kind)


def _timer(element: str, trigger: Trigger) -> Iterator[Finding]:
    if not trigger.text:
        yield f.error("timer_missing", element)
    elif not trigger.text.startswith("="):
        try:
            due_at(trigger.form, trigger.text, _SOME_DAY, any_time)
        except ValueError:
            yield f.error("timer_value", element, value=trigger.text)


def _inputs(event: Event) -> Iterator[Finding]:
    seen: set[str] = set()
    for name, _ in event.inputs:
        if not _INPUT.fullmatch(name) or name in seen or len(seen) >= MAX_INPUTS:
            yield f.error("input_name", event.id, name=name)
        seen.add(name)


def check_tasks(graph: Graph, events: Mapping[str, Event], connectors: frozenset[str] | None) -> list[Finding]:
    """A send task has a message, a service task a connector; which there are is only known where they are given."""
    found = []
    for event in events.values():
        kind = graph.nodes[event.id].type
        if kind == "sendTask" and not event.triggers:
            found.append(f.error("event_name", event.id, kind="message"))
        elif kind == "serviceTask" and not event.connector:
            found.append(f.error("connector_missing", event.id))
        elif kind == "serviceTask" and connectors is not None and event.connector not in connectors:
            allowed = ", ".join(sorted(connectors)) or "-"
            found.append(f.error("connector_unknown", event.id, connector=event.connector, allowed=allowed))
    return found


def check_pools(graph: Graph) -> list[Finding]:
    """Message flows are documentation, but they lead from something drawn to something drawn."""
    drawn = {xml.get("id") for xml in graph.root.iter(etree.Element)}
    flows = [(xml.get("id"), xml.get(end) or "?") for xml in graph.root.iter("{*}messageFlow")
             for end in ("sourceRef", "targetRef")]
    return [f.error("reference", flow, reference=wanted) for flow, wanted in flows if wanted not in drawn]
