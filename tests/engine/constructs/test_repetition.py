"""What is done again: standard loops and multi-instance activities, of steps, values and subprocesses."""

from __future__ import annotations

import pickle
import subprocess
import sys
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest

from engine.commands import AnswerService, ClaimStep, CompleteStep, DeliverMessage, FireTimer
from engine.errors import BudgetExceeded
from engine.facts import FrameEntered, FrameLeft, ServiceRequested, from_json, to_json
from engine.fold import fold, in_sight
from engine.running.guards import MAX_INSTANCES
from engine.state import load
from tests.engine.builders import (
    both,
    choice,
    diagram,
    end,
    flow,
    frame,
    loop,
    path,
    receive,
    script,
    start,
    task,
    timer,
    xor,
)
from tests.engine.constructs.drawing import Journey, all_steps, errors, standard
from tests.engine.constructs.registry import refused, runs
from tests.engine.happenings import border, catch, document, ours, service, throw, told
from tests.engine.happenings import finish as finish_at


def one(part: str, *more: str) -> str:
    """Start, the element `r`, a last step, end."""
    return diagram(start(), part, task("z"), end(), path("begin", "r", "z", "done"), *more)


@runs("Standard loop of a step", "While `loopCondition` (FEEL) holds, asked after each round, or before with "
      "`testBefore`; at most `loopMaximum` rounds. `loopCounter` is the number of rounds done.")
def test_a_step_is_done_again_while_its_condition_holds() -> None:
    walk = Journey(one(task("r", inside=standard('r.more = true'))))
    for more in (True, True, False):
        assert walk.open == ["r"]
        walk.complete("r", more=more)
    assert walk.open == ["z"]
    assert walk.view.visits["r"] == 3
    assert walk.view.data["r"] == {"more": False, "choice": None}


@pytest.mark.parametrize(("drawn", "rounds"), [
    (standard("loopCounter < filing.n"), 3), (standard("loopCounter < filing.n", maximum="2"), 2),
    (standard(maximum="4"), 4), (standard("false"), 1), (standard("false", before=True), 0),
    (standard("loopCounter < filing.n", before=True), 3), (standard("r.x = 1", before=True), 0),
    (standard("loopCounter < 1", before=True), 1), (standard(maximum="1", before=True), 1),
])
def test_a_loop_makes_so_many_rounds(drawn: str, rounds: int) -> None:
    walk = Journey(one(task("r", inside=drawn)), {"n": 3})
    assert all_steps(walk) == ["r"] * rounds + ["z"]


@runs("Standard loop of a script or decision", "All rounds at once; the last value is kept.")
def test_a_value_is_computed_again_while_its_condition_holds() -> None:
    drawn = script("r", "if r = null then 1 else r * 2").replace("</bpmn:scriptTask>",
                                                                standard("r &lt; 100") + "</bpmn:scriptTask>")
    assert Journey(one(drawn)).view.data["r"] == 128


def test_a_loop_without_end_is_stopped() -> None:
    drawn = script("r", "1").replace("</bpmn:scriptTask>", standard("true") + "</bpmn:scriptTask>")
    with pytest.raises(BudgetExceeded, match=f"{MAX_INSTANCES} instances on element r"):
        Journey(one(drawn))


@runs("Standard loop of a subprocess", "Its steps keep their latest values, as after a way back.")
def test_a_subprocess_is_done_again() -> None:
    inner = frame("r", start("i"), task("a"), task("b"), end("o"), path("i", "a", "b", "o"), standard("b.again = true"))
    walk = Journey(one(inner))
    walk.complete("a")
    walk.complete("b", again=True)
    assert walk.open == ["a"]
    walk.complete("a")
    walk.complete("b", again=False)
    assert walk.open == ["z"]
    assert walk.view.visits == {"a": 2, "b": 2, "z": 1}


def test_a_boundary_timer_belongs_to_all_rounds_of_a_loop() -> None:
    xml = one(task("r", inside=standard("true")), timer("t", "P3D", "r"), task("late"), path("t", "late"))
    walk = Journey(xml)
    due = walk.view.timers
    walk.complete("r")
    assert walk.view.timers == due
    walk.do(FireTimer(walk.timer("t")), walk.now + timedelta(days=3))
    assert walk.open == ["late"]


@refused("Loop without a condition or a maximum", "Give one of them.")
def test_a_loop_needs_an_end() -> None:
    assert errors(one(task("r", inside=standard()))) == {"loop_endless": "r"}
    assert errors(one(task("r", inside=standard(maximum="x")))) == {"loop_maximum": "r"}


@runs("Multi-instance step, parallel", "One task per item of `onedoor:loop collection`, or as many as the cardinality; "
      "the results become a list in the order of the items, whatever the order of completion.")
