"""The library's parsers of events, making our event classes; what each is comes from `engine/drawing/events.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.parser.event_parsers import StartEventParser
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition

from engine.drawing.diagram import model
from engine.drawing.events import Event
from engine.drawing.structure import Graph
from engine.spiff import event_nodes as nodes
from engine.spiff.task_parsers import Made, Ours


class _Start(Ours, StartEventParser):  # type: ignore[misc]
    def create_task(self) -> Any:
        return self._create_task(NoneEventDefinition())


EVENT_PARSERS = {
    model("startEvent"): (_Start, nodes.StartEvent),
    model("endEvent"): (Made, nodes.EndEvent),
    model("boundaryEvent"): (Made, nodes.BoundaryEvent),
    model("intermediateCatchEvent"): (Made, nodes.CatchEvent),
    model("intermediateThrowEvent"): (Made, nodes.ThrowEvent),
    model("sendTask"): (Made, nodes.SendTask),
    model("serviceTask"): (Made, nodes.ServiceTask),
    model("eventBasedGateway"): (Made, nodes.EventGateway),
}


def wire(spec: Any, graph: Graph, events: Mapping[str, Event], named: tuple[str, ...]) -> None:
    """Tell the elements of a specification which events they are, have around them and inside them."""
    for event in events.values():
        spec.task_specs[event.id].event = event
    for node in graph.nodes.values():
        element = spec.task_specs[node.id]
        element.handlers = handlers_of(graph, node.id, events)
        element.starts_by_event = node.starts_by_event
        for border in graph.boundary.get(node.id, []):
            if events[border.id].handler:
                element.undo = border.id
                element.keeps = tuple(name for name in named if _is_within(graph, name, node.id))


def handlers_of(graph: Graph, scope: str | None, events: Mapping[str, Event]) -> tuple[Event, ...]:
    """The start events of the event subprocesses directly in a scope."""
    starts = (graph.trigger(node.id) for node in graph.inside(scope) if node.starts_by_event)
    return tuple(events[start.id] for start in starts if start is not None)


def _is_within(graph: Graph, name: str, around: str) -> bool:
    at: str | None = name
    while at is not None and at != around:
        at = graph.nodes[at].scope
    return at is not None
