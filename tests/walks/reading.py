"""What a drawing says, for the reference interpreter: its elements, how they are connected, what their events are."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
FRAMES = {"process", "subProcess", "transaction", "adHocSubProcess", "callActivity"}


class Node:
    """An element as it is drawn: its kind, what it says, the kind of its event and what that names, what is inside it
    and at its border, the flows out of it and into it (of a flow: its two ends), and what takes it back."""

    def __init__(self, xml: etree._Element, around: Node | None, names: Mapping[str, str]) -> None:
        self.around, self.called, self.kind = around, xml.get("id"), etree.QName(xml).localname
        self.id = f"{around.within}{self.called}" if around else self.called
        self.within = f"{self.id}:" if self.kind == "callActivity" else around.within if around else ""
        self.own = [(etree.QName(each).localname, each.attrib) for each in xml.iterfind(f"{BPMN}extensionElements/*")]
        self.many, self.loop = (xml.find(f"{BPMN}{kind}LoopCharacteristics") for kind in ("multiInstance", "standard"))
        self.inside, self.border, self.ways, self.into, self.ends, self.undo = [], [], [], [], [], None
        event = next(iter(xml.xpath("*[contains(local-name(), 'EventDefinition')]")), xml)
        self.event = etree.QName(event).localname.removesuffix("EventDefinition") if event is not xml else ""
        self.name = event.get("name") or event.get("activityRef") or names.get(event.get(f"{self.event}Ref"), "")
        if xml.get("messageRef"):
            self.event, self.name = "message", names[xml.get("messageRef")]
        self.says = {etree.QName(each).localname: each.text or "" for each in (*xml, *event)} | dict(xml.attrib)
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


def read(xml: str) -> Node:
    """The executable process of a file, with what is called inside its calls."""
    root = etree.fromstring(xml.encode())
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
