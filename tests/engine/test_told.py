"""What is told of what happens, to the letter: who gets a message, what is taken back, what is broken off and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine import execute, facts
from engine.commands import DeliverMessage
from engine.errors import (
    AlreadyEnded,
    BudgetExceeded,
    ExpressionFailed,
    MessageNotAwaited,
    MessageNotMeant,
    SignalNotAwaited,
)
from engine.running import compensation
from engine.running.moves import Run
from tests.engine.builders import (
    NOW,
    both,
    element,
    end,
    flow,
    frame,
    loop,
    path,
    script,
    start,
    task,
    timer,
    xor,
)
from tests.engine.happenings import Watched, border, catch, document, finish, ours, service, throw, told

PAID = ("message:paid", "message:slip", "signal:all")


def two_waits(first: str = "", second: str = "=filing.key") -> Watched:
    """Two branches that wait for the same message, with these correlations."""
    return Watched(document(
        start(), both("s"), catch("x", ours(correlation=first), told("message", "paid")),
        catch("y", ours(correlation=second), told("message", "paid")), task("a"), task("b"), end(),
        path("begin", "s", "x", "a", "done"), path("s", "y", "b", "done"), names=PAID,
    ), {"key": "B", "other": "C"})


def test_who_waits_for_this_very_correlation_comes_first() -> None:
    walk = two_waits()
    walk.deliver("paid", "B", sum=1)
    assert walk.open == ["b"]
    assert walk.view.data["y"] == {"sum": 1}
    assert "x" not in walk.view.data


def test_who_waits_for_none_gets_any() -> None:
    walk = two_waits()
    walk.deliver("paid", "Z")
    assert walk.open == ["a"]
    with pytest.raises(MessageNotMeant) as refused:
        walk.deliver("paid", "Z")
    assert refused.value.details == {"message": "paid", "correlation": "Z"}
    with pytest.raises(MessageNotMeant) as refused:
        walk.deliver("paid")
    assert refused.value.details == {"message": "paid", "correlation": "-"}
    walk.deliver("paid", "B")
    assert walk.open == ["a", "b"]
    with pytest.raises(MessageNotAwaited) as over:
        walk.deliver("paid", "B")
    assert over.value.details == {"message": "paid"}


def test_who_is_picked_by_its_token_must_not_contradict() -> None:
    walk = two_waits("=filing.other")
    first, second = walk.view.waits
    with pytest.raises(MessageNotMeant):
        walk.do(DeliverMessage("paid", {}, first, "B"))
    with pytest.raises(MessageNotAwaited):
        walk.do(DeliverMessage("paid", {}, "99"))
    with pytest.raises(MessageNotAwaited):
        walk.do(DeliverMessage("slip", {}, first))
    walk.do(DeliverMessage("paid", {}, second))
    walk.do(DeliverMessage("paid", {}, first, "C"))
    assert walk.open == ["b", "a"]
    plain = two_waits()
    plain.do(DeliverMessage("paid", {}, next(iter(plain.view.waits)), "anything"))
    assert plain.open == ["a"]


def test_the_one_that_waits_longest_is_first() -> None:
    walk = two_waits("", "")
    walk.deliver("paid")
    assert walk.open == ["a"]


def test_a_signal_reaches_all_and_none_is_said() -> None:
    walk = Watched(document(
        start(), both("s"), catch("x", told("signal", "all")), catch("y", told("signal", "all")), task("a"), task("b"),
        end(), path("begin", "s", "x", "a", "done"), path("s", "y", "b", "done"), names=PAID))
    walk.signal("all", n=1)
    assert walk.open == ["a", "b"]
    caught = [fact for fact in walk.last if isinstance(fact, facts.EventCaught)]
    assert [(fact.element, fact.kind, fact.name, fact.values) for fact in caught] == [
        ("x", "signal", "all", {"n": 1}), ("y", "signal", "all", {"n": 1})]
    with pytest.raises(SignalNotAwaited):
        walk.signal("all")


def undone(activity: str) -> str:
    own = task(f"un_{activity}").replace("<bpmn:userTask ", '<bpmn:userTask isForCompensation="true" ')
    tie = element("association", f"tie_{activity}", sourceRef=f"undo_{activity}", targetRef=f"un_{activity}")
    return border(f"undo_{activity}", activity, told("compensate")) + own + tie


def trip() -> Watched:
    """A transaction with a limit on its border and a reminder inside; hotel is booked, and the car is open."""
    inner = element("transaction", "trip", "".join((
        start("i"), both("s"), task("hotel"), task("car"), task("stay"), timer("late", "P1D", "stay"), end("e"),
        finish("stop", told("cancel")), end("o"), path("i", "s", "hotel", "stop"), path("s", "stay", "o"),
        path("late", "e"), path("s", "car", "o"), undone("hotel"))))
    return Watched(document(start(), inner, task("after"), end(), path("begin", "trip", "after", "done"),
                            border("cancelled", "trip", told("cancel")), timer("limit", "P9D", "trip"), task("sorry"),
                            end("x"), path("cancelled", "sorry", "x"), path("limit", "x")))


def test_what_is_told_of_a_cancelled_transaction() -> None:
    walk = trip()
    assert len(walk.view.timers) == 2
    walk.complete("hotel")
    assert facts.EventThrown("stop", "cancel", "", {}) in walk.last
    assert facts.ActivityCompensated("hotel", "un_hotel") in walk.last
    assert [(fact.step, fact.reason) for fact in walk.last if isinstance(fact, facts.StepCancelled)] == [
        ("stay", "interrupted"), ("car", "interrupted")]
    assert walk.view.timers == {}
    assert walk.open == ["un_hotel"]
    walk.complete("un_hotel")
    assert [(fact.wait, fact.element, fact.kind, fact.name, fact.values) for fact in walk.last
            if isinstance(fact, facts.EventCaught)] == [(None, "cancelled", "cancel", "", {})]
    assert walk.open == ["sorry"]
    walk.complete("sorry")
    assert walk.view.ended


def test_a_transaction_with_nothing_to_take_back_is_left_at_once() -> None:
    inner = element("transaction", "trip", "".join((
        start("i"), task("a"), finish("stop", told("cancel")), path("i", "a", "stop"))))
    walk = Watched(document(start(), inner, task("after"), end(), path("begin", "trip", "after", "done"),
                            border("cancelled", "trip", told("cancel")), task("sorry"),
                            path("cancelled", "sorry", "done")))
    walk.complete("a")
    assert walk.open == ["sorry"]


def test_as_many_records_as_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record is kept for every round; one more than allowed is refused with the element."""
    monkeypatch.setattr(compensation, "MAX_RECORDS", 2)
    xml = document(start(), xor("m"), task("a"), undone("a"), xor("g", "g-m"), end(), path("begin", "m", "a", "g", "m"),
                   flow("g", "done", "a.stop = true"))
    walk = Watched(xml)
    walk.complete("a")
    walk.complete("a")
    with pytest.raises(BudgetExceeded, match="more than 2 steps on element a "):
        walk.complete("a")
    assert compensation.MAX_RECORDS == 2


