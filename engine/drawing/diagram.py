"""The gate: bytes from anybody become a safe XML tree, or findings that say why not.

Nothing behind this module looks at a document that it has refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from engine.drawing import findings as f
from engine.drawing.booleans import misspelt, spell
from engine.drawing.findings import Finding

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ONEDOOR = "urn:onedoor:bpmn:1"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_DRAWING = {
    "http://www.omg.org/spec/BPMN/20100524/DI",
    "http://www.omg.org/spec/DD/20100524/DC",
    "http://www.omg.org/spec/DD/20100524/DI",
    "http://bpmn.io/schema/bpmn/biocolor/1.0",
    "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
}
_KNOWN = _DRAWING | {MODEL, ONEDOOR}

MAX_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 100
MAX_ELEMENTS = 2_000
MAX_NODES = 20 * MAX_ELEMENTS

_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DECLARED = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)

_REFUSED_FLOW = {
    "complexGateway": "complex_gateway",
}
_REFUSED = _REFUSED_FLOW
# An event definition or a loop is reported on the element it belongs to, because only that is drawn.
_INNER = ("EventDefinition", "LoopCharacteristics", "Association", "ioSpecification", "timeCycle")
_FOREIGN = ("foreign_element", "foreign_attribute")
_DRAWN = {
    "definitions", "process", "collaboration", "participant", "laneSet", "lane", "childLaneSet", "flowNodeRef",
    "extensionElements", "documentation", "incoming", "outgoing", "sequenceFlow", "textAnnotation", "text",
    "association", "group", "category", "categoryValue", "messageFlow", "participantMultiplicity", "itemDefinition",
    "dataObject", "dataObjectReference", "dataStore", "dataStoreReference", "dataState", "dataInputAssociation",
    "dataOutputAssociation", "ioSpecification", "dataInput", "dataOutput", "inputSet", "outputSet", "dataInputRefs",
    "dataOutputRefs", "sourceRef", "targetRef", "property",
}
_FLOW = {
    "userTask", "manualTask", "receiveTask", "scriptTask", "script", "businessRuleTask", "exclusiveGateway",
    "parallelGateway", "inclusiveGateway", "subProcess", "callActivity", "adHocSubProcess", "task",
    "conditionExpression", "multiInstanceLoopCharacteristics", "loopCardinality", "completionCondition",
    "standardLoopCharacteristics", "loopCondition",
}
_EVENTS = {
    "startEvent", "endEvent", "intermediateCatchEvent", "boundaryEvent", "timerEventDefinition", "timeDuration",
    "timeDate", "timeCycle", "terminateEventDefinition", "message", "messageEventDefinition", "signal",
    "signalEventDefinition", "error", "errorEventDefinition", "escalation", "escalationEventDefinition",
    "conditionalEventDefinition", "condition", "linkEventDefinition", "source", "target", "transaction",
    "cancelEventDefinition", "compensateEventDefinition", "intermediateThrowEvent", "sendTask", "serviceTask",
    "eventBasedGateway",
}
RUN_TAGS = _DRAWN | _FLOW | _EVENTS


@dataclass(frozen=True, slots=True)
class Diagram:
    """A document that may be read, or `root` None and the findings why not."""

    root: etree._Element | None
    findings: tuple[Finding, ...]


def read(xml: str | bytes) -> Diagram:
    """The document without other products' words; findings name those and everything that cannot be run."""
    diagram = safe(xml)
    if diagram.root is None:
        return diagram
    spell(diagram.root)
    found = tuple(_constructs(diagram.root))
    _leave_out_foreign(diagram.root)
    return Diagram(diagram.root, found)


def safe(xml: str | bytes) -> Diagram:
    """The whole document as a tree if it is safe to look at, whatever is drawn in it."""
    found = _before_parsing(xml)
    if found is not None:
        return Diagram(None, (found,))
    try:
        root = etree.fromstring(_as_bytes(xml), _parser())
    except etree.XMLSyntaxError as problem:
        return Diagram(None, (_syntax(str(problem)),))
    found = _shape(root)
    if found is not None:
        return Diagram(None, (found,))
    return Diagram(root, ())


def local(element: etree._Element) -> str:
    """The tag without its namespace."""
    return str(etree.QName(element).localname)


def model(tag: str) -> str:
    """The full name of a BPMN tag."""
    return f"{{{MODEL}}}{tag}"


def onedoor(tag: str) -> str:
    """The full name of one of our extension tags."""
    return f"{{{ONEDOOR}}}{tag}"


