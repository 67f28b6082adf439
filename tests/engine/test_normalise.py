"""Diagrams drawn elsewhere: each thing that is put right in the copy, and that nothing becomes what it is not."""

from __future__ import annotations

import random

import pytest

from engine.definition import Bundle, Definition, check, compile_definition
from engine.drawing.findings import TEMPLATES, refused
from engine.errors import DiagramRefused
from engine.normalise import Copy, normalise
from engine.wander import wander
from tests.engine.builders import (
    NOW,
    both,
    diagram,
    element,
    end,
    flow,
    frame,
    loop,
    path,
    receive,
    row,
    script,
    start,
    task,
    timer,
    xor,
)

SOUND = row("a", "b")


def copy_of(xml: str) -> Copy:
    """The one copy of a document."""
    found = normalise(Bundle(xml))
    assert found.main is not None, found.findings
    return found.main


def notes(xml: str) -> set[tuple[str, str | None]]:
    """(code, drawn element) of everything that was put right."""
    return {(one.code, one.element) for one in normalise(Bundle(xml)).repairs}


def compiled(copy: Copy) -> Definition:
    """The definition of a copy, as a rehearsal has it."""
    return compile_definition(copy.bundle, rehearsal=True)


def endings(xml: str, walks: int = 12) -> set[str]:
    """How walks through every copy end."""
    chance = random.Random(7)
    copies = normalise(Bundle(xml)).copies
    return {wander(compiled(copy), NOW, chance.randrange).ending for copy in copies for _ in range(walks)}


def bare(tag: str, identity: str, inside: str = "", **attributes: str) -> str:
    """A task as another modeller writes it."""
    return element(tag, identity, inside, name=identity, **attributes)


def event(kind: str, inside: str = "", **attributes: str) -> str:
    """An event definition."""
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<bpmn:{kind}EventDefinition{said}>{inside}</bpmn:{kind}EventDefinition>"


def between(part: str, identity: str) -> str:
    """A sound process with something on its way."""
    return diagram(start(), part, task("a"), end(), path("begin", identity, "a", "done"))


def handler(begin: str) -> str:
    """An event subprocess that begins like this."""
    own = frame("h", begin, task("b"), end("o"), path("t", "b", "o"))
    return own.replace("<bpmn:subProcess ", '<bpmn:subProcess triggeredByEvent="true" ')


def linked(thrown: str, caught: str, *more: str) -> str:
    """Two ends of a link with these names."""
    return diagram(
        start(), element("intermediateThrowEvent", "s", event("link", name=thrown), name="on"),
        element("intermediateCatchEvent", "t", event("link", name=caught), name="on"), end(), path("begin", "s"),
        path("t", "done"), *more,
    )


EMPTY = element("exclusiveGateway", "g")
TWO_WAYS = (start(), task("a"), EMPTY, end(), end("other"), path("begin", "a", "g", "done"), flow("g", "other"))

