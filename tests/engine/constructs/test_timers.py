"""Timers: when they are due, how they repeat, and what happens after an outage."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from engine.clock.timing import Working, due_at, moment_of, next_of_cycle, text_of
from engine.clock.worktime import Calendar, counted_in
from engine.commands import FireTimer, RecomputeDeadlines
from engine.definition import Bundle, check
from engine.errors import ExpressionFailed, TimerNotDue, TimerNotSet
from engine.facts import TimerDueMoved, TimerSet, to_json
from engine.running.dates import recounted
from engine.state import dump, load
from tests.engine.builders import NOW, USUAL, choice, end, flow, path, script, start, task, xor
from tests.engine.constructs.registry import refused, runs
from tests.engine.happenings import Watched, border, catch, document, handler, told

JANUARY = datetime(2026, 1, 31, 3, 0, tzinfo=UTC)


def reminding(cycle: str) -> str:
    return document(start(), task("a"), end(), end("told"), path("begin", "a", "done"), path("t", "told"),
                    border("t", "a", told("timeCycle", cycle), interrupting=False))


def dues(walk: Watched) -> list[str]:
    return [due for _, due in walk.view.timers.values()]


@runs("Timer, boundary with a cycle", "`R3/PT10H`: three times; what an outage missed is made up in order.")
def test_a_repeated_timer_goes_off_as_often_as_it_says() -> None:
    walk = Watched(reminding("R3/PT10H"))
    for number in range(1, 4):
        assert dues(walk) == [text_of(NOW + timedelta(hours=10 * number))]
        walk.fire("t")
    assert dues(walk) == []
    assert walk.trace.count("t") == 3
    assert walk.open == ["a"]


def test_an_endless_repetition_ends_with_its_task() -> None:
    walk = Watched(reminding("R/P1D"))
    for _ in range(5):
        walk.fire("t")
    walk.complete("a")
    assert (walk.view.ended, dues(walk)) == (True, [])


@runs("Timer cycle in months or years", "Counted from the beginning: 31 January, 28 February, 31 March.")
def test_months_are_counted_from_the_beginning() -> None:
    assert [text_of(next_of_cycle("R/P1M", JANUARY, fired) or NOW)[:10] for fired in range(4)] == [
        "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]
    assert text_of(next_of_cycle("R/P1Y", datetime(2028, 2, 29, tzinfo=UTC), 3) or NOW)[:10] == "2032-02-29"


@runs("Timer cycle with a beginning or an end", "`R/<start>/P1D`, `R/P1D/<end>`.")
def test_a_repetition_may_have_a_beginning_or_an_end() -> None:
    begun = "R2/2026-03-05T01:00:00Z/P1D"
    assert [next_of_cycle(begun, NOW, fired) for fired in range(3)] == [
        datetime(2026, 3, 5, 1, tzinfo=UTC), datetime(2026, 3, 6, 1, tzinfo=UTC), None]
    assert next_of_cycle("R/2020-01-01T00:30:00Z/PT1H", NOW, 0) == NOW + timedelta(minutes=30)
    ended = "R/P1D/2026-03-04T00:00:00Z"
    assert [next_of_cycle(ended, NOW, fired) for fired in range(2)] == [NOW + timedelta(days=1), None]


@runs("Timer, boundary with a cycle")
def test_after_an_outage_every_cycle_is_made_up_in_order() -> None:
    walk = Watched(reminding("R/PT1H"))
    walk.now = NOW + timedelta(hours=3, minutes=30)
    made_up = []
    while dues(walk) and moment_of(dues(walk)[0]) <= walk.now:
        made_up.append(dues(walk)[0])
        walk.do(FireTimer(walk.timer("t")))
    assert made_up == [text_of(NOW + timedelta(hours=hours)) for hours in (1, 2, 3)]
    with pytest.raises(TimerNotDue):
        walk.do(FireTimer(walk.timer("t")))


@refused("Negative, empty or malformed duration", "Give an ISO 8601 duration such as P30D.")
@pytest.mark.parametrize("bad", ["-PT1H", "", "P", "PT", "1D", "P1.5M", "+P1D", "PT1H ago", "R3/PT1H"])
def test_what_is_no_duration_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        due_at("duration", bad, NOW)


@refused("Malformed or empty cycle", "Give a cycle such as R3/P7D.")
@pytest.mark.parametrize("bad", ["PT1H", "R0/PT1H", "R/P0D", "R3", "R3/", "R-1/P1D", "R/-P1D", "R/P1D/soon", "r3/P1D"])
def test_what_is_no_repetition_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        next_of_cycle(bad, NOW, 0)


@runs("Timer, FEEL expression", "Evaluated once, when the timer is set.")
def test_a_computed_repetition_is_kept_as_it_was_computed() -> None:
    walk = Watched(reminding('="R2/" + filing.every'), {"every": "PT2H"})
    walk.fire("t")
    assert dues(walk) == [text_of(NOW + timedelta(hours=4))]
    with pytest.raises(ExpressionFailed, match="it gives no cycle"):
        Watched(reminding('="R2/" + filing.every'), {"every": "2 hours"})


@runs("Boundary timer back to its own task", "One task at a time, each with a timer of its own.")
def test_a_timer_that_leads_back_to_its_own_task_leaves_one_task() -> None:
    xml = document(start(), task("a"), end(), path("begin", "a", "done"), path("t", "a"),
                   border("t", "a", told("timeDuration", "P1D")))
    walk = Watched(xml)
    for visit in range(2, 5):
        walk.fire("t")
        assert (walk.open, walk.view.visits["a"], len(dues(walk))) == (["a"], visit, 1)
    walk.complete("a")
    assert walk.view.ended


@runs("Event subprocess, timer", "It does not keep the process open.")
def test_a_timer_of_the_process_starts_a_handler_and_does_not_keep_it_open() -> None:
    late = handler("h", told("timeDuration", "P5D"), script("note", "1"), end("x"), path("h_on", "note", "x"),
                   interrupting=False)
    xml = document(start(), task("a"), end(), path("begin", "a", "done"), late)
    walk = Watched(xml)
    walk.fire("h_on")
    assert (walk.open, walk.view.data["note"], dues(walk)) == (["a"], 1, [])
    walk.complete("a")
    assert walk.view.ended
    early = Watched(xml)
    early.complete("a")
    assert (early.view.ended, dues(early)) == (True, [])


@runs("Timer, intermediate with a cycle", "The first time counts.")
def test_a_repeated_timer_on_a_way_lets_go_once() -> None:
    xml = document(start(), catch("t", told("timeCycle", "R/P1D")), task("a"), end(), path("begin", "t", "a", "done"))
    walk = Watched(xml)
    walk.fire("t")
    assert (walk.open, dues(walk)) == (["a"], [])


@runs("Event subprocess inside a subprocess", "The subprocess's boundary events go on waiting.")
def test_an_interrupting_handler_of_a_subprocess_leaves_its_border_alone() -> None:
    inner = handler("h", told("timeDuration", "P1D"), task("x"), end("xo"), path("h_on", "x", "xo"))
    xml = document(start(), "<bpmn:subProcess id=\"f\">", start("i"), task("a"), end("o"), path("i", "a", "o"), inner,
                   "</bpmn:subProcess>", task("late"), end(), path("begin", "f", "done"), path("b", "late", "done"),
                   border("b", "f", told("timeDuration", "P2D")))
    walk = Watched(xml)
    walk.fire("h_on")
    assert walk.open == ["x"]
    walk.fire("b")
    assert walk.open == ["late"]


def test_every_round_of_a_loop_has_its_own_timer() -> None:
    xml = document(start(), xor("m"), task("a", choice("again", "return"), choice("on")), xor("g", "g-done"), end(),
                   end("told"), path("begin", "m", "a", "g", "done"), flow("g", "m", 'a.choice = "again"'),
                   path("t", "told"), border("t", "a", told("timeCycle", "R2/P1D"), interrupting=False))
    walk = Watched(xml)
    walk.fire("t")
    walk.complete("a", "again")
    walk.fire("t")
    walk.fire("t")
    assert dues(walk) == []
    walk.complete("a", "on")
    assert walk.view.ended


def awaited(tag: str, value: str, **filing: object) -> Watched:
    return Watched(document(start(), catch("t", told(tag, value)), task("a"), end(), path("begin", "t", "a", "done")),
                   filing)


@runs("Timer in working time", "`=working hours(16)`, `=working days(2)`: by the receiving unit's calendar.")
@pytest.mark.parametrize(("tag", "value", "due"), [
    # NOW is Monday 2 March 2026, 08:00; eight hours are a working day.
    ("timeDuration", "=working hours(16)", "2026-03-04T01:00:00+00:00"),
    ("timeDuration", "working PT3.5H", "2026-03-02T04:30:00+00:00"),
    ("timeDuration", "=working days(filing.days)", "2026-03-09T01:00:00+00:00"),
    ("timeDate", "=working hours(8, filing.hearing)", "2026-03-09T10:00:00+00:00"),
    ("timeDate", "=working hours(-8, date and time(filing.hearing))", "2026-03-06T00:30:00+00:00"),
    ("timeDate", '=working days(1, date("2026-03-06"))', "2026-03-06T10:00:00+00:00"),
])
def test_a_timer_in_working_time(tag: str, value: str, due: str) -> None:
    walk = awaited(tag, value, days=5, hearing="2026-03-07T10:00:00+07:00")
    assert dues(walk) == [due]
    [said] = [fact for fact in walk.facts if isinstance(fact, TimerSet)]
    assert "working" in str(said.working)
    walk.fire("t")
    assert walk.open == ["a"]


def test_working_time_repeats() -> None:
    walk = Watched(reminding('="R3/" + working hours(6)'))
    for due in ("2026-03-02T08:30:00+00:00", "2026-03-03T06:30:00+00:00", "2026-03-04T03:00:00+00:00"):
        assert dues(walk) == [due]
        walk.fire("t")
    assert dues(walk) == []


def test_a_timer_without_working_time_says_nothing_about_it() -> None:
    walk = Watched(reminding("R3/PT10H"))
    assert ["working" in to_json(fact) for fact in walk.facts if isinstance(fact, TimerSet)] == [False]


HOLIDAY = counted_in(Calendar(days={date(2026, 3, 3): "off"}))


def corrected(walk: Watched, working: Working = HOLIDAY) -> dict[str, str]:
    """What a holiday on Tuesday moves, once it has been moved."""
    found = recounted(walk.state or b"", working, walk.now)
    walk.do(RecomputeDeadlines("8/VPCP", found))
    return found


@pytest.mark.parametrize(("tag", "value", "due"), [
    ("timeDuration", "=working hours(16)", "2026-03-05T01:00:00+00:00"),
    ("timeDuration", "=working days(1)", "2026-03-04T01:00:00+00:00"),
    ("timeDate", "=working hours(8, filing.hearing)", "2026-03-04T10:00:00+00:00"),
])
def test_a_set_timer_in_working_time_moves_with_the_calendar(tag: str, value: str, due: str) -> None:
    walk = awaited(tag, value, hearing="2026-03-02T17:00:00+07:00")
    before, number = dues(walk), walk.timer("t")
    assert corrected(walk) == {number: due}
    assert walk.last[1:] == (TimerDueMoved(number, "t", before[0], due),)
    assert dues(walk) == [due]
    assert corrected(walk) == {}
    assert list(corrected(walk, USUAL).values()) == before, "what was corrected wrongly can be undone"


def test_a_repetition_in_working_time_moves_and_goes_on_from_its_beginning() -> None:
    walk = Watched(reminding('="R3/" + working hours(6)'))
    walk.fire("t")
    assert list(corrected(walk).values()) == ["2026-03-04T06:30:00+00:00"]
    walk.fire("t")
    assert dues(walk) == ["2026-03-04T03:00:00+00:00"], "the next one is set by the calendar that is handed in"


@pytest.mark.parametrize(("tag", "value"), [
    ("timeDuration", "PT30H"), ("timeDate", "2026-03-05T09:00:00+07:00"), ("timeCycle", "R3/PT30H"),
])
def test_no_other_timer_moves(tag: str, value: str) -> None:
    assert corrected(awaited(tag, value)) == {}


def test_a_timer_that_an_earlier_release_set_keeps_its_date() -> None:
    walk = awaited("timeDuration", "=working hours(16)")
    kept = load(walk.state or b"")
    for timer in kept.timers.values():
        timer.base = timer.working = ""
    assert b"working" not in dump(kept)
    assert recounted(dump(kept), HOLIDAY, walk.now) == {}


def test_a_correction_names_timers_that_are_set() -> None:
    walk = awaited("timeDuration", "=working hours(16)")
    with pytest.raises(TimerNotSet):
        walk.do(RecomputeDeadlines("8/VPCP", {"77": "2026-03-05T01:00:00+00:00"}))


@pytest.mark.parametrize("value", [
    "=working hours(0)", "=working hours(-1)", '=working hours("x")', "=working hours(null)", "=working hours(20000)",
    '=working hours(1, "no date")', "=working days()",
])
def test_senseless_working_time_fails_with_a_sentence(value: str) -> None:
    with pytest.raises(ExpressionFailed):
        awaited("timeDuration", value)


@pytest.mark.parametrize("value", ["working PT0H", "working -PT1H", "working P1M", "R3/P1D/working PT1H", "working"])
def test_senseless_working_time_is_found_before_publishing(value: str) -> None:
    xml = document(start(), catch("t", told("timeDuration", value)), end(), path("begin", "t", "done"))
    assert "timer_value" in {finding.code for finding in check(Bundle(xml))}


def test_nobody_to_say_what_working_time_is() -> None:
    with pytest.raises(ValueError, match="working time"):
        due_at("duration", "working PT1H", NOW)
    calendar = counted_in(Calendar())
    assert due_at("duration", "working PT1H", NOW, calendar) == NOW + timedelta(hours=1)
    assert due_at("cycle", "R2/working PT1H", NOW, calendar) == NOW + timedelta(hours=1)
