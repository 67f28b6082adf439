"""How an expression is evaluated: what it costs, what it sees, and what becomes null."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from time import tzset
from types import MappingProxyType
from typing import Any

import pytest

from engine.errors import BudgetExceeded
from engine.feel import Budget, compile_expression, unary_tests
from engine.feel import nodes as n
from engine.feel.budget import CHARACTERS, DEFAULT, Run
from engine.feel.evaluate import value_of
from engine.feel.scope import Scope

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def value(text: str, **context: Any) -> Any:
    return compile_expression(text).evaluate(context, NOW)


def cost(text: str, **context: Any) -> int:
    run = Run(NOW)
    compile_expression(text).evaluate_within(context, run)
    return DEFAULT.together - run.steps


# The budget


def test_what_is_allowed_unless_told_otherwise() -> None:
    assert Budget(steps=10_000, together=50_000, size=100_000, depth=200) == DEFAULT
    assert CHARACTERS == 100
    assert Run(NOW).budget is DEFAULT


@pytest.mark.parametrize(("size", "steps"), [(0, 0), (99, 0), (100, 1), (199, 1), (1_000, 10)])
def test_a_new_text_costs_a_step_for_a_hundred_characters(size: int, steps: int) -> None:
    run = Run(NOW)
    run.make(size)
    assert DEFAULT.together - run.steps == steps
    assert run.measured("x" * size) == "x" * size
    assert DEFAULT.together - run.steps == 2 * steps


@pytest.mark.parametrize(("given", "steps"), [
    ({}, 1), ([], 1), ([1, 2], 3), ({"a": 1, "b": {"c": 2}}, 5), ([[1], ["x" * 250]], 9), ("x" * 250, 2), (1, 0),
])
def test_weighing_costs_an_entry_each_and_one_for_what_holds_them(given: Any, steps: int) -> None:
    run = Run(NOW)
    assert run.weigh(given) is given
    assert DEFAULT.together - run.steps == steps
    assert run.size(given) == 1 + steps
    assert DEFAULT.together - run.steps == 2 * steps


@pytest.mark.parametrize(("given", "lifted", "steps"), [
    (1, Decimal(1), 0), (1.5, Decimal("1.5"), 1), ("a", "a", 0), ({"a": 1}, {"a": 1}, 0), (None, None, 0),
    ([1, 1.5], [Decimal(1), Decimal("1.5")], 3), ((1, [2]), [Decimal(1), [Decimal(2)]], 3),
])
def test_values_from_outside_are_paid_for_when_they_are_taken_in(given: Any, lifted: Any, steps: int) -> None:
    run = Run(NOW)
    assert run.lift(given) == lifted
    assert DEFAULT.together - run.steps == steps


@pytest.mark.parametrize(("text", "steps"), [
    ("1", 1), ("1 + 1", 3), ("x", 1), ("-x", 2), ("x = x", 3), ('"a" = "b"', 3), ("x and x", 3), ("[1, 2]", 6),
    ("{a: 1}", 6), ("[x..x]", 5), ("[1..2]", 1), ('@"2026-01-01" + @"P1D"', 6), ("if x then 1 else 2", 3),
    ("x in (1, 2)", 4),
    ("for i in 1..2 return i", 12), ("some i in [1, 2] satisfies i = 2", 14), ("[1, 2][item = 1]", 18),
    ("[[1, 2]][count(item) = 2]", 21),
    ("count([1])", 7), ("exp(1)", 30), ("log(1)", 30), ("is([1, 2, 3], 1)", 14), ("2 ** 2", 28),
    ("x instance of number", 4), ("(function(a) a)(1)", 8), ("before(1, 2)", 14), ('context put({a: 1}, "b", 2)', 20),
    ('context put({}, ["a", "b", "c", "d", "e", "f", "g", "h"], 1)', 61), ("context merge([{a: 1}, {b: 2}])", 21),
])
def test_what_things_cost(text: str, steps: int) -> None:
    """Measured once by tests/bench/costs.py; a change here changes what procedures may do."""
    assert cost(text, x=True) == steps


@pytest.mark.parametrize(("text", "steps"), [
    ("long + long", 46), ("long = long", 13), ("long < long", 13), ("long in (long)", 13), ("many = many", 154),
    ("1 in (many)", 104), ("rows.a", 153), ("1 in (1)", 3),
])
def test_long_texts_and_lists_cost_what_is_looked_at(text: str, steps: int) -> None:
    assert cost(text, long="x" * 1_000, many=[1] * 50, rows=[{"a": 1}] * 50) == steps


@pytest.mark.parametrize(("text", "steps"), [
    ("list contains(many, 2)", 114), ("index of(many, 2)", 115), ("stddev(many)", 112), ("distinct values(many)", 163),
    ("flatten(many)", 164), ("sort(many)", 163), ("sort(many, function(a, b) a < b)", 460),
    ('matches(long, "xy")', 171), ('replace(long, "x", "y")', 1_192), ('split(long, "y")', 182),
    ("string join([long, long], long)", 235),
])
def test_what_goes_through_lists_and_texts_costs(text: str, steps: int) -> None:
    assert cost(text, long="x" * 1_000, many=[1] * 50) == steps


def test_a_text_that_grows_too_long_is_given_up_before_it_is_made() -> None:
    run = Run(NOW)
    with pytest.raises(BudgetExceeded, match="more than 100000 characters"):
        compile_expression('replace(text, "a", new)').evaluate_within({"text": "a" * 1_000, "new": "b" * 1_000}, run)
    assert DEFAULT.together - run.steps < 500


def test_no_text_longer_than_can_be_read_is_searched() -> None:
    assert value('matches(said, "a")', said="a" * 20_000) is True
    assert value('matches(said, "a")', said="a" * 20_001) is None


def test_lists_become_only_as_long_as_values_may_be() -> None:
    assert len(value("concatenate(many, many)", many=[1] * 10)) == 20
    with pytest.raises(BudgetExceeded, match="more than 10 characters or items"):
        compile_expression("concatenate(many, many)").evaluate({"many": [1] * 6}, NOW, Budget(size=10))


def test_an_expression_may_use_its_steps_to_the_last() -> None:
    expression = compile_expression("1 + 1")
    assert expression.evaluate({}, NOW, Budget(steps=3)) == 2
    with pytest.raises(BudgetExceeded, match="more than 2 calculation steps on"):
        expression.evaluate({}, NOW, Budget(steps=2))


def test_limits_are_named_by_what_they_limit() -> None:
    run = Run(NOW, Budget(steps=10, together=20, size=3, depth=2))
    run.enter(2)
    run.allow(3)
    for call, said in ((lambda: run.enter(1), "2 levels"), (lambda: run.allow(4), "3 characters or items"),
                       (lambda: run.weigh([[[1]]]), "2 levels"), (lambda: run.spend(21), "20 calculation steps")):
        with pytest.raises(BudgetExceeded, match=f"more than .*{said} on element"):
            call()


def test_what_is_left_for_the_last_expression_is_what_is_left_of_all() -> None:
    run = Run(NOW, Budget(steps=10, together=20))
    run.spend(10)
    assert run.begin() == 0
    with pytest.raises(BudgetExceeded, match="more than 20 calculation"):
        run.spend(11)
    other = Run(NOW, Budget(steps=10, together=20))
    other.spend(9)
    assert other.begin() == 1
    with pytest.raises(BudgetExceeded, match="more than 10 calculation"):
        other.spend(11)
    other.end(1)
    with pytest.raises(BudgetExceeded, match="more than 20 calculation"):
        other.spend(20)


def test_a_value_is_put_as_deep_as_values_may_be() -> None:
    """As often as wanted, since each time it comes up again."""
    keys = [f"k{number}" for number in range(201)]
    for _ in range(2):
        assert value("count(for i in 1..3 return context put({}, keys, i))", keys=keys) == 3
    with pytest.raises(BudgetExceeded, match="200 levels"):
        value("context put({}, keys, 1)", keys=[*keys, "one more"])


def test_the_clock_is_the_one_handed_in() -> None:
    assert Run(NOW).now.isoformat() == "2026-03-02T08:00:00+07:00"
    assert Run(NOW).moment == NOW


# Names


def test_inner_names_hide_outer_ones() -> None:
    run = Run(NOW)
    outer = Scope({"a": 1, "b": 2.5, "f": [1]}, None, run, raw=True)
    inner = outer.within({"a": "x"})
    assert (inner.value("a"), inner.value("b"), inner.value("f"), inner.value("g")) == ("x", Decimal("2.5"), [1], None)
    assert outer.value("a") == Decimal(1)
    assert type(inner.value("f")[0]) is Decimal
    raw = outer.within({"a": 7}, raw=True)
    assert type(raw.value("a")) is Decimal
    assert type(outer.within({"a": 7}).value("a")) is int
    assert inner.run is run
    assert inner.parent is outer


def test_a_filter_sees_the_item_and_its_entries() -> None:
    assert value("[{a: 1, b: 2}, {a: 3}][a = 3].a") == [3]
    assert value('[{item: "own"}][item = "own"]') == [{"item": "own"}]
    assert value("rows[item.a > 1 and b]", rows=[{"a": 2, "b": True}, {"a": 5, "b": False}]) == [{"a": 2, "b": True}]
    assert value("[1, 5][item > b]", b=2) == [5]


def test_functions_of_ones_own_come_before_those_that_are_built_in() -> None:
    assert value("{count: function(x) 7, r: count([1])}.r") == 7
    assert value("{count: 7, r: count([1])}.r") == 1
    assert value("count([1, 2])", count=9) == 2
    assert value("{f: count, r: f([1, 2, 3])}.r") == 3
    run = Run(NOW)
    scope = Scope({"n": 1}, None, run)
    assert not scope.has_function("n")
    assert not scope.has_function("nothing")
    assert scope.within({}).within({"f": value_of(compile_expression("function(x) x").tree, scope)}).has_function("f")


def test_any_mapping_is_a_context() -> None:
    assert value("m.a", m=MappingProxyType({"a": 1})) == 1
    assert value("m.b", m=MappingProxyType({"a": 1})) is None


def test_tests_share_the_value_they_ask_about() -> None:
    assert unary_tests("? > 1 and ? < 5").matches(3, {}, NOW)
    assert not unary_tests("? > 1 and ? < 5").matches(7, {}, NOW)
    assert unary_tests("not(1, 2)").matches(3, {}, NOW)
    assert not unary_tests('not(1, < "a")').matches(3, {}, NOW)
    assert unary_tests("-").matches(None, {}, NOW)


# Tests of a cell


def test_a_test_sees_plain_values_of_what_is_around_it() -> None:
    tests = unary_tests("> limit, < least.of")
    for given, passes in ((7, True), (5, False), (1, True), (3, False)):
        assert tests.matches(given, {"limit": 5, "least": {"of": 2}}, NOW) is passes


def test_a_test_may_name_types_of_its_own() -> None:
    marks = (("Mark", n.Type("number")),)
    assert unary_tests("? instance of Mark", types=marks).matches(1, {}, NOW)
    assert not unary_tests("? instance of Mark", types=marks).matches("a", {}, NOW)


def test_how_far_apart_two_moments_without_a_zone_are_is_no_matter_of_the_machine(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("Europe/Paris", "UTC"):
        monkeypatch.setenv("TZ", place)
        tzset()
        assert value('string(@"2026-03-30T00:00:00" - @"2026-03-29T00:00:00")') == "P1D"
    monkeypatch.undo()
    tzset()
