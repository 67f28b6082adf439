"""Timers in working time: set by the receiving unit's calendar, moved when it is corrected, proved by their facts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app import clock
from app.audit.models import HistoryEntry
from app.audit.reexecute import Recorded, Verdict, reexecute
from app.calendars import working_calendar
from app.casework import advance, definition_of
from app.db import reading, transaction
from app.deadlines.commands import NewHours, set_hours
from app.deadlines.recompute import preview, recompute
from app.dossiers.models import Dossier
from app.dossiers.story import Reader, story
from app.jobs.commands import fire_due_timers
from app.jobs.models import Timer
from app.people.actor import Actor
from app.people.commands import clear_day, set_day
from app.procedures.models import ProcessVersion
from app.seals import opened
from app.tasks.desk import open_task
from engine.clock.worktime import add
from engine.commands import RecomputeDeadlines
from engine.facts import from_json
from engine.fold import fold
from engine.state import load
from tests import builders as make
from tests.builders import at
from tests.engine import builders as draw

SATURDAY = ["08:00-12:00, 13:00-17:00"] * 6 + [""]


def diagram() -> str:
    """Appraised; then the answer of another agency is awaited for sixteen working hours."""
    return draw.diagram(
        draw.start(), draw.task("appraise"), draw.timer("pause", "=working hours(16)"), draw.task("answer"),
        draw.end(), draw.path("begin", "appraise", "pause", "answer", "done"),
    )


@pytest.fixture
def officer(inside: Flask) -> Actor:
    """A dossier of a centre that works on Saturdays too, received on Monday; Wednesday is a holiday."""
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    admin = make.person("admin", ("H49", "administrator"))
    set_hours(admin, NewHours(make.CENTRE, date(2026, 1, 1), "01/01", "31/12", SATURDAY, "3/QĐ-UBND"))
    set_day(admin, date(2026, 3, 4), "off", ("Ngày thử", "Test Day"), "7/VPCP")
    with clock.at(make.NOW):
        make.receive(receiver, make.publish(receiver, diagram()))
    return make.person("specialist", (make.COMMUNE, "specialist"))


def due() -> datetime | None:
    with reading() as conn:
        return conn.scalar(select(Timer.due_at))


def again() -> Verdict:
    """The recorded commands, run again."""
    with reading() as conn:
        digest = conn.execute(select(ProcessVersion.digest)).scalar_one()
        return reexecute(definition_of(conn, digest), history())


def test_a_timer_counts_in_the_receiving_units_calendar(officer: Actor) -> None:
    with clock.at(at("2026-03-03T16:00")):
        make.complete(officer, 1, "1", make.COMMUNE)
    # An hour on Tuesday, Thursday, and seven on Friday: Wednesday is off, the centre opens at eight.
    assert due() == at("2026-03-06T16:00")
    with reading() as conn:
        assert due() == add(working_calendar(conn, make.CENTRE), at("2026-03-03T16:00"), Decimal(16))


def test_it_fires_then_and_not_before(officer: Actor) -> None:
    with clock.at(at("2026-03-03T16:00")):
        make.complete(officer, 1, "1", make.COMMUNE)
    for moment, fired in ((at("2026-03-06T16:00") - timedelta(seconds=1), 0), (at("2026-03-06T16:00"), 1)):
        with clock.at(moment):
            assert fire_due_timers() == fired


@pytest.fixture
def awaited(officer: Actor) -> Actor:
    """The answer is awaited until Friday at four; nobody but the administrator goes on."""
    with clock.at(at("2026-03-03T16:00")):
        make.complete(officer, 1, "1", make.COMMUNE)
    assert due() == at("2026-03-06T16:00")
    return make.actor("admin")


def give_off(admin: Actor, day: date) -> None:
    set_day(admin, day, "off", ("Ngày khác", "Another"), "8/VPCP")


def kept() -> dict[str, tuple[str, str]]:
    """The timers of the engine's state."""
    with reading() as conn:
        row = conn.execute(select(Dossier.code, Dossier.seq, Dossier.state)).one()
        return {timer.id: (timer.element, timer.due_at) for timer in load(opened(*row)).timers.values()}


def history() -> list[Recorded]:
    with reading() as conn:
        query = select(HistoryEntry.seq, HistoryEntry.at, HistoryEntry.payload).order_by(HistoryEntry.seq)
        return [Recorded(row.seq, row.at, json.loads(json.dumps(row.payload))) for row in conn.execute(query)]


def told() -> list[dict[str, Any]]:
    """The facts of the newest entry about timers."""
    payload = history()[-1].payload or {}
    return [fact for fact in payload["facts"] if fact["fact"] == "TimerDueMoved"]


