"""Ways that part and meet: gateways, implicit forks, conditional flows, and where a path begins and ends."""

from __future__ import annotations

from itertools import permutations

import pytest

from engine.commands import FireTimer
from engine.errors import NoBranchHolds
from engine.facts import BranchDecided
from engine.running import branching
from tests.engine.builders import (
    Walk,
    both,
    choice,
    diagram,
    element,
    end,
    flow,
    frame,
    path,
    script,
    start,
    task,
    timer,
    xor,
)
from tests.engine.constructs.drawing import Journey, all_steps, any_of, errors, sentence, warnings
from tests.engine.constructs.registry import refused, runs
from tests.engine.happenings import Watched


@runs("Exclusive gateway", "The first flow whose condition holds, in the order of the file, else the default.")
def test_an_exclusive_gateway_takes_the_first_that_holds() -> None:
    xml = diagram(start(), xor("g", "g-c"), task("a"), task("b"), task("c"), end(), path("begin", "g"),
                  flow("g", "a", "filing.n > 10"), flow("g", "b", "filing.n > 5"), flow("g", "c"),
                  *(path(name, "done") for name in "abc"))
    assert [Journey(xml, {"n": n}).open for n in (11, 6, 1)] == [["a"], ["b"], ["c"]]


@runs("Exclusive gateway with one way", "It merges; a condition on its only way is not asked.")
def test_an_exclusive_gateway_with_one_way_merges() -> None:
    xml = diagram(start(), xor("g"), task("a"), end(), path("begin", "g"), flow("g", "a", "false"), path("a", "done"))
    assert Journey(xml).open == ["a"]


@refused("Exclusive gateway with a flow without a condition", "Add the condition or make the flow the default.")
def test_an_exclusive_flow_needs_a_condition() -> None:
    xml = diagram(start(), xor("g", "g-a"), task("a"), task("b"), end(), path("begin", "g", "a", "done"),
                  path("g", "b", "done"))
    assert errors(xml) == {"condition_missing": "g-b"}


def forked(gateway: str, other: str, *ways: str) -> str:
    """Three branches between two gateways, then a last step."""
    return diagram(start(), gateway, other, task("a"), task("b"), task("c"), task("z"), end(), path("begin", "s"),
                   *ways, *(path(name, "j") for name in "abc"), path("j", "z", "done"))


@runs("Parallel gateway, fork and join", "The join waits for one token on every flow.")
def test_a_parallel_join_waits_for_all_in_every_order() -> None:
    xml = forked(both("s"), both("j"), path("s", "a"), path("s", "b"), path("s", "c"))
    for order in permutations("abc"):
        walk = Journey(xml)
        for name in order:
            assert "z" not in walk.open
            walk.complete(name)
        assert walk.open == ["z"]


@runs("Inclusive gateway, fork and join", "Every flow whose condition holds, else the default; the join waits for "
      "exactly the tokens that can still come.")
@pytest.mark.parametrize("wanted", ["a", "ab", "abc", "bc", "c", ""])
def test_an_inclusive_fork_is_joined_again(wanted: str) -> None:
    ways = [flow("s", name, f'contains(filing.wanted, "{name}")') for name in "ab"]
    xml = forked(any_of("s", "s-c"), any_of("j"), *ways, flow("s", "c"))
    expected = [name for name in wanted if name != "c"] or ["c"]
    walk = Journey(xml, {"wanted": wanted})
    assert walk.open == expected
    assert [one.flows for one in walk.view.decisions] == [(f"s-{name}",) for name in expected]
    for order in permutations(expected):
        walk = Journey(xml, {"wanted": wanted})
        for name in order:
            assert "z" not in walk.open
            walk.complete(name)
        assert walk.open == ["z"]
        walk.complete("z")
        assert walk.view.ended


LOOP = diagram(
    start(), xor("m"), any_of("s", "s-b"), task("a"), task("b"), task("c"), any_of("j"),
    task("z", choice("on"), choice("back", "return")), xor("g", "g-done"), end(), path("begin", "m", "s"),
    flow("s", "a", "visits.z != 1"), flow("s", "b"), flow("s", "c", "filing.c"),
    path("a", "j"), path("b", "j"), path("c", "j"), path("j", "z", "g", "done"), flow("g", "m", 'z.choice = "back"'),
)


