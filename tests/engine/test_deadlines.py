"""Deadlines: due dates out of facts and the ledger, under both policies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import facts as f
from engine.clock.deadlines import due_dates, schedule
from engine.clock.worktime import Calendar, add, between

LOCAL = timezone(timedelta(hours=7))
CALENDAR = Calendar()
Ledger = list[dict[str, Any]]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def iso(text: str) -> str:
    return at(text).astimezone(UTC).isoformat()


def procedure(policy: str = "pause_and_extend", value: float = 8, unit: str = "working_day") -> dict[str, Any]:
    return {
        "limits": {"statutory": {"value": 15, "unit": "calendar_day"}, "reduced": {"value": value, "unit": unit}},
        "supplement": {"policy": policy, "max": 2},
    }


STARTED = f.ProcessStarted("digest", {}, {})


def entered(token: str, hours: str | None = "5") -> f.StepEntered:
    return f.StepEntered(token, "appraise", 1, "appraise", "specialist", "H49.1", hours, None)


class Dossier:
    """A dossier's dates while commands come in."""

    def __init__(self, procedure: dict[str, Any], calendar: Calendar = CALENDAR) -> None:
        self.procedure = procedure
        self.calendar = calendar
        self.ledger: Ledger = []
        self.due: dict[str, str | None] = {}

    def does(self, moment: str | datetime, *facts: f.Fact) -> dict[str, str | None]:
        now = at(moment) if isinstance(moment, str) else moment
        scheduled = schedule(self.procedure, facts, self.ledger, self.calendar, now)
        self.ledger = scheduled.ledger
        self.due.update({due.scope: due.due_at for due in scheduled.due})
        return {due.scope: due.due_at for due in scheduled.due}


@pytest.mark.parametrize(
    ("policy", "due"), [("pause_and_extend", "2025-07-21 15:00"), ("restart_full", "2025-07-24 10:00")]
)
def test_a_supplement_under_both_policies(policy: str, due: str) -> None:
    dossier = Dossier(procedure(policy))
    first = dossier.does("2025-07-01 09:00", STARTED, entered("1", "16"))
    assert first["dossier"] == iso("2025-07-11 09:00")
    assert first["statutory"] == iso("2025-07-16 17:00")
    assert first["1"] == iso("2025-07-03 09:00")
    stopped = dossier.does("2025-07-03 15:00", f.StepCompleted("1", "appraise", {}), f.ClockStopped("supplement"))
    assert stopped == {"dossier": None, "statutory": None}
    resumed = dossier.does("2025-07-14 10:00", f.ClockStarted("supplement"))
    assert resumed["dossier"] == iso(due)


def test_calendar_days_move_by_the_time_the_clock_stood() -> None:
    dossier = Dossier(procedure())
    dossier.does("2025-07-01 09:00", STARTED)
    dossier.does("2025-07-03 09:00", f.ClockStopped("financial"))
    assert dossier.does("2025-07-08 09:00", f.ClockStarted("financial"))["statutory"] == iso("2025-07-21 17:00")


def test_a_financial_wait_never_restarts_the_limit() -> None:
    dossier = Dossier(procedure("restart_full"))
    dossier.does("2025-07-01 07:30", STARTED)
    dossier.does("2025-07-02 07:30", f.ClockStopped("financial"))
    assert dossier.does("2025-07-03 07:30", f.ClockStarted("financial"))["dossier"] == iso("2025-07-11 17:00")


def test_steps_of_parallel_branches_stand_still_too() -> None:
    dossier = Dossier(procedure())
    dossier.does("2025-07-01 07:30", STARTED, entered("1", "8"), entered("2", None))
    assert dossier.due["1"] == iso("2025-07-01 17:00")
    assert "2" not in dossier.due
    assert dossier.does("2025-07-01 11:30", f.ClockStopped("applicant"))["1"] is None
    assert dossier.does("2025-07-02 09:00", entered("3", "1")) == {"3": None}
    resumed = dossier.does("2025-07-02 13:00", f.ClockStarted("applicant"))
    assert resumed["1"] == iso("2025-07-02 17:00")
    assert resumed["3"] == iso("2025-07-02 14:00")


def test_a_step_entered_after_the_stop_is_not_moved_by_it() -> None:
    dossier = Dossier(procedure())
    dossier.does("2025-07-01 07:30", STARTED)
    dossier.does("2025-07-01 08:30", f.ClockStopped("applicant"))
    dossier.does("2025-07-01 09:30", f.ClockStarted("applicant"))
    assert dossier.does("2025-07-01 10:30", entered("1", "1"))["1"] == iso("2025-07-01 11:30")
    dossier.does("2025-07-01 11:00", f.ClockStopped("applicant"))
    assert dossier.does("2025-07-01 14:00", f.ClockStarted("applicant"))["1"] == iso("2025-07-01 14:30")