REPAIRS = [
    # names
    (row("Task_1"), "repair_id", "Task_1"),
    (SOUND.replace('"a"', '"dossier"'), "repair_id", "dossier"),
    (SOUND.replace('"begin"', '"Start"'), "repair_id", "Start"),
    (SOUND.replace('"done"', '"End"'), "repair_id", "End"),
    (SOUND.replace('"done"', '"p.EndJoin"'), "repair_id", "p.EndJoin"),
    (SOUND.replace('"done"', '"{6F9619FF}"'), "repair_id", "{6F9619FF}"),
    (SOUND.replace(' id="a-b"', ""), "repair_id_missing", "p"),
    (SOUND.replace('id="b-done"', 'id="a-b"'), "repair_id_twice", "a-b"),
    (SOUND.replace('targetRef="b"', 'targetRef="tns:b"'), "repair_prefix", "a-b"),
    # the process and its references
    (SOUND.replace(' isExecutable="true"', ""), "repair_executable", "p"),
    (SOUND.replace('id="a"', 'id="a" default="nothing"'), "repair_reference", "a"),
    (SOUND.replace("</bpmn:process>", timer("t", host="nowhere") + path("t", "done") + "</bpmn:process>"),
     "repair_host", "t"),
    (diagram(start(), bare("receiveTask", "a"), end(), path("begin", "a", "done")), "repair_undefined", "a"),
    (diagram(start(), receive("a", "gone"), end(), path("begin", "a", "done")), "repair_undefined", "a"),
    # flows
    (SOUND.replace("</bpmn:process>", flow("a", "nowhere") + "</bpmn:process>"), "repair_flow_dangling", "a-nowhere"),
    (SOUND.replace("</bpmn:process>", element("sequenceFlow", "f") + "</bpmn:process>"), "repair_flow_dangling", "f"),
    (diagram(start(), frame("s", start("i"), task("x"), end("o"), path("i", "x", "o")), task("a"), end(),
             path("begin", "s", "a", "done"), flow("x", "a")), "repair_flow_scope", "x-a"),
    (SOUND.replace("</bpmn:process>", flow("done", "a") + "</bpmn:process>"), "repair_flow_end", "done-a"),
    (SOUND.replace("</bpmn:process>", flow("a", "begin") + "</bpmn:process>"), "repair_flow_end", "a-begin"),
    (diagram(start(), both("s"), task("a"), task("b"), both("j"), end(), path("begin", "s"), flow("s", "a", "filing.x"),
             path("a", "j", "done"), path("s", "b", "j")), "repair_condition_unused", "s-a"),
    # where it begins and ends
    (diagram(task("a"), task("b"), path("a", "b", "a")), "repair_start", "p"),
    (diagram(start(), start("other"), task("a"), task("b"), end(), path("begin", "a", "done"),
             path("other", "b", "done")), "repair_starts", "p"),
    (diagram(element("startEvent", "begin", event("timer")), task("a"), end(), path("begin", "a", "done")),
     "repair_start_kind", "begin"),
    (diagram(start(), task("a"), task("b"), end(), path("begin", "a", "done"), path("b", "done")), "repair_root", "b"),
    (diagram(start(), frame("s"), end(), path("begin", "s", "done")), "repair_empty", "s"),
    (diagram(start(), task("a"), end(), path("begin", "a", "done"), task("x"), task("y"), path("x", "y", "x")),
     "repair_unreachable", "x"),
    # ways
    (diagram(*TWO_WAYS), "repair_ask", "g"),
    (diagram(start(), EMPTY, end(), end("other"), path("begin", "g", "done"), flow("g", "other")), "repair_ask", "g"),
    (diagram(*TWO_WAYS[:-2], path("begin", "a", "g"), flow("g", "done", "${ok}"), flow("g", "other", "${not ok}")),
     "repair_condition", "g-done"),
    (diagram(*TWO_WAYS[:-2], path("begin", "a", "g", "done"), flow("g", "other", "filing.x = 1")),
     "repair_default", "g-done"),
    (diagram(start(), task("a"), end(), end("other"), path("begin", "a"), flow("a", "done", "${ok}"),
             flow("a", "other", "${not ok}")), "repair_ask", "a"),
    (diagram(start(), element("inclusiveGateway", "g"), task("a"), task("b"), end(), path("begin", "g"),
             flow("g", "a", "${x}"), path("g", "b", "done"), path("a", "done")), "repair_ask", "g"),
    (diagram(start(), task("a"), end(), path("begin", "a"), flow("a", "done", "${ok}")),
     "repair_condition_unused", "a-done"),
    # tasks, timers, repetition
    (diagram(start(), bare("userTask", "a"), end(), path("begin", "a", "done")), "repair_step", "a"),
    (diagram(start(), task("a", hours="many"), end(), path("begin", "a", "done")), "repair_step", "a"),
    (diagram(start(), script("a", "execution.setVariable()"), end(), path("begin", "a", "done"))
     .replace("<bpmn:scriptTask ", '<bpmn:scriptTask scriptFormat="groovy" '), "repair_script", "a"),
    (diagram(start(), bare("businessRuleTask", "a"), end(), path("begin", "a", "done")), "repair_decision", "a"),
    (diagram(start(), timer("t", "${due}"), end(), path("begin", "t", "done")), "repair_timer", "t"),
    (diagram(start(), timer("t", "next week"), end(), path("begin", "t", "done")), "repair_timer", "t"),
    (diagram(start(), element("intermediateCatchEvent", "t", "<bpmn:timerEventDefinition/>"), end(),
             path("begin", "t", "done")), "repair_timer_missing", "t"),
    (diagram(start(), task("a", inside=loop()), end(), path("begin", "a", "done")), "repair_loop", "a"),
    (diagram(start(), task("a", inside=loop(cardinality="${n}")), end(), path("begin", "a", "done")),
     "repair_loop", "a"),
    (diagram(start(), task("a", inside=loop(cardinality="2", until="${enough}")), end(), path("begin", "a", "done")),
     "repair_loop_condition", "a"),
    # what no run needs
    (diagram(start(), task("a", inside="<bpmn:potentialOwner/>"), end(), path("begin", "a", "done")), "not_run", "a"),
    (between(task("t", inside="<bpmn:standardLoopCharacteristics/>"), "t"), "repair_loop", "t"),
    (between(task("t", inside='<bpmn:standardLoopCharacteristics loopMaximum="many"/>'), "t"), "repair_loop", "t"),
    (between(task("t", inside='<bpmn:standardLoopCharacteristics loopMaximum="3"><bpmn:loopCondition>${x}'
                              "</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"), "t"),
     "repair_loop_condition", "t"),
    (diagram(*TWO_WAYS[:-2], path("begin", "a", "g"), flow("g", "done", "filing.x = 1"), flow("g", "other", "${no}"))
     .replace('id="g"', 'id="g" default="g-other"'), "repair_condition_unused", "g-other"),
    # calls
    (between(element("callActivity", "t"), "t"), "repair_call", "t"),
    (between(element("callActivity", "t", calledElement="elsewhere"), "t"), "repair_call", "t"),
    # events
    (between(element("intermediateCatchEvent", "t", event("cancel") + event("terminate")), "t"), "repair_trigger", "t"),
    (between(element("intermediateThrowEvent", "t", event("cancel") + event("terminate")), "t"),
     "repair_event_kind", "t"),
    (diagram(start(), task("a"), end(), path("begin", "a", "done"), bare("task", "t", isForCompensation="true")),
     "repair_unreachable", "t"),
    (between(element("intermediateCatchEvent", "t", event("message")), "t"), "repair_undefined", "t"),
    (between(element("intermediateThrowEvent", "t", event("signal", signalRef="gone")), "t"), "repair_undefined", "t"),
    (between(element("sendTask", "t"), "t"), "repair_undefined", "t"),
    (between(element("serviceTask", "t"), "t"), "repair_connector", "t"),
    (between(element("intermediateCatchEvent", "t"), "t"), "repair_plain", "t"),
    (between(element("intermediateCatchEvent", "t", event("conditional")), "t"), "repair_event_condition", "t"),
    (between(element("intermediateCatchEvent", "t", event("message") + event("cancel")), "t"),
     "repair_event_kind", "t"),
    (between(element("intermediateThrowEvent", "t", event("compensate", activityRef="gone")), "t"),
     "repair_reference", "t"),
    (between(task("x") + element("boundaryEvent", "t", attachedToRef="x") + path("t", "done"), "x"),
     "repair_trigger", "t"),
    (between(task("x") + element("boundaryEvent", "t", event("compensate"), attachedToRef="x"), "x"),
     "repair_unreachable", "t"),
    (diagram(start(), task("a"), end(), path("begin", "a", "done"), handler(element("startEvent", "t"))),
     "repair_trigger", "t"),
    (between(task("x"), "x").replace("</bpmn:process>", element("subProcess", "h", triggeredByEvent="true")
                                     + "</bpmn:process>"), "repair_unreachable", "h"),
    (diagram(start(), task("a"), end(), path("begin", "a", "done"), flow("a", "h"),
             handler(element("startEvent", "t", event("signal")))), "repair_flow_end", "a-h"),
    (diagram(start(), task("a"), element("eventBasedGateway", "g"), task("t"), timer("u"), end(),
             path("begin", "a", "g", "t", "done"), path("g", "u", "done")), "repair_awaited", "t"),
    (diagram(start(), task("a"), element("eventBasedGateway", "g"), timer("t"), timer("u"), end(),
             path("begin", "a", "g", "t", "done"), path("g", "u", "t")), "repair_shared", "t"),
    (linked("", ""), "repair_link", "t"),
    (linked("one", "two"), "repair_link", "s"),
    (linked("one", "one", element("intermediateCatchEvent", "u", event("link", name="three"))), "repair_unreachable",
     "u"),
]


