"""What is wrong with the events of a diagram, and the FEEL texts in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from lxml import etree

from engine import findings as f
from engine.diagram import local, model
from engine.findings import Finding
from engine.structure import Graph, expression_text, text_of
from engine.timing import due_at

_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_TIMED = ("boundaryEvent", "intermediateCatchEvent")


def check_events(graph: Graph) -> list[Finding]:
    """A start is plain, an end plain or terminating, every other event exactly one timer."""
    found = []
    for node in graph.nodes.values():
        kinds = [local(xml) for xml in node.xml.iterchildren(etree.Element) if local(xml).endswith("EventDefinition")]
        if node.type == "startEvent" and kinds:
            found.append(f.error("start_kind", node.id))
        elif node.type == "endEvent" and kinds not in ([], ["terminateEventDefinition"]):
            found.append(f.error("end_kind", node.id))
        elif node.type in ("boundaryEvent", "intermediateCatchEvent") and kinds != ["timerEventDefinition"]:
            found.append(f.error("boundary_kind", node.id))
    return found


def check_values(graph: Graph) -> list[Finding]:
    """Whether every timer says when."""
    found = []
    for node in graph.nodes.values():
        if node.type in _TIMED:
            found += _timer(node.id, node.xml)
    return found


def _timer(element: str, xml: etree._Element) -> list[Finding]:
    drawn = xml.find(model("timerEventDefinition"))
    for kind, tag in (("duration", "timeDuration"), ("date", "timeDate")):
        value = text_of(drawn.find(model(tag)))
        if value and not value.startswith("="):
            try:
                due_at(kind, value, _SOME_DAY)
            except ValueError:
                return [f.error("timer_value", element, value=value)]
        if value:
            return []
    return [f.error("timer_missing", element)]


def texts_of(xml: etree._Element) -> Iterator[str]:
    """The FEEL texts of an event."""
    for tag in ("timeDuration", "timeDate"):
        value = text_of(xml.find(f"{model('timerEventDefinition')}/{model(tag)}"))
        if value.startswith("="):
            yield expression_text(value)
