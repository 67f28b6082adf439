"""What a drawing says, for the reference interpreter: its elements, how they are connected, what their events are."""

from __future__ import annotations

import re

from lxml import etree

_B = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_COUNTED = re.compile(r"count\(\w+\) >= (\d+)")


class Drawing:
    """A file, read once."""

    def __init__(self, xml: str) -> None:
        root = etree.fromstring(xml.encode())
        process = next(each for each in root.iter(_B + "process") if each.get("isExecutable") == "true")
        self.process = process.get("id")
        drawn = {each.get("id"): each for each in root.iter(_B + "*") if each.get("id")}
        self.kind = {name: etree.QName(each).localname for name, each in drawn.items()}
        self.said = {name: dict(each.attrib) for name, each in drawn.items()}
        self.starts = {each.getparent().get("id"): each.get("id") for each in process.iter(_B + "startEvent")}
        self.tests = {each.getparent().get("id"): "".join(each.itertext())
                      for each in process.iter(_B + "conditionExpression")}
        self.repeated = {each.getparent().get("id"): _repetition(each)
                         for each in process.iter(_B + "multiInstanceLoopCharacteristics")}
        self.event = {name: _event(each) for name, each in drawn.items() if self.kind[name].endswith("Event")}
        self.ways: dict[str, list[str]] = {}
        self.into: dict[str, list[str]] = {}
        self.border: dict[str, list[str]] = {}
        self.handlers: dict[str, list[str]] = {}
        self.known: dict[tuple[str, str], frozenset[str]] = {}
        for name, said in self.said.items():
            if self.kind[name] == "sequenceFlow":
                self.ways.setdefault(said["sourceRef"], []).append(name)
                self.into.setdefault(said["targetRef"], []).append(name)
            elif self.kind[name] == "boundaryEvent":
                self.border.setdefault(said["attachedToRef"], []).append(name)
            elif said.get("triggeredByEvent") == "true":
                self.handlers.setdefault(drawn[name].getparent().get("id"), []).append(name)

    def awaited(self, host: str) -> list[str]:
        """The boundary events of a host that are waited for; an error is not."""
        return [event for event in self.border.get(host, []) if self.event[event] != "error"]

    def interrupts(self, event: str) -> bool:
        """Whether a boundary or start event breaks off what it belongs to."""
        said = self.said[event]
        return said.get("cancelActivity") != "false" and said.get("isInterrupting") != "false"

    def reach(self, node: str, join: str) -> frozenset[str]:
        """The flows into a join that a token at a node can come to without passing the join."""
        if (node, join) not in self.known:
            seen, pending, found = {join}, [node], set()
            while pending:
                at = pending.pop()
                if at not in seen or at == node != join:
                    seen.add(at)
                    ways = [way for each in (at, *self.border.get(at, [])) for way in self.ways.get(each, [])]
                    found |= {way for way in ways if self.said[way]["targetRef"] == join}
                    pending += [self.said[way]["targetRef"] for way in ways if self.said[way]["targetRef"] not in seen]
            self.known[node, join] = frozenset(found)
        return self.known[node, join]


def _repetition(xml: etree._Element) -> tuple[int | None, bool, int | None]:
    """How many times (None: once for each of the collection), one after another, and after how many it is enough."""
    count = xml.findtext(_B + "loopCardinality")
    until = _COUNTED.fullmatch(xml.findtext(_B + "completionCondition") or "")
    return int(count) if count else None, xml.get("isSequential") == "true", int(until.group(1)) if until else None


def _event(xml: etree._Element) -> str:
    """The kind of an event: none, timer, message, error, terminate…"""
    tags = [etree.QName(each).localname for each in xml.iterchildren(etree.Element)]
    return next((tag.removesuffix("EventDefinition") for tag in tags if tag.endswith("EventDefinition")), "none")
