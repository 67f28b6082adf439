"""Where a scope begins, and what can never be reached."""

from __future__ import annotations

from lxml import etree

from engine.drawing.diagram import local, model
from engine.normalise.choices import ask_which
from engine.normalise.flows import drop_nodes
from engine.normalise.links import is_thrown
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
    """Let every scope begin at one place: what is drawn several times is asked for, what no flow enters comes along."""
    for scope in list(scopes(process)):
        if scope.get("triggeredByEvent") != "true":
            _begin(work, scope, wiring(process))


def _begin(work: Work, scope: etree._Element, seen: Wiring) -> None:
    inside = nodes_in(scope)
    starts = [node for node in inside if local(node) == "startEvent"]
    roots = _roots(inside, seen)
    for start in starts:
        _untrigger(work, start, {"message"} if local(scope) == "process" and len(starts) == 1 else set())
    for root in roots:
        if local(root) == "receiveTask" and root.attrib.pop("instantiate", "") == "true":
            work.note("repair_start_kind", root)
    if not inside:
        work.note("repair_empty", scope)
    if not starts and roots:
        return
    if len(starts) != 1:
        starts = [_only_start(work, scope, starts, inside)]
    for root in roots:
        work.note("repair_root", root)
        work.connect(scope, starts[0].get("id") or "", root.get("id") or "", root)


def _roots(inside: list[etree._Element], seen: Wiring) -> list[etree._Element]:
    """The nodes that no flow enters although one could."""
    return [
        node for node in inside
        if local(node) != "startEvent" and not starts_by_itself(node) and not seen.incoming.get(node.get("id") or "")
    ]


def _untrigger(work: Work, start: etree._Element, natural: set[str]) -> None:
    """A dossier starts when it is received, a subprocess when it is entered; what was drawn is not waited for."""
    kinds = [each for each in definitions_of(start) if local(each).removesuffix("EventDefinition") not in natural]
    if kinds:
        work.note("repair_start_kind", start)
    for kind in kinds:
        remove(kind)


def _only_start(
    work: Work, scope: etree._Element, starts: list[etree._Element], inside: list[etree._Element]
) -> etree._Element:
    """One start before the drawn ones, of which one happens; or, where flows run in a circle, before its first node."""
    begin = work.add(scope, "startEvent", f"{scope.get('id')}.start", scope)
    if starts:
        _ask_start(work, scope, begin.get("id") or "", starts)
        return begin
    first = next((node for node in inside if not starts_by_itself(node)), None)
    if first is not None:
        work.note("repair_start", scope)
        work.connect(scope, begin.get("id") or "", first.get("id") or "", scope)
    return begin


def _ask_start(work: Work, scope: etree._Element, at: str, starts: list[etree._Element]) -> None:
    """Drawn starts are ways to begin of which one happens; each stays where it is as a point to pass."""
    work.note("repair_starts", scope, count=len(starts))
    gateway = work.add(scope, "exclusiveGateway", f"{scope.get('id')}.begins", scope)
    for start in starts:
        start.tag = model("exclusiveGateway")
        work.connect(scope, gateway.get("id") or "", start.get("id") or "", start)
    flow = work.connect(scope, at, gateway.get("id") or "", scope)
    ask_which(work, gateway, [flow])


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
    pending = [node.get("id") or "" for node in _first(process, seen)]
    while pending:
        identity = pending.pop()
        if identity not in reached and identity in seen.nodes:
            reached.add(identity)
            pending += [flow.get("targetRef") or "" for flow in seen.outgoing.get(identity, [])]
            pending += [event.get("id") or "" for event in seen.boundary.get(identity, [])]
            pending += [inner.get("id") or "" for inner in _first(seen.nodes[identity], seen)]
    return reached


def _first(scope: etree._Element, seen: Wiring) -> list[etree._Element]:
    """The nodes that are entered with their scope or by an event of their own."""
    inside = nodes_in(scope)
    if local(scope) == "adHocSubProcess":
        return inside
    starts = [node for node in inside if local(node) == "startEvent"] or _roots(inside, seen)
    return [*starts, *(node for node in inside if starts_by_itself(node) and _can_happen(node))]


def _can_happen(node: etree._Element) -> bool:
    """A boundary event is entered with its host, and a link only from its other end."""
    return local(node) != "boundaryEvent" and (not is_kind(node, "link") or is_thrown(node))
