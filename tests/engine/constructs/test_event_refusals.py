"""Events that cannot be run: what the gate says, and about which element."""

from __future__ import annotations

import pytest

from engine.definition import Bundle, check
from tests.engine.builders import element, end, frame, path, receive, row, start, task, timer
from tests.engine.constructs.registry import refused, runs
from tests.engine.happenings import border, catch, document, finish, handler, ours, service, throw, told

NAMES = ("message:m", "signal:s", "error:E1", "escalation:late")
COMPENSATING = task("undo").replace("<bpmn:userTask ", '<bpmn:userTask isForCompensation="true" ')


def found(xml: str, severity: str = "error", **known: frozenset[str]) -> set[tuple[str, str | None]]:
    return {(one.code, one.element) for one in check(Bundle(xml), **known) if one.severity == severity}


def on_way(part: str, identity: str, *more: str) -> str:
    return document(start(), part, task("a"), end(), path("begin", identity, "a", "done"), *more, names=NAMES)


def beside(*parts: str) -> str:
    return document(start(), task("a"), end(), path("begin", "a", "done"), *parts, names=NAMES)


def ending(*inside: str) -> str:
    return document(start(), task("a"), finish("x", *inside), path("begin", "a", "x"), names=NAMES)


GATE = element("eventBasedGateway", "g")


@refused("Timer, signal or condition start of the process", "A dossier starts when it is filed.")
@refused("Parallel multiple event", "Draw a parallel gateway before single events.")
@refused("Event-based gateway that starts the process", "A dossier starts when it is filed.")
@refused("Event subprocess started by compensation", "Draw a compensation boundary event.")
@refused("Compensation that does not wait", "Let it wait.")
@refused("Event on the start of an embedded subprocess", "Draw an event subprocess.")
@refused("Event, message or signal without a name, link without its other end", "Name it; draw both ends.")
@pytest.mark.parametrize(
    ("xml", "code", "at"),
    [
        (on_way(catch("x"), "x"), "event_empty", "x"),
        (on_way(catch("x", told("message")), "x"), "event_name", "x"),
        (on_way(catch("x", told("message", "other")), "x"), "reference", "x"),
        (on_way(catch("x", told("signal")), "x"), "event_name", "x"),
        (on_way(catch("x", told("condition")), "x"), "condition_event", "x"),
        (on_way(catch("x", told("condition", "nobody.n > 3")), "x"), "expression_name", "x"),
        (on_way(catch("x", told("error", "E1")), "x"), "event_kind", "x"),
        (on_way(catch("x", told("timeCycle", "R0/P1D")), "x"), "timer_value", "x"),
        (on_way(catch("x", told("timeDuration", "-PT1H")), "x"), "timer_value", "x"),
        (on_way(catch("x", told("timeDuration", "")), "x"), "timer_missing", "x"),
        (on_way(throw("x", told("error", "E1")), "x"), "event_kind", "x"),
        (on_way(throw("x", told("timeDuration", "P1D")), "x"), "event_kind", "x"),
        (on_way(throw("x", told("escalation")), "x"), "event_name", "x"),
        (on_way(throw("x", told("message", "m"), ours(**{"a-b": "1"})), "x"), "input_name", "x"),
        (on_way(throw("x", told("link", "L")), "x"), "link_target", "x"),
        (on_way(throw("x", told("link")), "x"), "link_name", "x"),
        (on_way(catch("x", told("link", "L")), "x"), "link_source", "x"),
        (on_way(throw("x", told("link", "L")), "x", catch("y", told("link", "L")), path("y", "a")), "link_flow", "x"),
        (on_way(element("intermediateCatchEvent", "x", told("message", "m") + told("signal", "s"),
                        parallelMultiple="true"), "x"), "parallel_multiple", "x"),
        (on_way(element("startEvent", "y", told("timeDuration", "P1D")), "y").replace(start(), ""), "start_kind", "y"),
        (on_way(element("sendTask", "x"), "x"), "event_name", "x"),
        (on_way(element("serviceTask", "x"), "x"), "connector_missing", "x"),
        (ending(told("error")), "event_name", "x"),
        (ending(told("condition", "true")), "event_kind", "x"),
        (ending(told("terminate"), told("signal", "s")), "event_alone", "x"),
        (ending(told("cancel")), "cancel_place", "x"),
        (beside(border("x", "a", told("error", "E1"), interrupting=False), end("o"), path("x", "o")),
         "error_interrupts", "x"),
        (beside(border("x", "a", told("cancel")), end("o"), path("x", "o")), "cancel_place", "x"),
        (beside(border("x", "a", told("compensate"))), "compensation_handler", "x"),
        (beside(COMPENSATING), "compensation_unused", "undo"),
        (beside(border("x", "a", told("compensate")), COMPENSATING, path("x", "undo"),
                element("association", "t", sourceRef="x", targetRef="undo")), "compensation_flow", "x"),
        (ending('<bpmn:compensateEventDefinition waitForCompletion="false"/>'), "compensation_wait", "x"),
        (ending(told("compensate", "nobody")), "reference", "x"),
        (beside(border("x", "begin", told("message", "m")), end("o"), path("x", "o")), "boundary_host", "x"),
        (beside(handler("h", "", end("o"), path("h_on", "o"))), "handler_start", "h"),
        (beside(handler("h", told("compensate"), end("o"), path("h_on", "o"))), "handler_start", "h"),
        (beside(handler("h", told("message", "m"), end("o"), path("h_on", "o")), path("a", "h")), "handler_flow", "h"),
        (on_way(frame("f", element("startEvent", "i", told("message", "m")), end("o"), path("i", "o")), "f"),
         "start_inner", "i"),
        (on_way(GATE, "g"), "gateway_target", "a"),
        (on_way(GATE.replace(' id="g"', ' id="g" instantiate="true"'), "g"), "gateway_instantiate", "g"),
        (on_way(element("transaction", "f", start("i") + finish("o", told("cancel")) + path("i", "o")), "f"),
         "cancel_boundary", "f"),
        (on_way(catch("x", ours(brings="nowhere"), told("message", "m")), "x"), "event_form", "x"),
        (on_way(catch("filing", told("message", "m")), "filing"), "id_reserved", "filing"),
        (row("a").replace("</bpmn:definitions>", '<bpmn:collaboration id="c"><bpmn:messageFlow id="m" sourceRef="a" '
                          'targetRef="zz"/></bpmn:collaboration></bpmn:definitions>'), "reference", "m"),
    ],
)
def test_an_event_that_cannot_be_run_is_refused_by_name(xml: str, code: str, at: str) -> None:
    assert (code, at) in found(xml)