def test_a_step_that_is_left_at_once_gets_no_date() -> None:
    dossier = Dossier(procedure())
    assert "1" not in dossier.does("2025-07-01 09:00", STARTED, entered("1"), f.StepCancelled("1", "appraise", "x"))
    assert dossier.does("2025-07-01 10:00", entered("2"), f.StepCompleted("2", "appraise", {})) == {}


def test_what_was_late_before_the_stop_stays_late() -> None:
    dossier = Dossier(procedure(value=1))
    due = dossier.does("2025-07-01 07:30", STARTED)["dossier"]
    dossier.does("2025-07-03 09:00", f.ClockStopped("supplement"))
    assert dossier.does("2025-07-07 09:00", f.ClockStarted("supplement"))["dossier"] == due


def test_the_clock_ends_with_the_result_and_goes_on_when_reopened() -> None:
    dossier = Dossier(procedure())
    dossier.does("2025-07-01 07:30", STARTED, f.StatusChanged(0, 2))
    assert dossier.does("2025-07-02 07:30", f.StatusChanged(4, 9)) == {}
    assert [entry["to"] for entry in dossier.ledger] == [iso("2025-07-02 07:30")]
    assert dossier.does("2025-07-04 07:30", f.StatusChanged(9, 4))["dossier"] == iso("2025-07-14 17:00")
    dossier.does("2025-07-04 09:30", f.DossierEnded(8, "refused"))
    assert all(entry["to"] for entry in dossier.ledger)


def test_a_stop_without_length_leaves_no_trace() -> None:
    dossier = Dossier(procedure())
    dossier.does("2025-07-01 07:30", STARTED)
    dossier.does("2025-07-02 07:30", f.ClockStopped("applicant"), f.ClockStarted("applicant"))
    assert [entry["kind"] for entry in dossier.ledger] == ["run", "run"]
    assert dossier.due["dossier"] == iso("2025-07-10 17:00")


def test_a_procedure_without_limits_has_steps_only() -> None:
    dossier = Dossier({})
    assert dossier.does("2025-07-01 07:30", STARTED, entered("1", "4")) == {"1": iso("2025-07-01 11:30")}
    ended = Dossier(procedure())
    ended.does("2025-07-01 07:30", STARTED, f.DossierEnded(3, "refused"))
    assert ended.due == {"dossier": None, "statutory": None}


def test_a_corrected_calendar_moves_open_dates() -> None:
    dossier = Dossier(procedure())
    dossier.does("2025-07-01 09:00", STARTED, entered("1", "8"))
    corrected = Calendar(days={at("2025-07-02 00:00").date(): "off"})
    again = due_dates(dossier.procedure, dossier.ledger, corrected)
    assert again["dossier"] == iso("2025-07-14 09:00")
    assert again["1"] == iso("2025-07-03 09:00")


gaps = st.lists(st.integers(60, 400_000), min_size=2, max_size=12)


@settings(deadline=None)
@given(gaps)
def test_intervals_touch_and_time_adds_up(seconds: list[int]) -> None:
    dossier, now = Dossier(procedure(value=30)), at("2025-07-01 09:00")
    begin = now
    dossier.does(now, STARTED)
    for index, gap in enumerate(seconds):
        now += timedelta(seconds=gap)
        dossier.does(now, f.ClockStarted("supplement") if index % 2 else f.ClockStopped("supplement"))
    dossier.does(now, f.DossierEnded(10, "returned"))
    ledger = dossier.ledger
    moments = [(datetime.fromisoformat(e["from"]), datetime.fromisoformat(e["to"])) for e in ledger]
    assert all(left[1] == right[0] for left, right in pairwise(moments))
    total = sum((between(CALENDAR, a, b) for a, b in moments), Decimal(0))
    assert abs(total - between(CALENDAR, begin, now)) < Decimal("1e-20")


@settings(deadline=None)
@given(st.integers(0, 200_000), st.integers(0, 900_000))
def test_the_pause_gives_back_exactly_the_working_time_it_took(before: int, pause: int) -> None:
    start = at("2025-07-01 09:00")
    stop = start + timedelta(seconds=before)
    again = stop + timedelta(seconds=pause)
    dossier = Dossier(procedure(value=20))
    dossier.does(start, STARTED)
    dossier.does(stop, f.ClockStopped("supplement"))
    due = dossier.does(again, f.ClockStarted("supplement"))["dossier"]
    left = Decimal(160) - between(CALENDAR, start, stop)
    assert datetime.fromisoformat(str(due)) == add(CALENDAR, again, left)
