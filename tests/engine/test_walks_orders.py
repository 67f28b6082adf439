"""Joins are right in every order of their branches: in loops, in each other, and where they race."""

from __future__ import annotations

import pytest

from engine.definition import Bundle, compile_definition
from engine.running import branching
from tests.walks.blocks import Block
from tests.walks.drawing import draw
from tests.walks.walker import Disagreement, Prover

STEP = Block("step")
ALWAYS, NEVER, EARLY = ("filing", 0, 9), ("filing", 0, 0), ("visits", 0, 1)


def row(*parts: Block) -> Block:
    return Block("row", parts)


def twice(*parts: Block) -> Block:
    """Done twice over."""
    return Block("redo", (row(*parts),), {"times": 2, "by": "visits"})


def fork(*rows: Block, wide: bool = False) -> Block:
    """A parallel fork with a parallel or an inclusive join."""
    return Block("fork", rows, {"wide": wide})


def either(*rows: Block, tests: tuple[tuple[str, int, int], ...], always: bool = True) -> Block:
    """An inclusive fork and join."""
    return Block("either", rows, {"tests": tests, "always": always})


def some(*rows: Block) -> Block:
    """The first way in the first round, the second later."""
    return Block("choice", rows, {"tests": (EARLY, EARLY)})


INNER = fork(row(STEP), row(STEP))
DRAWN = {
    "and in a loop": (twice(fork(row(STEP), row(STEP, STEP), row(STEP))), 12**2),
    "and in and in a loop": (twice(fork(row(INNER), row(STEP))), 6**2),
    "inclusive join of a parallel fork in a loop": (twice(fork(row(STEP), row(STEP), row(STEP), wide=True)), 6**2),
    "inclusive in a loop": (twice(either(row(STEP), row(STEP, STEP), row(STEP), tests=(ALWAYS,) * 3)), 12**2),
    "inclusive with a way not taken": (
        twice(either(row(STEP), row(STEP), row(STEP), tests=(ALWAYS, NEVER, ALWAYS))), 2**2),
    "inclusive in inclusive": (
        either(row(either(row(STEP), row(STEP), tests=(ALWAYS,) * 2)), row(STEP, STEP), tests=(ALWAYS,) * 2), 12),
    "ways chosen on the way to an inclusive join": (
        twice(STEP, either(row(some(row(STEP), row(STEP, STEP))), row(STEP), tests=(ALWAYS,) * 2)), 3 * 2),
    "and across inclusive": (fork(row(either(row(STEP), row(STEP), tests=(ALWAYS,) * 2)), row(INNER), wide=True), 24),
}


def prover(block: Block) -> Prover:
    xml = draw(row(block))
    return Prover(xml, (compile_definition(Bundle(xml)), compile_definition(Bundle(xml))), True, True)


@pytest.mark.parametrize("name", DRAWN)
def test_every_order_is_joined_as_the_reference_does(name: str) -> None:
    block, orders = DRAWN[name]
    assert prover(block).every_order({"n": 1, "x": []}) == orders


def test_a_join_that_confuses_its_rounds_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What came to a join once counts for ever, as in the library's tree of tasks."""
    real = branching._take

    def take(run: object, key: str) -> None:
        counts = dict(run.state.arrivals[key])  # type: ignore[attr-defined]
        real(run, key)  # type: ignore[arg-type]
        run.state.arrivals.setdefault(key, {next(iter(counts)): 1})  # type: ignore[attr-defined]

    monkeypatch.setattr(branching, "_take", take)
    with pytest.raises(Disagreement):
        prover(DRAWN["and in a loop"][0]).every_order({"n": 1, "x": []})
