"""Timers in working time: set by the receiving unit's calendar, kept when it is corrected, proved by their facts."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.audit.models import HistoryEntry
from app.audit.reexecute import Recorded, Verdict, reexecute
from app.calendars import working_calendar
from app.casework import definition_of
from app.db import reading
from app.deadlines.commands import NewHours, set_hours
from app.deadlines.recompute import recompute
from app.dossiers.models import Dossier
from app.jobs.commands import fire_due_timers
from app.jobs.models import Timer
from app.people.actor import Actor
from app.people.commands import set_day
from app.procedures.models import ProcessVersion
from app.tasks.desk import open_task
from engine.clock.worktime import add
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
        rows = conn.execute(select(HistoryEntry.seq, HistoryEntry.at, HistoryEntry.payload).order_by(HistoryEntry.seq))
        entries = [Recorded(row.seq, row.at, json.loads(json.dumps(row.payload))) for row in rows]
        return reexecute(definition_of(conn, conn.execute(select(ProcessVersion.digest)).scalar_one()), entries)


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


def test_a_corrected_calendar_changes_no_timer_and_no_proof(officer: Actor) -> None:
    with clock.at(at("2026-03-03T16:00")):
        make.complete(officer, 1, "1", make.COMMUNE)
    before, admin = due(), make.actor("admin")
    set_day(admin, date(2026, 3, 5), "off", ("Ngày khác", "Another"), "8/VPCP")
    with clock.at(at("2026-03-03T17:00")):
        recompute(admin, "8/VPCP")
    assert due() == before
    assert again().equal
    with clock.at(at("2026-03-06T16:00")):
        assert fire_due_timers() == 1
    verdict = again()
    assert (verdict.outcome, verdict.checked) == ("equal", 5)
    with reading() as conn:
        assert conn.scalar(select(Dossier.seq)) == 5


def test_the_desk_foresees_it(officer: Actor) -> None:
    with clock.at(at("2026-03-03T16:00")):
        found = open_task(officer, f"{make.CENTRE}-260302-0001", "1", "vi")
    assert found.options[0].ahead is not None, "what comes next needs the calendar"
