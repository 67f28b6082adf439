"""Whether a drawn graph can be run to its end: reachability, endless loops, the order of step kinds, choices."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from engine.drawing import findings as f
from engine.drawing.diagram import model
from engine.drawing.findings import Finding
from engine.drawing.naming import space_of
from engine.drawing.structure import Flow, Graph, Node, onward
from engine.drawing.vocabulary import WAITS, Step

_MAIN = {"receive": 0, "appraise": 1, "approve": 2, "stamp": 3, "sign": 3, "return": 4}
_MAIN_NAMES = ("receive", "appraise", "approve", "stamp or sign", "return")
_BORDERS = (*WAITS, "transfer")
_WAITING = ("intermediateCatchEvent", "boundaryEvent", "serviceTask", "eventBasedGateway")
_TEST = re.compile(r'\b([a-z][a-z0-9_]*)\s*\.\s*choice\s*(?:=|!=)\s*"([^"]*)"')


def check_graph(graph: Graph) -> list[Finding]:
    """Everything reachable, an end reachable from everywhere, no loop without a wait."""
    reached = _spread([start.id for start in graph.starts()], graph.after)
    ending = _ending(graph)
    found = [f.error("unreachable", node) for node in graph.nodes if node not in reached]
    found += [f.error("endless", node) for node in graph.nodes if node in reached and node not in ending]
    return found + _automatic_loops(graph)


def _spread(first: Iterable[str], after: Callable[[str], Iterable[str]]) -> set[str]:
    seen: set[str] = set()
    pending = list(first)
    while pending:
        node = pending.pop()
        if node not in seen:
            seen.add(node)
            pending += after(node)
    return seen


def _ending(graph: Graph) -> set[str]:
    """The nodes from which their path can come to an end in their own scope."""
    before: dict[str, list[str]] = {}
    for node in graph.nodes.values():
        for way in graph.after(node.id):
            if graph.nodes[way].scope == node.scope:
                before.setdefault(way, []).append(node.id)
    ends = [node for node in graph.nodes if not graph.outgoing.get(node)]
    return _spread(ends, lambda node: before.get(node, []))


def _waits(graph: Graph, node: str) -> bool:
    drawn = graph.nodes[node]
    if drawn.is_container:
        return any(_waits(graph, inner.id) for inner in graph.inside(node) if not inner.starts_by_event)
    return drawn.is_step or drawn.type in _WAITING


def _automatic_loops(graph: Graph) -> list[Finding]:
    """Taking away what leads nowhere leaves the loops and the ways into them."""
    left = {node: _automatic_ways(graph, node) for node in graph.nodes if not _waits(graph, node)}
    while done := {node for node, ways in left.items() if not any(way in left for way in ways)}:
        left = {node: ways for node, ways in left.items() if node not in done}
    looping = (node for node in left if node in _spread(left[node], lambda at: left.get(at, [])))
    first = next(looping, None)
    return [f.error("automatic_loop", first)] if first else []


def _automatic_ways(graph: Graph, node: str) -> list[str]:
    return [flow.target for flow in graph.outgoing.get(node, [])]


def order(graph: Graph, steps: Mapping[str, Step]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The steps in reading order and, of them, those of the main path: forward choices before all others."""
    aside = _aside_flows(graph, steps)
    first = [start.id for start in graph.starts()]
    main = _walk(first, lambda node: _forward(graph, node, aside))
    every = _walk([*main, *first], graph.after)
    return tuple(node for node in every if node in steps), tuple(node for node in main if node in steps)


def _aside_flows(graph: Graph, steps: Mapping[str, Step]) -> set[str]:
    return {flow.id for flow in graph.flows.values() if _aside(flow, steps)}


def _forward(graph: Graph, node: str, aside: set[str]) -> list[str]:
    return onward(graph, node, aside)


def _walk(first: Iterable[str], after: Callable[[str], Iterable[str]]) -> list[str]:
    seen: dict[str, None] = {}
    pending = list(first)
    while pending:
        node = pending.pop(0)
        if node not in seen:
            seen[node] = None
            pending += after(node)
    return list(seen)