def test_a_step_for_each_item_in_any_order() -> None:
    for order in permutations(range(3)):
        walk = Journey(one(task("r", inside=loop("filing.x"), unit='="U" + item')), {"x": ["a", "b", "c"]})
        assert [opened.unit for opened in walk.view.open.values()] == ["Ua", "Ub", "Uc"]
        for index in order:
            walk.complete("r", index=index, n=index)
        assert walk.open == ["z"]
        assert walk.view.data["r"] == [{"n": n, "choice": None} for n in range(3)]


@runs("Multi-instance step, sequential", "One after the other.")
def test_a_step_for_each_item_one_after_the_other() -> None:
    walk = Journey(one(task("r", inside=loop("filing.x", sequential=True))), {"x": [1, 2, 3]})
    for index in range(3):
        assert [opened.index for opened in walk.view.open.values()] == [index]
        walk.complete("r")
    assert walk.open == ["z"]


@runs("Multi-instance, completion condition", "Asked after each instance; the others are cancelled. It sees the "
      "results so far, `numberOfInstances`, `numberOfCompletedInstances`, `numberOfActiveInstances`.")
@pytest.mark.parametrize("until", ["numberOfCompletedInstances = 2", "numberOfActiveInstances &lt; 2", "count(r) = 2"])
def test_enough_instances(until: str) -> None:
    walk = Journey(one(task("r", inside=loop(cardinality="3", until=until))))
    walk.complete("r", index=2)
    assert len(walk.open) == 2
    walk.complete("r", index=0)
    assert walk.open == ["z"]
    assert walk.view.data["r"][1] is None


@runs("Multi-instance of a receive task", "Each instance waits for a message of its own.")
def test_messages_for_each_instance() -> None:
    asked = receive("r", "m").replace("</bpmn:receiveTask>", loop(cardinality="2") + "</bpmn:receiveTask>")
    waits_ = [timer("t", "P3D", "r"), end("late"), path("t", "late")]
    walk = Journey(diagram(start(), asked, task("z"), end(), path("begin", "r", "z", "done"), *waits_, messages=("m",)))
    for n in (1, 2):
        walk.do(DeliverMessage("m", {"n": n}))
    assert walk.open == ["z"]
    assert [result["n"] for result in walk.view.data["r"]] == [1, 2]


@runs("Multi-instance of a script or decision", "All at once, into a list.")
def test_a_value_for_each_item() -> None:
    drawn = script("r", "item * loopCounter").replace("</bpmn:scriptTask>", loop("filing.x") + "</bpmn:scriptTask>")
    assert Journey(one(drawn), {"x": [5, 6, 7]}).view.data["r"] == [5, 12, 21]
    enough = "<bpmn:completionCondition>count(r) = 2</bpmn:completionCondition>"
    early = drawn.replace("</bpmn:multi", enough + "</bpmn:multi")
    assert Journey(one(early), {"x": [5, 6, 7]}).view.data["r"] == [5, 12, None]


def each(inside: str, *, sequential: bool = False, until: str = "", item: str = "") -> str:
    """A subprocess for each room: look at it, perhaps again, then agree."""
    repeated = loop(inside, sequential=sequential, until=until, item=item)
    return frame(
        "r", start("i"), xor("m"),
        task("look", choice("fine"), choice("again", "return"), unit=f'="U" + {item or "item"}'),
        xor("g", "g-agree"), task("agree"), end("o"), path("i", "m", "look", "g", "agree", "o"),
        flow("g", "m", 'look.choice = "again" and visits.look < 3'), repeated,
    )


@runs("Multi-instance subprocess, parallel", "Each instance keeps its steps' values and visits to itself and sees its "
      "own item; the list of results has one entry per instance.")
def test_instances_of_a_subprocess_keep_their_values_apart() -> None:
    for order in permutations(range(3)):
        walk = Journey(one(each("filing.rooms")), {"rooms": ["a", "b", "c"]})
        assert [opened.unit for opened in walk.view.open.values()] == ["Ua", "Ub", "Uc"]
        tokens = list(walk.view.open)
        for index in order:
            finish(walk, tokens[index], "look", "again" if index == 1 else "fine", n=index)
        assert sorted(walk.open) == ["agree", "agree", "look"]
        assert all("look" not in walk.view.data for _ in order)
        again = next(token for token, opened in walk.view.open.items() if opened.step == "look")
        assert walk.view.open[again].visit == 2
        finish(walk, again, "look", "fine", n=9)
        while "agree" in walk.open:
            walk.complete("agree")
        assert walk.open == ["z"]
        assert [result["look"]["n"] for result in walk.view.data["r"]] == [0, 9, 2]
        assert walk.view.frames == {}


def finish(walk: Journey, token: str, name: str, choice_: str | None = None, **form: object) -> None:
    """Complete the step at a token."""
    assert walk.view.open[token].step == name
    walk.do(ClaimStep(token, "lan"))
    walk.do(CompleteStep(token, "lan", form, choice_))