@runs("Inclusive gateway in a loop", "Each round is joined by itself, in every order of its branches.")
def test_an_inclusive_join_in_a_loop_is_right_in_every_round() -> None:
    for order in permutations("ac"):
        walk = Journey(LOOP, {"c": True})
        for round_ in range(3):
            here = [name for name in order if name in walk.open]
            assert here == ([name for name in order if name != "a"] if round_ == 1 else list(order))
            for name in here:
                assert "z" not in walk.open
                walk.complete(name)
            assert walk.open == ["z"]
            walk.complete("z", "on" if round_ == 2 else "back")
        assert walk.view.ended


def test_an_inclusive_join_waits_for_a_branch_that_goes_round_first() -> None:
    """The branch of b goes back to itself twice before it comes to the join."""
    xml = diagram(start(), both("s"), task("a"), xor("m"), task("b", choice("on"), choice("again")), xor("g", "g-j"),
                  any_of("j"), task("z"), end(), path("begin", "s", "a", "j", "z", "done"), path("s", "m", "b", "g"),
                  flow("g", "j"), flow("g", "m", 'b.choice = "again"'))
    walk = Journey(xml)
    walk.complete("a")
    walk.complete("b", "again")
    walk.complete("b", "again")
    assert walk.open == ["b"]
    walk.complete("b", "on")
    assert walk.open == ["z"]


def test_an_inclusive_join_lets_go_when_the_awaited_branch_is_cancelled() -> None:
    xml = diagram(start(), both("s"), task("a"), task("b"), any_of("j"), task("z"), end(),
                  path("begin", "s", "a", "j", "z", "done"), path("s", "b", "j"),
                  timer("t", host="b"), task("late"), end("other"), path("t", "late", "other"))
    walk = Journey(xml)
    walk.complete("a")
    assert walk.open == ["b"]
    walk.do(fire(walk, "t"), walk.now.replace(year=2027))
    assert sorted(walk.open) == ["late", "z"]


def fire(walk: Walk, timer_: str) -> FireTimer:
    """The command that a timer is due."""
    return FireTimer(walk.timer(timer_))


def test_without_the_rule_of_reach_an_inclusive_join_lets_go_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branching, "_more_to_come", lambda *_: False)
    walk = Journey(LOOP, {"c": True})
    walk.complete("a")
    assert "z" in walk.open


@runs("Inclusive gateway in a subprocess", "The join looks at tokens of its own subprocess only.")
def test_an_inclusive_join_looks_at_its_own_frame() -> None:
    inner = frame("f", start("i"), any_of("s", "s-b"), task("a"), task("b"), any_of("j"), end("o"), path("i", "s"),
                  flow("s", "a", "true"), flow("s", "b"), path("a", "j"), path("b", "j", "o"))
    xml = diagram(start(), both("w"), inner, task("other"), both("q"), end(), path("begin", "w", "f", "q", "done"),
                  path("w", "other", "q"))
    walk = Journey(xml)
    walk.complete("a")
    assert walk.open == ["other"]


@runs("Mixed gateways", "A gateway with several flows in and out first joins, then forks.")
def test_gateways_join_and_fork_at_once() -> None:
    for gateway in (both("m"), any_of("m")):
        xml = diagram(start(), both("s"), task("a"), task("b"), gateway, task("c"), task("d"), both("j"), end(),
                      path("begin", "s", "a", "m", "c", "j", "done"), path("s", "b", "m", "d", "j"))
        walk = Journey(xml)
        walk.complete("b")
        assert walk.open == ["a"]
        walk.complete("a")
        assert walk.open == ["c", "d"]
        assert all_steps(walk) == ["c", "d"]
        assert walk.view.ended


@refused("Complex gateway", "Draw an inclusive or a parallel gateway.")
def test_a_complex_gateway_is_refused() -> None:
    xml = diagram(start(), element("complexGateway", "g"), task("a"), end(), path("begin", "g", "a", "done"))
    assert errors(xml) == {"complex_gateway": "g"}
    assert sentence(xml, "complex_gateway").startswith("Complex gateway g cannot be run;")


