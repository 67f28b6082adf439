"""What may come from anywhere: encodings, what is no diagram, large drawings, any well-formed document."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.definition import Bundle, check
from engine.drawing.diagram import MAX_BYTES, model
from engine.drawing.findings import refused
from engine.normalise import as_text, normalise
from engine.normalise.adopt import adopt
from tests.engine.builders import diagram, flow
from tests.engine.test_normalise import SOUND, bare, copy_of, endings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252", "windows-1258"])
def test_encodings_that_modellers_write_are_read(encoding: str) -> None:
    text, found = as_text(SOUND.replace("Thử", "Café").replace("UTF-8", encoding).encode(encoding))
    assert text is not None
    assert "Café" in text
    assert [one.code for one in found] == ([] if encoding == "utf-8" else ["recoded"])
    assert endings(text) == {"ended"}


@pytest.mark.parametrize("raw", [b'<?xml version="1.0" encoding="utf-7"?><a/>', b"<a>\xff</a>",
                                 b'<?xml version="1.0" encoding="zlib"?><a/>'])
def test_encodings_that_nobody_reads_are_refused(raw: bytes) -> None:
    text, found = as_text(raw)
    assert text is None
    assert [one.code for one in found] == ["encoding"]


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        ("<a>" + "x" * (2 * MAX_BYTES) + "</a>", "too_large"),
        ("<a>" * 5_000 + "</a>" * 5_000, "too_deep"),
        (SOUND.replace("?>", '?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'), "doctype"),
        ("not xml", "not_xml"),
        ("<html/>", "not_bpmn"),
        (diagram(), "process_empty"),
    ],
)
def test_what_is_not_safe_or_not_a_diagram_is_refused_before(xml: str, code: str) -> None:
    began = time.process_time()
    found = normalise(Bundle(xml))
    assert found.copies == ()
    assert [one.code for one in refused(found.findings)] == [code]
    assert time.process_time() - began < 2


def test_a_large_drawing_is_put_right_within_the_time_of_a_check() -> None:
    steps = [f"Task_{number}" for number in range(240)]
    parts = (bare("task", name) + bare("exclusiveGateway", f"G_{name}") + flow(name, f"G_{name}") for name in steps)
    ways = (flow(f"G_{one}", other) + flow(f"G_{one}", steps[0], identity=f"back_{one}")
            for one, other in pairwise(steps))
    began = time.process_time()
    copy = copy_of(diagram(*parts, *ways))
    assert time.process_time() - began < 2
    assert len(copy.findings) == 480


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
        "calledElement", "triggeredByEvent", "isForCompensation", "signalRef", "activityRef"]


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
    for copy in normalise(Bundle(xml)).copies:
        again = normalise(copy.bundle)
        assert again.main is not None
        yield copy.xml, again.main.xml


@settings(max_examples=120, deadline=None)
@given(trees())
def test_nothing_well_formed_breaks_it_and_copies_are_steady(xml: str) -> None:
    check(Bundle(xml))
    for copy, again in steady(xml):
        assert copy == again
        refused(check(Bundle(copy)))


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    normalise(Bundle(text))
    as_text(text.encode("utf-8", "replace"))


@settings(max_examples=50, deadline=None)
@given(trees())
def test_nothing_well_formed_breaks_an_import_and_a_second_one_changes_nothing(xml: str) -> None:
    once = adopt(xml, {}).xml
    assert once is not None
    assert adopt(once, {}).xml == once
