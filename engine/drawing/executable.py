"""The executable copy of a diagram: links become flows, and what is only there to be read is left out.

The drawing itself is never changed; what is kept and shown is the text that somebody saved.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.drawing import findings as f
from engine.drawing.diagram import local, model, only_read
from engine.drawing.findings import Finding

_LINK = model("linkEventDefinition")
_ONLY_READ = (
    "dataObject", "dataObjectReference", "dataStoreReference", "property", "ioSpecification", "dataInputAssociation",
    "dataOutputAssociation", "dataInput", "dataOutput", "inputSet", "outputSet",
)


def join_links(root: etree._Element) -> list[Finding]:
    """Put a flow from every link that throws to the one that catches it, in the same scope and by name."""
    found: list[Finding] = []
    links = [link for link in root.iter(_LINK) if not only_read(link) and link.getparent() is not root]
    for scope in {link.getparent().getparent(): None for link in links}:
        found += _join(scope)
    return found


def _join(scope: etree._Element) -> Iterator[Finding]:
    throwing, catching = dict(_links(scope, "intermediateThrowEvent")), dict(_links(scope, "intermediateCatchEvent"))
    yield from (f.error("link_name", event.get("id")) for event, name in [*throwing.items(), *catching.items()]
                if not name)
    by_name: dict[str, etree._Element] = {}
    for event, name in catching.items():
        event.tag = model("intermediateThrowEvent")
        if name in by_name:
            yield f.error("link_twice", event.get("id"), name=name)
        elif name and name not in throwing.values():
            yield f.error("link_source", event.get("id"), name=name)
        by_name[name] = event
    for event, name in throwing.items():
        if name in by_name:
            yield from _connect(scope, event, by_name[name])
        elif name:
            yield f.error("link_target", event.get("id"), name=name)


def _connect(scope: etree._Element, source: etree._Element, target: etree._Element) -> Iterator[Finding]:
    flows = scope.findall(model("sequenceFlow"))
    if any(flow.get("sourceRef") == source.get("id") for flow in flows):
        yield f.error("link_flow", source.get("id"))
    drawn = [flow for flow in flows if not (flow.get("id") or "").startswith("link.")]
    if any(flow.get("targetRef") == target.get("id") for flow in drawn):
        yield f.error("link_flow", target.get("id"))
    ends = {"sourceRef": source.get("id") or "", "targetRef": target.get("id") or ""}
    etree.SubElement(scope, model("sequenceFlow"), {"id": f"link.{ends['sourceRef']}.{ends['targetRef']}", **ends})


def _links(scope: etree._Element, tag: str) -> Iterator[tuple[etree._Element, str]]:
    for event in scope.findall(model(tag)):
        link = event.find(_LINK)
        if link is not None:
            event.remove(link)
            yield event, link.get("name") or ""


def strip(root: etree._Element, process: etree._Element) -> None:
    """Take out what the library would otherwise try to understand: other pools, data, declarations."""
    for xml in root.iterchildren(etree.Element):
        if xml is not process and not _executable(xml):
            root.remove(xml)
    for xml in list(process.iter(*(model(tag) for tag in _ONLY_READ))):
        if xml.getparent() is not None:
            xml.getparent().remove(xml)


def _executable(xml: etree._Element) -> bool:
    return local(xml) == "process" and xml.get("isExecutable") == "true"
