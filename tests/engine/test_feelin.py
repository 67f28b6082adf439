"""Beside feelin, which the drawing tools use: the standard decides every difference; see tests/bench/feelin.py."""

from __future__ import annotations

import random

from tests.bench.feelin import ROOT, Made, Typed, agree, ours, run, same
from tests.bench.feelin_rules import rule_of
from tests.suite import node

MODULES = ROOT / ".onedoor/frontend/node_modules"


def test_a_thousand_expressions_mean_the_same() -> None:
    found = node()
    assert found, "the set-up brings node"
    result = run(1_000, 1, MODULES.resolve(), found)
    assert result.unexplained == []
    assert result.count - result.explained.total() > 850


def test_the_generator_repeats_itself() -> None:
    assert [Typed(random.Random(7)).expression() for _ in range(2)] == [Typed(random.Random(7)).expression()] * 2


def test_differences_are_seen_and_not_explained_away() -> None:
    """The negative control."""
    assert not agree({"value": 1}, {"value": 2})
    assert not agree({"value": None}, {"error": "x"})
    assert not same([1, True], [1, 1])
    assert same({"a": [0.1 + 0.2]}, {"a": [0.3]})
    assert rule_of("<N> + <N>", [1, 1], {"value": 3}, {"value": 2}) == ""
    assert rule_of("<N> between <N> and <N>", [1, 0, 2], {"value": False}, {"value": True})
    assert rule_of("<B> and <B>", [True, None], {"value": None}, {"value": False}) == ""


def test_what_is_put_into_a_form_keeps_its_meaning() -> None:
    made = Made.of("<N> * <N>", Made.of("<N> + <N>", Made.of("1"), Made.of("2")), Made.of("3"))
    assert made == "(1 + 2) * 3"
    assert ours(made) == {"value": 9}
