"""What a run does not need is left out of the executable copy: the drawing, other products' words, data."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from engine.drawing.booleans import spell
from engine.drawing.diagram import MODEL, ONEDOOR, RUN_TAGS, XSI, local, model
from engine.normalise.work import FRAMES, NODES, Work, remove

# Taking one of these away would change what is run, so that the gate has to judge it.
_MATTERS = NODES | {
    "timeCycle", "messageFlow", "multiInstanceLoopCharacteristics", "standardLoopCharacteristics", "condition",
    "loopCondition", "choreography", "choreographyTask", "subChoreography", "callChoreography",
}
_PLACES = {model(tag) for tag in (*FRAMES, "process")}
_SILENT = {"incoming", "outgoing"}


def bring_definitions_home(root: etree._Element) -> None:
    """Some modellers write what an event waits for beside the processes and point there; it means the same."""
    beside = [each for each in root.iterchildren(etree.Element) if _is_definition(each)]
    written = {each.get("id"): each for each in beside}
    for reference in list(root.iter(model("eventDefinitionRef"))):
        name = "".join(reference.itertext()).strip()
        found = written.get(name, written.get(name.rpartition(":")[2]))
        if found is not None and reference.getparent() is not None:
            here = deepcopy(found)
            here.attrib.pop("id", None)
            reference.getparent().replace(reference, here)
    for each in beside:
        remove(each)


def _is_definition(element: etree._Element) -> bool:
    return etree.QName(element).namespace == MODEL and local(element).endswith("EventDefinition")


def strip(work: Work) -> None:
    """Leave out what has no part in a run, and note what somebody might expect to be run."""
    spell(work.root)
    bring_definitions_home(work.root)
    for plain in [*work.root.iter(etree.Comment), *work.root.iter(etree.ProcessingInstruction)]:
        _drop_keeping_text(plain)
    for element in list(work.root.iter(etree.Element)):
        if element is not work.root and element.getparent() is not None and not _kept(work, element):
            remove(element)
    for element in work.root.iter(etree.Element):
        _attributes(element)
    for element in list(work.root.iter(*(model(tag) for tag in NODES))):
        _misplaced(work, element)


def _kept(work: Work, element: etree._Element) -> bool:
    name = etree.QName(element)
    if name.namespace == ONEDOOR:
        return True
    if name.namespace != MODEL or name.localname in _SILENT:
        return False
    if name.localname in RUN_TAGS or name.localname in _MATTERS or name.localname.endswith("EventDefinition"):
        return True
    if local(element.getparent()) != "extensionElements":
        work.note("not_run", element, tag=name.localname)
    return False


def _misplaced(work: Work, element: etree._Element) -> None:
    """A node that stands in no process and no frame is in nobody's way."""
    above = element.getparent()
    if above is not None and above.tag not in _PLACES:
        work.note("not_run", element, tag=local(element))
        remove(element)


def _drop_keeping_text(plain: etree._Element) -> None:
    parent, before = plain.getparent(), plain.getprevious()
    if parent is None:
        return
    if plain.tail and before is not None:
        before.tail = (before.tail or "") + plain.tail
    elif plain.tail:
        parent.text = (parent.text or "") + plain.tail
    plain.tail = None
    parent.remove(plain)


def _attributes(element: etree._Element) -> None:
    # Whether an expression can be evaluated is found out by reading it
    element.attrib.pop("language", None)
    for name in [str(name) for name in element.attrib]:
        if name.startswith("{") and etree.QName(name).namespace not in (ONEDOOR, XSI):
            del element.attrib[name]


def isolate(work: Work, together: list[etree._Element]) -> None:
    """Leave these processes and make the first one executable; the others are what it calls."""
    process = together[0]
    for other in work.root.findall(model("process")):
        if other not in together:
            remove(other)
        elif other is not process:
            other.set("isExecutable", "false")
    for pool in list(work.root.iter(model("participant"))):
        if pool.get("processRef") != process.get("id"):
            remove(pool)
    for flow in list(work.root.iter(model("messageFlow"))):
        remove(flow)
    if process.get("isExecutable") != "true":
        work.note("repair_executable", process)
        process.set("isExecutable", "true")


def drop_lost_lanes(process: etree._Element, known: set[str]) -> None:
    """A lane may list what was never drawn or is not run."""
    for reference in list(process.iter(model("flowNodeRef"))):
        if "".join(reference.itertext()).strip() not in known:
            remove(reference)


def empty(process: etree._Element) -> bool:
    """Whether nothing is drawn in a process."""
    return not any(local(element) in NODES for element in process.iter(f"{{{MODEL}}}*"))