@runs("Several flows out of an activity or event", "All are followed, as after a parallel gateway.")
def test_several_flows_out_of_an_activity_or_event_are_all_followed() -> None:
    xml = diagram(start(), task("a"), task("b"), script("c", "1"), task("d"), end(),
                  path("begin", "a", "c", "d", "done"), path("begin", "b", "done"), path("c", "done"))
    walk = Journey(xml)
    assert walk.open == ["a", "b"]
    assert all_steps(walk) == ["a", "b", "d"]
    assert walk.view.ended


@runs("Several flows into an activity or end", "Each token goes on by itself; a warning says so before publishing.")
def test_several_flows_into_an_activity_are_not_synchronised() -> None:
    xml = diagram(start(), both("s"), task("a"), task("b"), task("z"), end(), path("begin", "s", "a", "z", "done"),
                  path("s", "b", "z"))
    walk = Journey(xml)
    assert all_steps(walk) == ["a", "b", "z", "z"]
    assert walk.view.visits["z"] == 2
    assert warnings(xml)["merge_twice"] == "z"
    assert "begin" not in sentence(xml, "merge_twice")
    assert "s → " in sentence(xml, "merge_twice")


@runs("Conditional flows out of an activity", "Every flow whose condition holds or that has none, else the default.")
@pytest.mark.parametrize(("n", "opened"), [(1, ["d"]), (6, ["b"]), (11, ["b", "c"])])
def test_conditional_flows_out_of_an_activity(n: int, opened: list[str]) -> None:
    for default, plain in (("a-d", []), ("", ["e"])):
        first = task("a").replace("<bpmn:userTask ", f'<bpmn:userTask default="{default}" ' if default else
                                  "<bpmn:userTask ")
        last = flow("a", "d") if default else flow("a", "d", "a.n < 5")
        xml = diagram(start(), first, *(task(name) for name in "bcde"), end(), path("begin", "a"),
                      flow("a", "b", "a.n > 5"), flow("a", "c", "a.n > 10"), last, *(flow("a", name) for name in plain),
                      *(path(name, "done") for name in "bcd"), path("e", "done"))
        if not plain:
            xml = xml.replace(task("e"), "").replace(path("e", "done"), "")
        walk = Journey(xml)
        walk.complete("a", n=n)
        assert walk.open == [*opened, *plain]


@runs("Conditional flows, none holds and no default", "The step fails, nothing of it is kept, and an incident says "
      "where.")
def test_no_condition_and_no_default_fails_the_step() -> None:
    first = task("a") + flow("a", "b", "a.n > 5") + task("b") + path("b", "done")
    xml = diagram(start(), first, end(), path("begin", "a"))
    assert warnings(xml)["default_missing"] == "a"
    walk = Journey(xml)
    before = walk.state
    with pytest.raises(NoBranchHolds, match="No condition holds at a "):
        walk.complete("a", n=1)
    assert walk.open == ["a"]
    assert walk.state != before


@refused("Condition on a flow out of an event or a parallel gateway", "Put a gateway before the flow.")
@pytest.mark.parametrize("first", [start("g"), both("g")])
def test_conditions_stand_where_they_are_asked(first: str) -> None:
    begin = [] if "startEvent" in first else [start(), path("begin", "g")]
    xml = diagram(*begin, first, task("a"), end(), flow("g", "a", "true"), path("a", "done"))
    assert errors(xml) == {"conditional_flow": "g-a"}


@runs("No end event, or an element without a way out", "The path ends there; DossierEnded names the element.")
def test_a_path_may_end_without_an_end_event() -> None:
    xml = diagram(start(), task("a"), script("s", "1"), path("begin", "a", "s"))
    assert warnings(xml).keys() == {"kind_absent"}
    walk = Journey(xml)
    walk.complete("a")
    assert (walk.view.ended, walk.view.end) == (True, "s")
    mixed = diagram(start(), both("f"), task("a"), task("b"), end(), path("begin", "f", "a", "done"), path("f", "b"))
    assert warnings(mixed)["no_way_out"] == "b"
    walk = Journey(mixed)
    assert all_steps(walk) == ["a", "b"]
    assert (walk.view.ended, walk.view.end) == (True, "b")


@runs("No start event", "Everything that no flow enters begins, all at once, with the dossier or its subprocess.")
def test_without_a_start_event_everything_without_a_way_in_begins() -> None:
    inner = element("subProcess", "f", task("x") + task("y"))
    xml = diagram(task("a"), task("b"), both("j"), inner, end(), path("a", "j"), path("b", "j", "f", "done"))
    walk = Journey(xml)
    assert walk.open == ["a", "b"]
    walk.complete("b")
    walk.complete("a")
    assert walk.open == ["x", "y"]
    assert all_steps(walk) == ["x", "y"]
    assert walk.view.ended


