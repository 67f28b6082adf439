"""The drawn graph: which elements there are, how flows connect them, and whether every reference leads somewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from lxml import etree

from engine.drawing import findings as f
from engine.drawing.diagram import ONEDOOR, local, model, onedoor, only_read
from engine.drawing.findings import Finding
from engine.state import short

STEP_TAGS = ("userTask", "manualTask", "receiveTask", "task")
VALUE_TAGS = ("scriptTask", "businessRuleTask", "serviceTask")
CONTAINER_TAGS = ("subProcess", "transaction", "callActivity", "adHocSubProcess")
ACTIVITY_TAGS = (*STEP_TAGS, *VALUE_TAGS, "sendTask", *CONTAINER_TAGS)
EVENT_TAGS = ("startEvent", "endEvent", "boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent")
GATEWAY_TAGS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway")
NODE_TAGS = frozenset((*ACTIVITY_TAGS, *EVENT_TAGS, *GATEWAY_TAGS))
MAX_NAME = 80
RESERVED = frozenset({"dossier", "filing", "visits", "item", "now", "today"})
_STEP_ID = re.compile(r"[a-z][a-z0-9_]*")
_ANY_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_OURS = (".EndJoin", ".BoundaryEventSplit", ".BoundaryEventJoin")


@dataclass(frozen=True, slots=True)
class Node:
    """One flow element; `scope` is the subprocess around it, None in the process itself."""

    id: str
    type: str
    scope: str | None
    xml: etree._Element
    host: str | None = None

    @property
    def is_step(self) -> bool:
        return self.type in STEP_TAGS

    @property
    def is_container(self) -> bool:
        return self.type in CONTAINER_TAGS

    @property
    def starts_by_event(self) -> bool:
        """Whether it is an event subprocess: no flow leads there."""
        return self.type == "subProcess" and self.xml.get("triggeredByEvent") == "true"

    @property
    def undoes(self) -> bool:
        """Whether it is the event on an activity's border that leads to what takes it back."""
        return self.type == "boundaryEvent" and self.xml.find(model("compensateEventDefinition")) is not None

    @property
    def compensates(self) -> bool:
        """Whether it is done only to take back what another activity did."""
        return bool(self.xml.get("isForCompensation") == "true")


@dataclass(frozen=True, slots=True)
class Flow:
    """One sequence flow; an empty condition means there is none."""

    id: str
    source: str
    target: str
    name: str
    condition: str


@dataclass(slots=True)
class Graph:
    """The process of a diagram as nodes and flows, in document order."""

    root: etree._Element
    process: etree._Element
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    outgoing: dict[str, list[Flow]] = field(default_factory=dict)
    incoming: dict[str, list[Flow]] = field(default_factory=dict)
    boundary: dict[str, list[Node]] = field(default_factory=dict)
    handlers: dict[str, str] = field(default_factory=dict)
    begun: dict[str | None, list[Node]] = field(default_factory=dict)

    def inside(self, scope: str | None) -> list[Node]:
        """The nodes directly in a subprocess, or in the process."""
        return [node for node in self.nodes.values() if node.scope == scope]

    def starts(self, scope: str | None = None) -> list[Node]:
        """Where tokens begin in a scope: at its start event, or without one at everything that no flow enters."""
        if scope not in self.begun:
            inside = self.inside(scope)
            drawn = [node for node in inside if node.type == "startEvent"]
            others = [node for node in inside if node.id not in self.incoming and not _entered_otherwise(node)]
            self.begun[scope] = drawn or others
        return self.begun[scope]

    def trigger(self, handler: str) -> Node | None:
        """The event that starts an event subprocess."""
        return next((node for node in self.inside(handler) if node.type == "startEvent"), None)

    def start(self) -> Node | None:
        """The first element of the process."""
        return next(iter(self.starts()), None)

    def after(self, node: str) -> list[str]:
        """Where a token can be next: along flows, out of its boundary events, into a subprocess, or from the start
        of a scope into its event subprocesses."""
        ways = [flow.target for flow in self.outgoing.get(node, [])]
        ways += [event.id for event in self.boundary.get(node, [])]
        ways += [self.handlers[node]] if node in self.handlers else []
        drawn = self.nodes.get(node)
        if drawn and drawn.is_container:
            ways += [inner.id for inner in self.starts(node)]
        if drawn and drawn in self.starts(drawn.scope):
            ways += [other.id for other in self.inside(drawn.scope) if other.starts_by_event]
        return ways


def _entered_otherwise(node: Node) -> bool:
    return node.type == "boundaryEvent" or node.starts_by_event or node.compensates


def onward(graph: Graph, node: str, without: Collection[str] = ()) -> list[str]:
    """Where a token goes on its way to the end: into a frame, and out of it where a path inside ends; not along flows
    `without`."""
    drawn = graph.nodes[node]
    if drawn.is_container:
        return [inner.id for inner in graph.starts(node)]
    return _out_of(graph, drawn, without)


def _out_of(graph: Graph, drawn: Node, without: Collection[str]) -> list[str]:
    ways = graph.outgoing.get(drawn.id, [])
    while not ways and drawn.scope is not None:
        drawn = graph.nodes[drawn.scope]
        ways = graph.outgoing.get(drawn.id, [])
    return [flow.target for flow in ways if flow.id not in without]


def children(element: etree._Element, tag: str) -> list[etree._Element]:
    """The direct BPMN children with a tag."""
    return list(element.findall(model(tag)))


def extension(element: etree._Element, tag: str) -> etree._Element | None:
    """One of our extension elements of this very element."""
    found: etree._Element | None = element.find(f"{model('extensionElements')}/{onedoor(tag)}")
    return found


