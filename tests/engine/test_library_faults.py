"""Where the library goes wrong, each shown to be right here, and wrong again when our part of it is taken away.

The 10,000 rounds of rework are in `test_state.py`, budgets in `test_budgets.py`, other processes in
`constructs/test_repetition.py`, threads in `test_guards.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from engine.commands import CompleteStep, FireTimer
from engine.errors import Invalid
from engine.facts import StepEntered
from engine.running import branching, scopes, values, waits
from engine.running.guards import Token
from engine.running.moves import Home, Run
from engine.state import State, dump, load, plain
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
    row,
    script,
    start,
    task,
    timer,
    xor,
)

ROUNDS = diagram(
    start(), xor("m"), both("s"), task("a"), task("b"), task("c"), both("j"), task("z", choice("on"), choice("again")),
    xor("g", "g-done"), end(), path("begin", "m", "s", "a", "j"), path("s", "b", "j"), path("s", "c", "j"),
    path("j", "z", "g", "done"), flow("g", "m", 'z.choice = "again"'),
)


def rounds(order_of: Callable[[int], tuple[str, ...]], count: int) -> list[bool]:
    """Whether the join waited for all three in each round, their order given by the round's number."""
    walk = Walk(ROUNDS)
    waited = []
    for number in range(count):
        for name in order_of(number):
            early = "z" in walk.open
            if name in walk.open:
                walk.complete(name)
        waited.append(not early and walk.open == ["z"])
        walk.complete("z", "again")
    return waited


def test_a_join_in_a_loop_waits_in_every_round_in_every_order() -> None:
    orders = list(permutations("abc"))
    for first in orders:
        for second in orders:
            assert rounds(lambda number, both_=(first, second): both_[number % 2], 3) == [True] * 3


def test_a_join_that_only_counts_would_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branching, "join", lambda *_: True)
    with pytest.raises((AssertionError, StopIteration)):
        assert all(rounds(lambda _: ("c", "a", "b"), 2))


def merged(walk: Walk) -> Any:
    """What is kept of a value that one branch changes and the other only sees."""
    walk.complete("a", list=[1, 2, 3])
    walk.complete("b", list=[3, 1])
    return walk.view.data["a"], walk.view.data["b"], load(walk.state or b"").data["sum"]


CHANGED = diagram(start(), script("sum", "0"), both("s"), task("a"), script("more", "1"), task("b"), both("j"),
                  script("last", "count(a.list) + count(b.list)"), task("z"), end(),
                  path("begin", "sum", "s", "a", "more", "j", "last", "z", "done"), path("s", "b", "j"))


def test_a_join_loses_no_update() -> None:
    """The library gives back the value that the branch which ends last had seen, and unites lists."""
    walk = Walk(CHANGED)
    assert merged(walk)[0]["list"] == [1, 2, 3]
    assert walk.view.data["b"]["list"] == [3, 1]
    assert walk.view.data["last"] == 5


def test_values_kept_by_each_token_would_be_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "home", lambda run, where: Home(None, dict(run.state.data), run.state.visits))
    with pytest.raises(KeyError):
        merged(Walk(CHANGED))


def test_a_boundary_timer_that_leads_back_to_its_own_step_opens_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    xml = diagram(start(), task("a"), timer("t", "P1D", "a"), end(), path("begin", "a", "done"), path("t", "a"))

    def late(walk: Walk) -> list[str]:
        for day in (1, 2, 3):
            walk.do(FireTimer(walk.timer("t")), NOW + timedelta(days=day))
        return walk.open

    assert late(Walk(xml)) == ["a"]
    monkeypatch.setattr(scopes, "cancel", lambda *_: None)
    assert late(Walk(xml)) == ["a"] * 4


def test_stopped_timers_do_not_go_off(monkeypatch: pytest.MonkeyPatch) -> None:
    xml = diagram(start(), task("a"), timer("t", "P1D", "a"), end(), path("begin", "a", "b", "done"), task("b"),
                  task("late"), path("t", "late"))
    walk = Walk(xml)
    walk.complete("a")
    assert walk.view.timers == {}
    monkeypatch.setattr(waits, "stop", lambda *_: None)
    unguarded = Walk(xml)
    unguarded.complete("a")
    assert unguarded.view.timers


NAMES = {"typename": "datetime", "len": 3, "__builtins__": "x", "__class__": "y", "None": 1, "id": 2, "data": {"a": 1}}


def test_no_name_in_the_data_is_special() -> None:
    xml = diagram(start(), script("s", "filing.len + filing.data.a"), task("typename"), task("len"), end(),
                  path("begin", "s", "typename", "len", "done"))
    walk = Walk(xml, NAMES)
    assert walk.view.data["s"] == 4
    walk.complete("typename", **NAMES)
    walk.complete("len", typename={"typename": "x"})
    assert walk.view.ended
    kept = load(walk.state or b"").data
    assert kept["typename"] == {**NAMES, "choice": None}
    assert kept["len"]["typename"] == {"typename": "x"}


