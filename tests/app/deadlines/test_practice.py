"""Planned against actual: every step of a version, by the legal clock, with the visits behind each number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.audit.models import HistoryEntry
from app.calendars import calendars, working_calendar
from app.db import reading
from app.deadlines.errors import PeriodTurned
from app.deadlines.practice import Measured, Wanted, behind, practice
from app.deadlines.story import history
from app.deadlines.visits import visits
from app.dossiers.models import Dossier
from app.errors import NotFound
from app.people.accounts import create_token
from app.people.actor import Actor
from app.tasks.models import Task
from engine.clock.account import account
from tests import builders as make
from tests.app.deadlines.test_story import told
from tests.builders import at

TIMES = f"/procedures/{make.PROCEDURE}/versions/1/times"


def played() -> tuple[Actor, Actor]:
    """The dossier of the story, and five received at 08:00 on the same Monday, passed on at 09:00 and appraised in 4 h
    each but the last, which took 9."""
    receiver = told()
    specialist, analyst = make.actor("specialist"), make.person("analyst", ("H49", "analyst"))
    with clock.at(make.NOW), reading() as conn:
        version = conn.scalar(select(Dossier.version))
    assert version is not None
    for number in range(2, 7):
        with clock.at(make.NOW):
            make.receive(receiver, version, number)
        with clock.at(at("2026-03-02T09:00")):
            make.complete(receiver, number, "1", make.CENTRE)
        with clock.at(at("2026-03-02T14:30" if number < 6 else "2026-03-03T10:00")):
            make.complete(specialist, number, "2", make.COMMUNE, "forward")
    return receiver, analyst


@pytest.fixture
def people(inside: Flask) -> tuple[Actor, Actor]:
    return played()


def of(step: str, wanted: Wanted | None = None) -> Measured:
    return next(each for each in practice(make.PROCEDURE, 1, wanted or Wanted()).steps if each.id == step)


def test_every_step_is_measured(people: tuple[Actor, Actor]) -> None:
    found = practice(make.PROCEDURE, 1, Wanted())
    assert [step.id for step in found.steps] == ["receive", "appraise", "hand_over", "supplement"]
    assert (found.dossiers, found.visits, found.more) == (6, 15, False)
    assert [unit.code for unit in found.units] == [make.COMMUNE, make.CENTRE]
    appraise = of("appraise")
    # 4 h four times, 4.5 and 14.5 h in the story, 9 h at last: each against 4 h.
    assert (appraise.planned, appraise.visits, appraise.dossiers) == (4, 7, 6)
    assert (appraise.median, appraise.ninetieth) == (Decimal("4"), Decimal("11.2"))
    assert (appraise.over, appraise.share, appraise.word) == (3, Decimal(3) / 7, "tight")
    assert (of("hand_over").visits, of("hand_over").open, of("hand_over").word) == (1, 5, "few")


def test_a_wait_has_no_plan_but_took_its_time(people: tuple[Actor, Actor]) -> None:
    wait = of("supplement")
    assert (wait.planned, wait.share, wait.word) == (None, None, "unplanned")
    assert wait.median == Decimal("11.5")


def test_what_a_visit_took_is_what_its_history_says(people: tuple[Actor, Actor]) -> None:
    with reading() as conn:
        calendar = working_calendar(conn, make.CENTRE)
        for dossier in conn.scalars(select(HistoryEntry.dossier).distinct()):
            told_ = account(history(conn, dossier), calendar, at("2026-03-20T08:00"))
            by_history = {spent.token: Decimal(spent.used.total_seconds()) / 3600 for spent in told_.steps}
            finished = visits_of(dossier)
            assert {token: by_history[token] for token in finished} == finished


def visits_of(dossier: int) -> dict[str, Decimal]:
    """Visits of steps before the end of processing; the hand-over comes after it."""
    with reading() as conn:
        from_rows = visits(conn, calendars(conn), (Task.dossier == dossier) & Task.step.in_(("receive", "appraise")),
                           100)
        return {visit.token: visit.used for visit in from_rows}


def test_period_and_unit_narrow_it(people: tuple[Actor, Actor]) -> None:
    assert of("appraise", Wanted(since=date(2026, 3, 3))).visits == 2
    assert of("appraise", Wanted(until=date(2026, 3, 3))).visits == 6
    assert of("appraise", Wanted(date(2026, 3, 3), date(2026, 3, 3))).visits == 1
    assert of("appraise", Wanted(unit=make.CENTRE)).visits == 0
    assert of("receive", Wanted(unit=make.CENTRE)).visits == 6
    with pytest.raises(PeriodTurned):
        practice(make.PROCEDURE, 1, Wanted(date(2026, 3, 4), date(2026, 3, 3)))


def test_the_visits_behind_a_number(people: tuple[Actor, Actor]) -> None:
    receiver, analyst = people
    where = (make.PROCEDURE, 1, "appraise")
    late = behind(analyst, where, Wanted(), over=True)
    assert [seen.visit.over for seen in late.visits] == [Decimal("10.5"), Decimal("5"), Decimal("0.5")]
    assert late.total == of("appraise").over
    assert not any(seen.may_open for seen in late.visits), "an analyst reads no dossier"
    assert all(seen.may_open for seen in behind(receiver, where, Wanted(), over=False).visits)
    with pytest.raises(NotFound):
        behind(analyst, (make.PROCEDURE, 1, "nothing"), Wanted(), over=False)


def test_the_pages_and_the_api(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    with app.app_context():
        bearer = {"Authorization": f"Bearer {create_token(played()[1], 'x', 1).secret}"}
    browser = sign_in("analyst")
    page = browser.get(f"{TIMES}?sort=over").get_data(as_text=True)
    assert "Có lúc quá định mức" in page
    assert 'aria-sort="descending"' in page
    assert '"word": "tight"' in page
    assert page.index(">42,9 %") < page.index(">0,0 %"), "the gravest first"
    turned = browser.get(f"{TIMES}?since=2026-03-04&until=2026-03-03")
    assert (turned.status_code, "hãy đổi chỗ hai ngày" in turned.get_data(as_text=True)) == (422, True)
    listed = browser.get(f"{TIMES}/appraise?over=1").get_data(as_text=True)
    assert f"{make.CENTRE}-260302-0006" in listed
    ask = app.test_client().get
    told_ = ask(f"/api/v1{TIMES}?unit={make.COMMUNE}", headers=bearer).get_json()
    assert {step["id"]: (step["over"], step["share"]) for step in told_["steps"]}["appraise"] == (3, "0.4286")
    seen = ask(f"/api/v1{TIMES}/appraise?over=true", headers=bearer).get_json()
    assert (seen["total"], seen["visits"][0]["over"]) == (3, "10.50")
    wrong = ask(f"/api/v1{TIMES}?since=tomorrow", headers=bearer)
    assert wrong.status_code == 422
