"""The ledger out of history, whose time it was, the count of a date day by day, warnings and new appointments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import facts as f
from engine.clock.account import Entry, account
from engine.clock.deadlines import due_dates, hours_more, rung_of, rungs_of, schedule
from engine.clock.explain import explain
from engine.clock.ledger import ledger_of
from engine.clock.seconds import cut
from engine.clock.worktime import Calendar, add
from engine.errors import AppointedAgain, LimitRefused

LOCAL = timezone(timedelta(hours=7))
CALENDAR = Calendar(days={date(2025, 7, 3): "off", date(2025, 7, 12): "make_up"})
PROCEDURE: dict[str, Any] = {
    "limits": {"statutory": {"value": 15, "unit": "calendar_day"}, "reduced": {"value": 8, "unit": "working_day"}},
    "supplement": {"policy": "pause_and_extend"},
}
STARTED = f.ProcessStarted("digest", {}, {})
History = list[tuple[datetime, tuple[f.Fact, ...]]]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def iso(text: str) -> str:
    return at(text).astimezone(UTC).isoformat()


def entered(token: str, hours: str | None = "8", unit: str = "H49.1") -> f.StepEntered:
    return f.StepEntered(token, f"step{token}", 1, "appraise", "specialist", unit, hours, None)


# A history by chance: steps open, are claimed, given back and left; the clock stands and runs; at last it ends.

acts = st.lists(st.tuples(st.integers(1, 300_000), st.sampled_from("ecrlsq" * 4 + "x")), max_size=25)


def by_chance(moves: list[tuple[int, str]]) -> History:
    now, token, held, stood = at("2025-07-01 09:00"), 1, {"1": False}, False
    history: History = [(now, (STARTED, entered("1")))]
    for gap, act in moves:
        now += timedelta(seconds=gap, microseconds=gap * 7919 % 1_000_000)
        first = next(iter(held), None)
        facts: tuple[f.Fact, ...] = ()
        if act == "e":
            token += 1
            held[str(token)] = False
            facts = (entered(str(token), None if token % 3 == 0 else "4", f"H49.{token % 2}"),)
        elif act == "c" and first and not held[first]:
            held[first] = True
            facts = (f.StepClaimed(first, f"step{first}", "7"),)
        elif act == "r" and first and held[first]:
            held[first] = False
            facts = (f.StepReleased(first, f"step{first}", "7"),)
        elif act == "l" and first:
            del held[first]
            facts = (f.StepCompleted(first, f"step{first}", {}),)
        elif act in "sq" and (act == "s") != stood:
            stood = act == "s"
            facts = (f.ClockStopped("supplement") if stood else f.ClockStarted("supplement"),)
        elif act == "x" and not stood:
            facts = (f.StatusChanged(4, 9), f.StatusChanged(9, 4)) if gap % 2 else (f.StatusChanged(2, 4),)
        history.append((now, facts))
    return history


@settings(deadline=None)
@given(acts, st.integers(0, 500_000))
def test_officers_time_and_waiting_are_the_elapsed_working_time_exactly(moves: Any, later: int) -> None:
    history = by_chance(moves)
    now = history[-1][0] + timedelta(seconds=later)
    found = account((Entry(moment, "An", facts) for moment, facts in history), CALENDAR, now)
    assert found.elapsed == timedelta(microseconds=CALENDAR.place(now) - CALENDAR.place(history[0][0]))
    assert found.officers + sum(found.waiting.values(), timedelta()) == found.elapsed
    assert sum((part.time for part in found.parts), timedelta()) == found.officers
    assert all(left.end <= right.begin for left, right in zip(found.turns, found.turns[1:], strict=False))


@settings(deadline=None)
@given(acts)
def test_ledger_and_dates_follow_from_the_history_alone(moves: Any) -> None:
    history, ledger, due = by_chance(moves), [], {}
    for moment, facts in history:
        scheduled = schedule(PROCEDURE, facts, ledger, CALENDAR, moment)
        ledger = scheduled.ledger
        due.update({each.scope: each.due_at for each in scheduled.due})
    assert ledger_of(history) == ledger
    again = due_dates(PROCEDURE, ledger_of(history), CALENDAR)
    assert {scope: due[scope] for scope in again} == again


@settings(deadline=None)
@given(acts)
def test_the_count_day_by_day_ends_with_the_date_itself(moves: Any) -> None:
    history = by_chance(moves)
    ledger, now = ledger_of(history), history[-1][0]
    told = explain(PROCEDURE, ledger, CALENDAR, "dossier", now)
    assert abs(sum(day.used for day in told.days) + told.days[-1].left - told.total) < Decimal("1e-20")
    if told.due is None:
        assert told.stands
    else:
        assert told.days[-1].left == 0
        assert told.days[-1].day == CALENDAR.local(told.due).date()
        assert told.days[-1].spans[-1].end >= cut(told.due)


@settings(deadline=None)
@given(acts)
def test_what_is_told_is_in_whole_seconds_and_adds_up(moves: Any) -> None:
    history = by_chance(moves)
    ledger, now = ledger_of(history), history[-1][0]
    for scope in ("dossier", *(entry["reason"] for entry in ledger if entry["kind"] == "step")):
        told = explain(PROCEDURE, ledger, CALENDAR, scope, now)
        left, counted = told.total + told.extension, [told.start]
        for day in told.days:
            spans = [span for span in day.spans if not span.reason]
            left -= day.used
            assert abs(sum((span.end - span.begin).total_seconds() for span in spans) - float(day.used * 3600)) < 1e-6
            assert abs(day.left - left) < Decimal("1e-20")
            assert not any(moment.microsecond for span in day.spans for moment in (span.begin, span.end))
            counted += [span.end for span in spans]
        assert told.due is None or counted[-1] == cut(told.due)


def test_a_pause_begins_and_ends_within_a_second_of_what_it_did() -> None:
    ledger = ledger_of([
        (at("2025-07-01 08:00:30.400"), (STARTED, entered("1"))),
        (at("2025-07-01 09:00:10.200"), (f.ClockStopped("supplement"),)),
        (at("2025-07-01 10:00:50.900"), (f.ClockStarted("supplement"),)),
    ])
    told = explain(PROCEDURE, ledger, CALENDAR, "1", at("2025-07-01 12:00"))
    shown = [(f"{CALENDAR.local(span.begin):%T}", f"{CALENDAR.local(span.end):%T}") for span in told.days[0].spans]
    assert shown == [("08:00:30", "09:00:10"), ("09:00:10", "10:00:51"), ("10:00:51", "11:30:00"),
                     ("13:00:00", "17:00:00")]
    assert told.due == at("2025-07-02 09:01:11.100")


def test_what_ran_after_the_date_is_no_part_of_its_count() -> None:
    ledger = ledger_of([
        (at("2025-07-01 08:00:30.400"), (STARTED, entered("1"))),
        (at("2025-07-02 16:00:10.200"), (f.ClockStopped("supplement"),)),
        (at("2025-07-04 10:00:50.900"), (f.ClockStarted("supplement"),)),
    ])
    short = {"limits": {"reduced": {"value": 1, "unit": "working_day"}}}
    told = explain(short, ledger, CALENDAR, "dossier", at("2025-07-04 12:00"))
    assert (told.due, told.extension) == (at("2025-07-02 08:00:30.400"), 0)
    assert [day.left for day in told.days] == [Decimal(30 * 60 + 30) / 3600, 0]


def test_a_count_of_more_than_a_thousand_days_says_how_many_follow() -> None:
    long = {"limits": {"reduced": {"value": 1500, "unit": "working_day"}}}
    ledger = ledger_of([(at("2025-07-01 07:30"), (STARTED,))])
    told = explain(long, ledger, CALENDAR, "dossier", at("2025-07-01 12:00"))
    last = CALENDAR.local(told.due).date() if told.due else date.min
    assert (len(told.days), told.further) == (1000, (last - date(2025, 7, 1)).days + 1 - 1000)
    days = {"limits": {"reduced": {"value": 1200, "unit": "calendar_day"}}}
    assert explain(days, ledger, CALENDAR, "dossier", at("2025-07-01 12:00")).further > 200
    assert explain(PROCEDURE, ledger, CALENDAR, "dossier", at("2025-07-01 12:00")).further == 0


def test_a_supplement_in_the_count() -> None:
    ledger = ledger_of([
        (at("2025-07-01 17:30"), (STARTED, entered("1"))), (at("2025-07-04 15:00"), (f.ClockStopped("supplement"),)),
        (at("2025-07-07 10:00"), (f.ClockStarted("supplement"),)),
    ])
    told = explain(PROCEDURE, ledger, CALENDAR, "dossier", at("2025-07-08 08:00"))
    assert (told.begins, told.total, told.due) == ("after_closing", 64, at("2025-07-14 13:30"))
    lines = {day.day.day: (day.kind, day.used, [span.reason for span in day.spans]) for day in told.days}
    assert lines[1] == ("open", 0, [])
    assert lines[2] == ("open", 8, ["", ""])
    assert lines[3] == ("off", 0, [])
    assert lines[4] == ("open", 6, ["", "", "supplement"])
    assert lines[5] == ("closed", 0, [])
    assert lines[7] == ("open", Decimal("5.5"), ["supplement", "", ""])
    assert lines[12] == ("make_up", 8, ["", ""])
    assert lines[14] == ("open", Decimal("4.5"), ["", ""])
    statutory = explain(PROCEDURE, ledger, CALENDAR, "statutory", at("2025-07-08 08:00"))
    assert (statutory.unit, statutory.total, statutory.due) == ("calendar_day", 15, at("2025-07-21 17:00"))
    assert sum(day.used for day in statutory.days) == 15
    step = explain(PROCEDURE, ledger, CALENDAR, "1", at("2025-07-08 08:00"))
    assert (step.total, step.due) == (8, at("2025-07-02 17:00"))
    with pytest.raises(LimitRefused):
        explain(PROCEDURE, ledger, CALENDAR, "99", at("2025-07-08 08:00"))


def test_an_uncollected_result_is_nobodys_delay() -> None:
    entries = [
        Entry(at("2025-07-01 08:00"), "An", (STARTED, entered("1", "4"))),
        Entry(at("2025-07-01 10:00"), "Binh", (f.StepClaimed("1", "step1", "7"),)),
        Entry(at("2025-07-02 10:00"), "Binh", (f.StepCompleted("1", "step1", {}), entered("2"),
                                               f.StatusChanged(4, 9))),
    ]
    found = account(entries, CALENDAR, at("2025-09-01 08:00"))
    hour = timedelta(hours=1)
    assert found.elapsed == found.officers == 10 * hour
    assert [(spent.step, spent.used, spent.over, spent.people) for spent in found.steps] == [
        ("step1", 10 * hour, 6 * hour, ((None, 2 * hour), ("7", 8 * hour))),
    ]


# Warnings


def test_warnings_come_at_their_share_of_running_time() -> None:
    scheduled = schedule(PROCEDURE, (STARTED, entered("1")), [], CALENDAR, at("2025-07-01 07:30"))
    assert scheduled.warn == {"dossier": iso("2025-07-09 17:00"), "1": iso("2025-07-01 15:00")}
    warned = schedule(PROCEDURE, (f.WarningGiven("1", "step1", 0, "officer"),), scheduled.ledger, CALENDAR,
                      at("2025-07-01 15:00"))
    assert warned.due == ()
    assert warned.warn == {"1": iso("2025-07-01 17:00")}
    stopped = schedule(PROCEDURE, (f.ClockStopped("supplement"),), warned.ledger, CALENDAR, at("2025-07-01 16:00"))
    assert stopped.warn["1"] is None
    again = schedule(PROCEDURE, (f.ClockStarted("supplement"),), stopped.ledger, CALENDAR, at("2025-07-04 07:30"))
    assert again.warn["1"] == iso("2025-07-04 08:30")
    head, unit = f.WarningGiven("1", "step1", 1, "head"), f.WarningGiven("1", "step1", 2, "unit")
    late = schedule(PROCEDURE, (head,), again.ledger, CALENDAR, at("2025-07-04 08:30"))
    assert late.warn == {"1": iso("2025-07-07 08:30")}
    last = schedule(PROCEDURE, (unit,), late.ledger, CALENDAR, at("2025-07-07 08:30"))
    assert last.warn == {"1": None}


def test_a_procedure_has_warnings_of_its_own() -> None:
    rungs = rungs_of({"warnings": ["+4h unit", "50% officer", "nonsense", "due head"]})
    assert [(rung.share, rung.more, rung.to) for rung in rungs] == [
        (Decimal("0.5"), 0, "officer"), (1, 0, "head"), (1, 4, "unit"),
    ]
    assert rung_of("0% officer") is rung_of("120% head") is rung_of(None) is None


def test_an_apology_is_called_to_mind_before_the_date_and_once() -> None:
    first = schedule(PROCEDURE, (STARTED,), [], CALENDAR, at("2025-07-01 07:30"))
    assert first.warn["dossier"] == iso("2025-07-09 17:00")
    told = schedule(PROCEDURE, (f.WarningGiven("dossier", "", 0, "apology"),), first.ledger, CALENDAR,
                    at("2025-07-10 07:30"))
    assert (told.due, told.warn) == ((), {"dossier": None})
    appointed = f.Reappointed(iso("2025-07-15 17:00"), "16", "Chờ xác minh", "1/PXL", "")
    signed = schedule(PROCEDURE, (appointed,), told.ledger, CALENDAR, at("2025-07-10 09:00"))
    assert signed.due == (f.DueSet("dossier", iso("2025-07-14 17:00")),)
    assert signed.warn == {"dossier": iso("2025-07-11 17:00")}
    with pytest.raises(AppointedAgain):
        schedule(PROCEDURE, (appointed,), signed.ledger, CALENDAR, at("2025-07-11 09:00"))
    further = f.Reappointed(iso("2025-07-15 17:00"), "8", "Bão", "2/PXL", "Bão số 3")
    again = schedule(PROCEDURE, (further,), signed.ledger, CALENDAR, at("2025-07-11 09:00"))
    assert again.due == (f.DueSet("dossier", iso("2025-07-15 17:00")),)
    told_why = explain(PROCEDURE, again.ledger, CALENDAR, "dossier", at("2025-07-11 09:00"))
    assert (told_why.extension, told_why.days[-1].left) == (24, 0)


def test_an_apology_is_called_to_mind_again_when_the_whole_time_begins_anew() -> None:
    again = {**PROCEDURE, "supplement": {"policy": "restart_full", "max": 2}}
    ledger = schedule(again, (STARTED,), [], CALENDAR, at("2025-07-01 07:30")).ledger
    reminded = f.WarningGiven("dossier", "", 0, "apology")
    ledger = schedule(again, (reminded,), ledger, CALENDAR, at("2025-07-10 07:30")).ledger
    ledger = schedule(again, (f.ClockStopped("supplement"),), ledger, CALENDAR, at("2025-07-10 08:30")).ledger
    resumed = schedule(again, (f.ClockStarted("supplement"),), ledger, CALENDAR, at("2025-07-14 07:30"))
    assert resumed.warn["dossier"] == iso("2025-07-21 17:00")


def test_a_pause_after_the_first_date_moves_the_new_one() -> None:
    ledger = schedule(PROCEDURE, (STARTED,), [], CALENDAR, at("2025-07-01 07:30")).ledger
    appointed = f.Reappointed(iso("2025-07-15 17:00"), "24", "Chờ xác minh", "1/PXL", "")
    signed = schedule(PROCEDURE, (appointed,), ledger, CALENDAR, at("2025-07-10 09:00"))
    assert f.DueSet("dossier", iso("2025-07-15 17:00")) in signed.due
    ledger = schedule(PROCEDURE, (f.ClockStopped("supplement"),), signed.ledger, CALENDAR,
                      at("2025-07-15 07:30")).ledger
    resumed = schedule(PROCEDURE, (f.ClockStarted("supplement"),), ledger, CALENDAR, at("2025-07-17 07:30"))
    assert f.DueSet("dossier", iso("2025-07-17 17:00")) in resumed.due
    told = explain(PROCEDURE, resumed.ledger, CALENDAR, "dossier", at("2025-07-17 09:00"))
    assert (told.days[-1].left, told.due) == (0, at("2025-07-17 17:00"))


def test_the_new_date_is_kept_when_the_clock_stood_after_the_first_one() -> None:
    ledger = schedule(PROCEDURE, (STARTED,), [], CALENDAR, at("2025-07-01 07:30")).ledger
    ledger = schedule(PROCEDURE, (f.ClockStopped("supplement"),), ledger, CALENDAR, at("2025-07-14 07:30")).ledger
    ledger = schedule(PROCEDURE, (f.ClockStarted("supplement"),), ledger, CALENDAR, at("2025-07-16 07:30")).ledger
    first, new = at("2025-07-11 17:00"), at("2025-07-18 17:00")
    hours = hours_more(PROCEDURE, ledger, CALENDAR, first, new)
    assert hours == 8 * 4, "the two days in which the clock stood are not among them"
    signed = schedule(PROCEDURE, (f.Reappointed(iso("2025-07-18 17:00"), f"{hours:f}", "Chờ", "1/PXL", ""),), ledger,
                      CALENDAR, at("2025-07-16 09:00"))
    assert signed.due == (f.DueSet("dossier", iso("2025-07-18 17:00")),)


def test_the_warnings_of_another_version_take_over_at_once() -> None:
    ledger = schedule(PROCEDURE, (STARTED, entered("1")), [], CALENDAR, at("2025-07-01 07:30")).ledger
    ledger = schedule(PROCEDURE, (f.WarningGiven("1", "step1", 0, "officer"),), ledger, CALENDAR,
                      at("2025-07-01 16:00")).ledger
    fewer = {**PROCEDURE, "warnings": ["75% officer"]}
    moved = schedule(fewer, (f.DossierMigrated("old", "new", {}),), ledger, CALENDAR, at("2025-07-01 16:10"))
    assert (moved.due, moved.warn["1"], moved.warn["dossier"]) == ((), None, iso("2025-07-09 17:00"))


def test_a_dossier_that_ended_while_the_clock_stood_has_no_date() -> None:
    ledger = schedule(PROCEDURE, (STARTED,), [], CALENDAR, at("2025-07-01 07:30")).ledger
    ledger = schedule(PROCEDURE, (f.ClockStopped("supplement"),), ledger, CALENDAR, at("2025-07-02 10:00")).ledger
    ended = (f.StatusChanged(5, 7), f.DossierEnded(7, None))
    ledger = schedule(PROCEDURE, ended, ledger, CALENDAR, at("2025-07-04 10:00")).ledger
    assert due_dates(PROCEDURE, ledger, CALENDAR)["dossier"] is None
    told = explain(PROCEDURE, ledger, CALENDAR, "dossier", at("2025-08-01 09:00"))
    assert (told.due, told.stands, told.days[-1].day, told.days[-1].left) == (
        None, True, date(2025, 7, 4), Decimal("53.5"))
    assert {span.reason for day in told.days[2:] for span in day.spans} == {"supplement"}


def test_a_date_can_be_explained_while_a_supplement_is_awaited_that_restarts_it() -> None:
    again = {**PROCEDURE, "supplement": {"policy": "restart_full", "max": 2}}
    ledger = schedule(again, (STARTED,), [], CALENDAR, at("2025-07-01 07:30")).ledger
    ledger = schedule(again, (f.ClockStopped("supplement"),), ledger, CALENDAR, at("2025-07-02 11:30")).ledger
    told = explain(again, ledger, CALENDAR, "dossier", at("2025-07-04 09:00"))
    assert (told.stands, told.restarted, told.due, told.days[-1].left) == (True, False, None, 52)


def test_a_variant_of_a_limit_counts_for_its_dossier() -> None:
    variant = f.LimitSet("statutory", 25, "calendar_day", "filing.complex")
    scheduled = schedule(PROCEDURE, (STARTED, variant), [], CALENDAR, at("2025-07-01 07:30"))
    assert f.DueSet("statutory", iso("2025-07-28 17:00")) in scheduled.due
    assert add(CALENDAR, at("2025-07-01 07:30"), Decimal(64)) == at("2025-07-11 17:00")
