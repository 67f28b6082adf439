"""Limits that depend on what was filed: the first variant that holds is set when the dossier starts."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import LimitRefused, VariantFailed
from engine.facts import LimitSet
from tests.engine.builders import Walk, row

HARD = {"value": 25, "condition": "= filing.floors > 7"}
SHORT = {"value": 4, "unit": "hour", "condition": "filing.floors = 1"}
TOLD = {"value": 9, "name": "told to readers only"}


def limits_set(floors: Any, *variants: dict[str, Any]) -> list[LimitSet]:
    """What is set for a house with so many floors."""
    limits = {"statutory": {"value": 15, "unit": "calendar_day", "variants": [*variants]},
              "reduced": {"value": 8, "unit": "working_day"}}
    walk = Walk(row("a"), {"floors": floors}, procedure={"limits": limits})
    return [fact for fact in walk.facts if isinstance(fact, LimitSet)]


def test_the_first_variant_that_holds_is_set_with_its_own_unit_or_the_limit_s() -> None:
    assert limits_set(9, TOLD, HARD, SHORT) == [LimitSet("statutory", 25, "calendar_day", "filing.floors > 7")]
    assert limits_set(1, TOLD, HARD, SHORT) == [LimitSet("statutory", 4, "hour", "filing.floors = 1")]
    assert limits_set(2, TOLD, HARD, SHORT) == []


def test_a_procedure_without_limits_sets_none() -> None:
    for procedure in ({}, {"limits": None}, {"limits": {}}):
        assert not any(isinstance(fact, LimitSet) for fact in Walk(row("a"), procedure=procedure).facts)


@pytest.mark.parametrize("value", [0, -1, "soon", None, 20_000])
def test_a_limit_that_is_no_sensible_number_starts_nothing(value: Any) -> None:
    with pytest.raises(LimitRefused):
        limits_set(9, {**HARD, "value": value})


def test_a_variant_that_is_neither_true_nor_false_starts_nothing() -> None:
    with pytest.raises(VariantFailed, match="neither true nor false"):
        limits_set(None, HARD)
