"""What waits, repeats, is framed or taken back: timers, repeated steps, subprocesses, supplements, withdrawal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import facts
from engine.commands import (
    ClaimStep,
    CompleteStep,
    DeliverMessage,
    FireTimer,
    WithdrawDossier,
)
from engine.errors import (
    AlreadyEnded,
    BudgetExceeded,
    ExpressionFailed,
    MessageNotAwaited,
    StepAwaitsMessage,
    StepNotOpen,
    TimerNotDue,
    TimerNotSet,
    TooLateToWithdraw,
)
from tests.engine.builders import (
    NOW,
    Walk,
    both,
    choice,
    diagram,
    end,
    flow,
    frame,
    loop,
    path,
    receive,
    start,
    task,
    timer,
    xor,
)


def names(recorded: tuple[facts.Fact, ...]) -> list[str]:
    return [type(fact).__name__ for fact in recorded]


def one(*choices: str, inside: str = "", **said: str) -> str:
    return diagram(start(), task("a", *choices, inside=inside, **said), end(), path("begin", "a", "done"))


FORK = diagram(start(), both("s"), task("a"), task("b"), both("j"), task("c"), end(), path("begin", "s", "a", "j", "c",
    "done"),
               path("s", "b", "j"))


class TestTimers:
    LATE = diagram(start(), task("a"), timer("t", "P3D", host="a"), end(), end("late", "8"), path("begin", "a", "done"),
                   path("t", "late"))
    DUE = NOW + timedelta(days=3)

    def test_due_time_is_computed_once(self) -> None:
        walk = Walk(self.LATE)
        assert facts.TimerSet("2", "t", "2026-03-05T01:00:00+00:00") in walk.last

    def test_not_before_its_time(self) -> None:
        walk = Walk(self.LATE)
        with pytest.raises(TimerNotDue, match="2026-03-05"):
            walk.do(FireTimer("2"), self.DUE - timedelta(microseconds=1))
        with pytest.raises(TimerNotSet):
            walk.do(FireTimer("3"), self.DUE)
        walk.do(FireTimer("2"), self.DUE)
        assert names(walk.last) == ["TimerFired", "StepCancelled", "StatusChanged", "PathFollowed", "DossierEnded"]
        assert walk.last[1] == facts.StepCancelled("1", "a", "interrupted")
        assert walk.last[-1] == facts.DossierEnded(8, "late")

    def test_a_step_done_in_time_stops_its_timer(self) -> None:
        walk = Walk(self.LATE)
        walk.complete("a")
        assert facts.TimerCancelled("2", "t") in walk.last
        assert walk.view.timers == {}

    def test_a_reminder_leaves_the_step_open_and_comes_once(self) -> None:
        walk = Walk(diagram(start(), task("a"), timer("t", host="a", interrupting=False), task("b"), end(), end("e"),
                            path("begin", "a", "done"), path("t", "b", "e")))
        walk.do(FireTimer("2"), self.DUE)
        assert walk.open == ["a", "b"]
        assert walk.view.timers == {}
        walk.complete("a")
        walk.complete("b")
        assert walk.view.ended

    def test_back_to_its_own_step_leaves_one_copy_each_time(self) -> None:
        walk = Walk(diagram(start(), task("a"), timer("t", host="a"), end(), path("begin", "a", "done"), path("t",
            "a")))
        for count in range(1, 6):
            walk.now = NOW + timedelta(days=3 * count)
            walk.do(FireTimer(walk.timer("t")))
            assert (walk.open, walk.view.visits["a"]) == (["a"], count + 1)
        walk.complete("a")
        assert walk.view.ended

    def test_between_two_elements(self) -> None:
        walk = Walk(diagram(start(), timer("t", '=filing.when', tag="timeDate"), task("a"), end(),
                            path("begin", "t", "a", "done")), {"when": "2026-04-01"})
        assert walk.view.timers == {"2": ("t", "2026-03-31T17:00:00+00:00")}
        assert walk.open == []
        walk.do(FireTimer("2"), NOW + timedelta(days=90))
        assert walk.open == ["a"]
        assert walk.view.passed == ("begin", "t")

    def test_a_bad_computed_time_keeps_nothing(self) -> None:
        xml = diagram(start(), timer("t", "=filing.when"), task("a"), end(), path("begin", "t", "a", "done"))
        for value in (None, "soon", -3, "-P1D", "P", "P1DT"):
            with pytest.raises(ExpressionFailed, match="element t"):
                Walk(xml, {"when": value})
        with pytest.raises(ExpressionFailed):
            Walk(xml, {"when": "P999999Y"})


class TestRepeatedSteps:
    PARALLEL = one(inside=loop("filing.communes", "count(filing.communes)", "commune"), unit="=commune")

    def test_parallel_instances_give_a_list_in_the_order_of_the_items(self) -> None:
        walk = Walk(self.PARALLEL, {"communes": ["H49.3", "H49.4", "H49.5"]})
        assert [(each.index, each.item, each.unit, each.visit) for each in walk.view.open.values()] == [
            (0, "H49.3", "H49.3", 1), (1, "H49.4", "H49.4", 1), (2, "H49.5", "H49.5", 1)]
        for index in (2, 0):
            walk.complete("a", index=index, seen=index)
            assert "a" not in walk.view.data
        walk.complete("a", index=1, seen=1)
        assert [result["seen"] for result in walk.view.data["a"]] == [0, 1, 2]
        assert walk.view.ended

    def test_one_after_another(self) -> None:
        walk = Walk(one(inside=loop("filing.x", sequential=True)), {"x": ["p", "q"]})
        assert [each.item for each in walk.view.open.values()] == ["p"]
        walk.complete("a", n=1)
        assert [each.item for each in walk.view.open.values()] == ["q"]
        walk.complete("a", n=2)
        assert [result["n"] for result in walk.view.data["a"]] == [1, 2]

    @pytest.mark.parametrize("sequential", [False, True])
    def test_enough_before_all_are_done(self, sequential: bool) -> None:
        until = 'some r in a satisfies r.choice = "no"'
        walk = Walk(one(choice("yes"), choice("no", "refuse"), inside=loop("filing.x", sequential=sequential,
            until=until)),
                    {"x": [1, 2, 3]})
        walk.complete("a", "yes", index=0)
        walk.complete("a", "no", index=1)
        cancelled = [fact for fact in walk.last if isinstance(fact, facts.StepCancelled)]
        assert [fact.reason for fact in cancelled] == ([] if sequential else ["enough"])
        assert [result and result["choice"] for result in walk.view.data["a"]] == ["yes", "no", None]
        assert walk.view.ended

    def test_nothing_to_repeat(self) -> None:
        for form in ({"communes": []}, {}):
            walk = Walk(self.PARALLEL, form)
            assert walk.last[-1] == facts.DossierEnded(0, "done")
            assert walk.view.data["a"] == []

    def test_a_number_of_times(self) -> None:
        walk = Walk(one(inside=loop(cardinality="filing.n")), {"n": 2})
        assert [each.item for each in walk.view.open.values()] == [1, 2]
        for wrong in (-1, 1.5, True, "2", None):
            with pytest.raises(ExpressionFailed, match="whole number"):
                Walk(one(inside=loop(cardinality="filing.n")), {"n": wrong})

    def test_a_collection_must_be_a_list_of_bounded_length(self) -> None:
        with pytest.raises(ExpressionFailed, match="not a list"):
            Walk(self.PARALLEL, {"communes": "H49.3"})
        assert len(Walk(self.PARALLEL, {"communes": ["u"] * 500}).open) == 500
        with pytest.raises(BudgetExceeded, match="500 instances on element a"):
            Walk(self.PARALLEL, {"communes": ["u"] * 501})
        with pytest.raises(BudgetExceeded):
            Walk(one(inside=loop(cardinality="filing.n")), {"n": 10**9})

    def test_a_timer_on_all_instances(self) -> None:
        xml = diagram(start(), task("a", inside=loop("filing.x")), timer("t", host="a"), end(), path("begin", "a",
            "done"),
                      path("t", "done"))
        walk = Walk(xml, {"x": [1, 2]})
        walk.complete("a", index=0)
        walk.do(FireTimer(walk.timer("t")), NOW + timedelta(days=4))
        assert [fact for fact in walk.last if isinstance(fact, facts.StepCancelled)] == [
            facts.StepCancelled("4", "a", "interrupted")]
        assert walk.view.ended

    def test_the_body_is_no_open_step(self) -> None:
        walk = Walk(self.PARALLEL, {"communes": ["H49.3"]})
        with pytest.raises(StepNotOpen):
            walk.do(ClaimStep("1", "lan"))


class TestFrames:
    FRAME = diagram(start(), frame("f", start("i"), both("s"), task("a"), task("b"), both("j"), end("o"),
                    path("i", "s", "a", "j", "o"), path("s", "b", "j")), timer("t", host="f"), task("c"), end(),
                    path("begin", "f", "c", "done"), path("t", "done"))

    def test_left_when_nothing_is_inside(self) -> None:
        walk = Walk(self.FRAME)
        assert walk.open == ["a", "b"]
        walk.complete("b")
        walk.complete("a")
        assert walk.open == ["c"]
        assert walk.view.passed == ("begin", "i", "s", "b", "a", "j", "o", "f")
        assert walk.view.timers == {}

    def test_interrupted_with_everything_inside(self) -> None:
        walk = Walk(self.FRAME)
        walk.complete("a")
        walk.do(FireTimer(walk.timer("t")), NOW + timedelta(days=4))
        assert facts.StepCancelled("4", "b", "interrupted") in walk.last
        assert walk.view.ended
        assert b'"arrivals":{}' in (walk.state or b"")

    def test_a_terminate_end_inside_ends_only_the_frame(self) -> None:
        xml = diagram(start(), frame("f", start("i"), both("s"), task("a"), task("b"), end("o", terminate=True),
            end("o2"),
                      path("i", "s", "a", "o"), path("s", "b", "o2")), task("c"), end(), path("begin", "f", "c",
                      "done"))
        walk = Walk(xml)
        walk.complete("a")
        assert walk.open == ["c"]


class TestSupplement:
    XML = diagram(start(), task("a", choice("ok"), choice("more", "supplement")), xor("g", "g-done"),
                  receive("supplement", "supplement"), timer("t", "P30D", host="supplement"), end(), end("late", "8"),
                  path("begin", "a", "g", "done"), flow("g", "supplement", 'a.choice = "more"'), path("supplement",
                  "a"),
                  path("t", "late"), messages=("supplement",))

    def test_the_clock_stands_while_the_applicant_is_awaited(self) -> None:
        walk = Walk(self.XML)
        walk.complete("a", "more")
        assert facts.ClockStopped("supplement") in walk.last
        assert (walk.view.clock, walk.view.status) == ("supplement", 5)
        assert walk.view.open["2"].message == "supplement"
        walk.do(DeliverMessage("supplement", {"paper": "x"}))
        assert names(walk.last) == ["StepCompleted", "TimerCancelled", "StepEntered", "ClockStarted", "PathFollowed"]
        assert walk.view.data["supplement"] == {"paper": "x", "choice": None}
        assert walk.view.clock == "running"

    def test_only_what_is_awaited_is_taken(self) -> None:
        walk = Walk(self.XML)
        with pytest.raises(MessageNotAwaited):
            walk.do(DeliverMessage("supplement"))
        walk.complete("a", "more")
        with pytest.raises(MessageNotAwaited):
            walk.do(DeliverMessage("other"))
        with pytest.raises(MessageNotAwaited):
            walk.do(DeliverMessage("supplement", {}, "1"))
        with pytest.raises(StepAwaitsMessage, match='"supplement"'):
            walk.do(CompleteStep("2", "lan"))
        walk.do(DeliverMessage("supplement", {}, "2"))
        assert walk.open == ["a"]

    def test_too_late(self) -> None:
        walk = Walk(self.XML)
        walk.complete("a", "more")
        walk.do(FireTimer(walk.timer("t")), NOW + timedelta(days=30))
        assert walk.last[-1] == facts.DossierEnded(8, "late")

    @pytest.mark.parametrize(("kind", "reason"), [("wait_financial", "financial"), ("wait_applicant", "applicant")])
    def test_other_waits(self, kind: str, reason: str) -> None:
        walk = Walk(diagram(start(), receive("w", "tax", kind=kind), end(), path("begin", "w", "done"),
            messages=("tax",)))
        assert facts.ClockStopped(reason) in walk.last


class TestWithdrawal:
    def test_at_any_time_before_the_result(self) -> None:
        walk = Walk(FORK)
        walk.do(WithdrawDossier("không cần nữa"))
        assert walk.last == (
            facts.StepCancelled("1", "a", "withdrawn"), facts.StepCancelled("2", "b", "withdrawn"),
            facts.StatusChanged(0, 7), facts.DossierEnded(7, None),
        )
        with pytest.raises(AlreadyEnded, match="status 7"):
            walk.do(WithdrawDossier("x"))

    def test_not_when_the_result_is_ready(self) -> None:
        walk = Walk(one(status="9"))
        with pytest.raises(TooLateToWithdraw, match="status 9"):
            walk.do(WithdrawDossier("x"))

    def test_a_waiting_join_and_timers_go_too(self) -> None:
        walk = Walk(TestFrames.FRAME)
        walk.complete("a")
        walk.do(WithdrawDossier("x"))
        assert (walk.view.open, walk.view.timers) == ({}, {})
        assert b'"arrivals":{}' in (walk.state or b"")