def test_one_activity_or_all_are_taken_back_latest_first() -> None:
    def walk(which: str) -> list[str]:
        made = Watched(document(
            start(), task("a"), task("b"), throw("back", told("compensate", which)), task("z"), end(), undone("a"),
            undone("b"), path("begin", "a", "b", "back", "z", "done")))
        made.complete("a")
        made.complete("b")
        assert facts.EventThrown("back", "compensation", which, {}) in made.facts
        order = []
        while made.open != ["z"]:
            order += made.open
            made.complete(made.open[0])
        return order

    assert walk("") == ["un_b", "un_a"]
    assert walk("a") == ["un_a"]
    assert walk("b") == ["un_b"]


# What is broken off


@pytest.mark.parametrize(("interrupting", "left"), [(True, []), (False, ["a"])])
def test_a_timer_on_a_border(interrupting: bool, left: list[str]) -> None:
    walk = Watched(document(start(), task("a"), timer("t", "P1D", "a", interrupting), task("late"), end(), end("over"),
                            path("begin", "a", "done"), path("t", "late", "over")))
    assert facts.TimerSet(walk.timer("t"), "t", (NOW + timedelta(days=1)).isoformat()) in walk.last
    number = walk.timer("t")
    walk.fire("t")
    assert walk.open == [*left, "late"]
    assert facts.TimerFired(number, "t") in walk.last
    assert [fact for fact in walk.last if isinstance(fact, facts.StepCancelled)] == (
        [] if left else [facts.StepCancelled("1", "a", "interrupted")])


