"""Working hours of units and seasons: corrected by people, taken over by units below, counted by deadlines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app import clock
from app.calendars import Calendars, calendars, new_edition
from app.db import reading, transaction
from app.deadlines.commands import NewHours, remove_hours, set_hours
from app.deadlines.errors import HoursEmpty, HoursUnreadable, SeasonUnreadable, TooEarly, UsualHoursStay
from app.deadlines.queries import work_hours
from app.dossiers.models import Dossier
from app.errors import NotFound
from app.people.accounts import create_token
from app.people.actor import Actor
from app.people.commands import clear_day, set_day
from app.people.errors import AlreadyWorked, DayContradicts, DayOutside, DocumentMissing, UnitUnfit
from app.people.models import WorkHours
from app.people.queries import read
from engine.clock.worktime import add
from engine.errors import CalendarRefused, OneDoorError
from tests import builders as make
from tests.conftest import page_token

USUAL = ("07:30-11:30, 13:00-17:00",) * 5 + ("", "")
LATE = ("09:00-12:00, 13:00-18:00",) * 5 + ("08:00-12:00", "")
MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)  # 08:00 in Viet Nam


@pytest.fixture
def admin(inside: Flask) -> Actor:
    make.province()
    return make.person("admin", ("H49", "administrator"))


def hours(week: tuple[str, ...] = LATE, **values: object) -> NewHours:
    told = {"unit": None, "since": date(2026, 1, 1), "first": "01/01", "last": "31/12", "document": "12/QĐ-UBND"}
    return NewHours(**{**told, **values}, week=week)  # type: ignore[arg-type]


def due(unit: str | None, at: datetime = MONDAY, length: int = 8) -> str:
    moment = add(known().of(unit), at, Decimal(length)) + timedelta(hours=7)
    return f"{moment:%d/%m %H:%M}"


def known() -> Calendars:
    with reading() as conn:
        return calendars(conn)


def test_a_new_installation_works_the_usual_hours(admin: Actor) -> None:
    assert due(None) == "03/03 08:00"
    rows = read(work_hours)
    assert [(row.unit, row.week, row.usual) for row in rows] == [(None, USUAL, True)]


def test_a_unit_and_those_below_it_follow_their_own_hours(admin: Actor) -> None:
    number = set_hours(admin, hours(unit=make.COMMUNE))
    assert due(make.COMMUNE) == due(make.CENTRE) == "02/03 18:00"
    assert due(make.OTHER_COMMUNE) == "03/03 08:00"
    saturday = datetime(2026, 3, 7, 1, tzinfo=UTC)
    assert due(make.CENTRE, saturday, 1) == "07/03 09:00"
    set_hours(admin, hours(USUAL, unit=make.CENTRE))
    assert due(make.CENTRE) == "03/03 08:00"
    remove_hours(admin, number, "13/QĐ-UBND")
    assert due(make.COMMUNE) == "03/03 08:00"


def test_a_season_counts_between_its_days_and_from_its_date_on(admin: Actor) -> None:
    set_hours(admin, hours(first="16/04", last="15/10", since=date(2026, 5, 1)))
    for moment, told in (("2026-04-20", "21/04 08:00"), ("2026-05-04", "04/05 18:00"), ("2026-10-16", "19/10 08:00"),
                         ("2027-04-19", "19/04 18:00")):
        assert due(None, datetime.fromisoformat(f"{moment}T01:00+00:00")) == told
    set_hours(admin, hours(USUAL, since=date(2026, 1, 1)))
    assert due(None, datetime(2026, 5, 4, 1, tzinfo=UTC)) == "04/05 18:00", "the shorter season of the later date"


def test_the_dossiers_dates_follow_the_hours_of_where_it_was_received(admin: Actor) -> None:
    set_hours(admin, hours(unit=make.CENTRE))
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    with clock.at(MONDAY):
        received = make.receive(receiver, make.publish(receiver))
    with reading() as conn:
        found = conn.scalar(select(Dossier.due_at).where(Dossier.id == received.dossier))
    assert found == datetime(2026, 3, 3, 11, tzinfo=UTC), "16 hours from 9 o'clock are two days until 18:00"


@pytest.mark.parametrize(("wrong", "error"), [
    (hours(("8-17",) * 7), HoursUnreadable), (hours(("07:30-24:30",) * 7), HoursUnreadable),
    (hours(("07:30-12:00, 11:00-17:00",) * 7), CalendarRefused), (hours(("17:00-08:00",) * 7), CalendarRefused),
    (hours(("",) * 7), HoursEmpty), (hours(first="31/02"), SeasonUnreadable), (hours(last="soon"), SeasonUnreadable),
    (hours(since=date(1980, 1, 1)), TooEarly), (hours(document=" "), DocumentMissing), (hours(unit="H1"), UnitUnfit),
])
def test_senseless_hours_are_refused(admin: Actor, wrong: NewHours, error: type[OneDoorError]) -> None:
    with pytest.raises(error):
        set_hours(admin, wrong)
    assert len(read(work_hours)) == 1


def test_the_first_hours_of_everybody_stay(admin: Actor) -> None:
    with pytest.raises(UsualHoursStay):
        remove_hours(admin, read(work_hours)[0].id, "13/QĐ-UBND")
    with pytest.raises(NotFound):
        remove_hours(admin, 999, "13/QĐ-UBND")


def test_a_day_is_not_off_and_made_up_for_at_once(admin: Actor) -> None:
    saturday, monday = date(2026, 8, 22), date(2026, 8, 24)
    set_day(admin, saturday, "make_up", ("Làm bù", "Make-up"), "1/VPCP")
    with pytest.raises(DayContradicts) as refused:
        set_day(admin, saturday, "off", ("Nghỉ", "Off"), "2/VPCP")
    assert "22/08/2026" in str(refused.value)
    assert "1/VPCP" in str(refused.value)
    with pytest.raises(AlreadyWorked):
        set_day(admin, monday, "make_up", ("Làm bù", "Make-up"), "1/VPCP")
    assert known().of(None).works(saturday)
    clear_day(admin, saturday, "3/VPCP")
    set_day(admin, saturday, "off", ("Nghỉ", "Off"), "2/VPCP")
    assert not known().of(None).works(saturday)


def test_days_that_the_calendar_does_not_reach_are_refused(admin: Actor) -> None:
    for outside in (date(1989, 12, 31), date(2101, 1, 1), date(1, 1, 1), date(9999, 12, 31)):
        with pytest.raises(DayOutside):
            set_day(admin, outside, "off", ("Nghỉ", "Off"), "1/VPCP")
    for inside in (date(1990, 1, 1), date(2100, 12, 31)):
        set_day(admin, inside, "off", ("Nghỉ", "Off"), "1/VPCP")
        assert not known().of(None).works(inside)


def test_of_hours_of_the_same_date_the_later_entered_count(admin: Actor) -> None:
    number = set_hours(admin, hours(USUAL, unit=make.CENTRE))
    set_hours(admin, hours(unit=make.CENTRE))
    assert due(make.CENTRE) == "02/03 18:00"
    with transaction() as conn:  # which moves the row to the end of PostgreSQL's table
        conn.execute(update(WorkHours).where(WorkHours.id == number).values(document="the same"))
        new_edition(conn)
    assert due(make.CENTRE) == "02/03 18:00"


def test_the_calendar_is_read_once_until_somebody_corrects_it(admin: Actor) -> None:
    before = known()
    assert known() is before
    set_day(admin, date(2026, 3, 3), "off", ("Nghỉ", "Off"), "1/VPCP")
    after = known()
    assert after is not before
    assert due(None) == "04/03 08:00"
    with pytest.raises(ZeroDivisionError), transaction() as conn:
        conn.execute(Dossier.__table__.delete())
        _ = 1 / 0
    assert known() is after


def test_hours_are_kept_on_the_page_and_through_the_api(
    app: Flask, sign_in: Callable[..., FlaskClient]
) -> None:
    with app.app_context():
        make.province()
        admin = make.person("admin", ("H49", "administrator"))
        bearer = {"Authorization": f"Bearer {create_token(admin, 'x', 1).secret}"}
    browser = sign_in("admin")
    given = {f"day{number}": text for number, text in enumerate(LATE)}
    given |= {"csrf_token": page_token(browser, "/calendar"), "since": "2026-01-01", "unit": make.COMMUNE}
    refused = browser.post("/calendar/hours", data=given)
    assert refused.status_code == 422
    assert "9441/VPCP-KGVX" in refused.get_data(as_text=True)
    assert browser.post("/calendar/hours", data={**given, "hours_document": "12/QĐ-UBND"}).status_code == 303
    text = browser.get("/calendar").get_data(as_text=True)
    assert "09:00-12:00, 13:00-18:00" in text
    assert "12/QĐ-UBND" in text
    rows = app.test_client().get("/api/v1/hours", headers=bearer).get_json()
    assert [row["unit"] and row["unit"]["code"] for row in rows] == [None, make.COMMUNE]
    assert rows[1]["week"][5] == "08:00-12:00"