@pytest.mark.parametrize(("expression", "holds"), [
    ("filing.one = true", False), ("filing.yes = 1", False), ("filing.yes = true", True), ("filing.one = 1", True),
    ("filing.zero = false", False),
])
def test_one_is_not_true(expression: str, holds: bool) -> None:
    xml = diagram(start(), script("s", f"({expression}) = true"), task("a"), end(), path("begin", "s", "a", "done"))
    walk = Walk(xml, {"one": 1, "yes": True, "zero": 0})
    assert walk.view.data["s"] is holds
    kept = load(walk.state or b"").data["filing"]
    assert [type(kept[name]) for name in ("one", "yes", "zero")] == [int, bool, int]


def shape(made: Any) -> dict[str, Any]:
    """What a run must never change in a specification."""
    return {
        name: ([each.name for each in spec.outputs], [each.name for each in spec.inputs], len(spec.ways),
               spec.completed_event.n_subscribers(), spec.ready_event.n_subscribers())
        for name, spec in made.spec.task_specs.items() if hasattr(spec, "ways")
    }


def test_running_leaves_nothing_on_the_specification() -> None:
    """The library connects repeated tasks and event subprocesses on the specification that all instances share."""
    xml = diagram(start(), both("s"), task("a", inside=loop("filing.x")), both("j"), end(),
                  frame("f", start("i"), task("b"), end("o"), path("i", "b", "o"), loop("filing.x")),
                  path("begin", "s", "a", "j", "done"), path("s", "f", "j"))
    walk = Walk(xml, {"x": [1, 2]})
    before = shape(walk.definition)
    for _ in range(2):
        walk.complete("a")
        walk.complete("b")
    assert walk.view.ended
    assert shape(walk.definition) == before


def test_only_what_is_ready_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that was completed or cancelled cannot be completed again."""
    walk = Walk(row("a", "b"))
    token = walk.token("a")
    walk.complete("a")
    entered = sum(isinstance(fact, StepEntered) for fact in walk.facts)
    with pytest.raises(Exception, match="no longer open"):
        walk.do(CompleteStep(token, "lan"))
    assert sum(isinstance(fact, StepEntered) for fact in walk.facts) == entered
    monkeypatch.setattr(Token, "has_state", lambda *_: True)
    spec = walk.definition.spec.task_specs["begin"]
    run = Run(walk.definition, load(walk.state or b""), NOW)
    Token(run, spec, 64, None).run()
    assert run.elements == ["begin"]


def test_only_plain_values_are_kept() -> None:
    """A date that an expression gives is kept as its text; nothing else than JSON's kinds ever gets into a state."""
    xml = diagram(start(), script("day", "today()"), script("span", 'duration("P1D")'), task("a"), end(),
                  path("begin", "day", "span", "a", "done"))
    walk = Walk(xml)
    assert load(walk.state or b"").data | {"filing": None} == {"filing": None, "day": "2026-03-02", "span": "P1D"}
    for value in (date(2026, 3, 2), Decimal(1), {1}, b"x", float("nan")):
        with pytest.raises(Invalid):
            dump(State("d", {"x": value}))
        with pytest.raises(Invalid):
            plain({"x": value})


def test_values_that_expressions_leave_as_they_are_could_not_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "to_plain", lambda value: value)
    with pytest.raises(Invalid, match="not JSON serializable"):
        Walk(diagram(start(), script("day", "today()"), task("a"), end(), path("begin", "day", "a", "done")))


def test_a_repeated_step_right_after_a_boundary_event_runs() -> None:
    xml = diagram(start(), task("a"), timer("t", "P1D", "a"), task("b", inside=loop(cardinality="2")), end(),
                  path("begin", "a", "done"), path("t", "b", "done"))
    walk = Walk(xml)
    walk.do(FireTimer(walk.timer("t")), NOW + timedelta(days=1))
    assert walk.open == ["b", "b"]
    walk.complete("b", index=0)
    walk.complete("b", index=1)
    assert walk.view.ended


def test_a_dangling_reference_to_data_inside_a_subprocess_is_only_read() -> None:
    read = "<bpmn:dataInputAssociation id='dia'><bpmn:sourceRef>dor</bpmn:sourceRef></bpmn:dataInputAssociation>"
    dangling = '<bpmn:dataObjectReference id="dor" dataObjectRef="nothing"/>'
    xml = diagram(start(), frame("f", start("i"), task("a", inside=read), end("o"), path("i", "a", "o"), dangling),
                  end(), path("begin", "f", "done"))
    walk = Walk(xml)
    walk.complete("a")
    assert walk.view.ended
