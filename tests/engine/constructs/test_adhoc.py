"""Ad-hoc subprocesses: people begin what they like, until it is enough."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from xml.sax.saxutils import escape

import pytest

from engine.commands import ClaimStep, CompleteStep, FireTimer, ReleaseStep
from engine.errors import OneAtATime
from engine.facts import StepCancelled
from engine.running import offering
from tests.engine.builders import diagram, element, end, frame, loop, path, script, start, task, timer
from tests.engine.constructs.drawing import Journey, all_steps, errors, standard
from tests.engine.constructs.registry import refused, runs
from tests.engine.happenings import Watched, catch, document, ours, service, told


def ad_hoc(*parts: str, until: str = "", **attributes: str) -> str:
    """An ad-hoc subprocess `h`."""
    condition = f"<bpmn:completionCondition>{escape(until)}</bpmn:completionCondition>" if until else ""
    return element("adHocSubProcess", "h", "".join(parts) + condition, **attributes)


def around(drawn: str, *more: str) -> str:
    return diagram(start(), drawn, task("z"), end(), path("begin", "h", "z", "done"), *more)


@runs("Ad-hoc subprocess", "Every activity that no flow enters is open at once; without a completion condition each is "
      "done once, in any order.")
def test_activities_are_done_in_any_order() -> None:
    xml = around(ad_hoc(task("a"), task("b"), task("c"), path("b", "c")))
    for order in (("a", "b", "c"), ("b", "a", "c"), ("b", "c", "a")):
        walk = Journey(xml)
        assert walk.open == ["a", "b"]
        for name in order:
            walk.complete(name)
        assert walk.open == ["z"]


@runs("Ad-hoc subprocess, completion condition", "FEEL, asked after each activity: while it does not hold, what was "
      "done is offered again; when it holds, everything else is cancelled.")
def test_an_ad_hoc_subprocess_ends_when_it_is_enough() -> None:
    xml = around(ad_hoc(task("a"), task("b"), until="a.ok = true and visits.b >= 1 and b.ok = true"))
    for order in permutations("ab"):
        walk = Journey(xml)
        walk.complete("a", ok=False)
        assert sorted(walk.open) == ["a", "b"]
        assert walk.view.visits["a"] == 2
        for name in order:
            walk.complete(name, ok=True)
        assert walk.open == ["z"]
        assert [fact.step for fact in walk.last if isinstance(fact, StepCancelled)] == [order[0]]


def test_enough_also_stops_what_follows() -> None:
    xml = around(ad_hoc(task("a"), task("b"), script("s", "1"), path("a", "s"), until="a.ok = true"))
    walk = Journey(xml)
    walk.complete("a", ok=True)
    assert walk.open == ["z"]
    assert "s" not in walk.view.data


@runs("Ad-hoc subprocess, cancelRemainingInstances=false", "What nobody has begun is withdrawn, what is in hand is "
      "finished first.")
def test_what_is_in_hand_is_finished() -> None:
    xml = around(ad_hoc(task("a"), task("b"), task("c"), until="a.ok = true", cancelRemainingInstances="false"))
    walk = Journey(xml)
    walk.do(ClaimStep(walk.token("b"), "lan"))
    walk.complete("a", ok=True)
    assert walk.open == ["b"]
    walk.complete("b")
    assert walk.open == ["z"]


@runs("Ad-hoc subprocess, sequential", "All are open, but only one is in hand at a time: claiming another one is "
      "refused until it is finished or given back.")
def test_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    xml = around(ad_hoc(task("a"), task("b"), ordering="Sequential"))
    walk = Journey(xml)
    walk.do(ClaimStep(walk.token("a"), "lan"))
    with pytest.raises(OneAtATime, match="b has to wait until step a"):
        walk.do(ClaimStep(walk.token("b"), "minh"))
    with pytest.raises(OneAtATime, match="b has to wait until step a"):
        walk.do(CompleteStep(walk.token("b"), "minh"))
    with monkeypatch.context() as patch:
        patch.setattr(offering, "check_turn", lambda *_: None)
        unguarded = Journey(xml)
        unguarded.do(ClaimStep(unguarded.token("a"), "lan"))
        unguarded.do(ClaimStep(unguarded.token("b"), "minh"))
    walk.do(ReleaseStep(walk.token("a"), "lan"))
    walk.do(ClaimStep(walk.token("b"), "minh"))
    walk.do(ReleaseStep(walk.token("b"), "minh"))
    assert all_steps(walk) == ["a", "b", "z"]


def test_parallel_ad_hoc_steps_are_held_at_once() -> None:
    walk = Journey(around(ad_hoc(task("a"), task("b"), ordering="Parallel")))
    walk.do(ClaimStep(walk.token("a"), "lan"))
    walk.do(ClaimStep(walk.token("b"), "minh"))


@runs("Ad-hoc subprocess, repeated or nested", "Each instance offers for itself; a subprocess inside counts as one "
      "activity.")
def test_ad_hoc_subprocesses_repeat_and_nest() -> None:
    inner = frame("f", start("i"), task("b"), end("o"), path("i", "b", "o"))
    xml = around(ad_hoc(task("a", unit="=item"), inner, loop("filing.x"), until="a.ok = true"))
    walk = Journey(xml, {"x": ["A", "B"]})
    assert walk.open == ["a", "a", "b", "b"]
    walk.complete("a", ok=True)
    assert walk.open == ["a", "b"]
    walk.complete("b")
    assert walk.open == ["a", "b"]
    walk.complete("a", ok=True)
    assert walk.open == ["z"]
    assert [result["a"]["ok"] for result in walk.view.data["h"]] == [True, True]


def test_what_computes_by_itself_is_done_once() -> None:
    walk = Journey(around(ad_hoc(task("a"), script("s", "1"), until="a.ok = true")))
    assert walk.open == ["a"]
    walk.complete("a", ok=False)
    assert walk.open == ["a"]


def test_a_boundary_timer_ends_an_ad_hoc_subprocess() -> None:
    walk = Journey(around(ad_hoc(task("a")), timer("t", "P3D", "h"), task("late"), path("t", "late")))
    walk.do(FireTimer(walk.timer("t")), walk.now + timedelta(days=3))
    assert walk.open == ["late"]


@refused("Start or end event in an ad-hoc subprocess", "Remove it; what no flow enters is offered anyway.")
def test_no_start_or_end_in_an_ad_hoc_subprocess() -> None:
    assert errors(around(ad_hoc(start("i"), task("a"), path("i", "a")))) == {"ad_hoc_event": "i"}


def sending(*parts: str, until: str) -> str:
    """An ad-hoc subprocess in a file with the message `paid`."""
    return document(start(), ad_hoc(*parts, until=until), task("z"), end(), path("begin", "h", "z", "done"),
                    names=("message:paid",))


def test_only_an_activity_can_be_enough() -> None:
    """An event brings the value that was missing; whether it is enough is asked when an activity is done."""
    walk = Watched(sending(catch("paid", told("message", "paid")), task("a"), until="paid.ok = true"))
    walk.deliver("paid", ok=True)
    assert walk.open == ["a"]
    walk.complete("a")
    assert walk.open == ["z"]


def test_what_is_computed_or_sent_can_be_enough() -> None:
    computed = Journey(around(ad_hoc(task("a"), script("s", "true"), task("b"), path("a", "s"), until="s = true")))
    computed.complete("a")
    assert computed.open == ["z"]
    asked = Watched(around(ad_hoc(service("s"), task("b"), until="s = true")))
    asked.answer("s", True)
    assert asked.open == ["z"]
    sent = element("sendTask", "tell", ours(name="filing.name"), messageRef="message_paid")
    assert Watched(sending(sent, task("a"), until="filing.enough"), {"enough": True}).open == ["z"]
    assert Watched(sending(sent, task("a"), until="filing.enough"), {"enough": False}).open == ["a"]


LATER = {"cancelRemainingInstances": "false"}


def test_what_follows_an_activity_is_done_before_and_after_it_is_enough() -> None:
    xml = around(ad_hoc(task("a"), script("s", "visits.a"), task("b"), path("a", "s"), until="a.ok = true", **LATER))
    walk = Journey(xml)
    walk.complete("a", ok=False)
    assert walk.view.data["s"] == 2
    walk.do(ClaimStep(walk.token("b"), "lan"))
    walk.complete("a", ok=True)
    assert walk.view.data["s"] == 2
    assert walk.open == ["b"]


def test_what_was_enough_stays_enough() -> None:
    """What is in hand is finished, and nothing is offered again, whatever the condition says by then."""
    walk = Journey(around(ad_hoc(task("a"), task("b"), until="a.ok = true and b = null", **LATER)))
    walk.do(ClaimStep(walk.token("b"), "lan"))
    walk.complete("a", ok=True)
    walk.complete("b")
    assert walk.open == ["z"]


def test_only_what_was_offered_and_not_begun_is_withdrawn() -> None:
    """A step that follows one that was done, and a subprocess that runs, are finished first."""
    inner = frame("f", start("i"), task("d"), end("o"), path("i", "d", "o"))
    walk = Journey(around(ad_hoc(task("a"), task("b"), task("c"), task("e"), inner, path("b", "c"), until="a.ok = true",
                                 **LATER)))
    walk.complete("b")
    walk.complete("a", ok=True)
    assert sorted(walk.open) == ["c", "d"]
    withdrawn = [(fact.step, fact.reason) for fact in walk.last if isinstance(fact, StepCancelled)]
    assert withdrawn == [("e", "enough"), ("b", "enough")]
    walk.complete("c")
    walk.complete("d")
    assert walk.open == ["z"]


@pytest.mark.parametrize("repeated", [loop(cardinality="2"), loop(cardinality="2", sequential=True),
                                      standard("loopCounter < 2")])
def test_a_repeated_activity_of_which_a_part_is_done_has_begun(repeated: str) -> None:
    walk = Journey(around(ad_hoc(task("a"), task("b", inside=repeated), until="a.ok = true", **LATER)))
    walk.complete("b", index=None)
    walk.complete("a", ok=True)
    assert walk.open == ["b"]
    walk.complete("b", index=None)
    assert walk.open == ["z"]
