"""Repeated activities at their edges: what says how often, what an instance sees, hears, and leaves behind."""

from __future__ import annotations

import pytest

from engine.errors import ExpressionFailed
from engine.facts import FrameEntered
from engine.running.guards import MAX_INSTANCES
from tests.engine.builders import end, frame, loop, path, script, start, task
from tests.engine.constructs.drawing import Journey, standard
from tests.engine.constructs.test_calls import call, file, process
from tests.engine.constructs.test_repetition import one
from tests.engine.happenings import Watched, border, document, finish, handler, told


@pytest.mark.parametrize(("collection", "cardinality", "why"), [
    ("filing.one", "", "filing.one.*it is not a list"), ("", "filing.text", "filing.text.*it is not a whole number"),
    ("", "filing.yes", "filing.yes.*it is not a whole number"), ("", "-1", "-1.*it is not a whole number"),
    ("", "1.5", "1.5.*it is not a whole number"), ("", "null", "null.*it is not a whole number"),
])
def test_what_says_how_often_is_a_list_or_a_whole_number(collection: str, cardinality: str, why: str) -> None:
    with pytest.raises(ExpressionFailed, match=rf"{why}\.$"):
        Journey(one(task("r", inside=loop(collection, cardinality))), {"one": 1, "text": "x", "yes": True})


def computed(expression: str, repeated: str) -> str:
    """A repeated computed value."""
    return one(script("r", expression).replace("</bpmn:scriptTask>", f"{repeated}</bpmn:scriptTask>"))


@pytest.mark.parametrize(("until", "found"), [
    ("numberOfActiveInstances = 0", [10, None, None]), ("numberOfTerminatedInstances = 0", [10, None, None]),
    ("numberOfCompletedInstances = 2", [10, 20, None]), ("numberOfInstances = 4", [10, 20, 30]),
])
def test_values_are_computed_until_it_is_enough(until: str, found: list[int | None]) -> None:
    """All at once: none of them is ever at work beside another."""
    walk = Journey(computed("item * 10", loop("filing.x", until=until)), {"x": [1, 2, 3]})
    assert walk.view.data["r"] == found


def test_a_value_is_computed_as_often_as_rounds_are_allowed() -> None:
    again = "if r = null then 1 else r + 1"
    assert Journey(computed(again, standard("loopCounter < 3"))).view.data["r"] == 3
    assert Journey(computed(again, standard(maximum=f"{MAX_INSTANCES}"))).view.data["r"] == MAX_INSTANCES


def test_what_an_instance_listened_to_is_not_heard_when_it_is_done() -> None:
    """Each instance has its own event subprocess, which does not wait any longer than it lasts."""
    inner = frame("f", start("i"), task("a"), end("o"), path("i", "a", "o"),
                  handler("h", told("message", "paid"), task("b"), end("y"), path("h_on", "b", "y"),
                          interrupting=False), loop("filing.x"))
    walk = Watched(document(start(), inner, end(), path("begin", "f", "done"), names=("message:paid",)), {"x": [1, 2]})
    assert walk.waiting == ["h_on", "h_on"]
    walk.complete("a", index=None)
    assert walk.waiting == ["h_on"]
    walk.deliver("paid")
    walk.complete("b", index=None)
    walk.complete("a", index=None)
    assert walk.view.ended


def test_an_error_out_of_an_instance_s_own_handler_is_not_caught_by_it_again() -> None:
    mend = handler("h", told("error", "E1"), task("look"), finish("worse", told("error", "E1")),
                   path("h_on", "look", "worse"))
    inner = frame("f", start("i"), finish("bad", told("error", "E1")), path("i", "bad"), mend, loop("filing.x"))
    walk = Watched(document(start(), inner, end(), path("begin", "f", "done"), border("b", "f", told("error", "E1")),
                            task("m"), end("x"), path("b", "m", "x"), names=("error:E1",)), {"x": [1]})
    walk.complete("look", index=None)
    assert walk.open == ["m"]


def test_only_an_instance_of_a_list_has_an_item() -> None:
    """What is told of a frame names its item where it has one; a round of a loop has none."""
    called = process("check", start("i"), task("look"), end("o"), path("i", "look", "o"))
    for repeated, named in (("", None), (standard("loopCounter < 2"), None), (loop("filing.x", item="part"), "part")):
        walk = Journey(file(start(), call("c", "check", repeated), end(), path("begin", "c", "done"), others=called),
                       {"x": ["A"]})
        entered = [(fact.name, fact.item) for fact in walk.facts if isinstance(fact, FrameEntered)]
        assert entered == [(named, "A" if named else None)]