def test_what_is_told_when_a_step_with_its_limit_is_done() -> None:
    walk = Watched(document(start(), task("a"), timer("t", "P1D", "a"), task("z"), end(), end("over"),
                            path("begin", "a", "z", "done"), path("t", "over")))
    number = walk.timer("t")
    walk.complete("a", note="x")
    assert walk.last == (
        facts.StepCompleted("1", "a", {"note": "x"}, None), facts.TimerCancelled(number, "t"),
        *(fact for fact in walk.last if isinstance(fact, facts.StepEntered)),
        facts.PathFollowed((), ("a-z",)),
    )


def test_a_terminate_end_breaks_everything_off() -> None:
    walk = Watched(document(
        start(), both("s"), task("a"), task("b"), service("ask"), catch("m", told("message", "paid")),
        timer("t", "P1D"), end("stop", terminate=True), end(), path("begin", "s", "a", "stop"), path("s", "b", "done"),
        path("s", "ask", "done"), path("s", "m", "done"), path("s", "t", "done"), names=PAID))
    walk.complete("a")
    assert (walk.view.ended, walk.view.end) == (True, "stop")
    kinds = {type(fact).__name__ for fact in walk.last}
    assert {"StepCancelled", "ServiceCancelled", "EventDropped", "TimerCancelled", "DossierEnded"} <= kinds
    reasons = {fact.reason for fact in walk.last if isinstance(fact, facts.StepCancelled | facts.ServiceCancelled)}
    assert reasons == {"terminated"}
    with pytest.raises(AlreadyEnded):
        walk.deliver("paid")


def test_every_item_of_a_repeated_step_in_turn_and_at_once() -> None:
    def walk(**how: Any) -> Watched:
        return Watched(document(start(), task("a", inside=loop("filing.x", **how)), task("z"), end(),
                                path("begin", "a", "z", "done")), {"x": ["p", "q"]})

    at_once, in_turn = walk(item="each"), walk(sequential=True)
    entered = [(one.item, one.index, one.visit) for one in at_once.view.open.values()]
    assert entered == [("p", 0, 1), ("q", 1, 1)]
    assert [(one.item, one.index) for one in in_turn.view.open.values()] == [("p", 0)]
    for made in (at_once, in_turn):
        made.complete("a", index=0, n=1)
        made.complete("a", index=1, n=2)
        assert made.view.data["a"] == [{"n": 1, "choice": None}, {"n": 2, "choice": None}]
        assert made.open == ["z"]


# What one command leaves behind


def everything() -> str:
    """A race, a wait, a service, a frame, a join, a repeated step and work that is taken back, all at once."""
    again = loop(cardinality="2")
    raced = element("eventBasedGateway", "race")
    return document(
        start(), both("s"), raced, catch("m", told("message", "paid")), timer("t", "P1D"), service("ask"),
        frame("f", start("i"), task("a"), undone("a"), throw("back", told("compensate")), end("o"),
              path("i", "a", "back", "o")), task("b", inside=again), xor("r"), both("j"),
        task("z"), end(),
        path("begin", "s", "race", "m", "r", "j", "z", "done"), path("race", "t", "r"), path("s", "ask", "j"),
        path("s", "f", "j"), path("s", "b", "j"), names=PAID,
    )


