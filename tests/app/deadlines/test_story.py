"""Why a date is what it is, on the page and through the API; whose time it was; steps on the time line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import casework, clock
from app.db import reading, transaction
from app.deadlines.errors import NothingToExplain
from app.deadlines.story import time_of
from app.dossiers.errors import DossierUnknown
from app.people.accounts import create_token
from app.people.actor import Actor
from app.people.commands import set_day
from app.tasks.models import Task
from engine.commands import ClaimStep, DeliverMessage, ReleaseStep
from tests import builders as make
from tests.builders import at
from tests.engine import builders as draw

CODE = f"{make.CENTRE}-260302-0001"


def told() -> Actor:
    """Received Monday 08:00, handed on at 09:00, a supplement asked for at 15:00 and brought on Thursday at 09:00;
    Wednesday is a holiday; finished by Friday evening, the result handed over on Monday."""
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"), name="Trần Tiếp Nhận")
    specialist = make.person("specialist", (make.COMMUNE, "specialist"), name="Lê Thẩm Định")
    admin = make.person("admin", ("H49", "administrator"))
    set_day(admin, date(2026, 3, 4), "off", ("Ngày thử", "Test Day"), "7/VPCP")
    with clock.at(make.NOW):
        make.receive(receiver, make.publish(receiver))
    with clock.at(at("2026-03-02T09:00")):
        make.complete(receiver, 1, "1", make.CENTRE)
    with clock.at(at("2026-03-02T15:00")):
        make.complete(specialist, 1, token(), make.COMMUNE, "supplement")
    with clock.at(at("2026-03-05T09:00")), transaction() as conn:
        casework.advance(conn, 1, DeliverMessage("supplement", {}), receiver, acting_unit=make.CENTRE)
    with clock.at(at("2026-03-06T17:00")):
        make.complete(specialist, 1, token(), make.COMMUNE, "forward")
    with clock.at(at("2026-03-09T09:00")):
        make.complete(receiver, 1, token(), make.CENTRE)
    return receiver


def token() -> str:
    with reading() as conn:
        return str(conn.scalar(select(Task.token).where(Task.state == "open")))


@pytest.fixture
def receiver(inside: Flask) -> Actor:
    return told()


def test_the_count_names_the_holiday_and_the_pause(receiver: Actor) -> None:
    with clock.at(at("2026-03-10T09:00")):
        found = time_of(receiver, CODE)
    assert found.told.due == at("2026-03-06T11:30")
    assert found.names[date(2026, 3, 4)] == ({"vi": "Ngày thử", "en": "Test Day"}, "7/VPCP")
    days = {day.day.day: (day.kind, day.used, day.left) for day in found.told.days}
    assert days == {
        2: ("open", Decimal("5.5"), Decimal("10.5")), 3: ("open", 0, Decimal("10.5")), 4: ("off", 0, Decimal("10.5")),
        5: ("open", Decimal("6.5"), 4), 6: ("open", 4, 0),
    }


def test_what_was_over_is_the_steps_and_the_wait_is_the_applicants(receiver: Actor) -> None:
    with clock.at(at("2026-03-10T09:00")):
        share = time_of(receiver, CODE).share
    assert share.officers + sum(share.waiting.values()) == share.elapsed == Decimal("31.5")
    assert share.waiting == {"supplement": Decimal("11.5")}
    lines = [(line.step and line.step["vi"], line.person, line.used, line.over) for line in share.lines]
    assert (None, "", Decimal("11.5"), 0) in lines
    late = [line for line in lines if line[3]]
    assert [(person, over) for _, person, _, over in late] == [
        ("Lê Thẩm Định", Decimal("0.5")), ("Lê Thẩm Định", Decimal("14.5"))], "the second visit has no plan left"
    assert "Trần Tiếp Nhận" in {person for _, person, _, _ in lines}


@make.on_sqlite
def test_page_and_api_say_the_same_to_the_second(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    with app.app_context():
        make.province()
        receiver = make.person("receiver", (make.CENTRE, "receiver"))
        with clock.at(make.NOW + timedelta(seconds=30.4)):
            make.receive(receiver, make.publish(receiver))
        with clock.at(at("2026-03-02T09:27:41") + timedelta(seconds=0.9)):
            make.complete(receiver, 1, "1", make.CENTRE)
        bearer = {"Authorization": f"Bearer {create_token(receiver, 'x', 1).secret}"}
    page = sign_in("receiver").get(f"/dossiers/{CODE}/time?of=1").get_data(as_text=True)
    assert "08:00:30–10:00:30" in page
    assert "1 giờ 27 phút 11 giây" in page
    told = app.test_client().get(f"/api/v1/dossiers/{CODE}/time?scope=1", headers=bearer).get_json()
    [day] = told["told"]["days"]
    assert (day["spans"][0]["begin"], day["spans"][0]["end"], day["used"]) == (
        "2026-03-02T01:00:30+00:00", "2026-03-02T03:00:30+00:00", "2")
    assert told["share"]["lines"][0]["used"] == str(Decimal(5231) / 3600)


@make.on_sqlite
def test_visits_side_by_side_have_a_plan_each(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    xml = draw.diagram(
        draw.start(), draw.task("ask", inside=draw.loop(cardinality="2"), hours="4", status="4"),
        draw.task("last", status="9"), draw.end("returned", "10"), draw.path("begin", "ask", "last", "returned"),
    )
    with app.app_context():
        make.province()
        receiver = make.person("receiver", (make.CENTRE, "receiver"))
        with clock.at(make.NOW):
            make.receive(receiver, make.publish(receiver, xml))
        with clock.at(at("2026-03-02T17:00")):
            lines = time_of(receiver, CODE).share.lines
    assert [(line.planned, line.used, line.over) for line in lines] == [(4, Decimal("7.5"), Decimal("3.5"))] * 2
    assert [line.visit for line in lines] == [0, 0], "both are of the first visit"
    page = sign_in("receiver").get(f"/dossiers/{CODE}/time").get_data(as_text=True)
    assert ("mở song song" in page, "Đến nay hồ sơ đã quá hạn" in page) == (True, True)


@make.on_sqlite
def test_rows_have_the_number_of_their_visit_and_the_lateness_stands_above(
    app: Flask, sign_in: Callable[..., FlaskClient]
) -> None:
    with app.app_context():
        told()
    page = sign_in("receiver").get(f"/dossiers/{CODE}/time").get_data(as_text=True)
    assert "Giải quyết xong muộn 4 giờ làm việc" in page
    assert ("Đã chờ" in page, "Đang chờ" in page, "mở song song" in page) == (True, False, False)
    table = page[page.index('id="share"'):]
    assert (table.count("· lần 1"), table.count("· lần 2")) == (1, 1), "only what was visited again has numbers"


def test_the_hours_of_a_step_are_told_person_by_person(inside: Flask) -> None:
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    first, second = (make.person(name, (make.COMMUNE, "specialist")) for name in ("first", "second"))
    with clock.at(make.NOW):
        make.receive(receiver, make.publish(receiver))
        make.complete(receiver, 1, "1", make.CENTRE)
    for moment, command, officer in (
        ("2026-03-02T09:00", ClaimStep, first), ("2026-03-02T11:00", ReleaseStep, first),
        ("2026-03-02T13:30", ClaimStep, second),
    ):
        with clock.at(at(moment)), transaction() as conn:
            casework.advance(conn, 1, command("2", officer.assignee), officer, acting_unit=make.COMMUNE)
    with clock.at(at("2026-03-02T17:00")):
        [line] = [line for line in time_of(receiver, CODE).share.lines if line.over]
    assert line.people == (("First", 2), ("Second", Decimal("3.5")), ("", 2))
    assert sum(hours for _, hours in line.people) == line.used


def test_every_step_can_be_explained_even_one_that_was_left(receiver: Actor) -> None:
    with clock.at(at("2026-03-10T09:00")):
        scopes = time_of(receiver, CODE).scopes
        first = time_of(receiver, CODE, "1")
    assert [scope.key for scope in scopes][:3] == ["dossier", "statutory", "1"]
    assert (first.told.total, first.told.due) == (2, at("2026-03-02T10:00"))
    with pytest.raises(NothingToExplain):
        time_of(receiver, CODE, "99")
    with pytest.raises(DossierUnknown):
        time_of(make.person("stranger", (make.OTHER_COMMUNE, "specialist")), CODE)


def test_the_time_line_shows_steps_and_pauses_in_their_place(receiver: Actor) -> None:
    with clock.at(at("2026-03-10T09:00")):
        line = time_of(receiver, CODE).line
    assert (line.begin, line.end) == (at("2026-03-02T08:00"), at("2026-03-09T09:00"))
    assert line.bars[0].begin == 0
    [(begin, length, reason)] = line.pauses
    whole = (line.end - line.begin) / timedelta(hours=1)
    assert (round(begin * whole / 100), round(length * whole / 100), reason) == (7, 66, "supplement")
    assert all(0 <= bar.begin <= 100 and bar.begin + bar.actual <= 100.3 for bar in line.bars)


def test_the_page_and_the_api(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    with app.app_context():
        bearer = {"Authorization": f"Bearer {create_token(told(), 'x', 1).secret}"}
    page = sign_in("receiver").get(f"/dossiers/{CODE}/time").get_data(as_text=True)
    assert "Nghỉ: Ngày thử" in page
    assert "tạm dừng: đang chờ bổ sung hồ sơ" in page
    assert "11:30 06/03/2026" in page
    answer = app.test_client().get(f"/api/v1/dossiers/{CODE}/time?scope=statutory", headers=bearer).get_json()
    assert answer["told"]["total"] == "24"
    assert answer["share"]["waiting"] == {"supplement": "11.5"}
    assert "Theo lịch và thời hạn hiện nay" not in page
    missing = app.test_client().get(f"/api/v1/dossiers/{CODE}/time?scope=99", headers=bearer)
    assert (missing.status_code, missing.get_json()["error"]["code"]) == (404, "NothingToExplain")
    nothing = sign_in("receiver").get(f"/dossiers/{CODE}/time?of=99")
    text = nothing.get_data(as_text=True)
    assert (nothing.status_code, "<h1>Không tìm thấy</h1>" in text) == (404, True)
    assert "không có thời hạn &#34;99&#34; để giải thích" in text


@make.on_sqlite
def test_a_date_that_was_kept_is_told_as_it_was_after_the_calendar_was_corrected(
    app: Flask, sign_in: Callable[..., FlaskClient]
) -> None:
    with app.app_context():
        bearer = {"Authorization": f"Bearer {create_token(told(), 'x', 1).secret}"}
        set_day(make.actor("admin"), date(2026, 3, 5), "off", ("Nghỉ thêm", "One more"), "8/VPCP")
    page = sign_in("receiver").get(f"/dossiers/{CODE}/time").get_data(as_text=True)
    assert "<b>11:30 06/03/2026</b>" in page
    assert "Theo lịch và thời hạn hiện nay" in page
    answer = app.test_client().get(f"/api/v1/dossiers/{CODE}/time", headers=bearer).get_json()
    assert (answer["due"][:16], answer["told"]["due"][:16]) == ("2026-03-06T04:30", "2026-03-09T03:00")


@make.on_sqlite
@pytest.mark.parametrize(
    ("policy", "due"), [("pause_and_extend", "2026-03-06T09:00"), ("restart_full", "2026-03-06T10:00")])
def test_of_two_waits_at_once_each_is_told_and_the_supplement_counts(inside: Flask, policy: str, due: str) -> None:
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    specialist = make.person("specialist", (make.COMMUNE, "specialist"))
    xml = draw.diagram(
        draw.start(), draw.both("split"), draw.task("one", status="4"), draw.task("two"), draw.both("join"),
        draw.receive("papers", "supplement", role="receiver", unit="receiving", status=""),
        draw.receive("fee", "payment", role="receiver", unit="receiving", kind="wait_financial", status=""),
        draw.task("last", status="9"), draw.end("returned", "10"),
        draw.path("begin", "split", "one", "papers", "join", "last", "returned"),
        draw.path("split", "two", "fee", "join"), messages=("supplement", "payment"),
    )
    with clock.at(make.NOW):
        make.receive(receiver, make.publish(receiver, xml, supplement={"policy": policy, "max": 2}))
    for step, moment in (("two", "2026-03-02T09:00"), ("one", "2026-03-02T10:00")):
        with reading() as conn:
            wanted = conn.scalar(select(Task.token).where(Task.step == step))
        with clock.at(at(moment)):
            make.complete(specialist, 1, str(wanted), make.COMMUNE)
    for message, moment in (("payment", "2026-03-03T10:00"), ("supplement", "2026-03-04T10:00")):
        with clock.at(at(moment)), transaction() as conn:
            casework.advance(conn, 1, DeliverMessage(message, {}), receiver, acting_unit=make.CENTRE)
    with clock.at(at("2026-03-04T11:00")):
        found = time_of(receiver, CODE)
        left = time_of(receiver, CODE, "1").told
    assert (found.told.due, found.scope.due) == (at(due), at(due))
    assert found.share.waiting == {"financial": 1, "supplement": 16}
    assert [(day.used, day.left) for day in left.days] == [(1, 3)], "the step worked an hour before the fee was awaited"
