"""What is wrong with how events belong to what is around them: hosts, event subprocesses, compensation, gateways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.drawing import findings as f
from engine.drawing.events import Event
from engine.drawing.findings import Finding
from engine.drawing.structure import ACTIVITY_TAGS, Graph, Node

_INSTANT = ("scriptTask", "businessRuleTask", "sendTask")


def check_handlers(graph: Graph, events: Mapping[str, Event]) -> list[Finding]:
    """Everything that is wrong between events and their surroundings."""
    return [
        *_hosts(graph, events), *_event_subprocesses(graph), *_cancels(graph, events), *_compensation(graph, events),
        *_gateways(graph), *_uncaught(graph, events),
    ]


def _hosts(graph: Graph, events: Mapping[str, Event]) -> Iterator[Finding]:
    """Boundary events sit on tasks and subprocesses, and on such as take time."""
    for host, attached in graph.boundary.items():
        node = graph.nodes.get(host)
        for event in attached if node else ():
            if node is not None and (node.type not in ACTIVITY_TAGS or node.starts_by_event):
                yield f.error("boundary_host", event.id, host=host)
            elif node is not None and node.type in _INSTANT and events[event.id].kinds() != {"compensation"}:
                yield f.warning("boundary_instant", event.id, host=host)


def _event_subprocesses(graph: Graph) -> Iterator[Finding]:
    for node in graph.nodes.values():
        if node.starts_by_event and graph.trigger(node.id) is None:
            yield f.error("handler_start", node.id)
        if node.starts_by_event and (graph.incoming.get(node.id) or graph.outgoing.get(node.id)):
            yield f.error("handler_flow", node.id)


def _cancels(graph: Graph, events: Mapping[str, Event]) -> Iterator[Finding]:
    """Cancelling belongs to transactions: the end inside, the way out at the border."""
    leaving = set()
    for event in events.values():
        if "cancel" not in event.kinds():
            continue
        node = graph.nodes[event.id]
        around = graph.nodes.get(node.host or node.scope or "")
        if around is None or around.type != "transaction":
            yield f.error("cancel_place", event.id)
        elif event.role == "end":
            leaving.add(around.id)
    for host in sorted(leaving):
        if not any("cancel" in events[one.id].kinds() for one in graph.boundary.get(host, [])):
            yield f.error("cancel_boundary", host)


def _compensation(graph: Graph, events: Mapping[str, Event]) -> Iterator[Finding]:
    handlers = {event.handler for event in events.values() if event.handler}
    for node in graph.nodes.values():
        if node.compensates:
            if node.id not in handlers:
                yield f.error("compensation_unused", node.id)
            if graph.incoming.get(node.id) or graph.outgoing.get(node.id):
                yield f.error("compensation_flow", node.id)
    for event in events.values():
        if "compensation" in event.kinds():
            yield from _compensates(graph, event, events)


def _compensates(graph: Graph, event: Event, events: Mapping[str, Event]) -> Iterator[Finding]:
    xml = graph.nodes[event.id].xml
    if event.role == "boundary":
        if not event.handler:
            yield f.error("compensation_handler", event.id)
        if graph.outgoing.get(event.id):
            yield f.error("compensation_flow", event.id)
        return
    if any(one.get("waitForCompletion") == "false" for one in xml.iter("{*}compensateEventDefinition")):
        yield f.error("compensation_wait", event.id)
    activity = event.triggers[0].name
    if activity and activity not in graph.nodes:
        yield f.error("reference", event.id, reference=activity)
    elif activity and not _is_beside(graph, event.id, activity):
        yield f.error("compensation_scope", event.id, activity=activity)
    elif activity and not _can_be_undone(graph, activity, events):
        yield f.warning("compensation_absent", event.id, activity=activity)


def _is_beside(graph: Graph, event: str, activity: str) -> bool:
    """Whether an activity is in the scope of an event, or in the one that its event subprocess belongs to."""
    at = graph.nodes[event].scope
    while at != graph.nodes[activity].scope:
        if at is None or not graph.nodes[at].starts_by_event:
            return False
        at = graph.nodes[at].scope
    return True


def _can_be_undone(graph: Graph, activity: str, events: Mapping[str, Event]) -> bool:
    if any(events[one.id].handler for one in graph.boundary.get(activity, [])):
        return True
    return any(_can_be_undone(graph, inner.id, events) for inner in graph.inside(activity))


def _gateways(graph: Graph) -> Iterator[Finding]:
    """An event-based gateway leads straight to what is waited for."""
    for node in graph.nodes.values():
        if node.type != "eventBasedGateway":
            continue
        if node.xml.get("instantiate") == "true" or node.xml.get("eventGatewayType") == "Parallel":
            yield f.error("gateway_instantiate", node.id)
        if not graph.outgoing.get(node.id):
            yield f.error("event_empty", node.id)
        for flow in graph.outgoing.get(node.id, []):
            target = graph.nodes.get(flow.target)
            if target is None or not _awaits(graph, target):
                yield f.error("gateway_target", flow.target, gateway=node.id)


def _awaits(graph: Graph, node: Node) -> bool:
    alone = len(graph.incoming.get(node.id, [])) == 1 and not graph.boundary.get(node.id)
    return alone and node.type in ("intermediateCatchEvent", "receiveTask")


def _uncaught(graph: Graph, events: Mapping[str, Event]) -> Iterator[Finding]:
    for event in events.values():
        for trigger in event.triggers:
            if trigger.kind == "error" and event.role == "end" and not _caught(graph, event.id, trigger.name, events):
                yield f.warning("error_uncaught", event.id, error=trigger.name)


def _caught(graph: Graph, element: str, code: str, events: Mapping[str, Event]) -> bool:
    """Whether an event subprocess or a boundary around the element catches the error."""
    at: str | None = graph.nodes[element].scope
    from_handler = False
    while True:
        starts = [graph.trigger(node.id) for node in graph.inside(at) if node.starts_by_event]
        if not from_handler and any(start and events[start.id].catches("error", code) for start in starts):
            return True
        if at is None:
            return False
        if any(events[one.id].catches("error", code) for one in graph.boundary.get(at, [])):
            return True
        from_handler, at = graph.nodes[at].starts_by_event, graph.nodes[at].scope