def test_every_command_begins_with_nothing_and_comes_to_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[Run] = []

    class Seen(Run):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            assert (self.current, self.created, self.moved, self.instances, self.running) == ("?", 0, 0, 0, None)
            runs.append(self)

    monkeypatch.setattr(execute, "Run", Seen)
    walk = Watched(everything())
    walk.complete("a")
    walk.complete("un_a")
    walk.answer("ask", 1)
    walk.complete("b", index=1)
    walk.complete("b", index=0)
    walk.deliver("paid")
    walk.complete("z")
    assert walk.view.ended
    assert all(run.running is None and not run.queue for run in runs)
    assert [run.moved > 0 for run in runs].count(True) >= 7


def test_a_loop_repeats_as_often_as_it_may() -> None:
    """Rounds count once each; those that never wait are bounded with everything else of the command."""
    def walk(rounds: int) -> Watched:
        counted = f'<bpmn:standardLoopCharacteristics testBefore="false" loopMaximum="{rounds}"/>'
        inside = frame("f", start("i"), script("c", "1"), end("o"), path("i", "c", "o")).replace(
            "</bpmn:subProcess>", counted + "</bpmn:subProcess>")
        return Watched(document(start(), inside, task("z"), end(), path("begin", "f", "z", "done")))

    assert walk(260).open == ["z"]
    entered = [fact for fact in walk(3).facts if isinstance(fact, facts.FrameEntered)]
    assert [fact.name for fact in entered] == [None] * len(entered)


@pytest.mark.parametrize(("until", "after"), [
    ("numberOfInstances = 3 and numberOfCompletedInstances = 1", 1), ("numberOfActiveInstances = 1", 2),
    ("numberOfCompletedInstances = 2", 2), ("numberOfTerminatedInstances = 1", 3), ("count(a) = 1", 1),
])
def test_when_a_repeated_step_has_enough(until: str, after: int) -> None:
    walk = Watched(document(start(), task("a", inside=loop("filing.x", until=until)), task("z"), end(),
                            path("begin", "a", "z", "done")), {"x": ["p", "q", "r"]})
    for index in range(after):
        assert "z" not in walk.open
        walk.complete("a", index=index)
    assert walk.open == ["z"]
    cancelled = [(fact.step, fact.reason) for fact in walk.last if isinstance(fact, facts.StepCancelled)]
    assert cancelled == [("a", "enough")] * (3 - after)


def test_a_status_that_is_none_is_named() -> None:
    for said in ("=11", '="x"', "=true"):
        with pytest.raises(ExpressionFailed, match=r"it gives no status from 1 to 10\.$"):
            Watched(document(start(), task("a", status=said), end(), path("begin", "a", "done")))
    assert Watched(document(start(), task("a", status="=1 + 3"), end(), path("begin", "a", "done"))).view.status == 4


def test_an_item_without_a_name_is_called_item_while_it_is_taken_back() -> None:
    each = frame("f", start("i"), task("a"), undone("a"), end("o"), path("i", "a", "o")).replace(
        "</bpmn:subProcess>", loop("filing.x") + "</bpmn:subProcess>")
    xml = document(start(), each, throw("back", told("compensate")), task("z"), end(),
                   path("begin", "f", "back", "z", "done"))
    walk = Watched(xml, {"x": ["p", "q"]})
    walk.complete("a", index=None)
    walk.complete("a", index=None)
    seen = [fact.values.get("item") for fact in walk.last if isinstance(fact, facts.FrameEntered)]
    assert seen == ["q"]
    walk.complete("un_a")
    assert [fact.values.get("item") for fact in walk.last if isinstance(fact, facts.FrameEntered)] == ["p"]
    walk.complete("un_a")
    assert walk.open == ["z"]
