"""Functions that make one kind of value of another."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

from engine.feel.budget import Run
from engine.feel.library.registry import builtin, clock, day, single, text, whole
from engine.feel.temporal import as_moment, parse_date, parse_duration, parse_moment, parse_time
from engine.feel.values import NUMBERS, IllTyped, Months, Value, text_of

_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?", re.ASCII)
_SEPARATORS = (None, " ", ",", ".")


@builtin("string", "from", runs=True)
def _string(run: Run, value: Value) -> Value:
    return None if value is None else text_of(run.weigh(value))


@builtin("number", "from, grouping separator, decimal separator", least=1)
def _number(value: Value, grouping: Value = None, point: Value = None) -> Value:
    if grouping not in _SEPARATORS or point not in (None, ".", ",") or (grouping and grouping == point):
        raise IllTyped
    if type(single(value)) is Decimal:
        return single(value)
    content = text(value)
    if grouping:
        content = content.replace(grouping, "")
    if point:
        content = content.replace(point, ".")
    if len(content) > 100 or not _NUMBER.fullmatch(content):
        raise IllTyped
    return NUMBERS.create_decimal(content)


@builtin("date", "from", "year, month, day")
def _date(*parts: Value) -> Value:
    if len(parts) == 3:
        return date(*(whole(part) for part in parts))
    if len(parts) != 1:
        raise IllTyped
    value = single(parts[0])
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else parse_date(text(value))


@builtin("time", "from", "hour, minute, second, offset")
def _time(hour: Value, minute: Value = None, second: Value = None, offset: Value = None) -> Value:
    if minute is not None or second is not None:
        return _time_of(hour, minute, second, offset)
    value = single(hour)
    if isinstance(value, datetime):
        return value.timetz()
    if isinstance(value, date):
        return time(tzinfo=UTC)
    return value if isinstance(value, time) else parse_time(text(value))


def _time_of(hour: Value, minute: Value, second: Value, offset: Value) -> time:
    if type(second) is not Decimal or not (offset is None or type(offset) is timedelta):
        raise IllTyped
    micro = int(NUMBERS.multiply(second, Decimal(1_000_000)))
    zone = None if offset is None else timezone(offset)
    return time(whole(hour), whole(minute), micro // 1_000_000, micro % 1_000_000, zone)


@builtin("date and time", "from", "date, time", "year, month, day, hour, minute, second, offset", least=1)
def _moment(*parts: Value) -> Value:
    if len(parts) >= 6:
        offset = parts[6] if len(parts) == 7 else None
        clocked = _time_of(parts[3], parts[4], parts[5], offset)
        return datetime.combine(date(*(whole(part) for part in parts[:3])), clocked)
    if len(parts) == 2:
        return datetime.combine(date(day(parts[0]).year, day(parts[0]).month, day(parts[0]).day), clock(parts[1]))
    if len(parts) != 1:
        raise IllTyped
    value = single(parts[0])
    return as_moment(value) if isinstance(value, date) else parse_moment(text(value))


@builtin("duration", "from")
def _duration(value: Value) -> Value:
    found = single(value)
    return found if isinstance(found, timedelta | Months) else parse_duration(text(found))


@builtin("years and months duration", "from, to")
def _between(start: Value, end: Value) -> Value:
    first, last = day(start), day(end)
    sign = 1
    if (first.year, first.month, first.day) > (last.year, last.month, last.day):
        first, last, sign = last, first, -1
    months = (last.year - first.year) * 12 + last.month - first.month
    return Months(sign * (months - (last.day < first.day)))
