"""Links: which two ends belong together."""

from __future__ import annotations

from lxml import etree

from engine.drawing.diagram import local, model
from engine.normalise.work import Work, definitions_of, is_kind

THROWS, CATCHES = "intermediateThrowEvent", "intermediateCatchEvent"


def ends(scope: etree._Element, tag: str) -> list[etree._Element]:
    """The links of a scope that throw or that catch."""
    return [event for event in scope.iterchildren(model(tag)) if is_kind(event, "link")]


def name_of(event: etree._Element) -> str:
    """The name of an event's link."""
    return next((each.get("name") or "" for each in definitions_of(event)), "")


def repair_links(work: Work, process: etree._Element) -> None:
    """A link without a name is known by its event's; blanks do not count; the only two ends left belong together."""
    links = [link.getparent() for link in process.iter(model("linkEventDefinition"))]
    for event in links:
        name = " ".join((name_of(event) or event.get("name") or "").split())
        _name(work, event, name)
    for scope in {event.getparent(): None for event in links}:
        throwing, catching = ends(scope, THROWS), ends(scope, CATCHES)
        caught, thrown = {name_of(event) for event in catching}, {name_of(event) for event in throwing}
        lost = [event for event in throwing if name_of(event) not in caught]
        free = [event for event in catching if name_of(event) not in thrown]
        if len(lost) == len(free) == 1:
            _name(work, lost[0], name_of(free[0]) or free[0].get("id") or "")
            _name(work, free[0], name_of(lost[0]))


def _name(work: Work, event: etree._Element, name: str) -> None:
    for link in definitions_of(event):
        if name and link.get("name") != name and local(link) == "linkEventDefinition":
            work.note("repair_link", link, name=name)
            link.set("name", name)


def is_thrown(event: etree._Element) -> bool:
    """Whether another end leads to a link that catches."""
    above = event.getparent()
    return above is not None and any(name_of(other) == name_of(event) for other in ends(above, THROWS))
