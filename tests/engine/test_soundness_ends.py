"""A path that ends at a gateway hides nothing of the others, and an id that is used twice is only that."""

from __future__ import annotations

from tests.engine.builders import both, diagram, element, end, flow, path, start, task, xor
from tests.engine.constructs.drawing import any_of, errors, warnings


def test_a_join_that_waits_for_ever_is_found_beside_a_gateway_without_a_way_out() -> None:
    stuck = (task("a"), xor("x", "x-j"), end("e"), task("b"), both("j"), end(), path("a", "x", "j", "done"),
             path("b", "j"), flow("x", "e", "filing.n = 1"))
    for last in (xor("o"), both("o"), any_of("o")):
        xml = diagram(start(), both("s"), *stuck, path("begin", "s", "a"), path("s", "b"), last, path("s", "o"))
        assert errors(xml) == {"deadlock": "j"}
        assert "no_way_out" in warnings(xml)


def test_a_gateway_for_events_leads_to_some() -> None:
    xml = diagram(start(), task("a"), element("eventBasedGateway", "g"), path("begin", "a", "g"))
    assert errors(xml) == {"event_empty": "g"}


def test_an_id_that_is_used_twice_is_told_and_nothing_breaks() -> None:
    undone = element("boundaryEvent", "u", "<bpmn:compensateEventDefinition/>", attachedToRef="a")
    back = element("intermediateThrowEvent", "t", '<bpmn:compensateEventDefinition activityRef="a"/>')
    for twice in (task("u"), xor("u"), flow("begin", "a", identity="u")):
        for parts in ((undone, twice), (twice, undone)):
            xml = diagram(start(), task("a"), *parts, back, end(), path("begin", "a", "t", "done"))
            assert errors(xml)["id_duplicate"] == "u"


def test_only_a_compensation_event_leads_to_what_takes_back() -> None:
    said = '<bpmn:signal id="s1" name="s"/><bpmn:process'
    border = element("boundaryEvent", "u", '<bpmn:signalEventDefinition signalRef="s1"/>', attachedToRef="a")
    back = task("back").replace("<bpmn:userTask ", '<bpmn:userTask isForCompensation="true" ')
    tie = element("association", "t", sourceRef="u", targetRef="back")
    xml = diagram(start(), both("s"), task("a"), task("b"), both("j"), end(), path("begin", "s", "a", "j", "done"),
                  path("s", "b", "j"), border, back, tie).replace("<bpmn:process", said)
    assert errors(xml) == {"compensation_unused": "back"}
    without = xml.replace(back, "").replace(tie, "")
    assert errors(without) == {"deadlock": "j"}
