"""Dates, times and durations: reading their ISO 8601 texts and computing with them."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal

from engine.feel.values import NUMBERS, IllTyped, Months, Value
from engine.feel.zones import ZONES, Zone

LOCAL = timezone(timedelta(hours=7))
_MOST_SECONDS = Decimal(timedelta.max.days * 86400)
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_TIME = re.compile(
    r"([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,18}))?)?"
    r"(?:(Z|z)|([+-])([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?|@([A-Za-z0-9_+/-]{1,40}))?",
    re.ASCII,
)
_DAYS = re.compile(
    r"(-)?P(?:([0-9]{1,9})D)?(T(?:([0-9]{1,12})H)?(?:([0-9]{1,12})M)?(?:([0-9]{1,12})(?:\.([0-9]{0,9}))?S)?)?", re.ASCII
)
_MONTHS = re.compile(r"(-)?P(?:([0-9]{1,9})Y)?(?:([0-9]{1,9})M)?", re.ASCII)


def parse_date(text: str) -> date | None:
    """`2026-01-31`, or None."""
    match = _DATE.fullmatch(text)
    try:
        return date(*(int(part) for part in match.groups())) if match else None
    except ValueError:
        return None


def parse_time(text: str) -> time | None:
    """`07:30`, `07:30:00.5+07:00`, `07:30:00@Asia/Ho_Chi_Minh`, or None."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hour, minute, second, fraction = match.group(1, 2, 3, 4)
    micro = int(f"{fraction or '':0<6.6}")
    try:
        return time(int(hour), int(minute), int(second or 0), micro, _zone(match))
    except (ValueError, KeyError):
        return None


def _zone(match: re.Match[str]) -> tzinfo | None:
    utc, sign, hours, minutes, seconds, name = match.group(5, 6, 7, 8, 9, 10)
    if utc:
        return UTC
    if name:
        return ZONES[name]
    if not sign:
        return None
    if int(minutes) > 59 or int(hours) > 14:
        raise ValueError(hours)
    offset = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0))
    return timezone(-offset if sign == "-" else offset)


def parse_moment(text: str) -> datetime | None:
    """`2026-01-31T07:30:00+07:00`, a date alone at midnight, or None."""
    day, separator, clock = text.partition("T")
    the_date = parse_date(day)
    if the_date is not None and clock.startswith("24:00:00") and the_date < date.max:
        # The end of a day is the beginning of the next
        the_date, clock = the_date + timedelta(days=1), "00" + clock[2:]
    the_time = parse_time(clock) if separator else time()
    if the_date is None or the_time is None:
        return None
    if isinstance(the_time.tzinfo, Zone) and not the_time.tzinfo.knows(the_date.year):
        return None
    return datetime.combine(the_date, the_time)


def parse_duration(text: str) -> timedelta | Months | None:
    """`P1Y2M` or `P3DT4H`, or None."""
    months = _MONTHS.fullmatch(text)
    if months and (months[2] or months[3]):
        count = int(months[2] or 0) * 12 + int(months[3] or 0)
        return Months(-count if months[1] else count)
    match = _DAYS.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.group(2, 4, 5, 6))
    micro = int(f"{match[7] or '':0<6.6}")
    try:
        value = timedelta(days, seconds, micro, hours=hours, minutes=minutes)
    except OverflowError:
        return None
    return -value if match[1] else value


def parse_temporal(text: str) -> Value:
    """What `@"text"` means, or None."""
    found = parse_duration(text)
    if found is not None:
        return found
    if _DATE.match(text) is None:
        return parse_time(text)
    return parse_date(text) if _DATE.fullmatch(text) else parse_moment(text)


def plus_months(day: date, months: int) -> date:
    """The same day some months on, or the last day of a shorter month."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= years <= 9999:
        raise IllTyped
    return day.replace(year=years, month=month + 1, day=min(day.day, calendar.monthrange(years, month + 1)[1]))


def plus_duration(moment: date | time, duration: timedelta) -> date | time:
    """A date, a date and time, or a time of day (which turns over at midnight) moved by a duration."""
    if isinstance(moment, time):
        base = datetime.combine(date(2000, 1, 1), moment.replace(tzinfo=None))
        return (base + timedelta(seconds=duration.total_seconds() % 86400)).time().replace(tzinfo=moment.tzinfo)
    if isinstance(moment, datetime):
        if isinstance(moment.tzinfo, Zone):
            # By the instant, not by the clock on the wall
            return (moment.astimezone(UTC) + duration).astimezone(moment.tzinfo)
        return moment + duration
    return (datetime.combine(moment, time()) + duration).date()


def apart(left: time, right: time) -> timedelta:
    """How long it is from one time of day to another on the same day."""
    day = date(2000, 1, 1)
    return difference(datetime.combine(day, left), datetime.combine(day, right))


def difference(left: date, right: date) -> timedelta:
    """How long it is from right to left; both with a zone or both without."""
    first, second = as_moment(left), as_moment(right)
    if type(left) is not type(right):
        # A date beside a moment is its midnight in UTC
        first, second = (_midnight(value) for value in (left, right))
    if (first.tzinfo is None) != (second.tzinfo is None):
        raise IllTyped
    return first - second if first.tzinfo is None else first.astimezone(UTC) - second.astimezone(UTC)


def _midnight(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time(tzinfo=UTC))


def as_moment(value: date) -> datetime:
    """A date as its midnight."""
    return value if isinstance(value, datetime) else datetime.combine(value, time())


def seconds_of(duration: timedelta) -> Decimal:
    """The whole length in seconds, exact to the microsecond."""
    return NUMBERS.divide(Decimal(duration // timedelta(microseconds=1)), Decimal(1_000_000))


def of_seconds(seconds: Decimal) -> timedelta:
    """The inverse of `seconds_of`, rounded to the microsecond."""
    if abs(seconds) > _MOST_SECONDS:
        raise IllTyped
    return timedelta(microseconds=int(NUMBERS.multiply(seconds, Decimal(1_000_000)).to_integral_value()))
