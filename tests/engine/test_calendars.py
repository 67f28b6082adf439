"""Other calendars than the usual one: seasons, Saturdays, nights, clocks that change, holidays of other countries."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock.calendar import Week
from engine.clock.worktime import Calendar, Season, add, between, limit_due, subtract
from engine.errors import CalendarRefused

LOCAL = timezone(timedelta(hours=7))
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
TOKYO = ZoneInfo("Asia/Tokyo")
OFFICE = ((time(9), time(12)), (time(13), time(17)))


def week(weekdays: tuple[tuple[time, time], ...], saturday: tuple[tuple[time, time], ...] = ()) -> Week:
    return (*((weekdays,) * 5), saturday, ())


def off(days: holidays.HolidayBase) -> dict[date, str]:
    return dict.fromkeys(days, "off")


DUTCH = Calendar(shifts=OFFICE, days=off(holidays.NL(years=range(2024, 2028))), zone=AMSTERDAM)
JAPANESE = Calendar(shifts=((time(8, 30), time(17, 15)),), days=off(holidays.JP(years=range(2024, 2028))), zone=TOKYO)
NIGHT = Calendar(shifts=((time(0), time(6)), (time(22), time(0))), zone=AMSTERDAM)
SEASONS = Calendar(
    days={date(2026, 4, 25): "make_up", date(2026, 4, 30): "off"},
    seasons=(
        Season(week(((time(7), time(11, 30)), (time(13, 30), time(17))), ((time(7), time(11, 30)),)), date(2025, 1, 1),
               (4, 16), (10, 15)),
        Season(week(((time(8), time(12)), (time(13), time(16, 30)))), date(2026, 1, 1), (11, 16), (2, 15)),
    ),
)
CALENDARS = (DUTCH, JAPANESE, NIGHT, SEASONS, Calendar())
moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 11, 30)).map(lambda moment: moment.replace(tzinfo=UTC))
some_hours = st.decimals(0, 900, places=3)


@pytest.mark.parametrize(
    ("calendar", "zone", "start", "hours", "due"),
    [
        # King's Day (27 April) and the day off before it.
        (DUTCH, AMSTERDAM, "2026-04-24 16:00", "2", "2026-04-28 10:00"),
        # The clocks go forward in the night to Sunday 29 March; an office does not notice.
        (DUTCH, AMSTERDAM, "2026-03-27 16:00", "8", "2026-03-30 17:00"),
        (DUTCH, AMSTERDAM, "2025-12-24 16:00", "1.5", "2025-12-29 09:30"),
        # Golden Week: 29 April, then 3 to 6 May 2026.
        (JAPANESE, TOKYO, "2026-05-01 17:00", "0.5", "2026-05-07 08:45"),
        (JAPANESE, TOKYO, "2026-04-28 08:30", "17.5", "2026-04-30 17:15"),
        # The night before Saturday 25 October 2025 ends at midnight; the next one begins with Monday.
        (NIGHT, AMSTERDAM, "2025-10-24 23:00", "2", "2025-10-27 01:00"),
        (NIGHT, AMSTERDAM, "2026-01-07 05:00", "2", "2026-01-07 23:00"),
        # Summer hours begin on 16 April and have Saturday mornings; a make-up Saturday is worked to the evening.
        (SEASONS, LOCAL, "2026-04-15 16:00", "2", "2026-04-16 08:00"),
        (SEASONS, LOCAL, "2026-04-17 16:00", "2", "2026-04-18 08:00"),
        (SEASONS, LOCAL, "2026-04-25 11:00", "1.5", "2026-04-25 14:30"),
        # Winter hours over New Year, from 2026 on only.
        (SEASONS, LOCAL, "2026-01-05 07:40", "0.5", "2026-01-05 08:30"),
        (SEASONS, LOCAL, "2025-12-01 07:40", "0.5", "2025-12-01 08:10"),
    ],
)
def test_golden_dates(calendar: Calendar, zone: timezone, start: str, hours: str, due: str) -> None:
    begin, end = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (start, due))
    assert add(calendar, begin, Decimal(hours)) == end


@settings(deadline=None)
@given(st.sampled_from(CALENDARS), moments, some_hours)
def test_taking_away_is_the_inverse_of_adding(calendar: Calendar, moment: datetime, hours: Decimal) -> None:
    due = add(calendar, moment, hours)
    assert between(calendar, subtract(calendar, due, hours), due) == hours
    assert add(calendar, subtract(calendar, due, hours), hours) == due or hours == 0
    begun = subtract(calendar, moment, hours)
    assert between(calendar, begun, moment) == hours
    assert subtract(calendar, add(calendar, begun, hours), hours) == begun or hours == 0


@settings(deadline=None)
@given(st.sampled_from(CALENDARS), moments, moments)
def test_working_time_equals_a_count_of_shifts_by_hand(calendar: Calendar, a: datetime, b: datetime) -> None:
    a, b = min(a, b), max(a, b)
    b = min(b, a + timedelta(days=30))
    day, expected = calendar.local(a).date() - timedelta(days=1), timedelta()
    while day <= calendar.local(b).date():
        expected += sum((max(min(b, end) - max(a, begin), timedelta()) for begin, end in calendar.shifts_of(day)),
                        timedelta())
        day += timedelta(days=1)
    assert between(calendar, a, b) == Decimal(expected // timedelta(microseconds=1)) / 3_600_000_000


def test_a_night_in_which_the_clocks_change_has_an_hour_less_or_more() -> None:
    nights = Calendar(seasons=(Season((((time(0), time(6)),),) * 7),), shifts=(), zone=AMSTERDAM)
    spring, autumn = datetime(2026, 3, 29, tzinfo=AMSTERDAM), datetime(2026, 10, 25, tzinfo=AMSTERDAM)
    assert between(nights, spring, spring + timedelta(days=1)) == 5
    assert between(nights, autumn, autumn + timedelta(days=1)) == 7


def test_it_does_not_matter_which_year_was_asked_for_first() -> None:
    early, late = (datetime(year, 6, 1, tzinfo=UTC) for year in (1995, 2090))
    forwards, backwards = Calendar(), Calendar()
    forwards.place(early)
    backwards.place(late)
    assert (forwards.place(late), forwards.place(early)) == (backwards.place(late), backwards.place(early))


def test_calendar_days_end_with_the_closing_of_a_day_that_is_worked() -> None:
    start = datetime(2026, 4, 24, 10, tzinfo=AMSTERDAM)
    assert limit_due(DUTCH, start, {"value": 3, "unit": "calendar_day"}) == datetime(2026, 4, 28, 17, tzinfo=AMSTERDAM)


def test_a_moment_before_the_calendar_begins_is_refused() -> None:
    calendar = Calendar(begins=date(2025, 7, 1))
    with pytest.raises(CalendarRefused, match="begins on 2025-07-01"):
        add(calendar, datetime(2025, 6, 30, tzinfo=UTC), Decimal(1))
    with pytest.raises(CalendarRefused, match="begins on 1990-01-01"):
        subtract(Calendar(), datetime(1990, 2, 1, tzinfo=UTC), Decimal(10_000))


def test_a_calendar_in_which_nothing_is_worked_any_more_is_refused() -> None:
    closed = Calendar(seasons=(Season(((),) * 7, date(2026, 1, 1)),))
    with pytest.raises(CalendarRefused, match="ends before 2200"):
        add(closed, datetime(2025, 12, 31, 12, tzinfo=UTC), Decimal(8))
    with pytest.raises(CalendarRefused, match="no working hour"):
        limit_due(closed, datetime(2025, 12, 31, 12, tzinfo=UTC), {"value": 3, "unit": "calendar_day"})
    with pytest.raises(CalendarRefused, match="no working hour"):
        Calendar(shifts=(), seasons=(Season(((),) * 7),))
