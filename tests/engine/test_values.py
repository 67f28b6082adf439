"""Values by kind, at their edges: what stands after a dot, what ranges hold, what fits a type, what is computed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ExpressionFailed
from engine.feel import Months, Range, compile_expression, from_plain, to_plain
from engine.feel import nodes as n
from engine.feel.instances import coerced, conforms, is_instance
from engine.feel.properties import property_of
from engine.feel.ranges import iterate
from engine.feel.temporal import of_seconds, parse_duration, parse_moment, parse_time, plus_months, seconds_of
from engine.feel.values import IllTyped, comparable, contains, equal, kind_of, lift, text_of

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def value(text: str, **context: Any) -> Any:
    return compile_expression(text).evaluate(context, NOW)


def shown(text: str) -> str:
    return text_of(value(text))


EDGES = [
    tuple(line.split(" ==> "))
    for line in (Path(__file__).parent / "feel_edges.txt").read_text("utf-8").splitlines() if not line.startswith("#")
]


@pytest.mark.parametrize(("text", "meaning"), EDGES, ids=lambda part: str(part)[:50])
def test_what_expressions_mean_at_the_edges(text: str, meaning: str) -> None:
    assert shown(text) == meaning
    assert (value(text) is None) is (meaning == "null")


def test_no_other_property_is_found() -> None:
    for each in (date(2026, 1, 1), NOW, timedelta(1), Months(1), Range(1, 2, True, True), "x", Decimal(1), [], None):
        for name in ("__class__", "resolution", "count", "low", "replace", ""):
            assert property_of(each, name) is None


def test_only_like_ends_can_be_walked_between() -> None:
    for low, high in ((Decimal(1), date(2026, 1, 1)), (date(2026, 1, 1), Decimal(1)), ("a", "b"), (Decimal(1), None)):
        with pytest.raises(IllTyped):
            list(iterate(low, high))
    assert list(iterate(date(2026, 1, 2), date(2026, 1, 1))) == [date(2026, 1, 2), date(2026, 1, 1)]


NUMBER, ANY, NULL = n.Type("number"), n.Type("Any"), n.Type("Null")
NUMBERS = n.Type("list", (NUMBER,))
PERSON = n.Type("context", (NUMBER, NUMBERS), ("age", "marks"))
SPAN = n.Type("range", (NUMBER,))
ONE = Decimal(1)


@pytest.mark.parametrize(("given", "wanted", "fits", "may"), [
    (ONE, NUMBER, True, True), ("1", NUMBER, False, False), (None, NUMBER, False, True), (None, NULL, True, True),
    (None, ANY, False, True), (ONE, ANY, True, True), (ONE, NULL, False, False), ([ONE], NUMBERS, True, True),
    ([ONE, "x"], NUMBERS, False, False), ([], NUMBERS, True, True), ([None], NUMBERS, False, True),
    (ONE, NUMBERS, False, False), (["x"], n.Type("list"), True, True),
    ({"age": 1, "marks": [ONE]}, PERSON, True, True), ({"age": 1}, PERSON, False, False),
    ({"age": None, "marks": None}, PERSON, True, True), ({"age": "x", "marks": []}, PERSON, False, False),
    ({"age": 1, "marks": ["x"]}, PERSON, False, False), ({"age": 1, "marks": [], "more": 2}, PERSON, True, True),
    ({}, n.Type("context"), True, True), (Range(ONE, None, True, False), SPAN, True, True),
    (Range("a", "b", True, True), SPAN, False, False), (Range(ONE, "b", True, True), SPAN, False, False),
    (Range("a", "b", True, True), n.Type("range"), True, True), (True, NUMBER, False, False),
])
def test_what_belongs_to_a_type_and_what_may_stand_for_it(given: Any, wanted: n.Type, fits: bool, may: bool) -> None:
    assert is_instance(given, wanted) is fits
    assert conforms(given, wanted, lambda *_: True) is may
    assert coerced(given, wanted, lambda *_: True) == (given if may else coerced(given, wanted, lambda *_: True))


def test_a_type_with_tests_asks_them() -> None:
    small = n.Type("number", allowed=(n.Test(n.Literal(ONE), False),))
    assert conforms(ONE, small, lambda *_: True)
    assert not conforms(ONE, small, lambda *_: False)
    assert conforms(None, small, lambda *_: False)


@pytest.mark.parametrize(("given", "wanted", "becomes"), [
    ([ONE], NUMBER, ONE), ([ONE, ONE], NUMBER, None), (["x"], NUMBER, None), (ONE, NUMBERS, [ONE]),
    ("x", NUMBERS, None),
    (date(2026, 1, 2), n.Type("date and time"), datetime(2026, 1, 2, tzinfo=UTC)), (NOW, n.Type("date"), None),
    ([[ONE]], NUMBERS, None), ([], NUMBER, None), ("1", NUMBER, None),
])
def test_what_a_value_becomes_of_a_type(given: Any, wanted: n.Type, becomes: Any) -> None:
    assert coerced(given, wanted, lambda *_: True) == becomes
    if becomes is not None:
        refused = coerced(given, n.Type(wanted.name, wanted.parts, allowed=(n.Test(n.Literal(ONE), False),)),
                          lambda *_: False)
        assert refused is None


def test_equality_and_order_by_kind() -> None:
    assert equal(None, None) is True
    assert equal(None, ONE) is False
    assert equal(ONE, "1") is None
    assert equal([[ONE]], [[ONE]]) is True
    assert equal({"a": 1.5}, {"a": 1.5}) is True
    assert not comparable(True, False)
    assert not comparable([], [])
    assert comparable(NOW, NOW)
    assert not comparable(NOW, NOW.replace(tzinfo=None))
    assert contains(Range(None, None, False, False), ONE) is None
    assert contains(Range(ONE, None, True, False), None) is None
    assert contains(Range(ONE, None, True, False), ONE) is True
    assert contains(Range(None, ONE, False, False), ONE) is False


@pytest.mark.parametrize(("given", "kind", "lifted", "plain"), [
    (1, "null", ONE, 1), (1.5, "null", Decimal("1.5"), 1.5), (True, "boolean", True, True), ("a", "string", "a", "a"),
    (None, "null", None, None), ([1], "list", [ONE], [1]), ((1,), "null", [ONE], [1]),
    ({"a": 1}, "context", {"a": 1}, {"a": 1}),
    (float("inf"), "null", None, None), (10**40, "null", Decimal("1E+40"), None), (object, "null", None, None),
])
def test_values_from_outside_and_back(given: Any, kind: str, lifted: Any, plain: Any) -> None:
    assert kind_of(given) == kind
    assert lift(given) == lifted
    assert from_plain(given) == (from_plain(lifted) if isinstance(lifted, list | dict) else lifted)
    if given == 10**40:
        with pytest.raises(ExpressionFailed, match="too large to keep"):
            to_plain(lifted)
    else:
        assert to_plain(from_plain(given)) == plain
        assert type(to_plain(from_plain(given))) is type(plain)


@pytest.mark.parametrize(("text", "found"), [
    ("07:30", "07:30:00"), ("07:30:15.250", "07:30:15.25"), ("07:30:00Z", "07:30:00Z"), ("07:30:00z", "07:30:00Z"),
    ("07:30:00+07:00", "07:30:00+07:00"), ("07:30:00-03:30", "07:30:00-03:30"),
    ("07:30:00+07:00:30", "07:30:00+07:00:30"),
    ("24:00:00", None), ("07:60:00", None), ("07:30:60", None), ("07:30:00+15:00", None), ("07:30:00+07:60", None),
    ("07:30:00+14:00", "07:30:00+14:00"), ("07:30:00+07:59", "07:30:00+07:59"),
    ("7:30", None), ("07:30:00@Nowhere", None),
])
def test_reading_a_time(text: str, found: str | None) -> None:
    read = parse_time(text)
    assert (None if read is None else text_of(read)) == found


@pytest.mark.parametrize(("text", "found"), [
    ("2026-01-31T07:30:00", "2026-01-31T07:30:00"), ("2026-01-31", "2026-01-31T00:00:00"),
    ("2026-01-31T24:00:00", "2026-02-01T00:00:00"), ("2026-01-31T24:00:01", None), ("9999-12-31T24:00:00", None),
    ("2026-02-30T00:00:00", None), ("2026-01-31T", None), ("1995-07-01T00:00:00@Europe/Paris", None),
    ("1996-07-01T00:00:00@Europe/Paris", "1996-07-01T00:00:00@Europe/Paris"), ("2026-01-31T25:00:00", None),
])
def test_reading_a_moment(text: str, found: str | None) -> None:
    read = parse_moment(text)
    assert (None if read is None else text_of(read)) == found


@pytest.mark.parametrize(("text", "found"), [
    ("P1Y2M", Months(14)), ("-P1Y2M", Months(-14)), ("P0M", Months(0)), ("P2M", Months(2)), ("P", None), ("PT", None),
    ("P1DT", None), ("P1D", timedelta(1)), ("-P1DT2H", -timedelta(1, hours=2)), ("PT1M", timedelta(minutes=1)),
    ("PT1.5S", timedelta(seconds=1.5)), ("PT0.0000019S", timedelta(microseconds=1)), ("P1Y1D", None), ("1D", None),
    ("P999999999D", timedelta(999_999_999)), ("P999999999DT24H", None),
    ("PT3H4M5S", timedelta(hours=3, minutes=4, seconds=5)),
])
def test_reading_a_duration(text: str, found: Any) -> None:
    assert parse_duration(text) == found


def test_months_and_seconds() -> None:
    assert plus_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert plus_months(date(2024, 12, 31), 1) == date(2025, 1, 31)
    assert plus_months(date(2024, 1, 31), -1) == date(2023, 12, 31)
    assert plus_months(date(1, 1, 1), 0) == date(1, 1, 1)
    assert plus_months(date(9999, 12, 1), 0) == date(9999, 12, 1)
    for months in (-1, 12 * 9999):
        with pytest.raises(IllTyped):
            plus_months(date(1, 1, 1), months)
    assert seconds_of(timedelta(1, 2, 3)) == Decimal("86402.000003")
    assert of_seconds(Decimal("86402.0000034")) == timedelta(1, 2, 3)


def test_the_largest_number_that_can_be_kept() -> None:
    assert to_plain(Decimal("1E+34")) == 10**34
    with pytest.raises(ExpressionFailed, match="the number is too large to keep"):
        to_plain(Decimal("1E+35"))


def test_what_is_said_of_a_condition_that_is_none() -> None:
    missing = "it is neither true nor false; perhaps a value is missing"
    for text, why in (("1", "it must be true or false"), ("null", missing)):
        with pytest.raises(ExpressionFailed) as failed:
            compile_expression(text).evaluate_boolean({}, NOW, "gate")
        assert failed.value.details == {"expression": text, "element": "gate", "reason": why}


def test_moments_in_a_zone_are_kept_with_their_offset() -> None:
    assert to_plain(value('@"2026-07-01T10:00:00@Europe/Paris"')) == "2026-07-01T10:00:00+02:00"
    assert to_plain(value('@"2026-01-01T10:00:00@Europe/Paris"')) == "2026-01-01T10:00:00+01:00"
    assert to_plain(value('@"2026-07-01T10:00:00Z"')) == "2026-07-01T10:00:00Z"
