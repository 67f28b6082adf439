"""Whatever is well-formed can be normalised, and what comes of it stays as it is."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.definition import Bundle, check
from engine.diagram import model
from engine.findings import refused
from engine.normalise import as_text, normalise
from engine.normalise.adopt import adopt

TAGS = [
    "process", "startEvent", "endEvent", "task", "userTask", "receiveTask", "scriptTask", "businessRuleTask",
    "exclusiveGateway", "parallelGateway", "inclusiveGateway", "subProcess", "sequenceFlow", "boundaryEvent",
    "intermediateCatchEvent", "timerEventDefinition", "timeDuration", "extensionElements", "laneSet", "lane",
    "flowNodeRef", "conditionExpression", "multiInstanceLoopCharacteristics", "eventDefinitionRef", "message",
    "participant", "collaboration", "messageFlow", "incoming", "dataObject", "messageEventDefinition", "association",
    "eventBasedGateway", "conditionalEventDefinition", "linkEventDefinition", "compensateEventDefinition",
    "transaction", "condition", "intermediateThrowEvent", "serviceTask", "sendTask", "adHocSubProcess",
    "callActivity",
]
NAMES = st.sampled_from(["a", "b", "c", "Start", "p", "A b", "x:a", "", "ơ"])
KEYS = ["id", "sourceRef", "targetRef", "attachedToRef", "default", "name", "processRef", "messageRef", "isExecutable",
        "triggeredByEvent", "isForCompensation", "signalRef", "activityRef"]


@st.composite
def trees(draw: st.DrawFn) -> str:
    """Any well-formed document of BPMN's words."""
    root = etree.Element(model("definitions"), nsmap={"b": "http://www.omg.org/spec/BPMN/20100524/MODEL"})
    places = [root]
    for _ in range(draw(st.integers(0, 30))):
        above = draw(st.sampled_from(places))
        tag = draw(st.sampled_from(TAGS))
        made = etree.SubElement(above, model(tag) if draw(st.integers(0, 9)) else f"{{urn:onedoor:bpmn:1}}{tag}")
        for key in draw(st.lists(st.sampled_from(KEYS), max_size=4)):
            made.set(key, draw(NAMES))
        if not draw(st.integers(0, 3)):
            made.text = draw(NAMES)
        if not draw(st.integers(0, 9)):
            made.append(etree.Comment("said"))
            made[-1].tail = draw(NAMES)
        places.append(made)
    return etree.tostring(root, encoding="unicode")


def steady(xml: str) -> Iterator[tuple[str, str]]:
    """Each copy of a document beside the copy of that copy."""
    for copy in normalise(xml).copies:
        again = normalise(copy.xml, decisions=copy.decisions)
        assert again.main is not None
        yield copy.xml, again.main.xml


@settings(max_examples=120, deadline=None)
@given(trees())
def test_nothing_well_formed_breaks_it_and_copies_are_steady(xml: str) -> None:
    for copy, again in steady(xml):
        assert copy == again
        refused(check(Bundle(copy)))


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    normalise(text)
    as_text(text.encode("utf-8", "replace"))


@settings(max_examples=50, deadline=None)
@given(trees())
def test_nothing_well_formed_breaks_an_import_and_a_second_one_changes_nothing(xml: str) -> None:
    once = adopt(xml, {}).xml
    assert once is not None
    assert adopt(once, {}).xml == once
