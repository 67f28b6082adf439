"""The stored state: small, exact, and never trusted."""

from __future__ import annotations

import json
import time
from statistics import median
from typing import Any

import pytest

from engine.commands import ClaimStep, CompleteStep
from engine.errors import Invalid, StateUnreadable
from engine.execute import step
from engine.facts import StepEntered
from engine.state import PREFIX, Place, State, Timer, Wait, dump, follow, load, open_tokens, plain, short
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


UNREAD = "The stored state of the dossier cannot be read"


@pytest.mark.parametrize(("stored", "said"), [
    (b"{}", "it has another format"), (PREFIX + b"[]", "it is damaged (TypeError)"),
    (PREFIX + b"{", "it is damaged (JSONDecodeError)"), (PREFIX + b"{}", "it is damaged (KeyError)"),
])
def test_it_says_what_is_wrong_with_a_state(stored: bytes, said: str) -> None:
    with pytest.raises(StateUnreadable) as refused:
        load(stored)
    assert str(refused.value) == f"{UNREAD}: {said}."


SMALLEST: dict[str, Any] = {
    "digest": "d", "dossier": {}, "data": {}, "visits": {}, "status": 0, "clock": "running", "next": 1, "arrivals": {},
    "ended": False, "end": None, "at": None, "tokens": [], "timers": [],
}


def written(**values: Any) -> bytes:
    return PREFIX + json.dumps(SMALLEST | values, ensure_ascii=False, separators=(",", ":")).encode()


def test_how_the_smallest_state_is_written() -> None:
    """Byte for byte, since other releases read it; what is as usual is left out."""
    assert dump(State("d", {})) == written()
    assert load(written()) == State("d", {})
    full = State("d", {"a": "hồ"}, done={"": [1]}, waits={"3": Wait("3", "e", "signal", "s", "1")},
                 tokens={"1": Place("1", "a")}, timers={"2": Timer("2", "t", "2026", "1"),
                                                        "4": Timer("4", "t", "2026", "1", "R3/P1D", "2025", 1)})
    assert dump(full) == PREFIX + json.dumps(SMALLEST | {
        "dossier": {"a": "hồ"}, "tokens": [{"id": "1", "at": "a"}],
        "timers": [["2", "t", "2026", "1"], ["4", "t", "2026", "1", "R3/P1D", "2025", 1]],
        "waits": [["3", "e", "signal", "s", "1", None, False]], "done": {"": [1]},
    }, ensure_ascii=False, separators=(",", ":")).encode()
    assert load(dump(full)) == full


@pytest.mark.parametrize("name", [name for name in SMALLEST if name not in ("tokens", "timers")])
def test_every_part_has_its_kind(name: str) -> None:
    with pytest.raises(StateUnreadable, match=r"damaged \(TypeError\)"):
        load(written(**{name: [1]}))
    with pytest.raises(StateUnreadable):
        load(PREFIX + json.dumps({part: value for part, value in SMALLEST.items() if part != name
                                  } | {"typename": 1}).encode())


def test_true_is_no_number_of_a_state() -> None:
    for name in ("status", "next"):
        with pytest.raises(StateUnreadable):
            load(written(**{name: True}))
    for wrong in ({"at": "yesterday"}, {"done": []}, {"ended": 0}):
        with pytest.raises(StateUnreadable):
            load(written(**wrong))
    assert load(written(at="2026-03-02T01:00:00+00:00")).at == "2026-03-02T01:00:00+00:00"


def test_a_fresh_place_and_its_number() -> None:
    assert Place("1", "a") == Place(
        "1", "a", None, 0, None, None, None, None, None, None, None, None, 0, None, None, False)
    assert Timer("1", "t", "x", "2") == Timer("1", "t", "x", "2", "", "", 0)
    assert Wait("1", "e", "signal", "s", "2") == Wait("1", "e", "signal", "s", "2", None, False)
    fresh = State("d", {})
    assert (fresh.number(), fresh.number(), fresh.next) == ("1", "2", 3)
    fresh.tokens = {"1": Place("1", "f"), "2": Place("2", "a", "1"), "3": Place("3", "b", "2")}
    assert [place.id for place in fresh.parts_of("1")] == ["2"]


@pytest.mark.parametrize(("value", "said"), [(float("nan"), "Out of range"), ({1, 2}, "set is not JSON")])
def test_what_is_no_json_is_refused_with_the_reason(value: Any, said: str) -> None:
    with pytest.raises(Invalid, match=rf"not acceptable: a value is not plain data \(.*{said}.*\)\.$"):
        plain({"x": value})
    with pytest.raises(Invalid, match=rf"not acceptable: a value cannot be kept \(.*{said}.*\)\.$"):
        dump(State("d", {"x": value}))


@pytest.mark.parametrize(("given", "kept"), [
    (1e16, 10**16), (-1e16, -(10**16)), (9e15, 9e15), (1.5e300, int(1.5e300)), (-0.0, 0.0), (0.1, 0.1), (1e-7, 1e-7),
])
def test_numbers_that_no_place_keeps_as_they_are(given: float, kept: float) -> None:
    found = plain({"x": given})["x"]
    assert (type(found), repr(found)) == (type(kept), repr(kept))


@pytest.mark.parametrize(("names", "identity", "found"), [
    ({"a": "b"}, "a", "b"), ({}, "a", "a"), ({"c": "d"}, "c:a", "d:a"), ({"c": "d"}, "b:c:a", "b:c:a"),
    ({"b": "x"}, "b:c:a", "x:c:a"), ({"b:c": "y"}, "b:c:a", "y:a"), ({"c:a": "z", "c": "d"}, "c:a", "z"),
    ({"a": "b"}, "c:a", "c:a"),
])
def test_what_stands_in_a_called_process_follows_its_call(names: dict[str, str], identity: str, found: str) -> None:
    assert follow(names, identity) == found


def test_the_id_as_drawn() -> None:
    assert (short("a"), short("c:a"), short("b:c:a")) == ("a", "a", "a")


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
