"""How ranges lie to each other, held against the numbers that are in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from engine.feel import Range, compile_expression

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
# All numbers there are, for ranges whose ends are 1, 2 and 3: fine enough to tell an end from what is beside it.
POINTS = [Decimal(quarters) / 4 for quarters in range(17)]
Points = frozenset[Decimal]


def ranges() -> Iterator[Range]:
    """Every range with these ends, or open to one side, that has anything in it."""
    ends = [Decimal(1), Decimal(2), Decimal(3)]
    for low, high, *included in product([None, *ends], [None, *ends], (True, False), (True, False)):
        made = Range(low, high, *included)
        open_low, open_high = low is None and included[0], high is None and included[1]
        if points(made) and not (low is None and high is None) and not (open_low or open_high):
            yield made


def points(made: Range) -> Points:
    return frozenset(one for one in POINTS if (
        made.low is None or one > made.low or (made.low_included and one == made.low)) and (
        made.high is None or one < made.high or (made.high_included and one == made.high)))


def overlaps_before(left: Points, right: Points) -> bool:
    return min(left) < min(right) and bool(left & right) and max(left) <= max(right)


MEANINGS: dict[str, Callable[[Points, Points], bool]] = {
    "before": lambda left, right: max(left) < min(right),
    "after": lambda left, right: min(left) > max(right),
    "meets": lambda left, right: max(left) == min(right),
    "met by": lambda left, right: min(left) == max(right),
    "overlaps": lambda left, right: bool(left & right),
    "overlaps before": overlaps_before,
    "overlaps after": lambda left, right: overlaps_before(right, left),
    "includes": lambda left, right: left >= right,
    "during": lambda left, right: left <= right,
    "starts": lambda left, right: left <= right and min(left) == min(right),
    "started by": lambda left, right: left >= right and min(left) == min(right),
    "finishes": lambda left, right: left <= right and max(left) == max(right),
    "finished by": lambda left, right: left >= right and max(left) == max(right),
    "coincides": lambda left, right: left == right,
}
TWO_RANGES = ("meets", "met by", "overlaps", "overlaps before", "overlaps after")


def related(name: str, left: Any, right: Any) -> Any:
    return compile_expression(f"{name}(a, b)").evaluate({"a": left, "b": right}, NOW)


@pytest.mark.parametrize("name", MEANINGS)
def test_a_relation_is_what_it_is_of_the_numbers(name: str) -> None:
    for left, right in product(ranges(), repeat=2):
        assert related(name, left, right) is MEANINGS[name](points(left), points(right)), (left, right)


@pytest.mark.parametrize("name", MEANINGS)
def test_a_number_is_the_range_of_itself_unless_two_ranges_are_asked_for(name: str) -> None:
    for number, made in product((Decimal(1), Decimal(2)), ranges()):
        alone = Range(number, number, True, True)
        expected = None if name in TWO_RANGES else related(name, alone, made)
        assert related(name, number, made) is expected
        assert related(name, made, number) is (None if name in TWO_RANGES else related(name, made, alone))


@pytest.mark.parametrize("name", MEANINGS)
def test_what_cannot_be_compared_lies_nowhere(name: str) -> None:
    numbers, texts = Range(Decimal(1), Decimal(2), True, True), Range("a", "b", True, True)
    assert related(name, numbers, texts) is None
    assert related(name, numbers, None) is None
    assert related(name, None, numbers) is None