@pytest.mark.parametrize(("xml", "code", "at"), REPAIRS, ids=[f"{code}-{at}" for _, code, at in REPAIRS])
def test_what_a_drawing_leaves_open_is_put_right_in_the_copy_and_said(xml: str, code: str, at: str) -> None:
    assert (code, at) in notes(xml)
    assert endings(xml, 4) <= {"ended", "open"}


def test_a_sound_diagram_needs_no_repair() -> None:
    assert notes(SOUND) == set()
    assert [copy.drawn for copy in normalise(Bundle(SOUND)).copies] == [{}]


def test_every_repair_has_a_fixture() -> None:
    told = {code for code in TEMPLATES if code.startswith("repair_")}
    assert told - {code for _, code, _ in REPAIRS} == set()


@pytest.mark.parametrize("xml", [xml for xml, _, _ in REPAIRS])
def test_a_copy_is_its_own_only_copy(xml: str) -> None:
    for copy in normalise(Bundle(xml)).copies:
        again = normalise(copy.bundle)
        assert again.repairs == ()
        assert [each.xml for each in again.copies] == [copy.xml]


def test_names_lead_back_to_the_drawing() -> None:
    copy = copy_of(row("Task_1", "Task_2").replace('role="specialist"', 'role=""'))
    assert set(compiled(copy).steps) == {"task_1", "task_2"}
    assert [copy.name(step) for step in ("task_1", "task_2", "begin")] == ["Task_1", "Task_2", "begin"]
    assert {one.element for one in copy.findings} == {"Task_1", "Task_2"}


