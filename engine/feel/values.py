"""The values FEEL computes with, how they compare, and how they become plain data and back.

Numbers are decimals of 34 digits, days-and-time durations are `timedelta`, contexts are mappings, lists are lists.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from types import NoneType
from typing import Any

from engine.errors import ExpressionFailed
from engine.feel.zones import Zone

Value = Any
NUMBERS = Context(
    prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, traps=[InvalidOperation, DivisionByZero, Overflow]
)
LARGEST_EXPONENT = 34


class IllTyped(Exception):
    """An operation met a value it has no meaning for; its result is null."""


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """A duration in years and months."""

    count: int


@dataclass(frozen=True, slots=True)
class Range:
    """An interval; an end that is None and excluded is open to infinity."""

    low: Value
    high: Value
    low_included: bool
    high_included: bool


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function as a value: `call` takes positional arguments."""

    parameters: tuple[str, ...]
    call: Callable[[list[Value]], Value]


KINDS: dict[type, str] = {
    NoneType: "null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    date: "date",
    time: "time",
    datetime: "date and time",
    timedelta: "days and time duration",
    Months: "years and months duration",
    list: "list",
    dict: "context",
    Range: "range",
    Function: "function",
}
_ORDERED = frozenset(
    {"number", "string", "date", "time", "date and time", "days and time duration", "years and months duration"}
)
_ZONED = frozenset({"time", "date and time"})
_READY = frozenset(set(KINDS) - {list})


def kind_of(value: Value) -> str:
    """The FEEL name of the value's type."""
    return KINDS.get(type(value)) or ("context" if isinstance(value, Mapping) else "null")


def lift(value: Any) -> Value:
    """A plain value as FEEL knows it. Entries of a context are lifted when they are read."""
    kind = type(value)
    if kind in _READY:
        return value
    if kind is int:
        return NUMBERS.create_decimal(value)
    if kind is float:
        return NUMBERS.create_decimal(repr(value)) if math.isfinite(value) else None
    if kind is list or kind is tuple:
        return [lift(item) for item in value]
    return value if isinstance(value, Mapping) else None


def from_plain(value: Any) -> Value:
    """JSON data as FEEL values, all the way down."""
    if isinstance(value, Mapping):
        return {str(key): from_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [from_plain(item) for item in value]
    return lift(value)


def to_plain(value: Value) -> Any:
    """A FEEL value as JSON data.

    A whole number becomes an int. Another number becomes the float nearest to it, which is exact for every number of
    up to 15 digits; money in đồng is whole. Dates, times and durations become their ISO 8601 text.
    """
    if isinstance(value, Decimal):
        return _plain_number(value)
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    # A named zone becomes its offset, which every reader knows
    return value.isoformat() if isinstance(value, datetime) and isinstance(value.tzinfo, Zone) else text_of(value)


def _plain_number(value: Decimal) -> int | float:
    if value.adjusted() > LARGEST_EXPONENT:
        raise ExpressionFailed(expression=str(value), element="", reason="the number is too large to keep")
    return int(value) if value == value.to_integral_value() else float(value)


def number_text(value: Decimal) -> str:
    """The number without exponent and without trailing zeros."""
    return format(value.normalize(NUMBERS), "f") if value else "0"


def duration_text(value: timedelta) -> str:
    """ISO 8601 text of a days-and-time duration."""
    seconds, micro = divmod(abs(value) // timedelta(microseconds=1), 1_000_000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    fraction = f".{micro:06d}".rstrip("0") if micro else ""
    clock = f"{hour}H" * bool(hour) + f"{minute}M" * bool(minute) + f"{second}{fraction}S" * bool(second or micro)
    body = f"{days}D" * bool(days) + ("T" + clock if clock else "")
    return ("-" if value < timedelta(0) else "") + "P" + (body or "T0S")


def months_text(value: Months) -> str:
    """ISO 8601 text of a years-and-months duration."""
    years, months = divmod(abs(value.count), 12)
    body = f"{years}Y" * bool(years) + f"{months}M" * bool(months)
    return ("-" if value.count < 0 else "") + "P" + (body or "0M")


def moment_text(value: datetime | time) -> str:
    """ISO 8601 text with `Z` for UTC, and with the name of a named zone."""
    bare = value.replace(tzinfo=None).isoformat()
    text = bare.rstrip("0") if "." in bare else bare
    if isinstance(value.tzinfo, Zone):
        return f"{text}@{value.tzinfo}"
    offset = value.isoformat()[len(bare) :]
    return text + ("Z" if offset == "+00:00" else offset)


def _range_text(value: Range) -> str:
    opening, closing = "[" if value.low_included else "(", "]" if value.high_included else ")"
    return f"{opening}{text_of(value.low)}..{text_of(value.high)}{closing}"


def _nested_text(value: Value) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if isinstance(value, str) else text_of(value)


_TEXTS: dict[str, Callable[[Any], str]] = {
    "null": lambda value: "null",
    "boolean": lambda value: "true" if value else "false",
    "number": number_text,
    "string": lambda value: value,
    "date": date.isoformat,
    "time": moment_text,
    "date and time": moment_text,
    "days and time duration": duration_text,
    "years and months duration": months_text,
    "list": lambda value: "[" + ", ".join(_nested_text(item) for item in value) + "]",
    "context": lambda value: "{" + ", ".join(f"{key}: {_nested_text(lift(item))}" for key, item in value.items()) + "}",
    "range": _range_text,
    "function": lambda value: "function(" + ", ".join(value.parameters) + ")",
}


def text_of(value: Value) -> str:
    """The value as FEEL's `string()` writes it."""
    return _TEXTS[kind_of(value)](value)


def equal(left: Value, right: Value) -> bool | None:
    """FEEL's `=`: null (None) when the two are of different kinds."""
    if left is None or right is None:
        return left is right
    kind = kind_of(left)
    if kind != kind_of(right):
        return None
    if kind == "list":
        return len(left) == len(right) and all(equal(a, b) is True for a, b in zip(left, right, strict=True))
    if kind == "context":
        return left.keys() == right.keys() and all(equal(lift(left[key]), lift(right[key])) is True for key in left)
    if kind == "range":
        return _equal_ranges(left, right)
    return bool(left == right)


def _equal_ranges(left: Range, right: Range) -> bool:
    return (left.low_included, left.high_included) == (right.low_included, right.high_included) and (
        equal(left.low, right.low) is True and equal(left.high, right.high) is True
    )


def comparable(left: Value, right: Value) -> bool:
    """Whether `<` has a meaning between the two."""
    kind = kind_of(left)
    if kind not in _ORDERED or kind != kind_of(right):
        return False
    return kind not in _ZONED or (left.utcoffset() is None) == (right.utcoffset() is None)


def contains(interval: Range, value: Value) -> bool | None:
    """Whether the value lies in the interval; null when it cannot be compared with its ends."""
    low, high = interval.low, interval.high
    if type(value) is Decimal and type(low) is Decimal and type(high) is Decimal:
        above = low < value or (interval.low_included and low == value)
        return above and (value < high or (interval.high_included and value == high))
    if (low is None and high is None) or value is None:
        return None
    if not all(comparable(value, end) for end in (low, high) if end is not None):
        return None
    above = low is None or bool(value > low) or (interval.low_included and value == low)
    below = high is None or bool(value < high) or (interval.high_included and value == high)
    return above and below