@refused("Several plain start events", "A dossier begins at one; keep one, with a gateway behind it.")
def test_several_start_events_are_refused() -> None:
    xml = diagram(start(), start("other"), task("a"), end(), path("begin", "a", "done"), path("other", "a"))
    assert errors(xml) == {"start_several": "p"}


@runs("Nested lanes", "An element belongs to the innermost lane around it.")
def test_the_innermost_lane_counts() -> None:
    named = "<bpmn:flowNodeRef>a</bpmn:flowNodeRef>"
    inner = f'<bpmn:childLaneSet><bpmn:lane id="desk">{named}</bpmn:lane></bpmn:childLaneSet>'
    lanes = f'<bpmn:laneSet><bpmn:lane id="office">{named}{inner}</bpmn:lane></bpmn:laneSet>'
    walk = Journey(diagram(lanes, start(), task("a"), end(), path("begin", "a", "done")))
    assert walk.definition.steps["a"].lane == "desk"


@refused("Join that can wait for ever", "Join only what was split together; the finding shows a way into it.")
def test_a_deadlock_is_shown_with_the_way_into_it() -> None:
    xml = diagram(start(), xor("g", "g-a"), task("a"), task("b"), both("j"), end(),
                  path("begin", "g", "a", "j", "done"), flow("g", "b", "filing.x"), flow("b", "j"))
    assert errors(xml) == {"deadlock": "j"}
    assert sentence(xml, "deadlock").startswith("Gateway j may wait for ever, for example after g → ")


def test_a_decision_is_recorded_with_what_it_looked_at() -> None:
    xml = diagram(start(), any_of("s", "s-b"), task("a"), task("b"), end(), path("begin", "s"),
                  flow("s", "a", "filing.n > 5"), flow("s", "b"), path("a", "done"), path("b", "done"))
    for n, decided in ((9, BranchDecided("s", ("s-a",), "filing.n > 5", {"filing.n": 9})),
                       (1, BranchDecided("s", ("s-b",), "", {"filing.n": 1}))):
        assert list(Journey(xml, {"n": n}).view.decisions) == [decided]


def test_a_join_waits_for_one_before_it_that_waits_too() -> None:
    """The outer join has its token first; it lets go only after the inner one has sent the other."""
    xml = diagram(start(), both("s"), any_of("outer"), any_of("o"), script("u", "1"), script("v", "1"), any_of("inner"),
                  task("z"), end(), path("begin", "s", "outer", "z", "done"), path("s", "o"), path("u", "inner"),
                  path("v", "inner", "outer"), flow("o", "u", "filing.u"), flow("o", "v", "filing.v"))
    for form in ({"u": True, "v": False}, {"u": True, "v": True}):
        walk = Journey(xml, form)
        assert walk.open == ["z"]
        walk.complete("z")
        assert walk.view.ended


def test_a_join_takes_one_of_several_tokens_on_a_flow() -> None:
    """Three came on one way and wait; each that comes on the other takes one of them on."""
    names = [f"{side}{number}" for side in "ab" for number in range(3)]
    ways = [path("s", name, f"m_{name[0]}") for name in names]
    walk = Watched(diagram(start(), both("s"), *map(task, names), xor("m_a"), xor("m_b"), both("j"), task("z"), end(),
                           path("begin", "s"), *ways, path("m_a", "j", "z", "done"), path("m_b", "j")))
    came = []
    for name in names:
        walk.complete(name)
        came.append(walk.open.count("z"))
    assert came == [0, 0, 0, 1, 2, 3]
    for _ in range(3):
        walk.complete("z", index=None)
    assert walk.view.ended


def test_where_all_is_ended_nothing_in_the_same_command_goes_on() -> None:
    xml = diagram(start(), both("s"), end("stop", terminate=True), script("x", "1"), task("a"),
                  path("begin", "s", "stop"), path("s", "x", "a"))
    walk = Journey(xml)
    assert (walk.view.ended, walk.view.end) == (True, "stop")
    assert "x" not in walk.view.data
