"""A diagram drawn elsewhere → a draft to go on with: everything drawn is kept, and what can be told is written in.

Other than in a copy for a rehearsal, nothing is made up here. What is still missing afterwards is said by the check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from engine.drawing import findings as f
from engine.drawing.booleans import spelt
from engine.drawing.diagram import MODEL, ONEDOOR, local, model, safe
from engine.drawing.findings import Finding
from engine.drawing.structure import STEP_TAGS, expression_text, extension, text_of
from engine.errors import OneDoorError
from engine.feel import compile_expression
from engine.normalise.choices import offer_ways
from engine.normalise.encoding import as_text
from engine.normalise.identity import name_everything
from engine.normalise.strip import empty
from engine.normalise.work import NODES, Work, own, slug, wiring

_BEFORE_ROOT = re.compile(r"\ufeff?(?:\s|<\?xml.*?\?>|<!--.*?-->)*<[^\s/>]+", re.DOTALL)
_SHAPES = ("bpmnElement", "choreographyActivityShape")
_NAMED = {"repair_id": "import_id", "repair_id_missing": "import_id", "repair_id_twice": "import_id"}


@dataclass(frozen=True, slots=True)
class Adopted:
    """The draft's diagram, or None, and what was written into it or why it cannot be read."""

    xml: str | None
    findings: tuple[Finding, ...]


def adopt(raw: bytes | str, roles: Mapping[str, str]) -> Adopted:
    """Prepare a drawing for the studio; `roles` leads from names and codes to roles. Never raises on bad input."""
    text, read = as_text(raw) if isinstance(raw, bytes) else (raw, ())
    if text is None:
        return Adopted(None, read)
    diagram = safe(text)
    if diagram.root is not None:
        diagram = safe(_with_our_prefix(text))
    if diagram.root is None:
        return Adopted(None, diagram.findings)
    work = Work(diagram.root)
    _rename(work)
    named = [f.warning(_NAMED[one.code], one.element, **one.details) for one in work.findings if one.code in _NAMED]
    work.findings, work.drawn = [], {}
    process = _make_executable(work)
    if process is not None:
        _adopt_steps(work, process, {slug(name, name): role for name, role in roles.items()})
        for gateway in list(process.iter(model("exclusiveGateway"))):
            offer_ways(work, gateway, wiring(process))
    written = etree.tostring(work.root.getroottree(), encoding="unicode")
    findings = (*read, *named, *(_told(one) for one in work.findings))
    return Adopted(f'<?xml version="1.0" encoding="UTF-8"?>\n{written}', findings)


def _told(finding: Finding) -> Finding:
    asked = finding.code == "repair_ask"
    return f.warning("import_choices", finding.element, **finding.details) if asked else finding


def _with_our_prefix(text: str) -> str:
    """The same document, in which our words can be written with their usual prefix."""
    if "xmlns:onedoor=" in text:
        return text
    root = _BEFORE_ROOT.match(text)
    at = root.end() if root else 0
    return f'{text[:at]} xmlns:onedoor="{ONEDOOR}"{text[at:]}'


def _rename(work: Work) -> None:
    """Give elements names that expressions can use, keep the drawn one beside, and tell the shapes."""
    before = {element: element.get("id") for element in work.root.iter(f"{{{MODEL}}}*")}
    name_everything(work)
    renamed: dict[str, str] = {}
    for element, drawn in before.items():
        if drawn and drawn != element.get("id"):
            renamed.setdefault(drawn, element.get("id") or "")
            if local(element) in NODES:
                own(element, "drawn").set("id", drawn)
    for shape in work.root.iter(etree.Element):
        for attribute in _SHAPES:
            said = shape.get(attribute)
            bare = said.rpartition(":")[2] if said and said not in renamed else said
            if bare in renamed:
                shape.set(attribute, renamed[bare])


def _make_executable(work: Work) -> etree._Element | None:
    """The process that dossiers will follow: the one that is marked, else the only one with something in it."""
    filled = [process for process in work.root.findall(model("process")) if not empty(process)]
    marked = [process for process in filled if spelt(process.get("isExecutable")) == "true"]
    if marked or len(filled) != 1:
        return marked[0] if marked else None
    work.note("import_executable", filled[0])
    filled[0].set("isExecutable", "true")
    return filled[0]


def _adopt_steps(work: Work, process: etree._Element, roles: Mapping[str, str]) -> None:
    lanes = _lane_names(process)
    for identity, node in wiring(process).nodes.items():
        if local(node) in STEP_TAGS:
            _adopt_step(work, node, lanes.get(identity, ""), roles)
        elif local(node) == "businessRuleTask" and extension(node, "decision") is None:
            wanted = next(_elsewhere(node, "decisionRef", "decisionId"), "")
            if slug(wanted, ""):
                own(node, "decision").set("ref", slug(wanted, ""))
                work.note("import_said", node, property="decision", value=slug(wanted, ""))


def _lane_names(process: etree._Element) -> dict[str, str]:
    """Element to the name of its innermost lane."""
    return {
        text_of(reference): reference.getparent().get("name") or "" for reference in process.iter(model("flowNodeRef"))
    }


def _adopt_step(work: Work, step: etree._Element, lane: str, roles: Mapping[str, str]) -> None:
    """What the drawing or the other product says about a step, in our words; the rest stays to be filled in."""
    if extension(step, "step") is None:
        said = own(step, "step")
        groups = [each for group in _elsewhere(step, "candidateGroups") for each in group.split(",")]
        role = next((roles[slug(each, each)] for each in (*groups, lane) if slug(each, each) in roles), "")
        form = slug(next(_elsewhere(step, "formKey", "formId", "formRef"), "").rpartition(":")[2], "")
        for name, value in (("role", role), ("form", form)):
            if value:
                said.set(name, value)
                work.note("import_said", step, property=name, value=value)
    for loop in step.iterchildren(model("multiInstanceLoopCharacteristics")):
        _adopt_loop(work, step, loop)


def _adopt_loop(work: Work, step: etree._Element, loop: etree._Element) -> None:
    collection = expression_text(next(_elsewhere(loop, "inputCollection", "collection"), ""))
    if extension(loop, "loop") is not None or not _is_feel(collection):
        return
    own(loop, "loop").set("collection", collection)
    item = slug(next(_elsewhere(loop, "inputElement", "elementVariable"), ""), "")
    if item:
        own(loop, "loop").set("item", item)
    work.note("import_said", step, property="loop", value=collection)


def _is_feel(text: str) -> bool:
    try:
        return bool(text) and bool(compile_expression(text))
    except OneDoorError:
        return False


def _elsewhere(element: etree._Element, *names: str) -> Iterator[str]:
    """What other products say about an element: their attributes on it and in its extension elements."""
    inside = element.find(model("extensionElements"))
    foreign = [] if inside is None else [each for each in inside.iter(etree.Element) if _is_foreign(str(each.tag))]
    for name, value in element.attrib.items():
        if str(name).startswith("{") and _is_foreign(str(name)) and etree.QName(name).localname in names:
            yield str(value)
    for each in foreign:
        yield from (str(value) for name, value in each.attrib.items() if name in names)


def _is_foreign(name: str) -> bool:
    return etree.QName(name).namespace not in (MODEL, ONEDOOR)
