"""Ad-hoc subprocesses as they are drawn: activities that people begin in any order, and when there is enough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from engine.drawing import findings as f
from engine.drawing.diagram import model
from engine.drawing.findings import Finding
from engine.drawing.structure import Graph, expression_text, text_of


@dataclass(frozen=True, slots=True)
class AdHoc:
    """How an ad-hoc subprocess is gone through; with a `condition` it ends when that holds, else when each activity was
    done once."""

    sequential: bool
    condition: str
    cancel_remaining: bool


def ad_hocs_of(graph: Graph) -> dict[str, AdHoc]:
    """Every ad-hoc subprocess of a diagram."""
    return {node.id: _ad_hoc(node.xml) for node in graph.nodes.values() if node.type == "adHocSubProcess"}


def _ad_hoc(xml: etree._Element) -> AdHoc:
    return AdHoc(
        sequential=xml.get("ordering") == "Sequential",
        condition=expression_text(text_of(xml.find(model("completionCondition")))),
        cancel_remaining=xml.get("cancelRemainingInstances") != "false",
    )


def check_ad_hocs(graph: Graph) -> Iterator[Finding]:
    """An ad-hoc subprocess has activities, and neither a start nor an end."""
    for container in graph.nodes.values():
        if container.type == "adHocSubProcess":
            events = [node for node in graph.inside(container.id) if node.type in ("startEvent", "endEvent")]
            yield from (f.error("ad_hoc_event", node.id, subprocess=container.id) for node in events)
