"""Our own words inside a diagram (namespace `urn:onedoor:bpmn:1`): what a step is, who does it, what it offers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from lxml import etree

from engine.drawing import findings as f
from engine.drawing.diagram import local, model, onedoor
from engine.drawing.findings import Finding
from engine.drawing.loops import Loop, loop_of
from engine.drawing.structure import Graph, Node, expression_text, extension, text_of

WAITS = ("wait_applicant", "wait_financial")
KINDS = ("receive", "appraise", "approve", "stamp", "sign", "return", *WAITS, "transfer", "consult")
CHOICE_KINDS = ("forward", "supplement", "return", "refuse")
STATUSES = tuple(str(number) for number in range(1, 11))
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Choice:
    """A button of a step; `when` is FEEL, empty when it is always offered."""

    id: str
    name: str
    name_en: str
    kind: str
    when: str


@dataclass(frozen=True, slots=True)
class Step:
    """Work for somebody. Values that begin with "=" are FEEL, all others literal."""

    id: str
    name: str
    name_en: str
    kind: str
    role: str
    unit: str
    hours: str | None
    online_hours: str | None
    status: str
    clock: str
    form: str | None
    choices: tuple[Choice, ...]
    message: str | None
    loop: Loop | None
    needs_file: bool
    lane: str | None


@dataclass(frozen=True, slots=True)
class Element:
    """Any drawn flow element, as lists and replay show it; `scope` is the subprocess around it."""

    id: str
    type: str
    name: str
    name_en: str
    lane: str | None
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane and the elements in it."""

    id: str
    name: str
    name_en: str
    elements: tuple[str, ...]


def english(xml: etree._Element) -> str:
    """The English name, or the Vietnamese one where there is none."""
    names = extension(xml, "names")
    return (names.get("en") if names is not None else None) or xml.get("name") or ""


def lanes_of(graph: Graph) -> dict[str, Lane]:
    """All lanes, the inner ones of nested lanes too."""
    lanes = {}
    for xml in graph.process.iter(model("lane")):
        inside = tuple(text_of(ref) for ref in xml.findall(model("flowNodeRef")))
        lanes[xml.get("id") or ""] = Lane(xml.get("id") or "", xml.get("name") or "", english(xml), inside)
    return lanes


def lane_by_element(lanes: dict[str, Lane]) -> dict[str, str]:
    """The innermost lane of each element: an inner lane stands after the outer one in the document."""
    return {element: lane.id for lane in lanes.values() for element in lane.elements}


def elements_of(graph: Graph, lane: dict[str, str]) -> dict[str, Element]:
    """Everything drawn."""
    return {
        node.id: Element(
            node.id, node.type, node.xml.get("name") or "", english(node.xml), _lane(graph, node, lane), node.scope
        )
        for node in graph.nodes.values()
    }


def steps_of(graph: Graph, lane: dict[str, str]) -> dict[str, Step]:
    """Every step; what is missing in the drawing is empty here and found by `check_step`."""
    return {node.id: _step(graph, node, _lane(graph, node, lane)) for node in graph.nodes.values() if node.is_step}


def _lane(graph: Graph, node: Node, lane: dict[str, str]) -> str | None:
    at: Node | None = node
    while at is not None and at.id not in lane:
        at = graph.nodes.get(at.host or at.scope or "")
    return lane[at.id] if at is not None else None


def _step(graph: Graph, node: Node, lane: str | None) -> Step:
    xml = node.xml
    own = extension(xml, "step")
    said = dict(own.attrib) if own is not None else {}
    return Step(
        id=node.id, name=xml.get("name") or "", name_en=english(xml), lane=lane,
        kind=said.get("kind", ""), role=said.get("role", ""), unit=said.get("unit", ""),
        hours=said.get("hours"), online_hours=said.get("onlineHours"), status=said.get("status", ""),
        clock=said.get("clock", "running"), form=said.get("form"), choices=tuple(_choices(xml)),
        message=_message(graph, node), loop=loop_of(xml), needs_file=said.get("needsFile") == "true",
    )


def _choices(xml: etree._Element) -> Iterator[Choice]:
    for choice in xml.findall(f"{model('extensionElements')}/{onedoor('choice')}"):
        name = choice.get("name") or ""
        when = expression_text(choice.get("when"))
        yield Choice(choice.get("id") or "", name, choice.get("nameEn") or name, choice.get("kind") or "forward", when)


def _message(graph: Graph, node: Node) -> str | None:
    wanted = node.xml.get("messageRef")
    messages = {xml.get("id"): xml.get("name") or xml.get("id") for xml in graph.root.iter(model("message"))}
    return messages.get(wanted) if wanted else None


def check_step(step: Step, xml: etree._Element, roles: frozenset[str] | None, forms: frozenset[str]) -> list[Finding]:
    """Everything that is wrong with the properties of one step."""
    if extension(xml, "step") is None:
        return [f.error("step_missing", step.id)]
    found = _check_who(step, roles) + _check_hours(step) + _check_status(step)
    found += _check_choices(step)
    if step.form is not None and step.form not in forms:
        found.append(f.error("step_form", step.id, form=step.form))
    if local(xml) == "receiveTask" and not step.message:
        found.append(f.error("message_missing", step.id))
    if local(xml) == "receiveTask" and step.choices:
        found.append(f.error("message_choices", step.id))
    return found


def _check_who(step: Step, roles: frozenset[str] | None) -> list[Finding]:
    found = []
    if not step.name:
        found.append(f.warning("name_missing", step.id))
    if step.kind not in KINDS:
        found.append(f.error("step_kind", step.id, kind=step.kind, allowed=", ".join(KINDS)))
    if not step.role:
        found.append(f.error("step_role", step.id))
    elif roles is not None and step.role not in roles:
        found.append(f.error("step_role_unknown", step.id, role=step.role))
    if not step.unit:
        found.append(f.error("step_unit", step.id))
    return found


def _check_hours(step: Step) -> list[Finding]:
    if step.hours is None:
        return [] if step.kind in WAITS else [f.error("step_hours", step.id)]
    wrong = [value for value in (step.hours, step.online_hours) if value is not None and not _positive(value)]
    return [f.error("step_hours_value", step.id, value=value) for value in wrong]


def _positive(text: str) -> bool:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return False
    return value.is_finite() and 0 < value < 100_000


def _check_status(step: Step) -> list[Finding]:
    found = check_status(step.id, step.status)
    stopped = step.clock == "stopped" and step.kind in WAITS
    if step.clock != "running" and not stopped:
        found.append(f.error("step_clock", step.id, clock=step.clock))
    return found


def check_status(element: str, status: str) -> list[Finding]:
    """A public status is 1 to 10, an expression, or nothing."""
    wrong = status and not status.startswith("=") and status not in STATUSES
    return [f.error("step_status", element, status=status)] if wrong else []


def _check_choices(step: Step) -> list[Finding]:
    found = []
    seen: set[str] = set()
    for choice in step.choices:
        if not _NAME.fullmatch(choice.id) or choice.id in seen:
            found.append(f.error("choice_id", step.id, choice=choice.id))
        if choice.kind not in CHOICE_KINDS:
            allowed = ", ".join(CHOICE_KINDS)
            found.append(f.error("choice_kind", step.id, choice=choice.id, kind=choice.kind, allowed=allowed))
        if not choice.name:
            found.append(f.error("choice_name", step.id, choice=choice.id))
        seen.add(choice.id)
    if step.choices and all(choice.kind == "supplement" for choice in step.choices):
        found.append(f.error("choice_more", step.id))
    return found
