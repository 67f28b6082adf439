"""From where a token can still come to an inclusive join; looked at once per version."""

from __future__ import annotations

from engine.drawing.structure import Graph


def meets(graph: Graph) -> dict[str, dict[str, frozenset[str]]]:
    """For each inclusive gateway with several flows in: each of them, and the elements of the same scope from which
    a token can reach it without passing the gateway."""
    before = _before(graph)
    joins = [node.id for node in graph.nodes.values() if node.type == "inclusiveGateway"]
    return {
        join: {flow.id: _reaching(before, flow.source, join) for flow in graph.incoming[join]}
        for join in joins if len(graph.incoming.get(join, [])) > 1
    }


def _before(graph: Graph) -> dict[str, list[str]]:
    before: dict[str, list[str]] = {}
    for node in graph.nodes.values():
        for way in graph.after(node.id):
            if way in graph.nodes and graph.nodes[way].scope == node.scope:
                before.setdefault(way, []).append(node.id)
    return before


def _reaching(before: dict[str, list[str]], last: str, without: str) -> frozenset[str]:
    seen: set[str] = set()
    pending = [last]
    while pending:
        node = pending.pop()
        if node not in seen and node != without:
            seen.add(node)
            pending += before.get(node, [])
    return frozenset(seen)
