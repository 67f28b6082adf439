"""A diagram under repair: its tree, which name each new name stands for, and what was noted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from engine.drawing import findings as f
from engine.drawing.diagram import MODEL, local, model, onedoor, owner
from engine.drawing.findings import Finding

TASKS = frozenset({
    "task", "userTask", "manualTask", "receiveTask", "scriptTask", "businessRuleTask", "sendTask", "serviceTask",
})
FRAMES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
EVENTS = frozenset({"startEvent", "endEvent", "boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent"})
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})
ACTIVITIES = TASKS | FRAMES | {"callActivity"}
# What is called gets the call's name before its own, and both together must not be too long to be kept.
LONGEST = 39
_BETWEEN = (" → ", ", ")
NODES = ACTIVITIES | EVENTS | GATEWAYS


@dataclass(slots=True)
class Work:
    """`root` is changed in place; `drawn` leads from a name in it to the name in the drawing."""

    root: etree._Element
    drawn: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    forms: frozenset[str] = frozenset()
    decisions: dict[str, str] = field(default_factory=dict)
    called: dict[str, Any] = field(default_factory=dict)

    def note(self, code: str, element: etree._Element | None, **details: object) -> None:
        """A repair, named by what is drawn."""
        identity = owner(element) if element is not None else None
        self.findings.append(f.warning(code, self.drawn.get(identity or "", identity), **details))

    def fresh(self, wish: str) -> str:
        """A name nobody has, made of the wish."""
        name, number = wish[:LONGEST], 2
        while name in self.taken:
            name, number = f"{wish[:LONGEST - 5]}_{number}", number + 1
        self.taken.add(name)
        return name

    def add(self, scope: etree._Element, tag: str, wish: str, stands_for: etree._Element) -> etree._Element:
        """A new element in a scope, which is reported under the name of what it was added for."""
        identity = self.fresh(wish)
        of = owner(stands_for) or ""
        self.drawn[identity] = self.drawn.get(of, of)
        return etree.SubElement(scope, model(tag), {"id": identity})

    def connect(self, scope: etree._Element, source: str, target: str, stands_for: etree._Element) -> etree._Element:
        """A new sequence flow."""
        flow = self.add(scope, "sequenceFlow", f"{source}-{target}", stands_for)
        flow.set("sourceRef", source)
        flow.set("targetRef", target)
        return flow


def name_in(drawn: Mapping[str, str], name: str) -> str:
    """The drawn name of an element; one inside of something called has the call's name before it."""
    return drawn.get(name) or ":".join(drawn.get(part, part) for part in name.split(":"))


def told(drawn: Mapping[str, str], text: str) -> str:
    """A detail of a sentence in drawn names: one name, a list or a way of them, or any other text as it is."""
    return "".join(part if part in _BETWEEN else name_in(drawn, part) for part in re.split(r"( → |, )", text))


@dataclass(slots=True)
class Wiring:
    """The nodes and flows of a process as they stand now."""

    nodes: dict[str, etree._Element] = field(default_factory=dict)
    flows: list[etree._Element] = field(default_factory=list)
    outgoing: dict[str, list[etree._Element]] = field(default_factory=dict)
    incoming: dict[str, list[etree._Element]] = field(default_factory=dict)
    boundary: dict[str, list[etree._Element]] = field(default_factory=dict)


def wiring(process: etree._Element) -> Wiring:
    """Look at the process anew."""
    seen = Wiring()
    for element in process.iter(f"{{{MODEL}}}*"):
        tag = local(element)
        if tag in NODES:
            seen.nodes[element.get("id") or ""] = element
            if tag == "boundaryEvent":
                seen.boundary.setdefault(element.get("attachedToRef") or "", []).append(element)
        elif tag == "sequenceFlow":
            seen.flows.append(element)
            seen.outgoing.setdefault(element.get("sourceRef") or "", []).append(element)
            seen.incoming.setdefault(element.get("targetRef") or "", []).append(element)
    return seen


def scopes(process: etree._Element) -> Iterator[etree._Element]:
    """The process and every frame in it in which flows begin at a start."""
    yield process
    yield from process.iter(model("subProcess"), model("transaction"))


def nodes_in(scope: etree._Element) -> list[etree._Element]:
    """The nodes directly in a scope."""
    return [element for element in scope.iterchildren(f"{{{MODEL}}}*") if local(element) in NODES]


def definitions_of(event: etree._Element) -> list[etree._Element]:
    """The event definitions of an event."""
    return [each for each in event.iterchildren(f"{{{MODEL}}}*") if local(each).endswith("EventDefinition")]


def is_kind(event: etree._Element, *kinds: str) -> bool:
    """Whether an event has a definition of one of these kinds."""
    return any(local(each).removesuffix("EventDefinition") in kinds for each in definitions_of(event))


def starts_by_itself(node: etree._Element) -> bool:
    """Whether a node is never entered along a flow: an event's own frame, a compensation, where a link arrives."""
    return (
        local(node) == "boundaryEvent" or node.get("isForCompensation") == "true"
        or node.get("triggeredByEvent") == "true"
        or (local(node) == "intermediateCatchEvent" and is_kind(node, "link"))
    )


def remove(element: etree._Element) -> None:
    """Take an element out and leave the text after it."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def extensions(element: etree._Element) -> etree._Element:
    """The extension elements of an element, made where there are none."""
    found = element.find(model("extensionElements"))
    if found is None:
        found = etree.Element(model("extensionElements"))
        documented = len(element.findall(model("documentation")))
        element.insert(documented, found)
    return found


def own(element: etree._Element, tag: str) -> etree._Element:
    """One of our words on an element, made where it is missing."""
    inside = extensions(element)
    found = inside.find(onedoor(tag))
    return found if found is not None else etree.SubElement(inside, onedoor(tag))


def slug(text: str, otherwise: str) -> str:
    """A short name of small ASCII letters, digits and _ for a text in any language."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40].strip("_")
    return plain if re.match(r"[a-z]", plain) else otherwise
