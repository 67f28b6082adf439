"""What stands in the file beside the picture: spellings that mean the same, and words that would change what runs."""

from __future__ import annotations

import pytest

from engine.bundle import Bundle
from engine.normalise import normalise
from tests.engine.builders import element, end, flow, frame, loop, path, script, start, task, timer, xor
from tests.engine.constructs.drawing import errors
from tests.engine.constructs.registry import refused, runs
from tests.engine.constructs.test_compensation import undo
from tests.engine.happenings import Watched, document, handler, ours, throw, told


def alone(part: str) -> str:
    return document(start(), part, end(), path("begin", "a", "done"))


def reminded(said: str) -> str:
    beside = timer("t", host="a", interrupting=False).replace('"false"', f'"{said}"')
    return document(start(), task("a"), beside, task("b"), end("late"), path("t", "b", "late"), end(),
                    path("begin", "a", "done"))


@runs("true and false written as 1 and 0", "As XML lets it be written, in every attribute; the drawing keeps its own.")
@pytest.mark.parametrize(("said", "left"), [("0", ["a", "b"]), (" false ", ["a", "b"]), ("1", ["b"])])
def test_a_border_breaks_off_only_if_it_says_so(said: str, left: list[str]) -> None:
    walk = Watched(reminded(said))
    walk.fire("t")
    assert walk.open == left


def test_one_after_the_other_may_be_written_as_a_digit() -> None:
    several = loop(cardinality="2").replace('isSequential="false"', 'isSequential="1"')
    assert Watched(alone(task("a", inside=several))).open == ["a"]


def test_a_process_and_its_handler_may_be_marked_by_a_digit() -> None:
    beside = handler("h", told("signal", "s"), task("b"), end("e"), path("h_on", "b", "e"))
    xml = document(start(), task("a"), end(), path("begin", "a", "done"), beside, names=("signal:s",))
    walk = Watched(xml.replace('="true"', '="1"'))
    walk.signal("s")
    assert walk.open == ["b"]


def test_the_copy_for_a_rehearsal_reads_the_same() -> None:
    drawing = reminded("0").replace('isExecutable="true"', 'isExecutable="1"')
    copies = normalise(Bundle(drawing))
    assert copies.main is not None
    assert "repair_executable" not in [one.code for one in copies.repairs]
    assert 'cancelActivity="false"' in copies.main.xml


def test_what_is_neither_yes_nor_no_is_refused() -> None:
    assert errors(reminded("perhaps")) == {"yes_or_no": "t"}


GROOVY = '<bpmn:conditionExpression language="https://groovy-lang.org">'


@refused("Several tokens into or out of one activity (`startQuantity`, `completionQuantity`)", "Draw gateways.")
@refused("Event thrown by the end of an instance (`behavior`)", "Draw a throwing event inside.")
@refused("Receive task that starts the process", "A dossier starts when it is filed.")
@refused("Expression in another language than FEEL", "Write it in FEEL.")
@refused("Event subprocess without a start event", "Its event starts it; draw one.")
@pytest.mark.parametrize(
    ("xml", "code", "at"),
    [
        (alone(task("a").replace("<bpmn:userTask ", '<bpmn:userTask startQuantity="2" ')), "quantity", "a"),
        (alone(task("a").replace("<bpmn:userTask ", '<bpmn:userTask completionQuantity="3" ')), "quantity", "a"),
        (alone(task("a", inside=loop(cardinality="2").replace(
            "isSequential", 'behavior="One" oneBehaviorEventRef="x" isSequential'))), "loop_behavior", "a"),
        (document(task("r", tag="receiveTask", message="x"), end(), path("r", "done")).replace(
            "<bpmn:receiveTask ", '<bpmn:receiveTask instantiate="true" ').replace(
            "<bpmn:process", '<bpmn:message id="m_x" name="x"/><bpmn:process'), "receive_start", "r"),
        (document(start(), task("a"), xor("g", "g-o"), end(), end("o"), path("begin", "a", "g", "o"),
                  flow("g", "done", "filing.n = 1")).replace("<bpmn:conditionExpression>", GROOVY),
         "expression_language", "g-done"),
        (document(start(), task("a"), end(), path("begin", "a", "done"),
                  element("subProcess", "h", task("b"), triggeredByEvent="true")), "handler_start", "h"),
    ],
)
def test_what_would_change_the_run_is_not_passed_over(xml: str, code: str, at: str) -> None:
    assert errors(xml) == {code: at}