@runs("Multi-instance subprocess, sequential", "The next instance begins when the one before has ended.")
def test_instances_of_a_subprocess_one_after_the_other() -> None:
    walk = Journey(one(each("filing.rooms", sequential=True, until="numberOfCompletedInstances = 2", item="room")),
                   {"rooms": ["a", "b", "c"]})
    for room in "ab":
        assert [opened.unit for opened in walk.view.open.values()] == [f"U{room}"]
        walk.complete("look", "fine")
        walk.complete("agree")
    assert walk.open == ["z"]
    assert len(walk.view.data["r"]) == 3


def test_a_form_in_an_instance_sees_what_belongs_to_it() -> None:
    walk = Journey(one(each("filing.rooms", item="room")), {"rooms": ["a", "b"]})
    for token, room in zip(list(walk.view.open), "ab", strict=True):
        finish(walk, token, "look", "fine", seen=room)
    for opened, room in zip(walk.view.open.values(), "ab", strict=True):
        seen = in_sight(walk.view, opened.frame)
        assert (seen["room"], seen["look"]["seen"], seen["filing"]) == (room, room, {"rooms": ["a", "b"]})
        assert seen["visits"] == {"look": 1, "agree": 1}


@runs("Repetition inside repetition", "To any depth; the inner item hides an outer one of the same name.")
def test_repetition_inside_repetition() -> None:
    inner = frame("q", start("qi"), task("a", unit='="U" + room + floor', inside=loop("[1, 2]", item="n")), end("qo"),
                  path("qi", "a", "qo"), loop("floor_rooms", item="room").replace("floor_rooms", "filing.rooms"))
    outer = frame("r", start("i"), inner, end("o"), path("i", "q", "o"), loop("filing.floors", item="floor"))
    walk = Journey(one(outer), {"floors": ["1", "2"], "rooms": ["a", "b"]})
    assert [opened.unit for opened in walk.view.open.values()] == [f"U{r}{f}" for f in "12" for r in "ab" for _ in "12"]
    for number in range(8):
        token = list(walk.view.open)[(number * 3) % len(walk.view.open)]
        finish(walk, token, "a", n=number)
    assert walk.open == ["z"]
    results = walk.view.data["r"]
    assert [len(floor["q"]) for floor in results] == [2, 2]
    assert [len(room["a"]) for floor in results for room in floor["q"]] == [2, 2, 2, 2]


def test_interrupting_a_repeated_subprocess_ends_all_of_it() -> None:
    xml = one(each("filing.rooms"), timer("t", "P3D", "r"), task("late"), path("t", "late"))
    walk = Journey(xml, {"rooms": ["a", "b"]})
    walk.do(FireTimer(walk.timer("t")), walk.now + timedelta(days=3))
    assert walk.open == ["late"]
    assert walk.view.frames == {}
    assert [fact.reason for fact in walk.last if isinstance(fact, FrameLeft)] == ["interrupted"] * 2
    assert load(walk.state or b"").tokens.keys() == set(walk.view.open)


def test_joins_of_different_instances_do_not_mix() -> None:
    inner = frame("r", start("i"), both("s"), task("a"), task("b"), both("j"), task("c"), end("o"),
                  path("i", "s", "a", "j", "c", "o"), path("s", "b", "j"), loop(cardinality="2"))
    walk = Journey(one(inner))
    first = [token for token, opened in walk.view.open.items() if opened.step == "a"]
    for token in first:
        finish(walk, token, "a")
    assert walk.open == ["b", "b"]
    walk.complete("b")
    assert sorted(walk.open) == ["b", "c"]


def test_nothing_to_repeat_goes_on_at_once() -> None:
    walk = Journey(one(each("filing.rooms")), {"rooms": []})
    assert walk.open == ["z"]
    assert walk.view.data["r"] == []


def test_frames_survive_history() -> None:
    walk = Journey(one(each("filing.rooms")), {"rooms": ["a", "b"]})
    walk.complete("look", "fine")
    again = fold(from_json(to_json(fact)) for fact in walk.facts)
    assert again == walk.view
    entered = next(fact for fact in walk.facts if isinstance(fact, FrameEntered))
    assert "frame" not in to_json(entered)


@refused("Multi-instance without collection or cardinality", "Give one of them.")
def test_repetition_needs_a_source() -> None:
    assert errors(one(task("r", inside=loop()))) == {"loop_source": "r"}


@refused("Repetition of a gateway or event", "Only activities repeat.")
def test_only_activities_repeat() -> None:
    drawn = xor("r").replace("</bpmn:exclusiveGateway>", loop("filing.x") + "</bpmn:exclusiveGateway>")
    assert errors(one(drawn)) == {"loop_host": "r"}


