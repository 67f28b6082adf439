"""Cut-off hours of reception: kept with their document, followed by units below, at the counter and online."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import casework, clock
from app.audit import words
from app.audit.queries import history
from app.casework import NewDossier
from app.db import reading, transaction
from app.deadlines.commands import NewCutOff, remove_cut_off, set_cut_off
from app.deadlines.errors import ChannelUnknown, HourUnreadable, TooEarly
from app.deadlines.queries import cut_off_hours
from app.deadlines.story import time_of
from app.dossiers.models import Dossier
from app.errors import NotFound
from app.people.accounts import create_token
from app.people.actor import Actor
from app.people.errors import DocumentMissing, UnitUnfit
from app.people.queries import read
from engine.errors import OneDoorError
from tests import builders as make
from tests.builders import at
from tests.conftest import page_token


def cut_off(**values: object) -> NewCutOff:
    told = {"unit": make.COMMUNE, "since": date(2026, 1, 1), "channel": "", "at": "15:00", "document": "5/QĐ-UBND"}
    return NewCutOff(**{**told, **values})  # type: ignore[arg-type]


@pytest.fixture
def admin(inside: Flask) -> Actor:
    make.province()
    return make.person("admin", ("H49", "administrator"))


def received(number: int, moment: str, channel: str = "direct", unit: str = make.CENTRE) -> datetime | None:
    """When a dossier of sixteen hours is due that came at this moment."""
    known = make.actor("receiver") if number > 1 else make.person("receiver", (make.CENTRE, "receiver"))
    with clock.at(at(moment)):
        if number == 1:
            make.publish(known)
        with transaction() as conn:
            version = conn.scalar(select(casework.ProcessVersion.id))
            casework.begin(conn, NewDossier(
                code=f"{unit}-260302-{number:04d}", procedure=make.PROCEDURE, version=version or 0, search="",
                receiving_unit=unit, competent_unit=make.COMMUNE, channel=channel, applicant_name="A",
                form={"name": "A"},
            ), known)
    with reading() as conn:
        return conn.scalar(select(Dossier.due_at).order_by(Dossier.id.desc()))


def test_reception_at_the_counter_and_online(admin: Actor) -> None:
    set_cut_off(admin, cut_off())
    set_cut_off(admin, cut_off(unit=make.CENTRE, channel="online", at="16h30", document="6/QĐ-UBND"))
    assert received(1, "2026-03-02T14:30") == at("2026-03-04T14:30")
    assert received(2, "2026-03-02T15:30") == at("2026-03-04T17:00"), "the commune's hour holds for its centre"
    assert received(3, "2026-03-02T15:30", "online") == at("2026-03-04T15:30"), "filed before the centre's own hour"
    assert received(4, "2026-03-02T16:31", "online") == at("2026-03-04T17:00")
    assert received(5, "2026-03-02T23:59", "online") == at("2026-03-04T17:00"), "after closing as ever"
    assert received(6, "2026-03-02T15:30", unit=make.OTHER_CENTRE) == at("2026-03-04T15:30"), "others have no such hour"


def test_an_hour_is_lifted_or_removed(admin: Actor) -> None:
    number = set_cut_off(admin, cut_off())
    set_cut_off(admin, cut_off(unit=make.CENTRE, since=date(2026, 3, 2), at=""))
    assert received(1, "2026-03-02T15:30") == at("2026-03-04T15:30")
    remove_cut_off(admin, number, "8/QĐ-UBND")
    assert [row.at for row in read(cut_off_hours)] == [""]
    with pytest.raises(NotFound):
        remove_cut_off(admin, number, "8/QĐ-UBND")


@pytest.mark.parametrize(("wrong", "error"), [
    (cut_off(at="25:00"), HourUnreadable), (cut_off(at="noon"), HourUnreadable), (cut_off(unit="H1"), UnitUnfit),
    (cut_off(channel="fax"), ChannelUnknown), (cut_off(document=" "), DocumentMissing),
    (cut_off(since=date(1980, 1, 1)), TooEarly),
])
def test_senseless_hours_are_refused(admin: Actor, wrong: NewCutOff, error: type[OneDoorError]) -> None:
    with pytest.raises(error):
        set_cut_off(admin, wrong)
    assert read(cut_off_hours) == ()


def test_the_page_of_time_and_the_history_tell_it(admin: Actor) -> None:
    set_cut_off(admin, cut_off())
    received(1, "2026-03-02T15:30")
    code = f"{make.CENTRE}-260302-0001"
    with clock.at(at("2026-03-03T09:00")):
        found = time_of(make.actor("receiver"), code)
    assert (found.told.begins, found.told.cut_off) == ("after_cut_off", "15:00")
    assert found.share.waiting == {"deferred": found.share.elapsed - found.share.officers}
    assert found.line.pauses[0][2] == "deferred"


def test_the_history_is_proved_all_the_same(app: Flask) -> None:
    with app.app_context():
        make.province()
        set_cut_off(make.person("admin", ("H49", "administrator")), cut_off())
        received(1, "2026-03-02T15:30")
        auditor = make.person("auditor", ("H49", "auditor"))
        with app.test_request_context():
            told = history(auditor, f"{make.CENTRE}-260302-0001", words.reader())
    assert told.again.outcome == "equal"
    assert "Tiếp nhận sau giờ chốt 15:00" in " ".join(each.text for each in told.moments[0].told)


def test_the_calendar_page_and_the_api(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    with app.app_context():
        make.province()
        admin = make.person("admin", ("H49", "administrator"))
        bearer = {"Authorization": f"Bearer {create_token(admin, 'x', 1).secret}"}
    browser = sign_in("admin")
    given = {"csrf_token": page_token(browser, "/calendar"), "cut_off_since": "2026-01-01", "at": "15.00",
             "cut_off_unit": make.COMMUNE, "channel": ""}
    assert browser.post("/calendar/cut-offs", data=given).status_code == 422, "without its document"
    assert browser.post("/calendar/cut-offs", data={**given, "cut_off_document": "5/QĐ-UBND"}).status_code == 303
    page = browser.get("/calendar").get_data(as_text=True)
    assert "5/QĐ-UBND" in page
    assert "mọi kênh" in page
    ask = app.test_client()
    [row] = ask.get("/api/v1/cut-offs", headers=bearer).get_json()
    assert (row["at"], row["unit"]["code"], row["channel"]) == ("15:00", make.COMMUNE, "")
    made = ask.post("/api/v1/cut-offs", headers=bearer, json={
        "since": "2026-05-01", "at": "16:00", "channel": "online", "document": "7/QĐ-UBND"})
    assert made.status_code == 201
    assert ask.delete(f"/api/v1/cut-offs/{made.get_json()['id']}?document=8", headers=bearer).status_code == 204
    assert browser.post(f"/calendar/cut-offs/{row['id']}/remove", data={
        "csrf_token": given["csrf_token"], "by": "8/QĐ-UBND"}).status_code == 303
    assert ask.get("/api/v1/cut-offs", headers=bearer).get_json() == []
