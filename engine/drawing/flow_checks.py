"""What is wrong with how elements are connected: starts and ends of scopes, ways out, conditions."""

from __future__ import annotations

from engine.drawing import findings as f
from engine.drawing.findings import Finding
from engine.drawing.structure import EVENT_TAGS, Flow, Graph, Node

_UNCONDITIONAL = ("parallelGateway", "eventBasedGateway", *EVENT_TAGS)


def check_flows(graph: Graph) -> list[Finding]:
    """Everything that is wrong with the flows of a diagram."""
    return [*_scopes(graph), *_borders(graph), *_ways(graph)]


def _scopes(graph: Graph) -> list[Finding]:
    found = []
    containers = [node for node in graph.nodes.values() if node.is_container]
    for scope, name in [(None, graph.process.get("id")), *((node.id, node.id) for node in containers)]:
        drawn = [node for node in graph.inside(scope) if node.type == "startEvent"]
        if len(drawn) > 1:
            found.append(f.error("start_several", name, count=len(drawn)))
        elif not graph.starts(scope):
            found.append(f.error("start_missing", name))
    return found


def _borders(graph: Graph) -> list[Finding]:
    found = []
    for flow in graph.flows.values():
        ends = [graph.nodes.get(flow.source), graph.nodes.get(flow.target)]
        if ends[0] and ends[1] and ends[0].scope != ends[1].scope:
            found.append(f.error("flow_scope", flow.id))
        if (ends[0] and ends[0].type == "endEvent") or (ends[1] and ends[1].type in ("startEvent", "boundaryEvent")):
            found.append(f.error("flow_end", flow.id))
    return found


def _ways(graph: Graph) -> list[Finding]:
    """A path ends where no flow leaves; that is worth a look where other paths end at an end event."""
    found = []
    ended = {node.scope for node in graph.nodes.values() if node.type == "endEvent"}
    for node in graph.nodes.values():
        ways = graph.outgoing.get(node.id, [])
        if not ways and node.type != "endEvent" and node.scope in ended and not _by_event(graph, node):
            found.append(f.warning("no_way_out", node.id))
        if node.type in _UNCONDITIONAL:
            found += [f.error("conditional_flow", flow.id) for flow in ways if flow.condition]
        else:
            found += _conditions(node, ways)
    return found


def _by_event(graph: Graph, node: Node) -> bool:
    """Whether neither a flow leads there nor leaves: event subprocesses and what compensation does."""
    return node.starts_by_event or node.compensates or node.id in graph.handlers


def _conditions(node: Node, ways: list[Flow]) -> list[Finding]:
    """An exclusive gateway asks on each flow; elsewhere a flow without a condition is always followed."""
    default = node.xml.get("default")
    plain = [flow for flow in ways if not flow.condition and flow.id != default]
    if node.type == "exclusiveGateway":
        if len(ways) < 2:
            return []
        if plain:
            return [f.error("condition_missing", flow.id) for flow in plain]
    tested = any(flow.condition for flow in ways)
    return [f.warning("default_missing", node.id)] if tested and not plain and not default else []
