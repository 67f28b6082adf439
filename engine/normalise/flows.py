"""Sequence flows: what leads nowhere or where no flow may lead is left out of the run."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from engine.drawing.diagram import MODEL, local, model
from engine.drawing.structure import ACTIVITY_TAGS, text_of
from engine.normalise.work import EVENTS, NODES, Work, is_kind, remove, starts_by_itself, wiring

# Conditions are evaluated after gateways that choose and after activities, nowhere else.
_UNASKED = EVENTS | {"parallelGateway", "eventBasedGateway"}


def gather(work: Work, process: etree._Element) -> None:
    """Put every flow into the scope of its source; pools written one into another's process are rare but real."""
    nodes = wiring(process).nodes
    for flow in list(work.root.iter(model("sequenceFlow"))):
        source = nodes.get(flow.get("sourceRef") or "")
        if source is not None and source.getparent() is not flow.getparent():
            source.getparent().append(flow)


def gather_associations(work: Work, process: etree._Element) -> None:
    """What leads from a compensation event to its handler may be drawn beside the process."""
    nodes = wiring(process).nodes
    for each in list(work.root.iter(model("association"))):
        if each.get("sourceRef") in nodes and process not in each.iterancestors():
            process.append(each)


def repair_flows(work: Work, process: etree._Element) -> None:
    """Leave out flows that cannot be followed, conditions that nobody evaluates, and defaults of nothing."""
    seen = wiring(process)
    for flow in seen.flows:
        wrong = _wrong(flow, seen.nodes)
        if wrong:
            work.note(wrong, flow)
            remove(flow)
    _conditions(work, process)
    _defaults(work, process)


def _wrong(flow: etree._Element, nodes: dict[str, etree._Element]) -> str:
    source, target = nodes.get(flow.get("sourceRef") or ""), nodes.get(flow.get("targetRef") or "")
    if source is None or target is None:
        return "repair_flow_dangling"
    if source.getparent() is not target.getparent():
        return "repair_flow_scope"
    if local(source) == "endEvent" or local(target) in ("startEvent", "boundaryEvent"):
        return "repair_flow_end"
    if starts_by_itself(target) and not is_kind(target, "link"):
        return "repair_flow_end"
    if source.get("triggeredByEvent") == "true" or source.get("isForCompensation") == "true":
        return "repair_flow_end"
    if local(source) == "boundaryEvent" and is_kind(source, "compensate"):
        return "repair_flow_end"
    return ""


def _conditions(work: Work, process: etree._Element) -> None:
    nodes = wiring(process).nodes
    for condition in list(process.iter(model("conditionExpression"))):
        flow = condition.getparent()
        source = nodes.get(flow.get("sourceRef") or "")
        if not text_of(condition):
            remove(condition)
        elif source is None or local(source) in _UNASKED:
            work.note("repair_condition_unused", flow)
            remove(condition)


def _defaults(work: Work, process: etree._Element) -> None:
    seen = wiring(process)
    for identity, node in seen.nodes.items():
        default = node.get("default")
        if default is not None and default not in [flow.get("id") for flow in seen.outgoing.get(identity, [])]:
            work.note("repair_reference", node, reference=default or "?")
            del node.attrib["default"]


def repair_hosts(work: Work, process: etree._Element) -> None:
    """A boundary event hangs on an element of its own scope, otherwise it can never happen."""
    nodes = wiring(process).nodes
    for event in list(process.iter(model("boundaryEvent"))):
        host = nodes.get(event.get("attachedToRef") or "")
        if host is None or local(host) not in ACTIVITY_TAGS or host.get("triggeredByEvent") == "true":
            work.note("repair_host", event, reference=event.get("attachedToRef") or "?")
            drop_nodes([event])
        elif host.getparent() is not event.getparent():
            host.getparent().append(event)


def drop_nodes(nodes: Iterable[etree._Element]) -> None:
    """Take elements out with their flows and what hangs on them."""
    gone = {each.get("id") for node in nodes for each in node.iter(f"{{{MODEL}}}*") if local(each) in NODES}
    process = None
    for node in nodes:
        process = process if process is not None else _process_of(node)
        remove(node)
    if process is not None:
        for flow in list(process.iter(model("sequenceFlow"))):
            if flow.get("sourceRef") in gone or flow.get("targetRef") in gone:
                remove(flow)


def _process_of(node: etree._Element) -> etree._Element | None:
    return next((above for above in node.iterancestors() if local(above) == "process"), None)
