"""The stored state: small, exact, and never trusted."""

from __future__ import annotations

import time
from statistics import median

import pytest

from engine.commands import ClaimStep, CompleteStep
from engine.errors import Invalid, StateUnreadable
from engine.execute import step
from engine.facts import StepEntered
from engine.state import PREFIX, Place, State, Timer, dump, load, open_tokens, plain
from tests.engine.builders import NOW, Walk, choice, diagram, end, flow, loop, path, row, start, task, timer, xor

AWKWARD = {
    "typename": "datetime", "__class__": "x", "one": 1, "true": True, "zero": 0, "false": False, "float": 1.0,
    "list": [1, True, 1.0, None, "1"], "nested": {"typename": {"typename": 1}}, "text": "Hồ sơ 📄 \u0000 \" \\",
}


def same(one: object, other: object) -> bool:
    """Equal in type too: 1 is not True."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def test_values_come_back_exactly() -> None:
    walk = Walk(row("a", "b"), AWKWARD)
    walk.complete("a", **AWKWARD)
    assert walk.state is not None
    kept = load(walk.state).data
    assert same(kept["filing"], AWKWARD)
    assert same(kept["a"], {**AWKWARD, "choice": None})


def test_the_codec_is_the_identity() -> None:
    whole = State(
        digest="d", dossier={"code": "x"}, data={"filing": AWKWARD}, visits={"a": 2}, status=5, clock="supplement",
        next=9,
        tokens={
            "1": Place("1", "a", None, 2, "lan"), "2": Place("2", "m", None, 1, items=[0, False], results=[None, {}]),
            "3": Place("3", "m", "2", 1, index=0, item=0), "4": Place("4", "m", "2", 1, index=1, item=False),
        },
        timers={"5": Timer("5", "t", "2026-01-01T00:00:00+00:00", "1")}, arrivals={"/j": {"f": 2}}, ended=False,
        end="e",
    )
    assert load(dump(whole)) == whole
    assert dump(load(dump(whole))) == dump(whole)
    assert load(dump(whole)).tokens["4"].item is False


@pytest.mark.parametrize(
    "stored", [b"", b"{}", b"onedoor-state-2\n{}", PREFIX, PREFIX + b"[]", PREFIX + b"{}", PREFIX + b"\xff",
               PREFIX + b'{"tokens":[{"id":"1"}],"timers":[]}', PREFIX + b'{"tokens":[],"timers":[[1]]}',
               PREFIX + b'{"tokens":[],"timers":[],"typename":1}', PREFIX + b"[" * 100_000],
)
def test_what_was_not_written_here_is_not_read(stored: bytes) -> None:
    with pytest.raises(StateUnreadable):
        load(stored)


def test_deep_values_are_refused_not_fatal() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Invalid):
        plain({"x": deep})
    with pytest.raises(Invalid):
        dump(State("d", {"x": deep}))


def test_a_command_does_not_keep_the_caller_s_objects() -> None:
    form = {"rows": [1]}
    walk = Walk(row("a"), form)
    form["rows"].append(2)
    assert walk.view.data["filing"] == {"rows": [1]}


def test_open_tokens_are_the_steps_that_wait() -> None:
    xml = diagram(start(), task("a", inside=loop("filing.x")), timer("t"), end(), path("begin", "a", "t", "done"))
    walk = Walk(xml, {"x": [1, 2]})
    assert walk.state is not None
    assert open_tokens(walk.state) == {"2": "a", "3": "a"}
    walk.complete("a", index=0)
    walk.complete("a", index=1)
    assert open_tokens(walk.state) == {}
    assert not walk.view.ended


def thirty() -> str:
    """30 steps with a way back after each and a reminder on every fourth."""
    names = [f"s{number}" for number in range(30)]
    parts = [task(name, choice("ok"), choice("back", "return")) for name in names]
    for number in range(29):
        parts += [xor(f"g{number}", f"g{number}-s{number + 1}"), flow(f"s{number}", f"g{number}"),
                  flow(f"g{number}", f"s{number + 1}"), flow(f"g{number}", "s0", f's{number}.choice = "back"')]
    for number in range(0, 30, 4):
        parts += [timer(f"t{number}", host=f"s{number}", interrupting=False), end(f"e{number}"),
                  flow(f"t{number}", f"e{number}")]
    return diagram(start(), *parts, end(), flow("begin", "s0"), flow("s29", "done"))


def rounds(walk: Walk, count: int) -> tuple[bytes, list[float], list[int]]:
    """So many rounds of rework; the last state, and the time and size of each."""
    definition, state = walk.definition, walk.state
    times, sizes = [], []
    token = next(iter(walk.view.open))
    for _ in range(count):
        began = time.perf_counter()
        state = step(definition, state, ClaimStep(token, "lan"), NOW).state
        outcome = step(definition, state, CompleteStep(token, "lan", {"n": 1}, "back"), NOW)
        times.append(time.perf_counter() - began)
        state = outcome.state
        token = next(fact.token for fact in outcome.facts if isinstance(fact, StepEntered))
        sizes.append(len(state))
    assert state is not None
    return state, times, sizes


def test_cost_and_size_do_not_grow_with_rounds() -> None:
    state, times, sizes = rounds(Walk(thirty(), {f"field_{number}": f"value {number}" for number in range(8)}), 1_000)
    assert load(state).visits["s0"] == 1_001
    assert sizes[-1] < sizes[10] + 40
    assert median(times[-200:]) < 2 * median(times[:200])


@pytest.mark.slow
def test_no_task_is_lost_in_ten_thousand_rounds() -> None:
    xml = diagram(start(), task("a", choice("on"), choice("back", "return")), xor("g", "g-done"), end(),
                  path("begin", "a", "g", "done"), flow("g", "a", 'a.choice = "back"'))
    state, _, sizes = rounds(Walk(xml), 10_000)
    assert list(open_tokens(state).values()) == ["a"]
    assert load(state).visits["a"] == 10_001
    assert sizes[-1] < sizes[10] + 40