def test_an_id_that_becomes_another_ones_stays_apart() -> None:
    assert set(compiled(copy_of(row("Step_A", "step_a"))).steps) == {"step_a", "step_a_2"}


def test_a_gateway_without_conditions_is_asked_at_the_step_before_it() -> None:
    definition = compiled(copy_of(diagram(*TWO_WAYS).replace('id="g-done"', 'id="g-done" name="Đạt"')))
    assert [choice.id for choice in definition.steps["a"].choices] == ["dat", "other"]
    assert definition.flows["g-done"].condition == 'a.choice = "dat"'
    assert definition.flows["g-other"].condition == ""


def test_a_gateway_after_no_step_gets_a_step_of_its_own_under_the_gateways_name() -> None:
    copy = copy_of(diagram(start(), EMPTY, end(), end("other"), path("begin", "g", "done"), flow("g", "other")))
    assert list(compiled(copy).steps) == ["ask_g"]
    assert copy.name("ask_g") == "g"


def test_conditions_that_can_be_evaluated_stay() -> None:
    ways = flow("g", "done", "filing.x = 1") + flow("g", "other", "#{y}") + flow("g", "third", "#{z}")
    copy = copy_of(diagram(*TWO_WAYS[:-2], end("third"), path("begin", "a", "g"), ways))
    flows = compiled(copy).flows
    assert flows["g-done"].condition == "filing.x = 1"
    assert flows["g-other"].condition == 'a.choice = "other"'
    assert flows["g-third"].condition == ""


def test_an_inclusive_gateway_stays_one_and_offers_each_way_and_all() -> None:
    ways = flow("g", "a", "${x}") + flow("g", "b", "${y}") + flow("g", "c")
    xml = diagram(start(), task("s"), element("inclusiveGateway", "g"), task("a"), task("b"), task("c"), end(),
                  path("begin", "s", "g"), ways, path("a", "done"), path("b", "done"), path("c", "done"))
    definition = compiled(copy_of(xml))
    assert definition.elements["g"].type == "inclusiveGateway"
    assert [choice.id for choice in definition.steps["s"].choices] == ["a", "b", "all_ways", "no_way"]
    chance = random.Random(3)
    assert {wander(definition, NOW, chance.randrange).actions for _ in range(40)} == {3, 4, 5}


def test_alternative_starts_stay_alternatives() -> None:
    xml = diagram(start("one"), start("two"), task("a"), task("b"), end(), path("one", "a", "done"),
                  path("two", "b", "done"))
    definition = compiled(copy_of(xml))
    chance = random.Random(1)
    assert {wander(definition, NOW, chance.randrange).actions for _ in range(20)} == {3}


def test_what_has_no_incoming_flow_begins_beside_the_start() -> None:
    xml = diagram(start(), task("a"), task("b"), end(), path("begin", "a", "done"), path("b", "done"))
    assert wander(compiled(copy_of(xml)), NOW, lambda _: 0).actions == 3


def test_every_process_of_a_file_becomes_a_copy() -> None:
    second = SOUND.replace('id="p"', 'id="q"').replace("begin", "start2").replace("done", "done2")
    inner = second[second.index("<bpmn:process"):second.index("</bpmn:definitions>")]
    inner = inner.replace('"a', '"c').replace('"b', '"d').replace("-b", "-d").replace(' isExecutable="true"', "")
    found = normalise(Bundle(SOUND.replace("<bpmn:process", inner + "<bpmn:process", 1)))
    assert [copy.process for copy in found.copies] == ["p", "q"]
    assert [set(compiled(copy).steps) for copy in found.copies] == [{"a", "b"}, {"c", "d"}]


