"""Working time: the golden dates, exactness, and `between` as the inverse of `add`."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock.worktime import Calendar, add, between, limit_due
from engine.errors import CalendarRefused, LimitRefused

LOCAL = timezone(timedelta(hours=7))


def days(kind: str, *texts: str) -> dict[date, str]:
    return {date.fromisoformat(text): kind for text in texts}


VIETNAM = Calendar(
    days=days(
        "off",
        "2025-01-01", "2025-01-27", "2025-01-28", "2025-01-29", "2025-01-30", "2025-01-31", "2025-04-07", "2025-04-30",
        "2025-05-01", "2025-05-02", "2025-09-01", "2025-09-02", "2026-01-01", "2026-11-24", "2026-08-31",
    )
    | days("make_up", "2025-04-26", "2026-08-22")
)
PLAIN = Calendar()
moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2025-04-24 09:00", 24, "2025-04-28 09:00"),
        ("2025-04-29 10:00", 8, "2025-05-05 10:00"),
        ("2025-01-24 10:00", 24, "2025-02-05 10:00"),
        ("2026-11-23 16:00", 8, "2026-11-25 16:00"),
        ("2025-06-30 17:30", 8, "2025-07-01 17:00"),
        ("2025-07-04 16:30", 1, "2025-07-07 08:00"),
        ("2025-07-01 09:00", 64, "2025-07-11 09:00"),
        ("2025-07-01 12:15", 1, "2025-07-01 14:00"),
        ("2025-07-01 09:30", 2, "2025-07-01 11:30"),
        ("2025-07-05 10:00", 4, "2025-07-07 11:30"),
        ("2025-07-01 05:00", "0.5", "2025-07-01 08:00"),
    ],
)
def test_golden_dates(start: str, hours: int | str, due: str) -> None:
    assert add(VIETNAM, at(start), Decimal(hours)) == at(due)


def test_a_second_is_a_second() -> None:
    assert add(PLAIN, at("2025-07-01 11:29:30"), Decimal(1) / 60) == at("2025-07-01 13:00:30")
    assert between(PLAIN, at("2025-07-01 11:29:59"), at("2025-07-01 13:00:01")) * 3600 == 2


def test_due_dates_are_in_utc() -> None:
    assert add(PLAIN, at("2025-07-01 09:00"), Decimal(1)).tzinfo is UTC
    assert add(PLAIN, at("2025-07-05 09:00"), Decimal(0)) == at("2025-07-05 09:00")


@settings(deadline=None)
@given(moments, st.decimals(0, 2000, places=3))
def test_between_is_the_inverse_of_add(start: datetime, hours: Decimal) -> None:
    assert abs(between(VIETNAM, start, add(VIETNAM, start, hours)) - hours) <= Decimal(1) / 3_600_000_000


@settings(deadline=None)
@given(moments, moments)
def test_add_is_the_inverse_of_between(a: datetime, b: datetime) -> None:
    a, b = min(a, b), max(a, b)
    hours = between(VIETNAM, a, b)
    reached = add(VIETNAM, a, hours)
    assert reached <= b or hours == 0
    assert between(VIETNAM, reached, b) == 0


@settings(deadline=None)
@given(moments, moments, moments)
def test_time_adds_up(a: datetime, b: datetime, c: datetime) -> None:
    assert abs(between(VIETNAM, a, b) + between(VIETNAM, b, c) - between(VIETNAM, a, c)) < Decimal("1e-20")


@settings(deadline=None)
@given(moments, moments)
def test_working_time_equals_a_count_by_hand(a: datetime, b: datetime) -> None:
    a, b = min(a, b), max(a, b)
    b = min(b, a + timedelta(days=40))
    expected, day = timedelta(), a.astimezone(LOCAL).date()
    while day <= b.astimezone(LOCAL).date():
        off = VIETNAM.days.get(day)
        if off == "make_up" or (off is None and day.weekday() < 5):
            for opens, closes in VIETNAM.shifts:
                begin = max(a, datetime.combine(day, opens, LOCAL))
                end = min(b, datetime.combine(day, closes, LOCAL))
                expected += max(end - begin, timedelta())
        day += timedelta(days=1)
    assert between(VIETNAM, a, b) == Decimal(expected // timedelta(microseconds=1)) / 3_600_000_000


def test_backwards_is_below_zero() -> None:
    assert between(PLAIN, at("2025-07-01 10:00"), at("2025-07-01 09:00")) == -1


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        ("2025-07-01 09:00", {"value": 1.5, "unit": "working_day"}, "2025-07-02 14:30"),
        ("2025-07-01 09:00", {"value": 8, "unit": "hour"}, "2025-07-02 09:00"),
        ("2025-07-01 09:00", {"value": 3, "unit": "calendar_day"}, "2025-07-04 17:00"),
        ("2025-07-01 09:00", {"value": 4, "unit": "calendar_day"}, "2025-07-07 17:00"),
        ("2025-04-29 09:00", {"value": "1", "unit": "calendar_day"}, "2025-05-05 17:00"),
        ("2025-04-25 09:00", {"value": 1, "unit": "calendar_day"}, "2025-04-26 17:00"),
    ],
)
def test_limits(start: str, limit: dict[str, object], due: str) -> None:
    assert limit_due(VIETNAM, at(start), limit) == at(due)


@pytest.mark.parametrize(
    "limit",
    [
        {"value": 0, "unit": "hour"}, {"value": -1, "unit": "working_day"}, {"value": None, "unit": "hour"},
        {"value": "NaN", "unit": "hour"}, {"value": 3, "unit": "fortnight"}, {"value": 10**9, "unit": "calendar_day"},
        {}, {"value": 0, "unit": "calendar_day"},
    ],
)
def test_senseless_limits_are_refused(limit: dict[str, object]) -> None:
    with pytest.raises(LimitRefused):
        limit_due(PLAIN, at("2025-07-01 09:00"), limit)


@pytest.mark.parametrize("unit", ["hour", "working_day", "calendar_day"])
def test_a_date_before_the_calendar_begins_is_refused_whatever_the_limit(unit: str) -> None:
    with pytest.raises(CalendarRefused):
        limit_due(PLAIN, at("1989-12-30 09:00"), {"value": 5, "unit": unit})


def test_hours_below_zero_are_refused() -> None:
    with pytest.raises(LimitRefused):
        add(PLAIN, at("2025-07-01 09:00"), Decimal(-1))


@pytest.mark.parametrize(
    "shifts",
    [(), ((time(8), time(8)),), ((time(8), time(12)), (time(11), time(17))), ((time(12), time(8)),)],
)
def test_senseless_calendars_are_refused(shifts: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(CalendarRefused):
        Calendar(shifts=shifts)


def test_a_day_is_off_or_make_up() -> None:
    with pytest.raises(CalendarRefused, match="neither"):
        Calendar(days={date(2025, 1, 1): "perhaps"})


def test_a_moment_needs_its_zone() -> None:
    with pytest.raises(CalendarRefused, match="time zone"):
        add(PLAIN, datetime(2025, 7, 1), Decimal(1))


def test_marks_that_change_nothing() -> None:
    calendar = Calendar(days=days("off", "2025-07-05") | days("make_up", "2025-07-01"))
    assert not calendar.works(date(2025, 7, 5))
    assert calendar.works(date(2025, 7, 1))
    assert add(calendar, at("2025-07-04 16:00"), Decimal(2)) == at("2025-07-07 08:30")


def test_other_shifts_and_a_long_row_of_days_off() -> None:
    off = {date(2025, 1, 1) + timedelta(days=index): "off" for index in range(400)}
    calendar = Calendar(shifts=((time(13, 30), time(17)), (time(7), time(11, 30))), days=off)
    assert calendar.day_hours == 8
    assert add(calendar, at("2025-03-01 09:00"), Decimal(1)) == at("2026-02-05 08:00")
    many = Calendar(days={date(2025, 1, 4) + timedelta(days=7 * index): "make_up" for index in range(60)})
    assert add(many, at("2025-01-06 07:30"), Decimal(8 * 6 * 30)) == at("2025-08-02 17:00")
