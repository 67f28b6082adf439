"""A dossier that goes over to a version with other limits keeps what it was promised until its clock turns."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from engine import facts as f
from engine.clock.deadlines import due_dates, schedule
from engine.clock.explain import explain
from engine.clock.ledger import ledger_of
from engine.clock.worktime import Calendar
from tests.engine.test_deadlines import CALENDAR, STARTED, at, entered, iso, procedure

OLD, NEW = procedure(value=8), procedure(value=3)
OVER = f.DossierMigrated("old", "new", {})


class Dossier:
    """A dossier under a procedure that can change, with its whole history."""

    def __init__(self, version: dict[str, Any] = OLD) -> None:
        self.version, self.history, self.ledger = version, [], []
        self.does("2025-07-01 09:00", STARTED, entered("1", "16"))

    def does(self, moment: str, *given: f.Fact, onto: dict[str, Any] | None = None) -> tuple[f.Fact, ...]:
        before, self.version = self.version, onto or self.version
        found = schedule(self.version, given, self.ledger, CALENDAR, at(moment), before if onto else None)
        self.ledger = found.ledger
        self.history.append((at(moment), (*given, *found.due)))
        return found.due

    def due(self, calendar: Calendar = CALENDAR) -> str | None:
        return due_dates(self.version, self.ledger, calendar)["dossier"]

    def told(self) -> Any:
        return explain(self.version, self.ledger, CALENDAR, "dossier", at("2025-07-02 10:00"))


@pytest.fixture
def gone_over() -> Dossier:
    """Received with eight days, gone over to three."""
    dossier = Dossier()
    kept = dossier.does("2025-07-02 09:00", OVER, onto=NEW)
    assert kept == (f.PromiseKept(OLD["limits"], "pause_and_extend"),)
    return dossier


def test_the_date_stays_and_is_explained_by_the_limit_that_it_follows_from(gone_over: Dossier) -> None:
    assert gone_over.due() == iso("2025-07-11 09:00")
    told = gone_over.told()
    assert (told.kept, told.total, told.due) == (True, 64, at("2025-07-11 09:00"))


def test_a_corrected_calendar_moves_it_by_what_was_corrected(gone_over: Dossier) -> None:
    holiday = Calendar(days={datetime(2025, 7, 3).date(): "off"})
    assert gone_over.due(holiday) == iso("2025-07-14 09:00")


def test_the_ledger_follows_from_the_history(gone_over: Dossier) -> None:
    assert ledger_of(gone_over.history) == gone_over.ledger


def test_the_new_limit_counts_once_the_clock_has_turned(gone_over: Dossier) -> None:
    gone_over.does("2025-07-02 10:00", f.ClockStopped("supplement"))
    gone_over.does("2025-07-04 10:00", f.ClockStarted("supplement"))
    assert gone_over.due() == iso("2025-07-08 09:00")
    assert (gone_over.told().kept, ledger_of(gone_over.history)) == (False, gone_over.ledger)


def test_a_new_appointment_is_exactly_the_date_that_it_promises(gone_over: Dossier) -> None:
    promised = f.Reappointed(iso("2025-07-14 09:00"), "8", "Chờ", "1/PXL", "")
    assert gone_over.does("2025-07-02 10:00", promised) == (f.DueSet("dossier", iso("2025-07-14 09:00")),)


def test_of_several_versions_the_first_is_kept(gone_over: Dossier) -> None:
    assert gone_over.does("2025-07-02 10:00", OVER, onto=procedure(value=20)) == ()
    assert gone_over.due() == iso("2025-07-11 09:00")


def test_what_a_supplement_does_is_kept_too() -> None:
    dossier = Dossier()
    dossier.does("2025-07-02 09:00", f.ClockStopped("supplement"))
    dossier.does("2025-07-04 09:00", f.ClockStarted("supplement"))
    before = dossier.due()
    kept = dossier.does("2025-07-04 10:00", OVER, onto=procedure("restart_full"))
    assert (len(kept), dossier.due(), dossier.told().restarted) == (1, before, False)


@pytest.mark.parametrize("limits", [{}, {"reduced": {"value": 3, "unit": "working_day"}}])
def test_a_date_that_there_was_not_does_not_appear(limits: dict[str, Any]) -> None:
    dossier = Dossier({**OLD, "limits": limits})
    before = due_dates(dossier.version, dossier.ledger, CALENDAR)
    dossier.does("2025-07-02 09:00", OVER, onto=NEW)
    assert due_dates(dossier.version, dossier.ledger, CALENDAR) == before


def test_the_same_limits_need_no_promise() -> None:
    same = {**OLD, "name": {"vi": "Khác", "en": "Another"}, "warnings": ["75% officer"]}
    assert Dossier().does("2025-07-02 09:00", OVER, onto=same) == ()


def test_a_clock_that_stands_or_turns_keeps_nothing() -> None:
    standing = Dossier()
    standing.does("2025-07-02 09:00", f.ClockStopped("supplement"))
    assert standing.does("2025-07-02 10:00", OVER, onto=NEW) == ()
    turning = Dossier()
    assert all(isinstance(fact, f.DueSet) for fact in turning.does(
        "2025-07-02 10:00", OVER, f.ClockStopped("supplement"), onto=NEW))


def test_without_the_promise_the_date_would_be_another() -> None:
    """The negative control."""
    dossier = Dossier()
    dossier.version = NEW
    assert dossier.due() == iso("2025-07-04 09:00")
    assert at("2025-07-04 09:00") + timedelta(days=7) == at("2025-07-11 09:00")
