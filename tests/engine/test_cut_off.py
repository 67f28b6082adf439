"""Cut-off hours: what is received after one counts from the next working day, to the minute and explained."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from engine import facts as f
from engine.clock.account import DEFERRED, Entry, account
from engine.clock.calendar import CutOff
from engine.clock.deadlines import due_dates, schedule, worked
from engine.clock.explain import explain
from engine.clock.ledger import ledger_of
from engine.clock.worktime import Calendar

LOCAL = timezone(timedelta(hours=7))
DAYS = {date(2025, 4, 26): "make_up", date(2025, 4, 30): "off", date(2025, 5, 1): "off", date(2025, 5, 2): "off"}
AT_THREE = Calendar(days=DAYS, cut_offs=(CutOff(time(15)),))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def procedure(value: float = 8, unit: str = "hour", **more: Any) -> dict[str, Any]:
    return {"limits": {"reduced": {"value": value, "unit": unit}, "statutory": {"value": 24, "unit": "hour"}}, **more}


class Dossier:
    """What is kept of a dossier while facts come."""

    def __init__(self, calendar: Calendar = AT_THREE, **limit: Any) -> None:
        self.calendar, self.procedure = calendar, procedure(**limit)
        self.ledger: list[dict[str, Any]] = []
        self.history: list[tuple[datetime, tuple[f.Fact, ...]]] = []

    def does(self, moment: str, *facts: f.Fact) -> dict[str, datetime | None]:
        now = at(moment).astimezone(UTC)
        found = schedule(self.procedure, facts, list(self.ledger), self.calendar, now)
        self.ledger = found.ledger
        self.history.append((now, (*facts, *found.due)))
        assert ledger_of(self.history) == self.ledger, "the ledger follows from the history alone"
        said = {each.scope: each.due_at for each in found.due if isinstance(each, f.DueSet)}
        kept = due_dates(self.procedure, self.ledger, self.calendar)
        assert all(kept.get(scope) == due for scope, due in said.items())
        return {scope: due and datetime.fromisoformat(due).astimezone(LOCAL) for scope, due in said.items()}

    def received(self, moment: str, channel: str = "direct") -> dict[str, datetime | None]:
        step = f.StepEntered("1", "receive", 1, "receive", "receiver", "H49.1", "2", None, None)
        return self.does(moment, f.ProcessStarted("d", {"channel": channel}, {}), step)


@pytest.mark.parametrize(("received", "due", "step"), [
    ("2025-07-01 07:00", "2025-07-01 17:00", "2025-07-01 09:30"),  # before opening
    ("2025-07-01 12:15", "2025-07-02 11:30", "2025-07-01 15:00"),  # at lunch
    ("2025-07-01 14:59", "2025-07-02 14:59", "2025-07-01 16:59"),
    ("2025-07-01 15:00", "2025-07-02 15:00", "2025-07-01 17:00"),  # at the hour itself
    ("2025-07-01 15:01", "2025-07-02 17:00", "2025-07-02 09:30"),  # after it
    ("2025-07-01 17:30", "2025-07-02 17:00", "2025-07-02 09:30"),  # after closing, which changes nothing more
    ("2025-07-04 16:00", "2025-07-07 17:00", "2025-07-07 09:30"),  # Friday
    ("2025-07-05 16:00", "2025-07-07 17:00", "2025-07-07 09:30"),  # a day off
    ("2025-04-25 16:00", "2025-04-26 17:00", "2025-04-26 09:30"),  # the Saturday is made up for
    ("2025-04-29 16:00", "2025-05-05 17:00", "2025-05-05 09:30"),  # before the holidays
])
def test_golden_receptions(received: str, due: str, step: str) -> None:
    found = Dossier().received(received)
    assert (found["dossier"], found["1"]) == (at(due), at(step))


def test_the_fact_says_which_hour_it_was() -> None:
    dossier = Dossier()
    dossier.received("2025-07-01 15:30")
    assert [each for each in dossier.history[0][1] if isinstance(each, f.ReceptionDeferred)] == [
        f.ReceptionDeferred("15:00")]
    early = Dossier()
    early.received("2025-07-01 17:30")
    assert not [each for each in early.history[0][1] if isinstance(each, f.ReceptionDeferred)]


def test_channels_and_dates_have_hours_of_their_own() -> None:
    hours = (CutOff(time(15)), CutOff(time(16, 30), channel="online"), CutOff(None, date(2025, 8, 1)))
    for moment, channel, due in (
        ("2025-07-01 15:30", "direct", "2025-07-02 17:00"), ("2025-07-01 15:30", "online", "2025-07-02 15:30"),
        ("2025-07-01 16:45", "online", "2025-07-02 17:00"), ("2025-08-04 16:00", "direct", "2025-08-05 16:00"),
    ):
        assert Dossier(Calendar(cut_offs=hours)).received(moment, channel)["dossier"] == at(due)


def test_calendar_days_count_from_the_day_that_counts() -> None:
    assert Dossier(value=3, unit="calendar_day").received("2025-07-01 14:00")["dossier"] == at("2025-07-04 17:00")
    dossier = Dossier(value=2, unit="calendar_day")
    assert dossier.received("2025-07-01 16:00")["dossier"] == at("2025-07-04 17:00")
    told = explain(dossier.procedure, dossier.ledger, AT_THREE, "dossier", at("2025-07-02 09:00"))
    assert [(day.day.day, day.used) for day in told.days] == [(1, 0), (2, 0), (3, 1), (4, 1)]


def test_a_supplement_of_the_same_day_takes_nothing_away() -> None:
    dossier = Dossier()
    dossier.received("2025-07-01 15:30")
    assert dossier.does("2025-07-01 16:00", f.ClockStopped("supplement"))["dossier"] is None
    assert dossier.does("2025-07-03 09:00", f.ClockStarted("supplement"))["dossier"] == at("2025-07-04 09:00")
    days = Dossier(value=2, unit="calendar_day")
    days.received("2025-07-01 15:30")
    days.does("2025-07-01 16:00", f.ClockStopped("supplement"))
    assert days.does("2025-07-02 09:00", f.ClockStarted("supplement"))["dossier"] == at("2025-07-04 17:00")


def test_after_a_supplement_that_restarts_the_hour_is_forgotten() -> None:
    dossier = Dossier()
    dossier.procedure["supplement"] = {"policy": "restart_full"}
    dossier.received("2025-07-01 15:30")
    dossier.does("2025-07-02 09:00", f.ClockStopped("supplement"))
    assert dossier.does("2025-07-03 10:00", f.ClockStarted("supplement"))["dossier"] == at("2025-07-04 10:00")


def test_a_corrected_calendar_is_followed() -> None:
    dossier = Dossier()
    dossier.received("2025-07-01 15:30")
    corrected = Calendar(days={date(2025, 7, 2): "off"}, cut_offs=(CutOff(time(15)),))
    found = due_dates(dossier.procedure, dossier.ledger, corrected)["dossier"]
    assert datetime.fromisoformat(found or "") == at("2025-07-03 17:00")


def test_the_count_tells_it() -> None:
    dossier = Dossier(value=12)
    dossier.received("2025-07-01 15:30")
    for scope, total in (("dossier", 12), ("1", 2)):
        told = explain(dossier.procedure, dossier.ledger, AT_THREE, scope, at("2025-07-02 09:00"))
        assert (told.begins, told.cut_off, told.start, told.total) == (
            "after_cut_off", "15:00", at("2025-07-01 15:30"), total)
    told = explain(dossier.procedure, dossier.ledger, AT_THREE, "dossier", at("2025-07-02 09:00"))
    assert [(day.day.day, day.used, {span.reason for span in day.spans}) for day in told.days] == [
        (1, 0, {DEFERRED}), (2, 8, {""}), (3, 4, {""})]


def test_what_was_refused_before_it_counted_can_be_explained() -> None:
    dossier = Dossier()
    due = dossier.does("2025-04-24 16:00", f.ProcessStarted("digest", {"channel": "direct"}, {}))["dossier"]
    dossier.does("2025-04-24 16:30", f.StatusChanged(0, 3), f.DossierEnded(3, None))
    told = explain(dossier.procedure, dossier.ledger, AT_THREE, "dossier", at("2025-04-28 09:00"))
    assert (told.due, told.begins, told.days[-1].left) == (due, "after_cut_off", 0)


def test_whose_time_it_was() -> None:
    dossier = Dossier()
    dossier.received("2025-07-01 15:30")
    dossier.does("2025-07-01 16:30", f.StepCompleted("1", "receive", {}, None))
    dossier.does("2025-07-02 10:00", f.StatusChanged(2, 9))
    entries = [Entry(moment, "1", facts) for moment, facts in dossier.history]
    found = account(entries, AT_THREE, at("2025-07-09 09:00"))
    hours = Decimal(3600)
    assert found.elapsed == found.officers + sum(found.waiting.values(), timedelta())
    assert {reason: Decimal(length.total_seconds()) / hours for reason, length in found.waiting.items()} == {
        DEFERRED: Decimal("1.5")}
    assert not found.steps, "nobody was to work on it on that day"
    assert worked(AT_THREE, dossier.ledger, at("2025-07-01 15:30"), at("2025-07-01 16:30")) == 0
    assert worked(AT_THREE, dossier.ledger, at("2025-07-01 15:30"), at("2025-07-02 08:30")) == 1
