"""Names: every element gets one of its own that the engine can use, and every reference is read the same way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from engine.drawing.diagram import MODEL, local, owner
from engine.drawing.structure import check_id
from engine.normalise.work import ACTIVITIES, LONGEST, NODES, Work, slug

_REFERENCES = (
    "sourceRef", "targetRef", "attachedToRef", "default", "processRef", "messageRef", "errorRef", "signalRef",
    "escalationRef", "activityRef", "operationRef", "dataObjectRef", "dataStoreRef", "calledElement",
)
_WRITTEN = frozenset({
    "flowNodeRef", "sourceRef", "targetRef", "source", "target", "eventDefinitionRef", "incoming", "outgoing",
})


def name_everything(work: Work) -> None:
    """Give names to what has none or shares one, and other names to those that cannot be used."""
    elements = list(work.root.iter(f"{{{MODEL}}}*"))
    work.taken |= {element.get("id") for element in elements if element.get("id")} | set(_spoken_of(elements))
    for element in elements:
        if local(element) in NODES or local(element) in ("sequenceFlow", "process"):
            _name(work, element)
    seen: set[str] = set()
    for element in elements:
        _tell_apart(work, element, seen)
    calls = any(local(element) == "callActivity" for element in elements)
    renamed = _usable(work, elements, LONGEST if calls else 2 * LONGEST)
    known = {element.get("id") for element in elements}
    for element in elements:
        _refer(work, element, renamed, known)


def _spoken_of(elements: list[etree._Element]) -> Iterator[str]:
    """Names that references use; a new name must not make one of them lead somewhere."""
    for element in elements:
        said = [element.get(attribute) or "" for attribute in _REFERENCES]
        said += ["".join(element.itertext())] if local(element) in _WRITTEN else []
        for each in said:
            yield from (each.strip(), each.strip().partition(":")[2])


def _name(work: Work, element: etree._Element) -> None:
    if element.get("id"):
        return
    name = work.fresh(slug(element.get("name") or "", local(element).lower()))
    work.note("repair_id_missing", element, tag=local(element), name=name)
    around = owner(element) or ""
    work.drawn[name] = work.drawn.get(around, around)
    element.set("id", name)


def _tell_apart(work: Work, element: etree._Element, seen: set[str]) -> None:
    identity = element.get("id")
    if identity in seen:
        name = work.fresh(str(identity))
        work.note("repair_id_twice", element, name=name)
        work.drawn[name] = work.drawn.get(str(identity), str(identity))
        element.set("id", name)
    seen.add(element.get("id") or "")


def _usable(work: Work, elements: list[etree._Element], longest: int) -> dict[str, str]:
    """Old name to new name of everything whose name the engine refuses or that is longer than this."""
    renamed = {}
    for element in elements:
        identity = element.get("id") or ""
        if len(identity) > longest or _must_change(local(element), identity):
            name = work.fresh(_usable_name(element))
            work.note("repair_id", element, name=name)
            work.drawn[name] = work.drawn.pop(identity, identity)
            element.set("id", name)
            renamed[identity] = name
    return renamed


def _must_change(tag: str, identity: str) -> bool:
    """Whether the engine refuses the name; any activity may be named in expressions, and calls need the colon."""
    if ":" in identity:
        return True
    if tag in ACTIVITIES and check_id("userTask", identity):
        return True
    return (tag in NODES or tag in ("sequenceFlow", "process")) and bool(check_id(tag, identity))


def _usable_name(element: etree._Element) -> str:
    """Like the drawn name as far as the rules allow; the rules of expressions fit everywhere."""
    return slug(element.get("id") or "", slug(element.get("name") or "", f"{local(element).lower()}_1"))


def _refer(work: Work, element: etree._Element, renamed: dict[str, str], known: set[str | None]) -> None:
    for attribute in _REFERENCES:
        drawn = element.get(attribute)
        if drawn is not None:
            said = _read(work, element, drawn, renamed, known)
            if said != drawn:
                element.set(attribute, said)
    if local(element) in _WRITTEN:
        drawn = "".join(element.itertext())
        said = _read(work, element, drawn.strip(), renamed, known)
        if said != drawn:
            for below in list(element):
                element.remove(below)
            element.text = said


def _read(
    work: Work, element: etree._Element, drawn: str, renamed: dict[str, str], known: set[str | None]
) -> str:
    """A reference without its prefix, under the new name."""
    said = drawn.strip()
    if said not in known and said not in renamed and re.fullmatch(r"[^:\s]+:\S+", said):
        bare = said.split(":", 1)[1]
        if bare in known or bare in renamed:
            work.note("repair_prefix", element, reference=drawn, name=work.drawn.get(bare, bare))
            said = bare
    return renamed.get(said, said)
