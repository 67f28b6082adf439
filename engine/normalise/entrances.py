"""Where a scope begins and ends, drawn or not, and what can never be reached."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from engine.diagram import local, model
from engine.normalise.choices import ask_which
from engine.normalise.flows import drop_nodes
from engine.normalise.work import (
    Wiring,
    Work,
    definitions_of,
    is_kind,
    nodes_in,
    remove,
    scopes,
    starts_by_itself,
    wiring,
)


def add_starts(work: Work, process: etree._Element) -> None:
    """Give every scope the one start that the drawing leaves out or draws several times."""
    for scope in list(scopes(process)):
        if scope.get("triggeredByEvent") != "true":
            _begin(work, scope, wiring(process))


def _begin(work: Work, scope: etree._Element, seen: Wiring) -> None:
    inside = nodes_in(scope)
    starts = [node for node in inside if local(node) == "startEvent"]
    roots = [
        node for node in inside
        if node not in starts and not starts_by_itself(node) and not seen.incoming.get(node.get("id") or "")
    ]
    for start in starts:
        _untrigger(work, start)
    if not inside:
        work.note("repair_empty", scope)
    elif not starts and not roots:
        roots = [node for node in inside if not starts_by_itself(node)][:1]
    if len(starts) == 1 and not roots:
        return
    if len(starts) == 1:
        _begin_beside(work, scope, starts[0], roots, seen)
    else:
        _begin_new(work, scope, starts, roots)


def _untrigger(work: Work, start: etree._Element) -> None:
    """A dossier starts when it is received, a subprocess when it is entered; what was drawn is not waited for."""
    kinds = definitions_of(start)
    if kinds:
        work.note("repair_start_kind", start)
    for kind in kinds:
        remove(kind)


def _begin_beside(
    work: Work, scope: etree._Element, start: etree._Element, roots: list[etree._Element], seen: Wiring
) -> None:
    """What has no incoming flow begins together with the drawn start."""
    for root in roots:
        work.note("repair_root", root)
    identity = start.get("id") or ""
    ways = seen.outgoing.get(identity, [])
    fork = work.add(scope, "parallelGateway", f"{identity}.fork", start)
    for flow in ways:
        flow.set("sourceRef", fork.get("id"))
    work.connect(scope, identity, fork.get("id") or "", start)
    for root in roots:
        work.connect(scope, fork.get("id") or "", root.get("id") or "", root)


def _begin_new(
    work: Work, scope: etree._Element, starts: list[etree._Element], roots: list[etree._Element]
) -> None:
    begin = work.add(scope, "startEvent", f"{scope.get('id')}.start", scope)
    at = begin.get("id") or ""
    for root in roots if starts else []:
        work.note("repair_root", root)
    if not starts and roots:
        work.note("repair_start", scope)
    if len(roots) + bool(starts) > 1:
        fork = work.add(scope, "parallelGateway", f"{scope.get('id')}.fork", scope)
        work.connect(scope, at, fork.get("id") or "", scope)
        at = fork.get("id") or ""
    for root in roots:
        work.connect(scope, at, root.get("id") or "", root)
    if starts:
        _ask_start(work, scope, at, starts)


def _ask_start(work: Work, scope: etree._Element, at: str, starts: list[etree._Element]) -> None:
    """Drawn starts are ways to begin of which one happens; each stays where it is as a point to pass."""
    work.note("repair_starts", scope, count=len(starts))
    gateway = work.add(scope, "exclusiveGateway", f"{scope.get('id')}.begins", scope)
    for start in starts:
        start.tag = model("exclusiveGateway")
        work.connect(scope, gateway.get("id") or "", start.get("id") or "", start)
    flow = work.connect(scope, at, gateway.get("id") or "", scope)
    ask_which(work, gateway, [flow])


def add_ends(work: Work, process: etree._Element) -> None:
    """A token that can go nowhere has ended; the engine wants that drawn."""
    for scope in list(scopes(process)):
        seen = wiring(process)
        loose = [node for node in nodes_in(scope) if _is_loose(node, seen)]
        end = None
        for node in loose:
            if end is None:
                end = work.add(scope, "endEvent", f"{scope.get('id')}.end", scope)
            work.note("repair_end", node)
            work.connect(scope, node.get("id") or "", end.get("id") or "", node)


def _is_loose(node: etree._Element, seen: Wiring) -> bool:
    if seen.outgoing.get(node.get("id") or "") or local(node) == "endEvent":
        return False
    if node.get("isForCompensation") == "true" or node.get("triggeredByEvent") == "true":
        return False
    if local(node) == "intermediateThrowEvent" and is_kind(node, "link"):
        return False
    return not (local(node) == "boundaryEvent" and is_kind(node, "compensate"))


def drop_unreachable(work: Work, process: etree._Element) -> None:
    """What no token can ever reach has no part in a run."""
    seen = wiring(process)
    reached = _reached(process, seen)
    lost = {node: None for identity, node in seen.nodes.items() if identity not in reached}
    for node in lost:
        if node.getparent() not in lost:
            work.note("repair_unreachable", node)
    drop_nodes([node for node in lost if node.getparent() not in lost])


def _reached(process: etree._Element, seen: Wiring) -> set[str]:
    reached: set[str] = set()
    pending = [node.get("id") or "" for node in _first(process)]
    while pending:
        identity = pending.pop()
        if identity not in reached and identity in seen.nodes:
            reached.add(identity)
            pending += [flow.get("targetRef") or "" for flow in seen.outgoing.get(identity, [])]
            pending += [event.get("id") or "" for event in seen.boundary.get(identity, [])]
            pending += [inner.get("id") or "" for inner in _first(seen.nodes[identity])]
    return reached


def _first(scope: etree._Element) -> Iterable[etree._Element]:
    """The nodes that are entered with their scope or by an event of their own."""
    every = local(scope) == "adHocSubProcess"
    for node in nodes_in(scope):
        by_itself = starts_by_itself(node) and local(node) != "boundaryEvent"
        if every or by_itself or local(node) == "startEvent":
            yield node
