"""What is wrong with how elements are connected: starts and ends of scopes, ways out, conditions, length."""

from __future__ import annotations

from collections import Counter

from engine import findings as f
from engine.findings import Finding
from engine.structure import GATEWAY_TAGS, Flow, Graph, Node

MAX_ROW = 250


def check_flows(graph: Graph) -> list[Finding]:
    """Everything that is wrong with the flows of a diagram."""
    return [*_scopes(graph), *_ways(graph)]


def _scopes(graph: Graph) -> list[Finding]:
    found = []
    scopes = [(None, graph.process.get("id")), *((n.id, n.id) for n in graph.nodes.values() if n.type == "subProcess")]
    for scope, name in scopes:
        kinds = Counter(node.type for node in graph.inside(scope))
        if kinds["startEvent"] != 1:
            code = "start_several" if kinds["startEvent"] else "start_missing"
            found.append(f.error(code, name, count=kinds["startEvent"]))
        if not kinds["endEvent"]:
            found.append(f.error("end_missing", name))
    for flow in graph.flows.values():
        ends = [graph.nodes.get(flow.source), graph.nodes.get(flow.target)]
        if ends[0] and ends[1] and ends[0].scope != ends[1].scope:
            found.append(f.error("flow_scope", flow.id))
        if (ends[0] and ends[0].type == "endEvent") or (ends[1] and ends[1].type in ("startEvent", "boundaryEvent")):
            found.append(f.error("flow_end", flow.id))
    return found


def _ways(graph: Graph) -> list[Finding]:
    found = []
    for node in graph.nodes.values():
        ways = graph.outgoing.get(node.id, [])
        if not ways and node.type != "endEvent":
            found.append(f.error("no_way_out", node.id))
        if len(ways) > 1 and node.type not in GATEWAY_TAGS:
            found.append(f.error("implicit_fork", node.id))
        if node.type != "exclusiveGateway":
            found += [f.error("conditional_flow", flow.id) for flow in ways if flow.condition]
        else:
            found += _conditions(node, ways)
        if node.type == "parallelGateway":
            found += _doubled(ways) + _doubled(graph.incoming.get(node.id, []))
    return found


def _conditions(node: Node, ways: list[Flow]) -> list[Finding]:
    if len(ways) < 2:
        return []
    default = node.xml.get("default")
    found = [f.error("condition_missing", flow.id) for flow in ways if not flow.condition and flow.id != default]
    return found if default or found else [f.warning("default_missing", node.id)]


def _doubled(ways: list[Flow]) -> list[Finding]:
    seen: set[tuple[str, str]] = set()
    found = []
    for flow in ways:
        if (flow.source, flow.target) in seen:
            found.append(f.error("flow_twice", flow.id))
        seen.add((flow.source, flow.target))
    return found


def check_length(graph: Graph) -> list[Finding]:
    """How deep the library's recursive parser will go: it follows flows first to last, boundary events before."""
    seen: set[str] = set()
    start = graph.start()
    trail = [iter([start.id] if start else [])]
    while trail:
        node = next(trail[-1], None)
        if node is None:
            trail.pop()
        elif node not in seen:
            seen.add(node)
            if len(trail) > MAX_ROW:
                return [f.error("too_long", node, limit=MAX_ROW)]
            events = [event.id for event in graph.boundary.get(node, [])]
            trail.append(iter([*events, *(way for way in graph.after(node) if way not in events)]))
    return []
