"""Events that say too little, or list what cannot happen where they are drawn."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from engine.drawing.diagram import local, model
from engine.drawing.event_checks import ALLOWED
from engine.drawing.events import ROLES
from engine.drawing.structure import expression_text, text_of
from engine.normalise.choices import is_usable, names
from engine.normalise.flows import drop_nodes
from engine.normalise.stand_ins import is_repeated
from engine.normalise.work import ACTIVITIES, Wiring, Work, definitions_of, is_kind, nodes_in, own, remove, slug, wiring

CONNECTOR = "stand_in"
_KIND = {"conditional": "condition", "compensate": "compensation"}
_STARTING = {"message", "timer", "signal", "condition", "error", "escalation"}
_CATCHING = ("intermediateCatchEvent", "receiveTask")


def kind_of(definition: etree._Element) -> str:
    """What an event definition defines, in the engine's words."""
    drawn = local(definition).removesuffix("EventDefinition")
    return _KIND.get(drawn, drawn)


def repair_events(work: Work, process: etree._Element) -> None:
    """Let every event wait for something that can happen to it."""
    for event in list(process.iter(*(model(tag) for tag in ("endEvent", "boundaryEvent", *_MIDDLE)))):
        _leave_out_impossible(work, event)
    idle = [node for node in process.iter(*(model(tag) for tag in ACTIVITIES)) if _never_compensates(process, node)]
    for node in idle:
        work.note("repair_unreachable", node)
    drop_nodes(idle)
    for event in list(process.iter(model("boundaryEvent"))):
        _repair_border(work, process, event)
    for frame in list(process.iter(model("subProcess"))):
        if frame.get("triggeredByEvent") == "true":
            _repair_handler(work, frame)
    for gateway in list(process.iter(model("eventBasedGateway"))):
        _repair_targets(work, process, gateway)
    for event in list(process.iter(model("intermediateCatchEvent"))):
        if not definitions_of(event):
            work.note("repair_plain", event)
            event.tag = model("intermediateThrowEvent")


_MIDDLE = ("intermediateCatchEvent", "intermediateThrowEvent")


def _leave_out_impossible(work: Work, event: etree._Element) -> None:
    """Some modellers list other kinds for an event of several kinds; those that never happen there are no loss.

    Where none of them can happen, the drawing only says that something is awaited, or thrown.
    """
    allowed = {*ALLOWED[ROLES[local(event)]], *(("link",) if local(event) in _MIDDLE else ())}
    if not _in_transaction(event):
        allowed.discard("cancel")
    drawn = definitions_of(event)
    wrong = [each for each in drawn if kind_of(each) not in allowed]
    several = len(drawn) > 1 and event.get("parallelMultiple") != "true" and local(event) in _MIDDLE
    if several or len(wrong) < len(drawn):
        for each in wrong:
            work.note("repair_event_kind", event, kind=kind_of(each))
            remove(each)
    if several and len(wrong) == len(drawn) and local(event) == "intermediateCatchEvent":
        _await_message(work, event)


def _in_transaction(event: etree._Element) -> bool:
    around = event.getparent()
    if local(event) == "boundaryEvent" and around is not None:
        around = next((each for each in around if each.get("id") == event.get("attachedToRef")), None)
    return around is not None and local(around) == "transaction"


def _repair_border(work: Work, process: etree._Element, event: etree._Element) -> None:
    if is_kind(event, "compensate") and not _handlers(process, event):
        work.note("repair_unreachable", event)
        drop_nodes([event])
    elif not definitions_of(event):
        _await_message(work, event)


def _never_compensates(process: etree._Element, node: etree._Element) -> bool:
    ends = {each.get("targetRef") for each in process.iter(model("association"))}
    return node.get("isForCompensation") == "true" and node.get("id") not in ends


def _handlers(process: etree._Element, event: etree._Element) -> list[etree._Element]:
    return [each for each in process.iter(model("association")) if each.get("sourceRef") == event.get("id")]


