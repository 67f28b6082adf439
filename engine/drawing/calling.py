"""Call activities: the called process is drawn into its caller before anything else looks at the diagram.

A call names another process of the same file, or a published procedure whose whole bundle the caller's bundle carries
under that name: what is called is pinned by content, and the caller's digest covers it. Every id that is drawn in gets
the call's id before it (`check:look`), so that the same process can be called from several places; expressions go on
using the ids as they were drawn. What is called keeps its values in a frame of its own and sees nothing of its caller
but what `onedoor:in` hands over; `onedoor:out` says what comes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from engine.drawing import findings as f
from engine.drawing.diagram import MAX_ELEMENTS, MODEL, ONEDOOR, model, read
from engine.drawing.findings import Finding
from engine.drawing.structure import Graph, children, expression_text

_IN_PROCESS = ("id", "sourceRef", "targetRef", "attachedToRef", "default", "activityRef", "dataObjectRef")
_IN_DOCUMENT = ("messageRef", "signalRef", "errorRef", "escalationRef", "dataStoreRef", "itemSubjectRef")
_DECLARED = ("message", "signal", "error", "escalation", "dataStore")
_NAMED = ("flowNodeRef", "incoming", "outgoing", "sourceRef", "targetRef")
_OWN = ("documentation", "extensionElements", "ioSpecification")
_KEYS = {"step": "form", "start": "form", "brings": "form", "decision": "ref"}


@dataclass(frozen=True, slots=True)
class Call:
    """What a call hands over and gets back: names with FEEL texts, read in the caller and in what is called."""

    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Content:
    """A diagram with the forms and decisions of everything it calls, and what is wrong with the calls."""

    root: etree._Element
    forms: dict[str, Mapping[str, Any]]
    decisions: dict[str, str]
    findings: list[Finding] = field(default_factory=list)
    elements: int = 0


@dataclass(frozen=True, slots=True)
class _Source:
    """A document that processes are called from. `declared` stands before what its own document declares, its forms
    and decisions; `trail` names the processes of it that are being drawn, the outermost first, and `chain` the
    procedures."""

    root: etree._Element
    called: Mapping[str, Mapping[str, Any]]
    declared: str = ""
    trail: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()


def call_of(xml: etree._Element) -> Call:
    """What a call activity says."""

    def said(tag: str) -> tuple[tuple[str, str], ...]:
        drawn = xml.findall(f"{model('extensionElements')}/{{{ONEDOOR}}}{tag}")
        return tuple((one.get("name") or "", expression_text(one.get("value"))) for one in drawn)

    return Call(said("in"), said("out"))


def calls_of(graph: Graph) -> dict[str, Call]:
    """What every call of a diagram says."""
    return {node.id: call_of(node.xml) for node in graph.nodes.values() if node.type == "callActivity"}


def expand(
    root: etree._Element, forms: Mapping[str, Mapping[str, Any]], decisions: Mapping[str, str],
    called: Mapping[str, Mapping[str, Any]], own: str = "",
) -> Content:
    """The diagram with every called process drawn into its call; `called` has the bundles of published procedures, and
    `own` is the key of the one whose diagram it is."""
    content = Content(root, dict(forms), dict(decisions), elements=_size(root))
    content.findings += _colons(root)
    mains = _mains(root)
    for process in mains:
        source = _Source(root, called, trail=(str(process.get("id")),), chain=(own,) if own else ())
        _expand(content, source, process)
    names = _called(root)
    for process in [process for process in children(root, "process") if process not in mains]:
        if process.get("id") in names:
            root.remove(process)
    return content


def _named(call: etree._Element) -> str:
    """The name that a call calls, without the prefix of its namespace."""
    return (call.get("calledElement") or "").strip().rsplit(":", 1)[-1]


def _called(root: etree._Element) -> set[str]:
    return {_named(call) for call in root.iter(model("callActivity"))}


def _mains(root: etree._Element) -> list[etree._Element]:
    """The executable processes that no other process of the document calls, or all if each is called."""
    ready = [process for process in children(root, "process") if process.get("isExecutable") == "true"]
    others = {
        _named(call) for process in children(root, "process") for call in process.iter(model("callActivity"))
        if _named(call) != process.get("id")
    }
    return [process for process in ready if process.get("id") not in others] or ready


def _expand(content: Content, source: _Source, container: etree._Element) -> None:
    for call in list(container.iter(model("callActivity"))):
        found = _resolve(content, source, call)
        if found is None:
            continue
        process, origin = found
        content.elements += _size(process)
        if content.elements > MAX_ELEMENTS:
            content.findings.append(f.error("too_many_elements", count=content.elements, limit=MAX_ELEMENTS))
            return
        drawn = _renamed(process, f"{call.get('id')}:", origin.declared)
        _expand(content, origin, drawn)
        call.extend([xml for xml in drawn if etree.QName(xml).localname not in _OWN])


def _resolve(content: Content, source: _Source, call: etree._Element) -> tuple[etree._Element, _Source] | None:
    name, element = _named(call), call.get("id")
    if not name:
        content.findings.append(f.error("call_missing", element))
        return None
    process = next((one for one in children(source.root, "process") if one.get("id") == name), None)
    if process is None:
        return _published(content, source, call)
    if name in source.trail:
        content.findings.append(f.error("call_recursion", element, called=name))
        return None
    return process, replace(source, trail=(*source.trail, name))


def _published(content: Content, source: _Source, call: etree._Element) -> tuple[etree._Element, _Source] | None:
    """The process of a published procedure, with all that its document declares; it carries what it calls itself."""
    name, element = _named(call), str(call.get("id"))
    if name in source.chain:
        circle = " → ".join((*source.chain[source.chain.index(name) :], name))
        content.findings.append(f.error("call_circle", element.split(":", 1)[0], circle=circle))
        return None
    bundle = source.called.get(name)
    if bundle is None:
        content.findings.append(f.error("call_unknown", element, called=name))
        return None
    diagram = read(bundle["xml"])
    mains = [] if diagram.root is None or f.refused(diagram.findings) else _mains(diagram.root)
    if diagram.root is None or len(mains) != 1:
        content.findings.append(f.error("call_refused", element, called=name))
        return None
    declared = f"{element}:"
    for xml in [one for tag in _DECLARED for one in children(diagram.root, tag)]:
        copied = deepcopy(xml)
        copied.set("id", declared + str(xml.get("id")))
        content.root.insert(0, copied)
    content.findings += _colons(diagram.root)
    content.forms |= {declared + key: form for key, form in bundle["forms"].items()}
    content.decisions |= {declared + key: decision for key, decision in bundle["decisions"].items()}
    trail, chain = (str(mains[0].get("id")),), (*source.chain, name)
    return mains[0], _Source(diagram.root, bundle.get("called", {}), declared, trail, chain)


def _renamed(process: etree._Element, inside: str, declared: str) -> etree._Element:
    """A copy in which everything drawn has the call's id before its own."""
    copied = deepcopy(process)
    for xml in copied.iter(etree.Element):
        name = etree.QName(xml)
        if name.namespace == MODEL:
            _rename(xml, _IN_PROCESS, inside)
            _rename(xml, _IN_DOCUMENT, declared)
            if name.localname in _NAMED and xml.text and xml.text.strip():
                xml.text = inside + xml.text.strip()
        elif name.namespace == ONEDOOR and name.localname in _KEYS:
            _rename(xml, (_KEYS[name.localname],), declared)
    return copied


def _rename(xml: etree._Element, attributes: tuple[str, ...], prefix: str) -> None:
    for attribute in attributes:
        value = xml.get(attribute)
        if value:
            xml.set(attribute, prefix + value)


def _size(xml: etree._Element) -> int:
    return sum(1 for _ in xml.iter(f"{{{MODEL}}}*"))


def _colons(root: etree._Element) -> list[Finding]:
    """A colon is what a call puts between its id and an id in what it calls."""
    drawn = (str(xml.get("id") or "") for xml in root.iter(f"{{{MODEL}}}*"))
    return [f.error("id_characters", identity) for identity in drawn if ":" in identity]


def check_calls(calls: Mapping[str, Call]) -> list[Finding]:
    """Whether every value that is handed over or comes back has a name and an expression."""
    found = []
    for element, call in calls.items():
        for names in (call.inputs, call.outputs):
            seen: set[str] = set()
            for name, text in names:
                if not _is_name(name) or not text or name in seen:
                    found.append(f.error("call_mapping", element, name=name))
                seen.add(name)
    return found


def _is_name(text: str) -> bool:
    return text.isascii() and text.isidentifier() and text == text.lower()
