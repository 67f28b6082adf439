"""Named time zones by rule, held against the tables of the operating system, which the engine itself never reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, product
from zoneinfo import ZoneInfo

import pytest

from engine.feel.temporal import parse_moment
from engine.feel.zones import ZONES
from tests.engine.test_values import shown

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
KNOWN = """
    Africa/Abidjan America/Chicago America/Denver America/Los_Angeles America/New_York America/Toronto
    Asia/Bangkok Asia/Dhaka Asia/Dubai Asia/Ho_Chi_Minh Asia/Hong_Kong Asia/Jakarta Asia/Kolkata
    Asia/Kuala_Lumpur Asia/Manila Asia/Phnom_Penh Asia/Saigon Asia/Seoul Asia/Shanghai Asia/Singapore
    Asia/Taipei Asia/Tokyo Asia/Vientiane Atlantic/Reykjavik Australia/Adelaide Australia/Brisbane
    Australia/Hobart Australia/Melbourne Australia/Perth Australia/Sydney Etc/GMT Etc/UTC Europe/Amsterdam
    Europe/Athens Europe/Berlin Europe/Brussels Europe/Bucharest Europe/Budapest Europe/Copenhagen Europe/Dublin
    Europe/Helsinki Europe/Lisbon Europe/London Europe/Madrid Europe/Oslo Europe/Paris Europe/Prague Europe/Riga
    Europe/Rome Europe/Sofia Europe/Stockholm Europe/Tallinn Europe/Vienna Europe/Vilnius Europe/Warsaw
    Europe/Zurich GMT UTC
"""
NAMES = KNOWN.split()
ETC = [f"Etc/GMT{hours:+d}" for hours in range(-14, 13)]


def every_month(zone: ZoneInfo, year: int) -> Iterator[datetime]:
    for month, day in product(range(1, 13), (1, 15)):
        yield datetime(year, month, day, 12, tzinfo=zone)


def changes(zone: ZoneInfo, year: int) -> Iterator[datetime]:
    """The moments around each change of the clocks, as they are written on a wall."""
    day = datetime(year, 1, 1, tzinfo=UTC)
    while day.year == year:
        if day.astimezone(zone).utcoffset() != (day + 24 * HOUR).astimezone(zone).utcoffset():
            hours = [day + number * HOUR for number in range(25)]
            yield from ((hour - back).astimezone(zone) for hour in hours for back in (SECOND, 0 * HOUR))
        day += 24 * HOUR


def test_these_zones_are_known() -> None:
    assert sorted(ZONES) == sorted([*NAMES, *ETC])
    assert {str(zone) for zone in ZONES.values()} == ZONES.keys()


@pytest.mark.parametrize("name", [*NAMES, *ETC])
def test_a_zone_is_what_it_is_in_the_tables(name: str) -> None:
    zone, told = ZONES[name], ZoneInfo(name)
    known = [year for year in range(1970, 2038) if zone.knows(year)]
    looked_at = [every_month(told, year) for year in known]
    looked_at += [changes(told, year) for year in (*known[:3], 2026, 2027)]
    for moment in chain.from_iterable(looked_at):
        if zone.knows(moment.year):
            assert moment.replace(tzinfo=zone).utcoffset() == moment.utcoffset(), moment


@pytest.mark.parametrize("name", [*NAMES, *ETC])
def test_a_zone_is_not_known_only_where_it_was_something_else(name: str) -> None:
    """In the year before its rule began, and in single years since then."""
    zone, told = ZONES[name], ZoneInfo(name)
    since = next(year for year in range(1970, 2038) if zone.knows(year))
    for year in (year for year in range(max(1970, since - 1), 2038) if not zone.knows(year)):
        moments = chain(every_month(told, year), changes(told, year))
        assert any(one.replace(tzinfo=zone).utcoffset() != one.utcoffset() for one in moments), year


@pytest.mark.parametrize(("name", "since"), [
    ("Asia/Ho_Chi_Minh", 1976), ("Asia/Shanghai", 1992), ("Europe/Paris", 1996), ("Europe/Vilnius", 2003),
    ("Europe/Riga", 2001), ("Australia/Perth", 2010), ("Asia/Dhaka", 2010),
    ("America/New_York", 2007), ("Australia/Sydney", 2008),
])
def test_before_the_first_year_of_its_rule_a_zone_is_not_known(name: str, since: int) -> None:
    assert parse_moment(f"{since}-01-01T12:00:00@{name}") == datetime(since, 1, 1, 12, tzinfo=ZONES[name])
    assert parse_moment(f"{since - 1}-12-31T12:00:00@{name}") is None
    assert parse_moment("0001-01-01T12:00:00@Etc/UTC") is not None


def test_a_time_of_day_alone_has_an_offset_where_it_depends_on_no_day() -> None:
    assert time(12, tzinfo=ZONES["Asia/Tokyo"]).utcoffset() == 9 * HOUR
    assert time(12, tzinfo=ZONES["Europe/Paris"]).utcoffset() is None
    assert time(12, tzinfo=ZONES["Europe/Paris"]).dst() == time(12, tzinfo=ZONES["Asia/Tokyo"]).dst() == timedelta()


def test_summer_time_is_an_hour() -> None:
    summer, winter = datetime(2026, 7, 1), datetime(2026, 1, 1)
    dst = [day.replace(tzinfo=ZONES[name]).dst() for name in ("Europe/Paris", "Asia/Tokyo") for day in (summer, winter)]
    assert dst == [HOUR, timedelta(), timedelta(), timedelta()]


def test_a_zone_is_written_by_its_name() -> None:
    zone = ZONES["Europe/Paris"]
    assert (str(zone), repr(zone), zone.tzname(None)) == ("Europe/Paris", "Zone('Europe/Paris')", "Europe/Paris")
    assert shown('@"2026-07-01T12:00:00@Europe/Paris"') == "2026-07-01T12:00:00@Europe/Paris"


@pytest.mark.parametrize(("day", "hours"), [
    (date(2026, 3, 28), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 10, 26), 24)])
def test_the_days_when_clocks_change_are_shorter_and_longer(day: date, hours: int) -> None:
    following = day + timedelta(days=1)
    length = f'@"{following}T00:00:00@Europe/Paris" - @"{day}T00:00:00@Europe/Paris"'
    assert shown(f"({length}) / @\"PT1H\"") == str(hours)