def _repair_handler(work: Work, frame: etree._Element) -> None:
    """An event subprocess waits for what its only start event says; what starts nothing is left out of the list."""
    if not nodes_in(frame) or frame.find(model("startEvent")) is None:
        work.note("repair_unreachable", frame)
        drop_nodes([frame])
    for start in frame.findall(model("startEvent")):
        drawn = definitions_of(start)
        wrong = [each for each in drawn if kind_of(each) not in _STARTING]
        if not drawn:
            _await_message(work, start)
        elif len(wrong) < len(drawn):
            for each in wrong:
                work.note("repair_event_kind", start, kind=kind_of(each))
                remove(each)


def _await_message(work: Work, event: etree._Element) -> None:
    work.note("repair_trigger", event)
    etree.SubElement(event, model("messageEventDefinition"))


def _repair_targets(work: Work, process: etree._Element, gateway: etree._Element) -> None:
    """Behind an event-based gateway every way begins with something awaited, which nothing else leads to."""
    seen = wiring(process)
    for flow in seen.outgoing.get(gateway.get("id") or "", []):
        target = seen.nodes.get(flow.get("targetRef") or "")
        if target is None:
            continue
        if local(target) not in _CATCHING:
            _await_before(work, flow, target)
            continue
        if local(target) == "intermediateCatchEvent" and not definitions_of(target):
            _await_message(work, target)
        shared = len(seen.incoming[target.get("id") or ""]) > 1
        if shared and not seen.boundary.get(target.get("id") or "") and not is_repeated(target):
            _part(work, seen, flow, target)
            seen = wiring(process)


def _await_before(work: Work, flow: etree._Element, target: etree._Element) -> None:
    scope = flow.getparent()
    work.note("repair_awaited", target)
    event = work.add(scope, "intermediateCatchEvent", f"{flow.get('id')}.awaited", target)
    event.set("name", flow.get("name") or target.get("name") or target.get("id") or "")
    etree.SubElement(event, model("messageEventDefinition"))
    flow.set("targetRef", event.get("id") or "")
    work.connect(scope, event.get("id") or "", target.get("id") or "", target)


def _part(work: Work, seen: Wiring, flow: etree._Element, target: etree._Element) -> None:
    """An event that other ways lead to as well is drawn once for this way and goes on where it goes on."""
    scope, identity = target.getparent(), target.get("id") or ""
    work.note("repair_shared", target)
    twin = deepcopy(target)
    for inside in twin.iter(etree.Element):
        inside.attrib.pop("id", None)
    twin.set("id", work.fresh(slug(identity, "awaited")))
    work.drawn[twin.get("id") or ""] = work.drawn.get(identity, identity)
    scope.append(twin)
    flow.set("targetRef", twin.get("id") or "")
    ways = seen.outgoing.get(identity, [])
    if ways:
        meet = work.add(scope, "intermediateThrowEvent", f"{identity}.after", target)
        for way in ways:
            way.set("sourceRef", meet.get("id") or "")
        for source in (identity, twin.get("id") or ""):
            work.connect(scope, source, meet.get("id") or "", target)


def repair_conditions(work: Work, process: etree._Element) -> None:
    """A condition that cannot be evaluated holds at once between two elements, and never where it would break off."""
    known = names(process)
    seen = wiring(process)
    for definition in process.iter(model("conditionalEventDefinition")):
        drawn = definition.find(model("condition"))
        text = expression_text(text_of(drawn))
        if text and is_usable(text, known):
            continue
        event = definition.getparent()
        before = [seen.nodes.get(flow.get("sourceRef") or "") for flow in seen.incoming.get(event.get("id") or "", [])]
        raced = any(each is not None and local(each) == "eventBasedGateway" for each in before)
        stand_in = "true" if local(event) == "intermediateCatchEvent" and not raced else "false"
        work.note("repair_event_condition", event, expression=text, value=stand_in)
        if drawn is None:
            drawn = etree.SubElement(definition, model("condition"))
        for below in list(drawn):
            drawn.remove(below)
        drawn.text = stand_in


def repair_services(work: Work, process: etree._Element) -> None:
    """A service task asks somebody."""
    for task in process.iter(model("serviceTask")):
        said = own(task, "service")
        if not said.get("connector"):
            work.note("repair_connector", task)
            said.set("connector", CONNECTOR)