def test_what_only_says_the_usual_is_accepted() -> None:
    said = 'startQuantity="0" completionQuantity="1" '
    plain = alone(task("a", inside=loop(cardinality="2").replace("isSequential", 'behavior="All" isSequential')))
    assert errors(plain.replace("<bpmn:userTask ", f"<bpmn:userTask {said}")) == {}
    feel = '<bpmn:conditionExpression language="https://www.omg.org/spec/DMN/20191111/FEEL/">'
    ways = document(start(), task("a"), xor("g", "g-o"), end(), end("o"), path("begin", "a", "g", "o"),
                    flow("g", "done", "filing.n = 1"))
    assert errors(ways.replace("<bpmn:conditionExpression>", feel)) == {}


@refused("Compensation of an activity in another scope", "Draw the event beside the activity, or name its subprocess.")
def test_only_what_stands_beside_is_taken_back_by_name() -> None:
    inner = frame("f", start("i"), task("x"), end("o"), path("i", "x", "o"), undo("x"))
    later = throw("back", told("compensate", "x"))
    outside = document(start(), inner, later, end(), path("begin", "f", "back", "done"))
    assert errors(outside) == {"compensation_scope": "back"}
    around = frame("f", start("i"), throw("back", told("compensate", "y")), task("z"), end("o"),
                   path("i", "back", "z", "o"))
    assert errors(document(start(), task("y"), undo("y"), around, end(), path("begin", "y", "f", "done"))) == {
        "compensation_scope": "back"}
    assert errors(outside.replace('activityRef="x"', 'activityRef="f"')) == {}
    caught = handler("h", told("signal", "s"), throw("back", told("compensate", "x")), end("e"),
                     path("h_on", "back", "e"))
    assert errors(document(start(), task("x"), undo("x"), end(), path("begin", "x", "done"), caught,
                           names=("signal:s",))) == {}


UNTIL = "numberOfCompletedInstances >= 2"


def test_an_instance_that_gives_nothing_is_done_too() -> None:
    asked = element("serviceTask", "s", ours(connector="log") + loop(cardinality="3", until=UNTIL))
    walk = Watched(document(start(), asked, task("a"), end(), path("begin", "s", "a", "done")))
    walk.answer("s", None)
    assert walk.open == []
    walk.answer("s", None)
    assert walk.open == ["a"]
    nothing = script("s", "if loopCounter = 1 then null else loopCounter").replace(
        "</bpmn:script>", "</bpmn:script>" + loop(cardinality="4", until=UNTIL))
    walk = Watched(document(start(), nothing, task("a"), end(), path("begin", "s", "a", "done")))
    assert walk.view.data["s"] == [None, 2, None, None]
    in_turn = asked.replace('isSequential="false"', 'isSequential="true"')
    walk = Watched(document(start(), in_turn, task("a"), end(), path("begin", "s", "a", "done")))
    walk.answer("s", None)
    walk.answer("s", None)
    assert walk.open == ["a"]


def test_a_receive_task_that_starts_the_process_is_rehearsed_by_hand() -> None:
    waiting = '<bpmn:receiveTask id="r" instantiate="1"/>' + end() + path("r", "done")
    copies = normalise(Bundle(document(waiting)))
    assert copies.main is not None
    assert errors(copies.main.xml) == {}
    assert ("repair_start_kind", "r") in [(one.code, one.element) for one in copies.repairs]
