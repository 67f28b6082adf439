"""The journal of the calendar: each change with who made it, what it was, what it is and the document."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.db import transaction
from app.deadlines import commands
from app.deadlines.commands import NewCutOff, NewHours
from app.people.accounts import create_token
from app.people.actor import Actor
from app.people.commands import clear_day, seed_calendar, set_day
from app.people.errors import DocumentMissing
from app.people.journal import ChangeRow, changes
from app.people.queries import read
from engine.errors import OneDoorError
from tests import builders as make
from tests.conftest import page_token

DAY, NAMES, MORNING = date(2026, 3, 3), ("Nghỉ", "Off"), datetime(2026, 3, 2, 1, tzinfo=UTC)
WEEK = ("07:30-11:30, 13:00-24:00",) * 5 + ("", "")
HOURS = NewHours(make.COMMUNE, date(2026, 1, 1), "16/04", "15/10", WEEK, " 12/QĐ ")
CUT_OFF = NewCutOff(make.COMMUNE, date(2026, 1, 1), "online", "15h00", "5/QĐ")


@pytest.fixture
def admin(inside: Flask) -> Actor:
    make.province()
    return make.person("admin", ("H49", "administrator"))


def told() -> list[ChangeRow]:
    """Everything in the journal, oldest first."""
    return list(reversed(read(changes).rows))


def test_a_day_is_set_corrected_and_cleared(admin: Actor) -> None:
    with clock.at(MORNING):
        set_day(admin, DAY, "off", NAMES, "1/VPCP")
        set_day(admin, DAY, "off", ("Tết", "New Year"), "2/VPCP")
        clear_day(admin, DAY, " 3/VPCP ")
    first = {"day": "2026-03-03", "kind": "off", "name": {"vi": "Nghỉ", "en": "Off"}, "document": "1/VPCP"}
    second = first | {"name": {"vi": "Tết", "en": "New Year"}, "document": "2/VPCP"}
    rows = told()
    assert [(row.old, row.new, row.document) for row in rows] == [
        (None, first, "1/VPCP"), (first, second, "2/VPCP"), (second, None, "3/VPCP")]
    assert {(row.kind, row.unit, row.at, row.person, row.person_name) for row in rows} == {
        ("day", None, MORNING, admin.person, admin.name)}


def test_hours_and_cut_offs_are_set_and_removed(admin: Actor) -> None:
    number, other = commands.set_hours(admin, HOURS), commands.set_cut_off(admin, CUT_OFF)
    commands.remove_hours(admin, number, "13/QĐ")
    commands.remove_cut_off(admin, other, "6/QĐ")
    hours = {"id": number, "since": "2026-01-01", "first": "16/04", "last": "15/10", "week": list(WEEK),
             "document": "12/QĐ"}
    cut_off = {"id": other, "since": "2026-01-01", "channel": "online", "at": "15:00", "document": "5/QĐ"}
    assert [(row.kind, row.unit, row.old, row.new, row.document) for row in told()] == [
        ("hours", make.COMMUNE, None, hours, "12/QĐ"), ("cut_off", make.COMMUNE, None, cut_off, "5/QĐ"),
        ("hours", make.COMMUNE, hours, None, "13/QĐ"), ("cut_off", make.COMMUNE, cut_off, None, "6/QĐ")]


REFUSED: tuple[Callable[[Actor], object], ...] = (
    lambda admin: set_day(admin, DAY, "off", NAMES, " "),
    lambda admin: set_day(admin, DAY, "make_up", NAMES, "1/VPCP"),
    lambda admin: clear_day(admin, DAY, "1/VPCP"),
    lambda admin: commands.set_hours(admin, NewHours("H1", date(2026, 1, 1), "01/01", "31/12", WEEK, "1")),
    lambda admin: commands.remove_hours(admin, 1, "1/QĐ"),
    lambda admin: commands.remove_hours(admin, 999, "1/QĐ"),
    lambda admin: commands.set_cut_off(admin, NewCutOff("H1", date(2026, 1, 1), "", "15:00", "1")),
    lambda admin: commands.remove_cut_off(admin, 999, "1/QĐ"),
)


@pytest.mark.parametrize("refused", REFUSED)
def test_what_is_refused_leaves_no_entry(admin: Actor, refused: Callable[[Actor], object]) -> None:
    with pytest.raises(OneDoorError):
        refused(admin)
    assert told() == []


def test_nothing_is_removed_without_a_document(admin: Actor) -> None:
    set_day(admin, DAY, "off", NAMES, "1/VPCP")
    number, other = commands.set_hours(admin, HOURS), commands.set_cut_off(admin, CUT_OFF)
    kept = told()
    for remove in (lambda: clear_day(admin, DAY, " "), lambda: commands.remove_hours(admin, number, ""),
                   lambda: commands.remove_cut_off(admin, other, "\t")):
        with pytest.raises(DocumentMissing):
            remove()
    assert told() == kept


def test_days_that_came_with_the_platform_are_nobodys_change(admin: Actor) -> None:
    days = [(DAY, "off", *NAMES, "Điều 112")]
    with transaction() as conn:
        seed_calendar(conn, days)
    assert told() == []
    clear_day(admin, DAY, "1/VPCP")
    [row] = told()
    assert row.old is not None
    assert row.old["document"] == "Điều 112", "what was there is told all the same"


def test_two_who_change_a_day_at_once_are_told_one_after_the_other(app: Flask) -> None:
    with app.app_context():
        make.province()
        admin = make.person("admin", ("H49", "administrator"))
        set_day(admin, DAY, "off", NAMES, "first")
    ready = threading.Barrier(4)

    def change(number: int) -> None:
        ready.wait()
        with app.app_context():
            for turn in range(5):
                set_day(admin, DAY, "off", NAMES, f"{number}.{turn}")

    threads = [threading.Thread(target=change, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        rows = told()
    assert len(rows) == 21
    assert [row.old for row in rows] == [None, *(row.new for row in rows[:-1])]


def test_the_journal_is_read_in_pages(admin: Actor) -> None:
    for number in range(1, 6):
        set_day(admin, DAY, "off", NAMES, f"{number}/VPCP")
    page = read(changes, size=2)
    assert [row.document for row in page.rows] == ["5/VPCP", "4/VPCP"]
    page = read(changes, before=page.next, size=2)
    assert [row.document for row in page.rows] == ["3/VPCP", "2/VPCP"]
    page = read(changes, before=page.next, size=2)
    assert ([row.document for row in page.rows], page.next) == (["1/VPCP"], None)


def test_the_page_tells_the_changes_in_words(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    browser, _ = _changed(app, sign_in)
    page = _journal(browser, "/calendar")
    for told_there in ("03/03/2026", "theo lịch tuần thông thường", "ngày nghỉ: Nghỉ", "3/VPCP", "Admin",
                       "từ 01/01/2026, 16/04 – 15/10", "Thứ Hai – Thứ Sáu: 07:30-11:30, 13:00-24:00",
                       "từ 01/01/2026, Trực tuyến: 15:00", "5/QĐ"):
        assert told_there in page, told_there
    assert page.index("3/VPCP") < page.index("5/QĐ"), "the newest first"
    browser.post("/language", data={"language": "en", "csrf_token": page_token(browser, "/account")})
    page = _journal(browser, "/calendar")
    assert "day off: Off" in page
    assert "from 01/01/2026, Online: 15:00" in page
    assert "by the week" in page


def test_older_changes_are_a_page_further(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    browser, _ = _changed(app, sign_in)
    with app.app_context():
        for number in range(1, 51):
            set_day(make.actor("admin"), DAY, "off", NAMES, f"{number}/NEW")
    page = _journal(browser, "/calendar?year=2026")
    assert "50/NEW" in page
    assert "5/QĐ" not in page
    following = re.search(r'href="(/calendar[?][^"]*before=[^"]*)#changes"', page)
    assert following is not None
    older = _journal(browser, following[1].replace("&amp;", "&"))
    assert "5/QĐ" in older
    assert "50/NEW" not in older
    assert "Mới nhất" in older


def test_a_removal_on_the_page_asks_for_its_document(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    browser, _ = _changed(app, sign_in)
    given = {"csrf_token": page_token(browser, "/calendar")}
    with app.app_context():
        set_day(make.actor("admin"), DAY, "off", NAMES, "4/VPCP")
    for url in (f"/calendar/{DAY}/clear", "/calendar/hours/2/remove", "/calendar/cut-offs/1/remove"):
        refused = browser.post(url, data=given)
        assert refused.status_code == 422
        assert "Hãy nêu văn bản quy định" in refused.get_data(as_text=True)
        assert browser.post(url, data=given | {"by": "9/QĐ"}).status_code == 303
    with app.app_context():
        assert [row.document for row in read(changes).rows[:4]] == ["9/QĐ", "9/QĐ", "9/QĐ", "4/VPCP"]


def test_the_api_tells_the_changes_and_asks_for_documents(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    _, bearer = _changed(app, sign_in)
    ask = app.test_client()
    page = ask.get("/api/v1/calendar/changes?page_size=2", headers=bearer).get_json()
    first = page["rows"][0]
    assert (first["kind"], first["new"], first["document"], first["person_name"]) == ("day", None, "3/VPCP", "Admin")
    assert first["old"]["name"] == {"vi": "Nghỉ", "en": "Off"}
    rest = ask.get(f"/api/v1/calendar/changes?before={page['next']}", headers=bearer).get_json()
    assert [(row["kind"], row["unit"]) for row in rest["rows"]] == [("cut_off", make.COMMUNE), ("hours", make.COMMUNE)]
    assert rest["next"] is None
    for url in (f"/api/v1/calendar/{DAY}", "/api/v1/hours/2", "/api/v1/cut-offs/1"):
        refused = ask.delete(url, headers=bearer)
        assert (refused.status_code, refused.get_json()["error"]["code"]) == (422, "DocumentMissing")
    assert ask.delete("/api/v1/hours/2?document=9/QĐ", headers=bearer).status_code == 204


def _changed(app: Flask, sign_in: Callable[..., FlaskClient]) -> tuple[FlaskClient, dict[str, str]]:
    """An administrator's browser and token, after four changes."""
    with app.app_context():
        make.province()
        admin = make.person("admin", ("H49", "administrator"))
        commands.set_hours(admin, HOURS)
        commands.set_cut_off(admin, CUT_OFF)
        set_day(admin, DAY, "off", NAMES, "1/VPCP")
        clear_day(admin, DAY, "3/VPCP")
        bearer = {"Authorization": f"Bearer {create_token(admin, 'x', 1).secret}"}
    return sign_in("admin"), bearer


def _journal(browser: FlaskClient, url: str) -> str:
    """The part of the calendar's page that tells who changed it, without the marks."""
    part = browser.get(url).get_data(as_text=True).partition('id="changes"')[2]
    return re.sub(r"<(?!a )[^>]*>", "", part)