def owner(element: etree._Element) -> str | None:
    """The id of the element or of the nearest one around it that has an id."""
    at: etree._Element | None = element
    while at is not None:
        if at.get("id") and not local(at).endswith(_INNER):
            return str(at.get("id"))
        at = at.getparent()
    return None


def only_read(element: etree._Element) -> bool:
    """Whether the element belongs to a pool that is not executed, beside one that is."""
    process = element if local(element) == "process" else next(element.iterancestors(model("process")), None)
    if process is None or process.get("isExecutable") == "true":
        return False
    return any(other.get("isExecutable") == "true" for other in process.getparent().iterchildren(model("process")))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, dtd_validation=False
    )


def _as_bytes(xml: str | bytes) -> bytes:
    if isinstance(xml, bytes):
        return xml
    return re.sub(r"^\s*<\?xml.*?\?>", "", xml.lstrip("\ufeff"), count=1, flags=re.DOTALL).encode("utf-8", "replace")


def _before_parsing(xml: str | bytes) -> Finding | None:
    raw = xml if isinstance(xml, bytes) else xml[: MAX_BYTES + 1].encode("utf-8", "replace")
    if max(len(xml), len(raw)) > MAX_BYTES:
        return f.error("too_large", size=len(xml), limit=MAX_BYTES)
    declared = _ENCODING.match(raw)
    encoding = declared.group(1).decode().lower() if declared else "utf-8"
    if encoding not in ("utf-8", "utf8", "us-ascii"):
        return f.error("encoding", encoding=encoding)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return f.error("encoding", encoding="?")
    return f.error("doctype") if _DECLARED.search(_COMMENT.sub("", text)) else None


def _syntax(reason: str) -> Finding:
    if "depth" in reason.lower():
        return f.error("too_deep", limit=MAX_DEPTH)
    return f.error("not_xml", reason=reason)


def _shape(root: etree._Element) -> Finding | None:
    if root.xpath("//processing-instruction()"):
        return f.error("instruction")
    if root.tag != model("definitions"):
        return f.error("not_bpmn")
    if root.xpath("//*[count(ancestor::*) >= $limit]", limit=MAX_DEPTH):
        return f.error("too_deep", limit=MAX_DEPTH)
    drawn = int(root.xpath("count(//b:*[not(ancestor::b:extensionElements)])", namespaces={"b": MODEL}))
    count = drawn if drawn > MAX_ELEMENTS else int(root.xpath("count(//*)"))
    if drawn > MAX_ELEMENTS or count > MAX_NODES:
        return f.error("too_many_elements", count=count, limit=MAX_ELEMENTS)
    return None


def _constructs(root: etree._Element) -> list[Finding]:
    found: list[Finding] = []
    for element in root.iter(etree.Element):
        found += _attributes(element)
        if etree.QName(element).namespace == MODEL:
            found += [] if only_read(element) else _construct(element)
        elif _is_foreign(element) and not _is_foreign(element.getparent()):
            found.append(f.warning("foreign_element", owner(element), tag=local(element)))
    return f.counted({(one.code, one.element, str(one.details)): one for one in found}.values(), _FOREIGN)


def _is_foreign(element: etree._Element | None) -> bool:
    return element is not None and etree.QName(element).namespace not in _KNOWN


def _leave_out_foreign(root: etree._Element) -> None:
    """What belongs to others is kept in the drawing; nobody behind the gate ever sees it."""
    for element in list(root.iter(etree.Element)):
        parent = element.getparent()
        if parent is not None and _is_foreign(element):
            parent.remove(element)


def _attributes(element: etree._Element) -> list[Finding]:
    if element.tag == model("definitions") or _is_foreign(element):
        return []
    foreign = [str(name) for name in element.attrib if str(name).startswith("{")]
    foreign = [name for name in foreign if etree.QName(name).namespace not in _KNOWN | {XSI}]
    return [f.warning("foreign_attribute", owner(element), attribute=etree.QName(name).localname) for name in foreign]


def _construct(element: etree._Element) -> list[Finding]:
    tag = local(element)
    wrong = [f.error("yes_or_no", owner(element), attribute=name, value=value) for name, value in misspelt(element)]
    if wrong:
        return wrong
    if tag in _REFUSED:
        return [f.error(_REFUSED[tag], owner(element))]
    return [] if tag in RUN_TAGS else [f.error("unsupported", owner(element), tag=tag)]