def test_a_corrected_calendar_moves_a_timer_that_is_set(awaited: Actor) -> None:
    give_off(awaited, date(2026, 3, 5))
    moment = at("2026-03-07T16:00")
    with clock.at(at("2026-03-03T17:00")):
        shown = [(one.old, one.new, one.step) for one in preview().shown if one.scope == "timer"]
        assert shown == [(at("2026-03-06T16:00"), moment, {"vi": "pause", "en": "pause"})]
        assert due() == at("2026-03-06T16:00"), "a preview moves nothing"
        assert recompute(awaited, "8/VPCP").failed == []
        assert preview().dates == 0
        assert recompute(awaited, "8/VPCP").dates == 0
    assert due() == moment
    assert told() == [{"fact": "TimerDueMoved", "v": 1, "timer": "3", "element": "pause",
                       "old": "2026-03-06T09:00:00+00:00", "due_at": "2026-03-07T09:00:00+00:00"}]
    view = fold(from_json(fact) for entry in history() for fact in (entry.payload or {})["facts"])
    assert kept() == view.timers == {"3": ("pause", "2026-03-07T09:00:00+00:00")}


def test_the_history_proves_itself_after_it_fired_then(awaited: Actor) -> None:
    give_off(awaited, date(2026, 3, 5))
    with clock.at(at("2026-03-03T17:00")):
        recompute(awaited, "8/VPCP")
    assert again().equal
    for moment, fired in ((at("2026-03-06T16:00"), 0), (at("2026-03-07T16:00"), 1)):
        with clock.at(moment):
            assert fire_due_timers() == fired
    verdict = again()
    assert (verdict.outcome, verdict.checked) == ("equal", 5)
    with reading() as conn:
        assert conn.scalar(select(Dossier.seq)) == 5


def test_what_would_lie_in_the_past_is_due_at_once(awaited: Actor) -> None:
    clear_day(awaited, date(2026, 3, 4), "9/VPCP")
    now = at("2026-03-06T10:00")
    with clock.at(now):
        recompute(awaited, "9/VPCP")
        assert due() == now
        assert preview().dates == 0
        assert fire_due_timers() == 1
    assert again().equal


def test_a_timer_that_is_overdue_either_way_is_left_to_the_worker(awaited: Actor) -> None:
    clear_day(awaited, date(2026, 3, 4), "9/VPCP")
    with clock.at(at("2026-03-06T16:30")):
        recompute(awaited, "9/VPCP")
    assert (due(), told()) == (at("2026-03-06T16:00"), [])


def test_a_timer_that_failed_and_moves_is_tried_again_then(awaited: Actor) -> None:
    give_off(awaited, date(2026, 3, 5))
    with transaction() as conn:
        conn.execute(update(Timer).values(failed_at=at("2026-03-06T16:00")))
    with clock.at(at("2026-03-06T17:00")):
        recompute(awaited, "8/VPCP")
        assert fire_due_timers() == 0
    with clock.at(at("2026-03-07T16:00")):
        assert fire_due_timers() == 1


def test_a_state_that_cannot_be_read_becomes_an_incident(awaited: Actor) -> None:
    with transaction() as conn:
        conn.execute(update(Dossier).values(state=b"nonsense"))
    give_off(awaited, date(2026, 3, 5))
    assert preview().dates > 0
    assert len(recompute(awaited, "8/VPCP").failed) == 1
    assert due() == at("2026-03-06T16:00")


def test_the_command_by_itself_moves_the_row_too(awaited: Actor) -> None:
    with clock.at(at("2026-03-04T10:00")), transaction() as conn:
        command = RecomputeDeadlines("8/VPCP", {"3": "2026-03-07T09:00:00+00:00"})
        advance(conn, 1, command, awaited, acting_unit=None)
    assert due() == at("2026-03-07T16:00")
    assert kept() == {"3": ("pause", "2026-03-07T09:00:00+00:00")}


def test_the_administrators_page_names_it(awaited: Actor, sign_in: Callable[..., FlaskClient]) -> None:
    give_off(awaited, date(2026, 3, 5))
    browser = sign_in("admin")
    with clock.at(at("2026-03-03T17:00")):
        page = browser.get("/calendar/moves").get_data(as_text=True)
        found = browser.get("/api/v1/calendar/moves").get_json()["shown"]
    assert "Bộ hẹn giờ pause" in page
    assert "16:00 07/03/2026" in page
    assert "timer" in {one["scope"] for one in found}


def test_the_dossiers_story_tells_it(app: Flask, awaited: Actor) -> None:
    give_off(awaited, date(2026, 3, 5))
    with clock.at(at("2026-03-03T17:00")):
        recompute(awaited, "8/VPCP")
    with app.test_request_context(), reading() as conn:
        digest = conn.execute(select(ProcessVersion.digest)).scalar_one()
        lines = story(conn, 1, definition_of(conn, digest), Reader("en", str))
    said = [note.text for line in lines for note in line.notes]
    assert "The time limit pause moved from 16:00 06/03/2026 to 16:00 07/03/2026." in said


def test_the_desk_foresees_it(officer: Actor) -> None:
    with clock.at(at("2026-03-03T16:00")):
        found = open_task(officer, f"{make.CENTRE}-260302-0001", "1", "vi")
    assert found.options[0].ahead is not None, "what comes next needs the calendar"