def text_of(element: etree._Element | None) -> str:
    """The text of an element without surrounding blanks; comments inside are skipped."""
    return "" if element is None else "".join(element.xpath("text()")).strip()


def expression_text(text: str | None) -> str:
    """A FEEL text without the leading equals sign that modellers write."""
    return (text or "").strip().removeprefix("=").strip()


def draw(root: etree._Element) -> tuple[Graph | None, list[Finding]]:
    """The graph of the one executable process, with what is wrong with its ids and references."""
    found = _ids(root)
    process, more = _process(root)
    found += more
    if process is None:
        return None, found
    graph = Graph(root, process)
    for xml, scope in _walk(process, None):
        _add(graph, xml, scope)
    for xml in process.iter(model("association")):
        _associate(graph, xml.get("sourceRef") or "", xml.get("targetRef") or "")
    return graph, found + _references(graph)


def _walk(container: etree._Element, scope: str | None) -> Iterator[tuple[etree._Element, str | None]]:
    pending = [(container, scope)]
    while pending:
        at, around = pending.pop(0)
        for xml in at.iterchildren(etree.Element):
            tag = local(xml)
            if tag in NODE_TAGS or tag == "sequenceFlow":
                yield xml, around
            if tag in CONTAINER_TAGS:
                pending.append((xml, xml.get("id")))


def _add(graph: Graph, xml: etree._Element, scope: str | None) -> None:
    identity = xml.get("id") or ""
    # An id that is used twice is refused; until then it means the first
    if identity in graph.nodes or identity in graph.flows:
        return
    if local(xml) != "sequenceFlow":
        node = Node(identity, local(xml), scope, xml, xml.get("attachedToRef"))
        graph.nodes[identity] = node
        if node.type == "boundaryEvent":
            graph.boundary.setdefault(node.host or "", []).append(node)
        return
    condition = expression_text(text_of(xml.find(model("conditionExpression"))))
    flow = Flow(identity, xml.get("sourceRef") or "", xml.get("targetRef") or "", xml.get("name") or "", condition)
    graph.flows[identity] = flow
    graph.outgoing.setdefault(flow.source, []).append(flow)
    graph.incoming.setdefault(flow.target, []).append(flow)


def _associate(graph: Graph, source: str, target: str) -> None:
    """An association from a boundary event to an activity for compensation names the event's handler."""
    event, activity = graph.nodes.get(source), graph.nodes.get(target)
    if event and activity and event.undoes and activity.compensates:
        graph.handlers[source] = target


def _process(root: etree._Element) -> tuple[etree._Element | None, list[Finding]]:
    processes = children(root, "process")
    ready = [process for process in processes if process.get("isExecutable") == "true"]
    if not ready:
        return None, [f.error("process_missing")]
    if len(ready) > 1:
        return None, [f.error("process_several", count=len(ready))]
    return ready[0], []


def _ids(root: etree._Element) -> list[Finding]:
    found = []
    counted: Counter[str] = Counter()
    for element in root.iter(etree.Element):
        identity = element.get("id")
        if identity is not None and etree.QName(element).namespace != ONEDOOR:
            counted[identity] += 1
        if (local(element) in NODE_TAGS or local(element) in ("sequenceFlow", "process")) and not only_read(element):
            found += check_id(local(element), identity and short(identity))
            found += check_length(identity or "") if local(element) in NODE_TAGS else []
    return found + [f.error("id_duplicate", identity) for identity, count in counted.items() if count > 1]


def check_length(identity: str) -> list[Finding]:
    """Whether a name, with the calls that lead to it, fits where it is kept."""
    return [f.error("id_long", identity, limit=MAX_NAME)] if len(identity) > MAX_NAME else []


def check_id(tag: str, identity: str | None) -> list[Finding]:
    """Whether an element with this tag may have this id."""
    if not identity:
        return [f.error("id_missing", None, tag=tag)]
    if identity in ("Start", "End", "Root") or identity.endswith(_OURS):
        return [f.error("id_reserved", identity)]
    if tag in STEP_TAGS or tag in VALUE_TAGS or tag == "callActivity":
        if identity in RESERVED:
            return [f.error("id_reserved", identity)]
        return [] if _STEP_ID.fullmatch(identity) else [f.error("id_form", identity)]
    return [] if _ANY_ID.fullmatch(identity) else [f.error("id_characters", identity)]


def _references(graph: Graph) -> list[Finding]:
    known = set(graph.nodes)
    wanted = [(flow.id, flow.source) for flow in graph.flows.values()]
    wanted += [(flow.id, flow.target) for flow in graph.flows.values()]
    wanted += [(node.id, node.host or "") for node in graph.nodes.values() if node.type == "boundaryEvent"]
    wanted += [(xml.getparent().get("id") or "", text_of(xml)) for xml in graph.process.iter(model("flowNodeRef"))]
    found = [f.error("reference", element, reference=name or "?") for element, name in wanted if name not in known]
    for node in graph.nodes.values():
        default = node.xml.get("default")
        if default and default not in [flow.id for flow in graph.outgoing.get(node.id, [])]:
            found.append(f.error("reference", node.id, reference=default))
    return found + _participants(graph)


def _participants(graph: Graph) -> list[Finding]:
    processes = {xml.get("id") for xml in children(graph.root, "process")}
    pools = [xml for xml in graph.root.iter(model("participant")) if xml.get("processRef")]
    wrong = [xml for xml in pools if xml.get("processRef") not in processes]
    return [f.error("reference", xml.get("id"), reference=xml.get("processRef")) for xml in wrong]
