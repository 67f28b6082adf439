"""What each command does to a dossier, construct by construct."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from engine import facts, soundness
from engine.commands import (
    ClaimStep,
    CompleteStep,
    DeliverMessage,
    FireTimer,
    ReleaseStep,
    StartProcess,
    WithdrawDossier,
)
from engine.definition import Bundle, check, compile_definition
from engine.errors import (
    AlreadyEnded,
    AlreadyStarted,
    BudgetExceeded,
    ChoiceUnknown,
    ExpressionFailed,
    Failed,
    Invalid,
    MessageNotAwaited,
    NoBranchHolds,
    NotClaimed,
    NotStarted,
    StateUnreadable,
    StepAwaitsMessage,
    StepNotOpen,
    StepTaken,
    Stuck,
    TimerNotDue,
    TimerNotSet,
    TooLateToWithdraw,
)
from engine.execute import offered, step
from engine.findings import refused
from tests.engine.builders import (
    DOSSIER,
    NOW,
    Walk,
    both,
    choice,
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


def names(recorded: tuple[facts.Fact, ...]) -> list[str]:
    return [type(fact).__name__ for fact in recorded]


def one(*choices: str, inside: str = "", **said: str) -> str:
    return diagram(start(), task("a", *choices, inside=inside, **said), end(), path("begin", "a", "done"))


REWORK = diagram(
    start(), task("a", choice("forward"), choice("more", "supplement", "visits.a < 3")), xor("g", "g-done"),
    end(status="10"), path("begin", "a", "g", "done"), flow("g", "a", 'a.choice = "more"'),
)


def test_from_start_to_end() -> None:
    walk = Walk(row("a", "b"), {"name": "Lan"})
    assert names(walk.last) == ["ProcessStarted", "StepEntered", "PathFollowed"]
    assert walk.last[1] == facts.StepEntered("1", "a", 1, "appraise", "specialist", "H49.22", "4", None)
    assert walk.last[2] == facts.PathFollowed(("begin",), ("begin-a",))
    walk.complete("a", floor=3)
    assert walk.last[0] == facts.StepCompleted("1", "a", {"floor": 3}, None)
    walk.complete("b")
    assert walk.last[-1] == facts.DossierEnded(0, "done")
    assert walk.view.passed == ("begin", "a", "b", "done")
    assert walk.view.data == {"filing": {"name": "Lan"}, "a": {"floor": 3, "choice": None}, "b": {"choice": None}}


def test_claiming_and_giving_back() -> None:
    walk = Walk(row("a"))
    with pytest.raises(NotClaimed, match="Step a is not held by lan"):
        walk.do(CompleteStep("1", "lan"))
    walk.do(ClaimStep("1", "lan"))
    assert walk.last == (facts.StepClaimed("1", "a", "lan"),)
    assert walk.do(ClaimStep("1", "lan")).facts == ()
    for command in (CompleteStep("1", "minh"), ReleaseStep("1", "minh")):
        with pytest.raises(NotClaimed):
            walk.do(command)
    with pytest.raises(StepTaken, match="held by lan"):
        walk.do(ClaimStep("1", "minh"))
    walk.do(ReleaseStep("1", "lan"))
    assert walk.view.open["1"].assignee is None
    walk.complete("a")
    with pytest.raises(AlreadyEnded):
        walk.do(ClaimStep("1", "lan"))


def test_steps_that_are_not_open() -> None:
    walk = Walk(row("a", "b"))
    walk.complete("a")
    for command in (ClaimStep("1", "lan"), CompleteStep("1", "lan"), ReleaseStep("9", "lan")):
        with pytest.raises(StepNotOpen):
            walk.do(command)


def test_starting_twice_or_not_at_all() -> None:
    walk = Walk(row("a"))
    with pytest.raises(AlreadyStarted):
        walk.do(StartProcess(DOSSIER, {}))
    with pytest.raises(NotStarted):
        step(walk.definition, None, ClaimStep("1", "lan"), NOW)
    with pytest.raises(Invalid):
        step(walk.definition, None, StartProcess(DOSSIER, {}), datetime(2026, 1, 1))
    other = compile_definition(Bundle(row("b")))
    with pytest.raises(StateUnreadable, match="another version"):
        step(other, walk.state, ClaimStep("1", "lan"), NOW)


def test_choices_are_those_offered_now() -> None:
    walk = Walk(REWORK)
    assert walk.state is not None
    assert [each.id for each in offered(walk.definition, walk.state, walk.token("a"), NOW)] == ["forward", "more"]
    walk.do(ClaimStep("1", "lan"))
    for wrong in (None, "guess"):
        with pytest.raises(ChoiceUnknown, match="forward, more"):
            walk.do(CompleteStep("1", "lan", {}, wrong))
    walk.complete("a", "more")
    walk.complete("a", "more")
    assert walk.view.visits == {"a": 3}
    assert [each.id for each in offered(walk.definition, walk.state, walk.token("a"), NOW)] == ["forward"]
    with pytest.raises(ChoiceUnknown):
        walk.complete("a", "more")
    with pytest.raises(StepNotOpen):
        offered(walk.definition, walk.state, "77", NOW)
    walk.complete("a", "forward")
    assert walk.view.ended


def test_a_choice_may_have_the_name_of_a_step() -> None:
    xml = diagram(start(), receive("supplement", "s"), task("a", choice("ok"), choice("supplement", "supplement")),
                  xor("g", "g-done"), end(), path("begin", "a", "g", "done"), path("supplement", "a"),
                  flow("g", "supplement", 'a.choice = "supplement"'), messages=("s",))
    walk = Walk(xml)
    walk.complete("a", "supplement")
    assert walk.open == ["supplement"]


def test_a_step_without_choices_takes_none() -> None:
    with pytest.raises(ChoiceUnknown):
        Walk(row("a")).complete("a", "x")


def test_branches_say_why() -> None:
    walk = Walk(REWORK)
    walk.complete("a", "more")
    assert facts.BranchDecided("g", ("g-a",), 'a.choice = "more"', {"a.choice": "more"}) in walk.last
    walk.complete("a", "forward")
    assert facts.BranchDecided("g", ("g-done",), "", {"a.choice": "forward"}) in walk.last
    assert len(walk.view.decisions) == 2


def test_conditions_are_tried_in_the_order_of_the_document() -> None:
    xml = diagram(start(), xor("g", "g-c"), task("a"), task("b"), task("c"), end(), flow("begin", "g"), flow("g", "c"),
                  flow("g", "b", "filing.n > 1"), flow("g", "a", "filing.n > 0"), path("a", "done"), path("b", "done"),
                  path("c", "done"))
    assert [Walk(xml, {"n": number}).open for number in (0, 1, 2)] == [["c"], ["a"], ["b"]]


def test_no_branch_or_no_truth() -> None:
    xml = diagram(start(), xor("g"), task("a"), task("b"), end(), flow("begin", "g"), flow("g", "b", "filing.n = 1"),
                  flow("g", "a", "filing.n = 2"), path("a", "done"), path("b", "done"))
    with pytest.raises(NoBranchHolds, match="gateway g"):
        Walk(xml, {"n": 3})
    with pytest.raises(ExpressionFailed, match="on element g-b"):
        Walk(xml.replace("filing.n = 1", "filing.missing > 1"), {"n": 3})
    with pytest.raises(ExpressionFailed, match="must be true or false"):
        Walk(xml.replace("filing.n = 1", "filing.n"), {"n": 3})


FORK = diagram(start(), both("s"), task("a"), task("b"), both("j"), task("c"), end(), path("begin", "s", "a", "j", "c",
    "done"),
               path("s", "b", "j"))


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_parallel_branches_join_without_losing_values(order: tuple[str, str]) -> None:
    walk = Walk(FORK, {"x": 1})
    assert walk.open == ["a", "b"]
    for name in order:
        walk.complete(name, x=name)
    assert walk.open == ["c"]
    assert {name: walk.view.data[name]["x"] for name in order} == {"a": "a", "b": "b"}


def test_a_join_in_a_loop_waits_for_both_in_every_round_and_order() -> None:
    xml = diagram(start(), xor("m"), both("s"), task("a"), task("b"), both("j"), task("c", choice("again", "return"),
        choice("ok")),
                  xor("g", "g-done"), end(), path("begin", "m", "s", "a", "j", "c", "g", "done"), path("s", "b", "j"),
                  flow("g", "m", 'c.choice = "again"'))
    for pattern in range(16):
        walk = Walk(xml)
        for bit in range(4):
            first, second = ("a", "b") if pattern >> bit & 1 else ("b", "a")
            walk.complete(first)
            assert walk.open == [second]
            walk.complete(second)
            assert walk.open == ["c"]
            walk.complete("c", "again")
        assert sorted(walk.open) == ["a", "b"]


def test_an_end_of_one_branch_leaves_the_other() -> None:
    xml = diagram(start(), both("s"), task("a"), task("b"), end("one"), end("two", "10"), path("begin", "s", "a",
        "one"),
                  path("s", "b", "two"))
    walk = Walk(xml)
    walk.complete("b")
    assert (walk.view.ended, walk.view.status, walk.open) == (False, 10, ["a"])
    walk.complete("a")
    assert walk.last[-1] == facts.DossierEnded(10, "one")


def test_a_terminate_end_takes_all_with_it() -> None:
    xml = diagram(start(), both("s"), both("s2"), task("a"), task("b"), frame("f", start("i"), task("c"), end("o"),
                  path("i", "c", "o")), timer("wait"), both("j"), end("stop", "8", terminate=True), end(),
                  path("begin", "s", "a", "stop"), path("s", "s2", "b", "j", "done"), path("s2", "f", "j"),
                  path("s2", "wait", "j"))
    walk = Walk(xml)
    walk.complete("b")
    walk.complete("a")
    assert [fact for fact in walk.last if isinstance(fact, facts.StepCancelled)] == [
        facts.StepCancelled("6", "c", "terminated")]
    assert [type(fact) for fact in walk.last if isinstance(fact, facts.TimerCancelled)] == [facts.TimerCancelled]
    assert walk.last[-1] == facts.DossierEnded(8, "stop")
    assert walk.view.open == {}


def test_a_join_that_nothing_can_reach_any_more_is_an_error_not_a_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The diagram check refuses such a diagram, so here the check is told not to."""
    monkeypatch.setattr(soundness, "check_joins", lambda graph: [])
    for inside in (False, True):
        parts = (both("s"), task("a"), xor("g", "g-j"), both("j"), task("b"), end("out"), end("o"), path("s", "a", "g"),
                 flow("g", "j"), flow("g", "out", "filing.leave"), path("s", "b", "j", "o"))
        framed = frame("f", start("i"), *parts, flow("i", "s"))
        xml = (diagram(start(), framed, end(), path("begin", "f", "done")) if inside
               else diagram(start(), *parts, flow("begin", "s")))
        walk = Walk(xml, {"leave": True})
        walk.complete("a")
        with pytest.raises(Stuck, match="at j"):
            walk.complete("b")
        assert walk.open == ["b"]


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


