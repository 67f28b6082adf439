"""Whether a parallel gateway can wait for ever, found by playing the diagram with all its choices.

Values are not looked at, so a diagram whose conditions happen to agree is refused too; it can be drawn soundly.
Tokens on different flows do not disturb each other, so it is enough to move one at a time: only choices multiply.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from engine import findings as f
from engine.diagram import model
from engine.findings import Finding
from engine.structure import Graph, Node

MAX_MARKINGS = 5_000
MAX_LOOKED_AT = 50_000
_MAX_TOKENS = 2

Marking = tuple[tuple[str, int], ...]


def check_joins(graph: Graph) -> list[Finding]:
    """A finding for each gateway that can be left waiting, in the process and in each subprocess."""
    scopes: list[str | None] = [None, *(node.id for node in graph.nodes.values() if node.type == "subProcess")]
    if not any(_is_join(graph, node) for node in graph.nodes.values()):
        return []
    stuck = {element: None for scope in scopes for element in _explore(graph, scope)}
    return [f.error("deadlock", element) for element in stuck]


def _is_join(graph: Graph, node: Node) -> bool:
    return node.type == "parallelGateway" and len(graph.incoming.get(node.id, [])) > 1


def _explore(graph: Graph, scope: str | None) -> Iterator[str]:
    start = graph.start(scope)
    first = _after(graph, Counter(), start.id) if start else Counter()
    seen: set[Marking] = set()
    pending = [first]
    looked_at = 0
    while pending and len(seen) < MAX_MARKINGS and looked_at < MAX_LOOKED_AT:
        marking = pending.pop()
        looked_at += len(marking)
        frozen = tuple(sorted(marking.items()))
        if frozen in seen or max(marking.values(), default=0) > _MAX_TOKENS:
            continue
        seen.add(frozen)
        following = _next(graph, marking)
        if following is None:
            yield graph.flows[frozen[0][0]].target
        else:
            pending += following


def _next(graph: Graph, marking: Counter[str]) -> list[Counter[str]] | None:
    """The markings after moving one token; none left is a proper end, None says that all wait for ever."""
    for place in marking:
        if place not in graph.flows:
            return list(_leave(graph, marking, place))
        node = graph.nodes[graph.flows[place].target]
        if not _is_join(graph, node):
            return list(_arrive(graph, marking, place, node))
        incoming = [flow.id for flow in graph.incoming[node.id]]
        if all(marking[flow] for flow in incoming):
            return [_after(graph, _without(marking, incoming), node.id)]
    return None if marking else []


def _arrive(graph: Graph, marking: Counter[str], place: str, node: Node) -> Iterator[Counter[str]]:
    rest = _without(marking, [place])
    if node.type == "endEvent":
        yield Counter() if node.xml.find(model("terminateEventDefinition")) is not None else rest
    elif node.type == "exclusiveGateway":
        for flow in graph.outgoing[node.id]:
            yield rest + Counter([flow.id])
    elif graph.boundary.get(node.id):
        yield rest + Counter([f"busy {node.id}"])
    else:
        yield _after(graph, rest, node.id)


def _leave(graph: Graph, marking: Counter[str], place: str) -> Iterator[Counter[str]]:
    """A step with boundary events is completed or interrupted; reminders are given once, before either."""
    rest = _without(marking, [place])
    host = place.split(" ", 1)[1]
    reminders = [event for event in graph.boundary[host] if event.xml.get("cancelActivity") == "false"]
    interrupting = [event for event in graph.boundary[host] if event not in reminders]
    reminded = rest
    for event in reminders:
        reminded = _after(graph, reminded, event.id)
    for before in [rest, reminded] if reminders else [rest]:
        for element in [host, *(event.id for event in interrupting)]:
            yield _after(graph, before, element)


def _after(graph: Graph, marking: Counter[str], element: str) -> Counter[str]:
    return marking + Counter(flow.id for flow in graph.outgoing.get(element, []))


def _without(marking: Counter[str], places: Iterable[str]) -> Counter[str]:
    return marking - Counter(places)
