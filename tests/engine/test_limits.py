"""Dates of a dossier: limits by what was filed, warnings, apologies with a new date, corrected calendars."""

from __future__ import annotations

from typing import Any

import pytest

from engine.commands import GiveWarning, Reappoint, RecomputeDeadlines
from engine.errors import ClockStandsStill, LimitRefused, StepNotOpen, VariantFailed
from engine.facts import DeadlinesRecomputed, LimitSet, Reappointed, WarningGiven
from engine.state import load
from tests.engine.builders import Walk, diagram, end, loop, path, receive, row, start, task

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


def test_a_warning_is_of_an_open_step_or_of_the_dossier() -> None:
    walk = Walk(diagram(start(), task("a", inside=loop(cardinality="2")), task("b"), end(),
                        path("begin", "a", "b", "done")))
    token = walk.token("a")
    walk.do(GiveWarning(token, 1, "head"))
    walk.do(GiveWarning("dossier", 0, "unit"))
    given = [fact for fact in walk.facts if isinstance(fact, WarningGiven)]
    assert given == [WarningGiven(token, "a", 1, "head"), WarningGiven("dossier", "", 0, "unit")]
    walk.complete("a", index=0)
    for gone in (token, "99", ""):
        with pytest.raises(StepNotOpen):
            walk.do(GiveWarning(gone, 0, "officer"))
    assert walk.open == ["a"]


def test_no_warning_is_of_what_is_no_step() -> None:
    asked = "<bpmn:subProcess id='f'>" + start("i") + task("a") + end("o") + path("i", "a", "o") + "</bpmn:subProcess>"
    walk = Walk(diagram(start(), asked, end(), path("begin", "f", "done")))
    frame = next(place.id for place in load(walk.state or b"").tokens.values() if place.at == "f")
    with pytest.raises(StepNotOpen):
        walk.do(GiveWarning(frame, 0, "officer"))


AGAIN = Reappoint("2026-03-09T10:00:00+00:00", "16", "Chờ xác minh", "1/PXL", "Bão")


def test_a_new_date_is_promised_while_the_clock_runs() -> None:
    walk = Walk(row("a"))
    walk.do(AGAIN)
    assert walk.last == (Reappointed("2026-03-09T10:00:00+00:00", "16", "Chờ xác minh", "1/PXL", "Bão"),)
    waiting = diagram(start(), receive("w", "paper"), end(), path("begin", "w", "done"), messages=("paper",))
    finished = diagram(start(), task("a", status="9"), end(), path("begin", "a", "done"))
    for xml in (waiting, finished):
        with pytest.raises(ClockStandsStill):
            Walk(xml).do(AGAIN)


def test_a_corrected_calendar_moves_dates_and_nothing_else() -> None:
    walk = Walk(row("a"))
    before = walk.open
    walk.do(RecomputeDeadlines("Nghỉ bù"))
    assert walk.last == (DeadlinesRecomputed("Nghỉ bù"),)
    assert walk.open == before
