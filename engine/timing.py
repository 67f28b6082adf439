"""When a timer is due: ISO 8601 dates and durations, counted from a moment that is handed in."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone

LOCAL = timezone(timedelta(hours=7))
_NUMBER = r"(\d+)"
_DURATION = re.compile(
    rf"P(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.ASCII,
)
_MAX_DIGITS = 6


def due_at(kind: str, value: str, now: datetime) -> datetime:
    """The moment a timer goes off; `kind` is duration or date. Raises ValueError for anything else."""
    text = value.strip()
    return _after(text, now) if kind == "duration" else _moment(text)


def text_of(moment: datetime) -> str:
    """A moment as it is stored: ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat()


def moment_of(text: str) -> datetime:
    """The inverse of `text_of`."""
    return datetime.fromisoformat(text)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)).astimezone(UTC)


def _after(text: str, now: datetime) -> datetime:
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()) or text.endswith("T"):
        raise ValueError(text)
    if max(len(part or "") for part in match.groups()) > _MAX_DIGITS:
        raise ValueError(text)
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    start = _add_months(now.astimezone(LOCAL), years * 12 + months)
    rest = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    try:
        return (start + rest).astimezone(UTC)
    except OverflowError as problem:
        raise ValueError(text) from problem


def _add_months(start: datetime, months: int) -> datetime:
    if not months:
        return start
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year > 9000:
        raise ValueError(f"P{months}M")
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return start.replace(year=year, month=month + 1, day=day)