def test_an_event_a_gateway_shares_goes_on_where_it_went_on() -> None:
    xml = diagram(start(), task("a"), element("eventBasedGateway", "g"), timer("t"), timer("u"), both("s"), task("b"),
                  both("j"), end(), path("begin", "s", "a", "g", "t", "j", "done"), path("g", "u", "t"),
                  path("s", "b", "j"))
    copy = copy_of(xml)
    assert [copy.name(name) for name in compiled(copy).elements if name not in xml] == ["t", "t"]
    assert endings(xml, 20) == {"ended"}


def test_a_condition_at_a_border_never_holds_by_itself() -> None:
    condition = event("conditional", "<bpmn:condition>${x}</bpmn:condition>")
    border = element("boundaryEvent", "t", condition, attachedToRef="x")
    xml = between(task("x") + border + path("t", "done"), "x")
    assert ("repair_event_condition", "t") in notes(xml)
    assert wander(compiled(copy_of(xml)), NOW, lambda _: 0).actions == 3


def test_events_of_one_name_are_about_one_message() -> None:
    thrown = element("intermediateThrowEvent", "s", event("message"), name="Đã nhận")
    xml = diagram(start(), both("f"), task("a"), thrown, element("intermediateCatchEvent", "t", event("message"),
                  name="Đã nhận"), both("j"), end(), path("begin", "f", "a", "s", "j", "done"), path("f", "t", "j"))
    assert endings(xml) == {"ended"}
    assert wander(compiled(copy_of(xml)), NOW, lambda _: 0).actions == 2


def test_what_is_called_in_the_file_comes_along_put_right() -> None:
    called = element("process", "q", start("s") + bare("userTask", "Do_It") + path("s", "Do_It"))
    xml = between(element("callActivity", "t", calledElement="x:q"), "t").replace("</bpmn:def", called + "</bpmn:def")
    copy = copy_of(xml)
    assert len(normalise(Bundle(xml)).copies) == 1
    assert [copy.name(step) for step in compiled(copy).steps] == ["a", "t:Do_It"]
    assert endings(xml) == {"ended"}


def test_a_stand_in_answers_for_what_is_called_elsewhere() -> None:
    copy = copy_of(between(element("callActivity", "t", calledElement="elsewhere"), "t"))
    assert compiled(copy).elements["t"].type == "callActivity"
    assert [copy.name(step) for step in compiled(copy).steps] == ["a", "t"]


def test_what_an_event_waits_for_may_be_written_elsewhere() -> None:
    there = "<bpmn:eventDefinitionRef>x:later</bpmn:eventDefinitionRef>"
    xml = diagram(start(), element("intermediateCatchEvent", "t", there), end(), path("begin", "t", "done"))
    later = element("timerEventDefinition", "later", "<bpmn:timeDuration>PT1H</bpmn:timeDuration>")
    assert endings(xml.replace("<bpmn:process", later + "<bpmn:process")) == {"ended"}


def test_a_complex_gateway_stays_one_and_is_refused() -> None:
    xml = diagram(start(), task("a"), element("complexGateway", "g"), end(), path("begin", "a", "g", "done"))
    with pytest.raises(DiagramRefused) as problem:
        compiled(copy_of(xml))
    assert [one.element for one in refused(problem.value.details["findings"])] == ["g"]


def test_what_deadlocks_is_rehearsed_but_never_compiled_for_publication() -> None:
    xml = diagram(start(), task("a"), xor("x", "x-j"), both("j"), task("b"), end(), path("begin", "a", "x"),
                  flow("x", "j"), flow("x", "b", "filing.x = 1"), path("b", "j", "done"))
    assert "deadlock" in {one.code for one in refused(check(Bundle(xml)))}
    assert endings(xml) == {"Stuck"}
    copy = copy_of(xml.replace('"a"', '"Task_A"').replace("sourceRef=\"a\"", "").replace("targetRef=\"a\"", ""))
    assert all("task_a" not in str(copy.report(one).message) for one in compiled(copy).doubts)
    with pytest.raises(DiagramRefused):
        compile_definition(Bundle(xml))


def test_stand_ins_are_marked_and_the_drawing_itself_stays_refused() -> None:
    xml = diagram(start(), bare("userTask", "a"), end(), path("begin", "a", "done"))
    assert 'standIn="true"' in copy_of(xml).xml
    assert "step_missing" in {one.code for one in refused(check(Bundle(xml)))}
