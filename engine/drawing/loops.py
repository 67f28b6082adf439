"""How an activity repeats, as it is drawn, and what is wrong with that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from engine.drawing import findings as f
from engine.drawing.diagram import model
from engine.drawing.findings import Finding
from engine.drawing.structure import (
    CONTAINER_TAGS,
    RESERVED,
    STEP_TAGS,
    VALUE_TAGS,
    Graph,
    Node,
    expression_text,
    extension,
    text_of,
)
from engine.state import short

MAX_ROUNDS = 500
COUNTED = frozenset({
    "loopCounter", "numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances",
    "numberOfTerminatedInstances",
})
_HOSTS = (*STEP_TAGS, *VALUE_TAGS, *CONTAINER_TAGS)
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Loop:
    """How often an activity is done: once per item of a collection, a number of times, or, in a standard loop, while
    its `condition` holds (a multi-instance activity is done early when its condition holds)."""

    sequential: bool
    collection: str
    cardinality: str
    item: str
    condition: str
    standard: bool = False
    test_before: bool = False
    maximum: int | None = None


def loop_of(xml: etree._Element) -> Loop | None:
    """The repetition of an element, if it has one."""
    drawn = xml.find(model("multiInstanceLoopCharacteristics"))
    if drawn is None:
        standard = xml.find(model("standardLoopCharacteristics"))
        return None if standard is None else _standard(standard)
    own = extension(drawn, "loop")
    return Loop(
        sequential=drawn.get("isSequential") == "true",
        collection=expression_text(own.get("collection") if own is not None else None),
        cardinality=expression_text(text_of(drawn.find(model("loopCardinality")))),
        item=(own.get("item") if own is not None else None) or "item",
        condition=expression_text(text_of(drawn.find(model("completionCondition")))),
    )


def _standard(drawn: etree._Element) -> Loop:
    most = drawn.get("loopMaximum")
    return Loop(
        sequential=True, collection="", cardinality="", item="",
        condition=expression_text(text_of(drawn.find(model("loopCondition")))), standard=True,
        test_before=drawn.get("testBefore") == "true", maximum=int(most) if most and most.isdecimal() else None,
    )


def loops_of(graph: Graph) -> dict[str, Loop]:
    """The repetition of every element that has one."""
    found = {node.id: loop_of(node.xml) for node in graph.nodes.values()}
    return {element: loop for element, loop in found.items() if loop is not None}


def check_loops(graph: Graph) -> list[Finding]:
    """Everything that is wrong with repetition."""
    found = []
    for node in graph.nodes.values():
        loop = loop_of(node.xml)
        if loop is None:
            continue
        if node.type not in _HOSTS or node.starts_by_event:
            found.append(f.error("loop_host", node.id))
        elif loop.standard:
            found += _check_standard(node, loop)
        else:
            found += _check_multi(node, loop)
    return found


def _check_standard(node: Node, loop: Loop) -> Iterator[Finding]:
    most = node.xml.find(model("standardLoopCharacteristics")).get("loopMaximum")
    if most is not None and (loop.maximum is None or not 0 < loop.maximum <= MAX_ROUNDS):
        yield f.error("loop_maximum", node.id, maximum=most, limit=MAX_ROUNDS)
    elif loop.maximum is None and not loop.condition:
        yield f.error("loop_endless", node.id)


def _check_multi(node: Node, loop: Loop) -> Iterator[Finding]:
    if not (loop.collection or loop.cardinality):
        yield f.error("loop_source", node.id)
    if loop.item != "item" and (loop.item in RESERVED or not _NAME.fullmatch(loop.item)):
        yield f.error("loop_item", node.id, item=loop.item)
    if node.is_container and (short(node.id) in RESERVED or not _NAME.fullmatch(short(node.id))):
        yield f.error("id_form", node.id)


def in_sight(graph: Graph) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """What expressions see beside values: on each element and flow, and, for an activity that repeats, where it is
    entered: the items of the repetition around it, then its own too."""
    inside: dict[str | None, frozenset[str]] = {None: frozenset()}
    around: dict[str, frozenset[str]] = {}
    # A frame stands before what is inside it, because the drawing is walked level by level.
    for node in graph.nodes.values():
        seen = _within(graph, node.scope, inside)
        loop = loop_of(node.xml)
        around[node.id] = seen if loop is None else seen | COUNTED
        inside[node.id] = around[node.id] if loop is None or loop.standard else around[node.id] | {loop.item}
    for flow in graph.flows.values():
        inside[flow.id] = _within(graph, graph.nodes[flow.source].scope, inside)
    return {element: names for element, names in inside.items() if element is not None}, around


def _within(graph: Graph, scope: str | None, inside: Mapping[str | None, frozenset[str]]) -> frozenset[str]:
    """What is called sees nothing of its caller."""
    called = scope is not None and graph.nodes[scope].type == "callActivity"
    return frozenset() if called else inside[scope]