def _aside(flow: Flow, steps: Mapping[str, Step]) -> bool:
    for name, choice in _TEST.findall(flow.condition):
        step = space_of(flow.id) + name
        kinds = [one.kind for one in steps[step].choices if one.id == choice] if step in steps else []
        if kinds and kinds[0] != "forward":
            return True
    return False


def check_order(graph: Graph, main: Iterable[str], steps: Mapping[str, Step]) -> list[Finding]:
    """The five kinds come in their order on each way forward; a wait or a transfer begins a new stage."""
    before = _before(graph, steps)

    def earlier(node: str) -> list[str]:
        return [] if node in steps and steps[node].kind in _BORDERS else before.get(node, [])

    found = []
    present = set()
    for step in main:
        rank = _MAIN.get(steps[step].kind)
        if rank is None:
            continue
        present.add(rank)
        passed = [_MAIN.get(steps[node].kind, -1) for node in _spread(before.get(step, []), earlier) if node in steps]
        if max(passed, default=-1) > rank:
            found.append(f.warning("kinds_order", step, kind=steps[step].kind))
    absent = [name for rank, name in enumerate(_MAIN_NAMES) if rank not in present]
    return found + [f.warning("kind_absent", None, kind=name) for name in absent]


def _before(graph: Graph, steps: Mapping[str, Step]) -> dict[str, list[str]]:
    aside = _aside_flows(graph, steps)
    before: dict[str, list[str]] = {}
    for node in graph.nodes:
        for way in _forward(graph, node, aside):
            before.setdefault(way, []).append(node)
    return before


def check_choices(expressions: Iterable[tuple[str, str]], steps: Mapping[str, Step]) -> list[Finding]:
    """A test on `x.choice` names a choice that x offers."""
    found = []
    for element, text in expressions:
        for name, choice in _TEST.findall(text):
            step = space_of(element) + name
            if step in steps and choice not in [one.id for one in steps[step].choices]:
                found.append(f.warning("choice_unknown", element.rstrip(":"), choice=choice, step=step))
    return found


def check_fields(
    read: Iterable[tuple[str, Iterable[tuple[str, ...]]]], fields: Mapping[str, frozenset[str]]
) -> list[Finding]:
    """A path such as `filing.area` names a field that the form of `filing` has; `fields` holds each form's by step."""
    wrong = {
        (element, space_of(element) + path[0], path[1])
        for element, paths in read for path in paths
        if len(path) > 1 and path[1] not in fields.get(space_of(element) + path[0], path)
    }
    return [
        f.warning("expression_field", element.rstrip(":"), path=f"{step}.{name}", step=step)
        for element, step, name in sorted(wrong)
    ]


def check_waits(graph: Graph, steps: Mapping[str, Step]) -> list[Finding]:
    """A wait for somebody outside has a limit: a timer on it, or one that may come first."""
    waiting = [step.id for step in steps.values() if step.kind.startswith("wait_") and not graph.boundary.get(step.id)]
    found = [f.warning("wait_without_timer", step) for step in waiting if not _raced(graph, step)]
    caught = [node for node in graph.nodes.values() if node.type == "intermediateCatchEvent" and _has(node, "message")]
    unlimited = [node.id for node in caught if not (_has(node, "timer") or _raced(graph, node.id))]
    return found + [f.warning("catch_without_timer", event) for event in unlimited]


def _raced(graph: Graph, element: str) -> bool:
    """Whether a timer behind the same event-based gateway may come first."""
    gateways = [graph.nodes[flow.source] for flow in graph.incoming.get(element, []) if flow.source in graph.nodes]
    rivals = [flow.target for gateway in gateways if gateway.type == "eventBasedGateway"
              for flow in graph.outgoing.get(gateway.id, [])]
    return any(rival in graph.nodes and _has(graph.nodes[rival], "timer") for rival in rivals)


def _has(node: Node, kind: str) -> bool:
    return node.xml.find(model(f"{kind}EventDefinition")) is not None