def test_scripts_and_their_values() -> None:
    xml = diagram(start(), script("fee", "filing.copies * 5000"), xor("g", "g-a"), task("a"), end(),
                  path("begin", "fee", "g", "a", "done"), flow("g", "done", "fee = 0"))
    walk = Walk(xml, {"copies": 3})
    assert facts.ValueComputed("fee", 15000) in walk.last
    assert walk.open == ["a"]
    assert Walk(xml, {"copies": 0}).view.ended
    dated = xml.replace("filing.copies * 5000", "today()").replace("fee = 0", "filing.copies = 0")
    assert Walk(dated, {"copies": 1}).view.data["fee"] == "2026-03-02"


DMN = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:x">
<decision id="size" name="size"><decisionTable id="t" hitPolicy="FIRST">
<input id="i"><inputExpression id="e" typeRef="number"><text>filing.area</text></inputExpression></input>
<output id="o" name="large" typeRef="boolean"/><output id="p" name="limit" typeRef="number"/>
<rule id="r1"><inputEntry id="a"><text>&gt; 100</text></inputEntry><outputEntry id="b"><text>true</text></outputEntry>
<outputEntry id="b2"><text>100</text></outputEntry></rule>
<rule id="r2"><inputEntry id="c"><text>-</text></inputEntry><outputEntry id="x"><text>false</text></outputEntry>
<outputEntry id="x2"><text>0.5</text></outputEntry></rule>
</decisionTable></decision></definitions>"""
RULE = '<bpmn:extensionElements><onedoor:decision ref="size"/></bpmn:extensionElements>'
RULED = diagram(start(), element("businessRuleTask", "rule", RULE), xor("g", "g-done"), task("a"), end(),
                path("begin", "rule", "g", "done"), flow("g", "a", "rule.large"), path("a", "done"))


def test_decisions_and_their_values() -> None:
    walk = Walk(RULED, {"area": 120}, decisions={"size": DMN})
    assert facts.ValueComputed("rule", {"large": True, "limit": 100}) in walk.last
    assert walk.open == ["a"]
    small = Walk(RULED, {"area": 80}, decisions={"size": DMN})
    assert small.view.data["rule"] == {"large": False, "limit": 0.5}
    assert small.view.ended


def test_a_decision_that_fails_names_the_element() -> None:
    picky = DMN.replace('hitPolicy="FIRST"', 'hitPolicy="UNIQUE"')
    with pytest.raises(Failed) as caught:
        Walk(RULED, {"area": 120}, decisions={"size": picky})
    assert caught.value.details["element"] == "rule"


def test_decisions_are_checked() -> None:
    def codes(dmn: str) -> list[tuple[str, str | None]]:
        return [(one.code, one.element) for one in refused(check(Bundle(RULED, decisions={"size": dmn})))]

    assert codes(DMN) == []
    assert codes(DMN.replace("filing.area", "nobody.area")) == [("expression_name", "rule")]
    assert codes("nonsense") == [("decision_xml", "size")]


def test_units_hours_and_status_are_resolved_on_entering() -> None:
    xml = one(unit='=if filing.far then "H49.9" else dossier.receiving_unit', onlineHours="2", status="=filing.status")
    walk = Walk(xml, {"far": True, "status": 4})
    assert (walk.view.open["1"].unit, walk.view.open["1"].hours, walk.view.status) == ("H49.9", "4", 4)
    definition = walk.definition
    online = step(definition, None, StartProcess({**DOSSIER, "channel": "online"}, {"status": "3"}), NOW)
    entered = next(fact for fact in online.facts if isinstance(fact, facts.StepEntered))
    assert (entered.unit, entered.hours) == ("H49.1", "2")
    assert facts.StatusChanged(0, 3) in online.facts
    for wrong in ({"status": 0}, {"status": True}, {"status": None}, {"status": "x"}):
        with pytest.raises(ExpressionFailed, match="status from 1 to 10"):
            Walk(xml, wrong)
    with pytest.raises(ExpressionFailed, match="no unit"):
        Walk(one(unit="=filing.nothing"))


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


@pytest.mark.parametrize("form", [{"x": {1, 2}}, {"x": float("nan")}, {"x": NOW}, {"x": "\ud800"}])
def test_values_that_cannot_be_kept_are_refused(form: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        Walk(row("a"), form)


def test_a_failed_command_leaves_the_old_state_as_it_was() -> None:
    xml = diagram(start(), task("a"), script("s", "1"), xor("g"), task("b"), task("c"), end(), path("begin", "a", "s",
        "g"),
                  flow("g", "b", "a.n = 1"), flow("g", "c", "a.n = 2"), path("b", "done"), path("c", "done"))
    walk = Walk(xml)
    walk.do(ClaimStep("1", "lan"))
    before = walk.state
    with pytest.raises(NoBranchHolds):
        walk.do(CompleteStep("1", "lan", {"n": 3}))
    assert walk.state is before
    walk.do(CompleteStep("1", "lan", {"n": 2}))
    assert walk.open == ["c"]
