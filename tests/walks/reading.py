"""What a drawing says, for the reference interpreter: its elements, how they are connected, what their events are, and
what its expressions mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sized
from typing import Any

from lxml.etree import QName, _Element, fromstring

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
FRAMES = {"process", "subProcess", "transaction", "adHocSubProcess", "callActivity"}
_SIGNS = {"=": lambda left, right: str(left) == right, "<": lambda left, right: int(left) < int(right)}


class Node:
    """An element as it is drawn: its kind, what it says, the kind of its event (or its own) and what that names, how it
    is repeated, what is inside it and at its border, the flows out of it and into it (of a flow: its two ends), and
    what takes it back."""

    def __init__(self, xml: _Element, around: Node | None, names: Mapping[str | None, str]) -> None:
        self.around, self.called, self.kind = around, xml.get("id"), QName(xml).localname
        self.id = f"{around.within}{self.called}" if around else self.called
        self.within = f"{self.id}:" if self.kind == "callActivity" else around.within if around else ""
        self.inside, self.border, self.ways, self.into, self.ends, self.undo = [], [], [], [], [], None
        event = next(iter(xml.xpath("*[contains(local-name(), 'EventDefinition')]")), xml)
        self.event = "message" if xml.get("messageRef") else QName(event).localname.removesuffix("EventDefinition")
        self.name = names.get(event.get(f"{self.event}Ref")) or event.get("name") or event.get("activityRef", "")
        self.says = _says(event) | _says(xml)
        self.own = [(QName(each).localname, each.attrib) for each in xml.iterfind(f"{BPMN}extensionElements/*")]
        self.loop = next(map(_says, xml.xpath("*[contains(local-name(), 'LoopCharacteristics')]")), None)
        self.many = xml.find(f"{BPMN}multiInstanceLoopCharacteristics") is not None
        self.enough = int(self.loop.get("completionCondition", "0").split()[-1]) or None if self.loop else None
        self.by_event = "triggeredByEvent" in self.says
        self.interrupts = "false" not in (self.says.get("cancelActivity"), self.says.get("isInterrupting"))

    def firsts(self) -> list[Node]:
        """Where tokens begin: at the start event, else at everything that no flow leads to."""
        starts = [each for each in self.inside if each.kind == "startEvent"]
        return starts or [each for each in self.inside if not (each.into or each.by_event or each.ends) and
                          each.kind not in ("boundaryEvent", "association") and "isForCompensation" not in each.says]

    def handlers(self) -> list[Node]:
        """What starts the event subprocesses inside."""
        return [each.firsts()[0] for each in self.inside if each.by_event]

    def reach(self, join: Node, seen: set[Node]) -> set[Node]:
        """The flows into a join that a token here can come to without passing the join."""
        ways = {way for each in (self, *self.border) for way in each.ways if self not in seen}
        seen.add(self)
        return ways & {*join.into} | {found for way in ways for found in way.ends[1].reach(join, seen)}

    def chosen(self, data: Mapping[str, Any]) -> list[Node]:
        """The flows whose condition is true or that have none, of an exclusive gateway the first; else the default."""
        usual = [way for way in self.ways if way.called == self.says.get("default")]
        taken = [way for way in self.ways if way not in usual and holds(way.says.get("conditionExpression"), data)]
        return taken[: 1 if self.kind == "exclusiveGateway" else None] or usual

    def rounds(self, data: Mapping[str, Any], done: Sized) -> Iterator[int]:
        """The instances of a repeated activity: until enough are done, and a standard loop's while a condition holds.
        """
        most = self.loop.get("loopCardinality", self.loop.get("loopMaximum"))
        for number in range(int(most or (len(value("filing.x", data)) if self.many else 99))):
            tested = number or self.loop.get("testBefore") == "true"
            until = self.loop.get("loopCondition", "").replace("loopCounter", str(number))
            if len(done) == self.enough or (tested and not holds(until, data)):
                return
            yield number

    def said(self, tag: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """The values under their names that our extension elements of a kind say."""
        return {each.get("name", ""): value(each["value"], data) for kind, each in self.own if kind == tag}

    def key(self, data: Mapping[str, Any]) -> str | None:
        """What a message is correlated by."""
        return next(map(str, self.said("correlation", data).values()), None)


def _says(xml: _Element) -> dict[str, str]:
    return {QName(each).localname: each.text or "" for each in xml} | dict(xml.attrib)


def value(text: str, data: Mapping[str, Any]) -> Any:
    """A number, how often a step was entered, or a value, which may be a part of another."""
    place, _, name = text.removeprefix("=").partition(".")
    if place.isdecimal():
        return int(place)
    if place == "visits":
        return data.get(f"visits.{name}", 0)
    return data[place][name] if name and place in data else data.get(place)


def holds(text: str | None, data: Mapping[str, Any]) -> bool:
    """Whether a condition holds; what compares with nothing does not."""
    parts = [part.split() for part in text.split(" and ")] if text else []
    found = [(value(name, data), sign, other.strip('"')) for name, sign, other in parts]
    return all(left is not None and _SIGNS[sign](left, other) for left, sign, other in found)


def read(xml: str) -> Node:
    """The executable process of a file, with what is called inside its calls."""
    root = fromstring(xml.encode())
    names = {each.get("id"): each.get("errorCode") or each.get("escalationCode") or each.get("name") for each in root}
    bodies = {each.get("id"): each for each in root.iter(*(BPMN + kind for kind in FRAMES))}
    pending = [Node(each, None, names) for each in bodies.values() if each.get("isExecutable") == "true"]
    for around in pending:
        body = bodies[around.says.get("calledElement", around.called)]
        drawn = {each.get("id"): Node(each, around, names) for each in body if each.get("id")}
        around.inside = [*drawn.values()]
        pending += [node for node in around.inside if node.kind in FRAMES]
        for node in around.inside:
            node.ends = [drawn[node.says[end]] for end in ("sourceRef", "targetRef") if end in node.says]
            if (node.kind, node.event) == ("intermediateThrowEvent", "link"):
                node.ends = [node, next(each for each in around.inside if node is not each and node.name == each.name)]
            if node.kind == "association":
                drawn[node.ends[0].says["attachedToRef"]].undo = node.ends[1]
            elif node.ends:
                node.ends[0].ways.append(node)
                node.ends[1].into.append(node)
            elif node.kind == "boundaryEvent":
                drawn[node.says["attachedToRef"]].border.append(node)
    return pending[0]
