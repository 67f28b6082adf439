"""Values at the edge of what there is: null or a refusal, at once, never an error of the machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import BudgetExceeded
from engine.feel import Months, compile_expression, to_plain

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CONTEXT: dict[str, Any] = {"filing": {"x": [1, 2], "name": "lan"}, "n": 12.5, "deep": [[[1.5], [2, [3]]]]}


def value(text: str) -> Any:
    return compile_expression(text).evaluate(CONTEXT, NOW)


@pytest.mark.parametrize("text", [
    "time(1, 1, 1e6000)", "time(1, 1, 60)", "time(1, 1, -1)", "date and time(2026, 1, 1, 1, 1, 1e6144)",
    '@"P1Y" * 1e6000', '1e6000 * @"P1Y"', '@"P1Y" / 1e-6000', '@"P999999999Y" * 1000', '@"PT1S" * 1e6000',
    '@"PT1S" / 1e-6000', '@"P999999999D" * 2', "[filing..filing]", "(filing..filing]", "[filing.x..filing.x]",
    "some x in (filing..filing] satisfies true", "for x in [filing.x..filing.x] return x", "1e6144 * 10",
])
def test_beyond_every_calendar_and_number_there_is_nothing(text: str) -> None:
    began = time.thread_time()
    assert value(text) is None
    assert time.thread_time() - began < 0.05


@pytest.mark.parametrize(("text", "expected"), [
    ('substring("abcd", 2, 1e6000)', "bcd"), ('substring("abcd", 2, 2)', "bc"), ("time(1, 1, 59.5).second", 59),
    ('@"P1Y" * 80000000000', Months(960_000_000_000)), ('@"P1M" * 1000000000000', Months(10**12)),
    ('@"P1M" * -1000000000000 - @"P1M"', None), ('@"P1M" * 1000000000000 + @"P1M"', None),
    ('@"PT1S" * 86399999913600', "P999999999D"), ('@"PT1S" * 86399999913601', None), ("deep[1][1][1]", Decimal("1.5")),
])
def test_up_to_the_edge_it_is_computed(text: str, expected: Any) -> None:
    found = value(text)
    assert (to_plain(found) if isinstance(expected, str) else found) == expected


def test_a_way_of_keys_has_a_budget_of_levels() -> None:
    assert value('context put({}, for i in 1..150 return "a", 1)')
    with pytest.raises(BudgetExceeded, match="200 levels"):
        value('context put({}, for i in 1..300 return "a", 1)')
    assert value('[context put({}, ["a", "b"], 1), context put({}, ["a", "b"], 2)][2].a.b') == 2


@pytest.mark.parametrize("text", ["a = b", "a < b", "a in (b)", "[a] = [b]", 'a in ("x", b)'])
def test_comparing_long_texts_costs_what_they_are_long(text: str) -> None:
    long = {name: "x" * 500_000 + "yz" for name in "ab"}
    expression = compile_expression(f"for i in 1..9000 return {text}")
    began = time.thread_time()
    with pytest.raises(BudgetExceeded):
        expression.evaluate(long, NOW)
    assert time.thread_time() - began < 0.1
