"""Pages that the demonstration province has nothing for: an event handed in, an incident, the letter of an apology,
changes of the calendar."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select, update

from app import casework, clock, create_app
from app.cli import preparing
from app.db import db, transaction
from app.deadlines.apologies import Wanted, draft_apology, sign_apology
from app.deadlines.commands import NewCutOff, NewHours, remove_cut_off, set_cut_off, set_hours
from app.dossiers.models import Dossier
from app.dossiers.panes import pane
from app.dossiers.story import Reader
from app.jobs.models import Incident
from app.people.actor import Actor
from app.people.commands import clear_day, set_day
from engine.commands import ClaimStep
from engine.errors import StateUnreadable
from tests import builders as make
from tests.app.jobs.test_services import PAYMENT, WAITING
from tests.journeys.test_pages import ELSEWHERE, Shown, look
from tests.journeys.world import People, serving


def laid_out() -> list[Shown]:
    """One dossier: an apology is signed, a command fails, and then a message with a form is awaited.

    And a calendar that somebody changed.
    """
    make.province()
    receiver, head = make.person("receiver", (make.CENTRE, "receiver")), make.person("head", (make.CENTRE, "head"))
    make.person("supervisor", ("H49", "supervisor"))
    received = make.receive(receiver, make.publish(receiver, WAITING, {"payment": PAYMENT}))
    wanted = Wanted("Chờ xác minh thực địa", clock.now() + timedelta(days=30))
    letter = draft_apology(receiver, received.code, wanted)
    sign_apology(head, received.code, letter)
    correct(make.person("administrator", ("H49", "administrator")))
    incident = damaged(received.dossier, ClaimStep("1", receiver.assignee))
    done = make.complete(receiver, received.dossier, received.opened_tasks[0].token, make.CENTRE)
    [wait] = pane(receiver, done.code, "steps", Reader("en", str)).waits
    return [
        Shown("deadlines.apology_letter", f"/dossiers/{done.code}/apology/{letter}", "receiver"),
        Shown("dossiers.awaited", f"/dossiers/{done.code}/awaited/{wait.wait}", "receiver"),
        Shown("jobs.incident", f"/incidents/{incident}", "supervisor"),
        Shown("deadlines.calendar", "/calendar?year=2026", "administrator"),
    ]


def correct(administrator: Actor) -> None:
    """Every kind of change of the calendar."""
    week = ("07:30-11:30, 13:00-17:00",) * 5 + ("08:00-11:30", "")
    set_hours(administrator, NewHours(make.COMMUNE, date(2026, 1, 1), "16/04", "15/10", week, "12/2026/QĐ-UBND"))
    set_cut_off(administrator, NewCutOff(None, date(2026, 1, 1), "online", "15:00", "5/2026/QĐ-UBND"))
    number = set_cut_off(administrator, NewCutOff(make.CENTRE, date(2026, 1, 1), "", "", "6/2026/QĐ-UBND"))
    remove_cut_off(administrator, number, "7/2026/QĐ-UBND")
    set_day(administrator, date(2026, 3, 3), "off", ("Nghỉ bù", "Day off in lieu"), "9441/VPCP-KGVX")
    set_day(administrator, date(2026, 3, 4), "off", ("Nghỉ bão", "Storm"), "9442/VPCP-KGVX")
    clear_day(administrator, date(2026, 3, 3), "9443/VPCP-KGVX")


def damaged(dossier: int, command: ClaimStep) -> int | None:
    """The incident of a command on a dossier whose state somebody broke, and then mended."""
    with transaction() as conn:
        state = conn.scalar(select(Dossier.state))
        conn.execute(update(Dossier).values(state=b"damaged"))
    with suppress(StateUnreadable), transaction() as conn:
        casework.advance(conn, dossier, command, make.actor("receiver"), acting_unit=make.CENTRE)
    with transaction() as conn:
        conn.execute(update(Dossier).values(state=state))
        return conn.scalar(select(Incident.id))


@pytest.fixture(scope="module")
def scene(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[People, list[Shown]]]:
    """A platform with that dossier, and people at it."""
    folder = tmp_path_factory.mktemp("rare") / "data"
    app = create_app(ONEDOOR_DATA=folder, ONEDOOR_LOG_LEVEL="CRITICAL")
    with app.app_context():
        preparing.migrate(app)
        pages = laid_out()
        db.engine.dispose()
    with serving(folder) as running:
        people = People(browser, running)
        yield people, pages
        people.close()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_rare_pages_are_looked_at_too(scene: tuple[People, list[Shown]], language: str) -> None:
    people, pages = scene
    wrong = [each for shown in pages for each in look(people.enter(shown.reader, language, password=make.PASSWORD),
                                                     shown, language)]
    assert wrong + people.troubles() == [], "\n".join(wrong + people.troubles())


def test_they_are_those_that_the_others_leave_out(scene: tuple[People, list[Shown]]) -> None:
    assert {each.endpoint for each in scene[1]} == ELSEWHERE | {"deadlines.calendar"}
