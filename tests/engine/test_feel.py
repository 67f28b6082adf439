"""FEEL: what expressions mean, by family."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BudgetExceeded, ExpressionFailed, ExpressionInvalid
from engine.feel import Budget, Months, Range, compile_expression, from_plain, names, to_plain, unary_tests
from engine.feel.values import text_of

NOW = datetime(2026, 11, 21, 20, 30, tzinfo=UTC)
CONTEXT: dict[str, Any] = {
    "filing": {
        "floor_area": 250.5,
        "storeys": 3,
        "ok": True,
        "họ_tên": "Nguyễn Văn A",
        "birth": "1990-05-17",
        "rows": [{"a": 1, "b": "x"}, {"a": 5, "b": "y"}],
        "tags": ["p", "q"],
        "nothing": None,
        "pair": (1, 2),
    },
    "visits": {"supplement": 1},
    "appraise": {"choice": "supplement"},
    "full name": "Lê",
}


def value(text: str, context: dict[str, Any] | None = None, **more: Any) -> Any:
    return compile_expression(text, **more).evaluate(CONTEXT if context is None else context, NOW)


def shown(text: str) -> str:
    return text_of(value(text))


MEANINGS = [
    tuple(line.split(" ==> "))
    for line in (Path(__file__).parent / "feel_meanings.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
BLANKS = [
    ('"a\\n\\"b\\" \\u00e9 \\U01F600 \\t\\\\"', 'a\n"b" é 😀 \t\\'),
    ("// comment\n 1", "1"),
    ("/* a\n b */ 2", "2"),
    ('substring before("foobar", "x")', ""),
    ('substring before("a", "")', ""),
    ('substring after("a", "x")', ""),
]


@pytest.mark.parametrize(("text", "expected"), [*MEANINGS, *BLANKS], ids=lambda part: str(part)[:40])
def test_meaning(text: str, expected: str) -> None:
    assert shown(text) == expected
    assert (value(text) is None) is (expected == "null")


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 1),
        ("1 +", 4),
        ("(1", 3),
        ('"abc', 1),
        ("1 2", 3),
        ("if 1 then 2", 12),
        ("a.", 3),
        ("[1, 2", 6),
        ("{a 1}", 5),
        ("{a: 1, a: 2}", 9),
        ("for in [1] return 1", 5),
        ("some x in [1]", 14),
        ("1 instance of thing", 15),
        ("#", 1),
        ("/* a", 1),
        ('@"2026-99-99"', 2),
        ("@5", 2),
        ("function(x) external {}", 13),
        ("f(a: 1, 2)", 9),
        ("[1..2", 6),
        ('"\\uD800"', 2),
        ("(!= 3)", 2),
        ("f(1", 4),
        ("for x in [1] 2", 14),
        ("{: 1}", 2),
        ("function(1) 2", 10),
        ("1 in", 5),
        ('"\\UFFFFFF"', 2),
        ("x y", 3),
        ("a instance number", 12),
    ],
)
def test_what_cannot_be_read_says_where(text: str, position: int) -> None:
    with pytest.raises(ExpressionInvalid) as refused:
        compile_expression(text)
    assert refused.value.details["position"] == position
    assert str(position) in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100 + "1" + ")" * 100,
        "[" * 70 + "]" * 70,
        "-" * 200 + "1",
        "+".join("1" * 300),
        "1" * 20_001,
        "not(" * 80 + "true" + ")" * 80,
        "1 instance of " + "list<" * 3000 + "Any" + ">" * 3000,
        "1 instance of " + "function<>->" * 1500 + "Any",
    ],
)
def test_senseless_sizes_are_refused(text: str) -> None:
    with pytest.raises(ExpressionInvalid):
        compile_expression(text)


@pytest.mark.parametrize(
    "text",
    [
        "for a in 1..1000, b in 1..1000 return 1",
        "{f: function(x) f(x), r: f(1)}.r",
        "count(for i in 1..200000 return i)",
        "{a: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], b: [a, a, a, a, a, a, a, a, a, a], c: [b, b, b, b, b, b, b, b, b, b],"
        " d: [c, c, c, c, c, c, c, c, c, c], e: [d, d, d, d, d, d, d, d, d, d], f: flatten(e)}.f",
        '{a: string join(for i in 1..5000 return "0123456789"), b: a + a, c: b + b}.c',
        "for i in 1..5000 return [partial[-1]]",
        '{a: string join(for i in 1..900 return "aaaaaaaaaa"), b: replace(a, "a", a)}.b',
        "some x in 1e30..1e31 satisfies false",
        "sort(for i in 1..3000 return modulo(i * 7919, 3001), function(a, b) a < b)",
    ],
)
def test_no_expression_runs_away(text: str) -> None:
    with pytest.raises(BudgetExceeded):
        value(text)


def test_the_budget_can_be_smaller() -> None:
    with pytest.raises(BudgetExceeded, match="10 calculation steps"):
        compile_expression("1+1+1+1+1+1+1").evaluate({}, NOW, Budget(steps=10))


def test_a_condition_must_be_true_or_false() -> None:
    assert compile_expression("visits.supplement < 2").evaluate_boolean(CONTEXT, NOW) is True
    with pytest.raises(ExpressionFailed, match="gw_1 failed: it is neither true nor false"):
        compile_expression("filing.missing > 2").evaluate_boolean(CONTEXT, NOW, "gw_1")
    with pytest.raises(ExpressionFailed, match="must be true or false"):
        compile_expression("1 + 1").evaluate_boolean(CONTEXT, NOW)


@pytest.mark.parametrize(
    ("text", "tested", "expected"),
    [
        ("-", 1, True),
        ("", None, True),
        ("< 5", 4, True),
        ("< 5, [10..20]", 12, True),
        ("< 5, [10..20]", 7, False),
        ('not("a", "b")', "c", True),
        ('not("a", "b")', "a", False),
        ('"a", "b"', "b", True),
        ("true", True, True),
        ("false", True, False),
        ("? > 3 and ? < 6", 5, True),
        ("filing.storeys", 3, True),
        ("null", None, True),
        ("> 5", None, False),
        ("not(> 5)", None, False),
        ("(1..2)", 1.5, True),
        ("[1, 2]", 2, True),
        ('contains(?, "b")', "abc", True),
        ("!= 5", 6, True),
        ("= 5", 5, True),
        ("date(?) < today()", "2020-01-01", True),
        ("-5", -5, True),
        ("?", 1, False),
    ],
)
def test_unary_tests(text: str, tested: Any, expected: bool) -> None:
    assert unary_tests(text).matches(tested, CONTEXT, NOW) is expected


def test_unary_tests_that_cannot_be_read() -> None:
    for text in ("not(1", "1,", "< ", "1 2"):
        with pytest.raises(ExpressionInvalid):
            unary_tests(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("filing.a + b", {"filing", "b"}),
        ("for x in rows return x + y", {"rows", "y"}),
        ("rows[price > limit]", {"rows"}),
        ("count(a)", {"a"}),
        ("{a: 1, b: a + c}", {"c"}),
        ("function(x) x + z", {"z"}),
        ("some i in 1..n satisfies i = k", {"n", "k"}),
        ("x in (< y, ?)", {"x", "y"}),
        ("(if a then b else c).d", {"a", "b", "c"}),
        ("today() > a.b.c", {"a"}),
        ("rows[limit.x > item.y]", {"rows"}),
        ("for i in a return partial", {"a"}),
        ("{f: function(x) x, r: f(q)}", {"q"}),
        ("string length(s)", {"s"}),
    ],
)
def test_free_names(text: str, expected: set[str]) -> None:
    assert names(text) == expected
    assert names(compile_expression(text)) == expected


def test_free_paths() -> None:
    expected = {("filing", "owner", "age"), ("visits", "x")}
    assert compile_expression("filing.owner.age > visits.x").paths == expected
    assert unary_tests("< filing.limit, ?").paths == {("filing", "limit")}


def test_declared_names_may_have_spaces() -> None:
    assert value('full name + "!"', declared=["full name"]) == "Lê!"
    assert value("a-b + 1", {"a-b": 1}, declared=["a-b"]) == 2
    assert value("{Ngày nộp: 5}.Ngày nộp") == 5
    assert value("Te\u0302n + 1", {"Tên": 1}) == 2


def test_plain_values() -> None:
    assert to_plain(Decimal("3.00")) == 3
    assert isinstance(to_plain(Decimal("3.00")), int)
    assert to_plain(Decimal("0.1")) == 0.1
    assert to_plain({"a": [date(2026, 1, 2), timedelta(days=1), Months(3), None, True]}) == {
        "a": ["2026-01-02", "P1D", "P3M", None, True]
    }
    assert to_plain(Range(Decimal(1), Decimal(2), True, False)) == "[1..2)"
    assert from_plain({"a": [1, 0.5, "x", None, float("nan"), object()]}) == {
        "a": [Decimal(1), Decimal("0.5"), "x", None, None, None]
    }
    with pytest.raises(ExpressionFailed, match="too large"):
        to_plain(Decimal("1e100"))


def test_results_are_values_all_the_way_down() -> None:
    assert value("filing.rows") == [{"a": Decimal(1), "b": "x"}, {"a": Decimal(5), "b": "y"}]
    assert type(value("filing.rows")[0]["a"]) is Decimal


def test_nothing_reaches_python() -> None:
    for text in ('"".__class__', "filing.__class__", "[].__len__", "filing.rows.append", "count.__globals__"):
        assert to_plain(value(text)) in (None, [], [None, None])


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.text(max_size=5)
    | st.floats(-1e9, 1e9).map(lambda x: round(x, 4)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=15,
)


@settings(deadline=None)
@given(plain)
def test_plain_data_survives(data: Any) -> None:
    assert to_plain(from_plain(data)) == data


@settings(deadline=None)
@given(plain, plain)
def test_equality_is_symmetric(left: Any, right: Any) -> None:
    context = {"a": left, "b": right}
    assert value("a = b", context) == value("b = a", context)
    assert value("a = a", context) is True


@settings(deadline=None)
@given(st.text(alphabet="ab1(.[]){}+-*/<>=,:? \"@'iforent", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        expression = compile_expression(text)
    except ExpressionInvalid:
        return
    try:
        expression.evaluate({"a": 1, "b": [1, {"a": 2}]}, NOW)
    except BudgetExceeded:
        return


@settings(deadline=None)
@given(st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_numbers_are_exact(a: int, b: int) -> None:
    context = {"a": a, "b": b}
    assert value("a / 100 + b / 100 = (a + b) / 100", context) is True
    if b:
        assert value("modulo(a, b)", context) == a % b


@pytest.mark.parametrize(
    ("text", "position", "shown"),
    [
        ("1 +", 4, "1 +"),
        ("x" * 100 + " 1", 102, "…" + "x" * 77 + " 1"),
        ("1 1" + " + 2" * 50, 3, "1 1" + " + 2" * 19 + "…"),
        ("1 + " * 50 + "* 2" + " + 1" * 50, 201, "…" + ("1 + " * 50 + "* 2" + " + 1" * 50)[161:239] + "…"),
    ],
)
def test_a_long_expression_is_quoted_around_the_place(text: str, position: int, shown: str) -> None:
    with pytest.raises(ExpressionInvalid, match=f"at position {position}") as refused:
        compile_expression(text)
    assert refused.value.details["position"] == position
    assert refused.value.details["expression"] == shown
    assert len(shown) <= 80


def test_a_failed_expression_is_quoted_from_its_beginning() -> None:
    with pytest.raises(ExpressionFailed) as failed:
        compile_expression("filing.missing + " * 20 + "1").evaluate_boolean(CONTEXT, NOW, "gw")
    assert failed.value.details["expression"] == ("filing.missing + " * 20)[:79] + "…"
