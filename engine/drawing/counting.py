"""What is said beside the drawing and would change what runs: other counts of tokens, other languages, other starts.

BPMN lets these be written; none of them is seen in the picture, so each is refused by name rather than passed over.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.drawing import findings as f
from engine.drawing.diagram import model, owner
from engine.drawing.findings import Finding
from engine.drawing.structure import ACTIVITY_TAGS, Graph, Node

_QUANTITIES = ("startQuantity", "completionQuantity")
# The standard knows nothing below 1, and modellers that were told nothing write 0.
_ONE = ("", "0", "1")
_THROWN = {"None": "noneBehaviorEventRef", "One": "oneBehaviorEventRef"}
_WRITTEN = tuple(model(tag) for tag in (
    "conditionExpression", "condition", "completionCondition", "loopCondition", "loopCardinality", "timeDuration",
    "timeDate", "timeCycle",
))


def check_unseen(graph: Graph) -> list[Finding]:
    """Everything that is said beside the drawing and cannot be run."""
    found = [each for node in graph.nodes.values() for each in (*_quantities(node), *_behavior(node))]
    found += [f.error("receive_start", node.id) for node in graph.nodes.values() if _starts(graph, node)]
    return found + list(_languages(graph.process))


def _quantities(node: Node) -> Iterator[Finding]:
    """An activity takes one token and gives one."""
    for name in _QUANTITIES if node.type in ACTIVITY_TAGS else ():
        said = node.xml.get(name, "1").strip()
        if said not in _ONE:
            yield f.error("quantity", node.id, attribute=name, count=said)


def _behavior(node: Node) -> Iterator[Finding]:
    """No event is thrown because an instance has ended."""
    for loop in node.xml.iterchildren(model("multiInstanceLoopCharacteristics")):
        reference = _THROWN.get(loop.get("behavior", ""))
        thrown = loop.get(reference) if reference else None
        if thrown:
            yield f.error("loop_behavior", node.id, event=thrown)


def _starts(graph: Graph, node: Node) -> bool:
    first = node.type == "receiveTask" and not graph.incoming.get(node.id)
    return first and node.xml.get("instantiate") == "true"


def _languages(process: etree._Element) -> Iterator[Finding]:
    for written in process.iter(*_WRITTEN):
        language = written.get("language", "")
        if language and "feel" not in language.lower():
            yield f.error("expression_language", owner(written), language=language)
