"""What each command does to a dossier, construct by construct."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from engine import facts
from engine.commands import (
    ClaimStep,
    CompleteStep,
    DeliverMessage,
    ReleaseStep,
    StartProcess,
)
from engine.definition import Bundle, check, compile_definition
from engine.drawing import soundness
from engine.drawing.findings import refused
from engine.errors import (
    AlreadyEnded,
    AlreadyStarted,
    ChoiceUnknown,
    ExpressionFailed,
    Failed,
    Invalid,
    NoBranchHolds,
    NotClaimed,
    NotStarted,
    StateUnreadable,
    StepNotOpen,
    StepTaken,
    Stuck,
    SupplementsSpent,
)
from engine.execute import offered, step
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
        walk.do(ReleaseStep("1", "lan"))
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


def test_finishing_a_step_that_nobody_holds_claims_it() -> None:
    at_once, one_by_one = Walk(row("a", "b")), Walk(row("a", "b"))
    at_once.do(CompleteStep("1", "lan", {"floor": 3}))
    assert at_once.last[:2] == (facts.StepClaimed("1", "a", "lan"), facts.StepCompleted("1", "a", {"floor": 3}))
    one_by_one.do(ClaimStep("1", "lan"))
    one_by_one.do(CompleteStep("1", "lan", {"floor": 3}))
    assert (at_once.state, at_once.view) == (one_by_one.state, one_by_one.view)
    at_once.do(ClaimStep("2", "lan"))
    with pytest.raises(NotClaimed, match="Step b is not held by minh"):
        at_once.do(CompleteStep("2", "minh"))


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


@pytest.mark.parametrize("most", [0, 1, 2])
def test_a_supplement_is_asked_as_often_as_the_procedure_says(most: int) -> None:
    xml = diagram(start(), receive("wait", "supplement"), task("a", choice("ok"), choice("more", "supplement")),
                  xor("g", "g-done"), end(), path("begin", "a", "g", "done"), path("wait", "a"),
                  flow("g", "wait", 'a.choice = "more"'), messages=("supplement",))
    for unlimited in ({}, {"supplement": {}}, {"supplement": {"max": "unknown"}}):
        often = Walk(xml, procedure=unlimited)
        for _ in range(3):
            often.complete("a", "more")
            often.do(DeliverMessage("supplement", {}))
    walk = Walk(xml, procedure={"supplement": {"max": most}})
    for _ in range(most):
        walk.complete("a", "more")
        walk.do(DeliverMessage("supplement", {}))
    assert walk.state is not None
    assert [each.id for each in offered(walk.definition, walk.state, walk.token("a"), NOW)] == ["ok"]
    with pytest.raises(SupplementsSpent, match=f"allows {most}"):
        walk.complete("a", "more")
    with pytest.raises(ChoiceUnknown, match='"guess"; choose one of: ok'):
        walk.complete("a", "guess")
    walk.complete("a", "ok")
    assert walk.view.ended


def test_a_step_without_choices_takes_none() -> None:
    with pytest.raises(ChoiceUnknown, match=r'the choice "x"; choose one of: -\.$'):
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
    with pytest.raises(NoBranchHolds, match="holds at g "):
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
