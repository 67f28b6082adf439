"""The ten public statuses: what may follow what, kept when a status is set and seen before publishing."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from engine.commands import WithdrawDossier
from engine.definition import Bundle, check
from engine.errors import (
    OneDoorError,
    ReopenedWithoutReason,
    StatusRefused,
    TooLateToWithdraw,
)
from engine.statuses import FOLLOWING, may_follow
from tests.engine.builders import (
    Walk,
    both,
    choice,
    diagram,
    end,
    flow,
    frame,
    path,
    receive,
    start,
    task,
    timer,
    xor,
)

# As the portal's systems have it; from 1 a filing may besides be taken back before anybody has accepted it.
ALLOWED = {
    1: "2 3 5 7", 2: "4 5 6 7 8 9", 3: "", 4: "5 6 7 8 9", 5: "2 4 7 8 3", 6: "4 7 8 9", 7: "", 8: "", 9: "10", 10: "",
}
PAIRS = [(old, new) for old in range(1, 11) for new in range(1, 11)]


def row(*statuses: str) -> str:
    names = [f"s{number}" for number in range(len(statuses))]
    steps = (task(name, status=status) for name, status in zip(names, statuses, strict=True))
    return diagram(start(), *steps, end(), path("begin", *names, "done"))


def found(xml: str) -> dict[tuple[str, str | None], str]:
    """What is said about statuses, by severity and element."""
    return {(one.severity, one.element): one.message for one in check(Bundle(xml)) if one.code.startswith("status_")}


def test_the_table_is_the_portals() -> None:
    assert {old: sorted(new) for old, new in FOLLOWING.items() if old} == {
        old: sorted(int(each) for each in new.split()) for old, new in ALLOWED.items()}
    assert all(may_follow(0, new) for new in range(1, 11))


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_a_forbidden_move_is_refused_and_keeps_nothing(old: int, new: int) -> None:
    walk = Walk(row(f"={old}", f"={new}"))
    before, entries = walk.state, len(walk.facts)
    if may_follow(old, new):
        walk.complete("s0")
        assert walk.view.status == new
        return
    with pytest.raises(StatusRefused) as refused:
        walk.complete("s0")
    assert str(refused.value) == (
        f"The status cannot go from {old} to {new} at s1; the diagram must be corrected.")
    assert walk.view.open[walk.token("s0")].assignee == "lan", "only the claim before it was kept"
    assert (walk.state != before, len(walk.facts)) == (True, entries + 1)


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_a_forbidden_move_is_found_before_publishing(old: int, new: int) -> None:
    assert (("error", "s1") in found(row(str(old), str(new)))) is not may_follow(old, new)


def test_the_finding_names_both_elements_and_what_is_published_goes_on() -> None:
    xml = row("4", "", "2")
    assert found(xml) == {("error", "s2"): "s2 sets status 2 after s0 has set 4, which may not be; change one of them."}
    walk = Walk(xml)
    walk.complete("s0")
    with pytest.raises(StatusRefused):
        walk.complete("s1")


def test_ends_timers_and_waits_count_too() -> None:
    xml = diagram(
        start(), task("a", status="4"), receive("wait", "paper"), timer("late", "P30D", host="wait"), end("gone", "10"),
        end(status="9"), path("begin", "a", "wait", "done"), path("late", "gone"), messages=("paper",),
    )
    assert found(xml).keys() == {("error", "gone"), ("error", "done")}


def test_what_an_expression_gives_is_checked_when_it_is_set() -> None:
    assert found(row("4", "=if filing.again then 2 else 9")) == {}
    walk = Walk(row("4", "=if filing.again then 2 else 9"), {"again": True})
    with pytest.raises(StatusRefused):
        walk.complete("s0")


def test_a_result_that_nobody_sent_back_is_not_taken_up_again() -> None:
    walk = Walk(row("9", "=if filing.again then 4 else 10"), {"again": True})
    with pytest.raises(StatusRefused):
        walk.complete("s0")


def test_out_of_a_frame_and_by_what_interrupts_it() -> None:
    inside = frame("f", start("in"), task("a", status="9"), end("out"), path("in", "a", "out"))
    xml = diagram(start(), inside, timer("late", host="f"), task("b", status="4"), task("c", status="8"), end(),
                  end("other"), path("begin", "f", "b", "done"), path("late", "c", "other"))
    assert found(xml).keys() == {("error", "b"), ("error", "c")}


def joined(one: str, other: str, after: str) -> str:
    return diagram(
        start(), task("first", status="1"), both("s"), task("a", status=one), task("b", status=other), both("j"),
        task("c", status=after), end(), path("begin", "first", "s", "a", "j", "c", "done"), path("s", "b", "j"))


def test_ways_beside_each_other() -> None:
    assert found(joined("2", "", "4")) == {}, "the join waits for the one that accepts"
    assert found(joined("5", "", "3")) == {}
    said = found(joined("2", "5", "4"))
    assert said == {}, "2 and 5 may follow each other"
    said = found(diagram(
        start(), task("first", status="4"), both("s"), task("a", status="5"), task("b", status="6"), both("j"), end(),
        path("begin", "first", "s", "a", "j", "done"), path("s", "b", "j")))
    assert said.keys() == {("warning", "a"), ("warning", "b")}
    assert said["warning", "b"] == (
        "b sets status 6, perhaps after a beside it set 5; that may not be, join them.")


SENT_BACK = diagram(
    start(), task("work", status="4"), task("hand_over", choice("given"), choice("back", "return"), status="9"),
    xor("g", "g-done"), end(status="10"), path("begin", "work", "hand_over", "g", "done"),
    flow("g", "work", 'hand_over.choice = "back"'),
)


def test_a_result_is_taken_up_again_only_when_sent_back_with_a_reason() -> None:
    assert found(SENT_BACK) == {}
    assert found(row("9", "4")).keys() == {("error", "s1")}, "nobody sends it back"
    walk = Walk(SENT_BACK)
    walk.complete("work")
    with pytest.raises(ReopenedWithoutReason):
        walk.complete("hand_over", "back", reason=" ")
    walk.complete("hand_over", "back", reason="Sai tên")
    assert walk.view.status == 4
    walk.complete("work")
    walk.complete("hand_over", "given")
    assert (walk.view.status, walk.view.ended) == (10, True)


@pytest.mark.parametrize("status", range(1, 11))
def test_a_withdrawal_is_a_move_like_any_other(status: int) -> None:
    walk = Walk(row(f"={status}"))
    if may_follow(status, 7) and status != 7:
        walk.do(WithdrawDossier("changed his mind"))
        assert walk.view.status == 7
    elif status != 7:
        with pytest.raises(TooLateToWithdraw):
            walk.do(WithdrawDossier("changed his mind"))


def tangle(rng: random.Random) -> str:
    """Steps with statuses, and ways that part and meet, wired at random."""
    names = [f"n{number}" for number in range(rng.randint(4, 9))]
    kinds = {name: rng.choice("xaaaa+") for name in names}
    ways = {(one, other) for one, other in pairwise(names)}
    ways |= {(rng.choice(names), rng.choice(names)) for _ in range(rng.randint(1, 5))}
    parts = []
    for name in names:
        status = rng.choice(("", "2", "4", "4", "5", "6", "9"))
        parts.append({"x": xor, "+": both}[kinds[name]](name) if kinds[name] != "a" else task(name, status=status))
    flows = [flow(one, other, "filing.x" if kinds[one] == "x" else "") for one, other in sorted(ways) if one != other]
    return diagram(start(), *parts, end(status=rng.choice(("", "8", "10"))), flow("begin", names[0]), *flows,
                   flow(names[-1], "done", "filing.x" if kinds[names[-1]] == "x" else ""))


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_refused_while_running_was_found_before(seed: int) -> None:
    refusals = 0
    for number in range(40):
        rng = random.Random(f"{seed} {number}")
        xml = tangle(rng)
        said = {element for _, element in found(xml)}
        refusals += sum(_refused(xml, rng, said) for _ in range(3))
    assert refusals, "the walks must come upon some"


def _refused(xml: str, rng: random.Random, said: set[str | None]) -> bool:
    """Walk at random; whether a status was refused, which must have been found."""
    stand = Walk.__new__(Walk)
    try:
        stand.__init__(xml, {"x": rng.random() < 0.5})  # type: ignore[misc]
        for _ in range(12):
            if stand.view.ended or not stand.open:
                break
            stand.complete(rng.choice(stand.open))
    except OneDoorError as error:
        refused = isinstance(error, StatusRefused)
        problem = f"{error}\n{xml}" if refused and error.details["element"] not in said else ""
    else:
        refused, problem = False, ""
    assert not problem
    return refused