def test_an_item_is_unknown_outside() -> None:
    xml = diagram(start(), each("filing.rooms", item="room"), script("s", "room"), task("z"), end(),
                  path("begin", "r", "s", "z", "done"))
    assert errors(xml) == {"expression_name": "s"}


ELSEWHERE = """
import pickle, sys
from tests.engine.constructs import drawing
xml, states, token = pickle.load(sys.stdin.buffer)
from engine.commands import ClaimStep, CompleteStep
from engine.definition import Bundle, compile_definition
from engine.execute import step
from tests.engine.builders import NOW
made = compile_definition(Bundle(xml))
state = step(made, states, ClaimStep(token, "lan"), NOW).state
state = step(made, state, CompleteStep(token, "lan", {}), NOW).state
sys.stdout.buffer.write(state)
"""


def test_instances_go_on_in_another_process() -> None:
    """What one process opened, another one, which never saw the diagram run, can finish."""
    xml = one(task("r", inside=loop(cardinality="3")))
    walk = Journey(xml)
    state = walk.state
    for token in list(walk.view.open):
        asked = pickle.dumps((xml, state, token))
        told = subprocess.run([sys.executable, "-c", ELSEWHERE], input=asked, capture_output=True, check=True,
                              cwd=Path(__file__).resolve().parents[3])
        state = told.stdout
    assert [place.at for place in load(state or b"").tokens.values()] == ["z"]


@runs("Multi-instance of a service task", "Each instance asks for itself; the answers become a list.")
def test_a_service_for_each_item() -> None:
    asked = service("r", "log", text="=item").replace("</bpmn:serviceTask>", loop("filing.x") + "</bpmn:serviceTask>")
    walk = Journey(document(start(), asked, task("z"), end(), path("begin", "r", "z", "done")), {"x": ["a", "b"]})
    inputs = [fact.inputs for fact in walk.facts if isinstance(fact, ServiceRequested)]
    assert inputs == [{"text": "a"}, {"text": "b"}]
    for token in reversed(list(walk.view.services)):
        walk.do(AnswerService(token, token))
    assert walk.open == ["z"]
    assert walk.view.data["r"] == ["2", "3"]


@runs("Events inside a repeated subprocess", "What an event brings belongs to the instance in which it happens.")
def test_an_event_in_an_instance_belongs_to_it() -> None:
    paid = catch("got", ours(correlation="=item"), told("message", "paid"))
    inner = frame("r", start("i"), paid, task("a"), end("o"), path("i", "got", "a", "o"), loop("filing.x"))
    walk = Journey(document(start(), inner, task("z"), end(), path("begin", "r", "z", "done"), names=("message:paid",)),
                   {"x": ["a", "b"]})
    for key in "ba":
        walk.do(DeliverMessage("paid", {"by": key}, correlation=key))
    assert walk.open == ["a", "a"]
    assert [frame_.data["got"]["by"] for frame_ in walk.view.frames.values()] == ["a", "b"]
    walk.complete("a")
    walk.complete("a")
    assert [result["got"]["by"] for result in walk.view.data["r"]] == ["a", "b"]


def test_what_instances_did_is_taken_back() -> None:
    undo = task("undo").replace("<bpmn:userTask ", '<bpmn:userTask isForCompensation="true" ')
    inner = frame("r", start("i"), task("a"), border("bc", "a", told("compensate")), undo,
                  '<bpmn:association id="as" sourceRef="bc" targetRef="undo"/>', end("o"), path("i", "a", "o"),
                  loop(cardinality="2"))
    walk = Journey(document(start(), inner, task("y"), throw("take", told("compensate")), task("z"), end(),
                            path("begin", "r", "y", "take", "z", "done")))
    assert all_steps(walk) == ["a", "a", "y", "undo", "undo", "z"]


def test_a_terminating_end_ends_one_instance_and_an_error_all() -> None:
    ended = frame("r", start("i"), task("a"), task("b"), end("o", terminate=True), path("i", "a", "o"),
                  path("i", "b", "o"), loop(cardinality="2"))
    walk = Journey(one(ended))
    walk.complete("a")
    assert walk.open == ["a", "b"]
    walk.complete("b")
    assert walk.view.data["r"] == [{"a": {"choice": None}}, {"b": {"choice": None}}]
    failed = frame("r", start("i"), task("a"), finish_at("bad", told("error", "E1")), path("i", "a", "bad"),
                   loop(cardinality="2"))
    walk = Journey(document(start(), failed, border("er", "r", told("error", "E1")), task("fix"), task("z"), end(),
                            path("begin", "r", "z", "done"), path("er", "fix"), names=("error:E1",)))
    walk.complete("a")
    assert walk.open == ["fix"]
    assert walk.view.frames == {}