def test_two_ends_of_one_link_are_refused() -> None:
    twice = on_way(throw("x", told("link", "L")), "x", catch("y", told("link", "L")), catch("z", told("link", "L")),
                   path("y", "a"), path("z", "a")).replace(path("x", "a"), "")
    assert ("link_twice", "z") in found(twice)


@refused("Service task with an unknown connector", "Choose one of those that are named.")
def test_a_connector_is_only_known_where_the_connectors_are_given() -> None:
    xml = on_way(service("x", "telex"), "x")
    assert found(xml) == set()
    assert found(xml, connectors=frozenset({"log"})) == {("connector_unknown", "x")}


def test_what_never_happens_or_is_never_caught_is_worth_a_look() -> None:
    instant = on_way(element("sendTask", "x", messageRef="message_m"), "x", border("b", "x", told("message", "m")),
                     end("o"), path("b", "o"))
    assert ("boundary_instant", "b") in found(instant, "warning")
    assert ("error_uncaught", "x") in found(ending(told("error", "E1")), "warning")
    assert ("compensation_absent", "x") in found(ending(told("compensate", "a")), "warning")
    caught = document(start(), task("a"), finish("x", told("error", "E1")), path("begin", "a", "x"),
                      handler("h", told("error"), end("o"), path("h_on", "o")), names=NAMES)
    assert ("error_uncaught", "x") not in found(caught, "warning")


@runs(
    "Other pools, message flows, data objects and stores, notes",
    "Kept as drawn and only read; one process is executable.",
)
def test_other_pools_data_and_notes_are_only_read() -> None:
    more = (
        '<bpmn:process id="q" isExecutable="false"><bpmn:task id="Someone Else"/><bpmn:complexGateway id="q1"/>'
        '<bpmn:sequenceFlow id="q2" sourceRef="nowhere" targetRef="q1"/></bpmn:process>'
        '<bpmn:collaboration id="c"><bpmn:participant id="us" processRef="p"/><bpmn:participant id="they"/>'
        '<bpmn:participant id="them" processRef="q"/><bpmn:messageFlow id="mf" sourceRef="a" targetRef="they"/>'
        '</bpmn:collaboration><bpmn:dataStore id="ds"/>'
    )
    drawn = (
        '<bpmn:dataObject id="do"/><bpmn:dataObjectReference id="dor" dataObjectRef="nothing"/>'
        '<bpmn:dataStoreReference id="dsr"/>'
        '<bpmn:textAnnotation id="ta"><bpmn:text>Hm</bpmn:text></bpmn:textAnnotation>'
        '<bpmn:association id="as" sourceRef="a" targetRef="ta"/>'
    )
    read = "<bpmn:dataInputAssociation id='dia'><bpmn:sourceRef>dor</bpmn:sourceRef></bpmn:dataInputAssociation>"
    xml = document(start(), task("a", inside=read), end(), path("begin", "a", "done"), drawn)
    assert found(xml.replace("</bpmn:definitions>", more + "</bpmn:definitions>")) == set()


def test_a_step_with_a_limit_and_a_wait_after_a_gateway_have_no_errors() -> None:
    xml = on_way(GATE, "g", receive("r", "m").replace("m_m", "message_m"), timer("t", "P1D"), path("g", "r", "a"),
                 path("g", "t", "a")).replace(path("g", "a"), "")
    assert found(xml) == set()


def test_a_wait_for_somebody_outside_has_a_limit() -> None:
    wait = receive("r", "m").replace("m_m", "message_m")
    alone = on_way(wait, "r")
    assert ("wait_without_timer", "r") in found(alone, "warning")
    caught = on_way(catch("x", told("message", "m")), "x")
    assert ("catch_without_timer", "x") in found(caught, "warning")
    raced = on_way(GATE, "g", wait, catch("x", told("message", "m")), timer("t", "P1D"), path("g", "r", "a"),
                   path("g", "x", "a"), path("g", "t", "a")).replace(path("g", "a"), "")
    assert not {code for code, _ in found(raced, "warning")} & {"wait_without_timer", "catch_without_timer"}
