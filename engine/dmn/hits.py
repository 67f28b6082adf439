"""A decision table on a scope → its result, by hit policy.

A result is the value of the only output, or a context of the outputs' names (`named`: also where there is only one).
Where several rules hold, the policies that allow it give a list of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from engine.dmn.tables import HitPolicy, Output, Rule, Table
from engine.errors import DecisionFailed
from engine.feel.evaluate import matches_any, value_of
from engine.feel.expression import Expression, UnaryTests
from engine.feel.nodes import Type
from engine.feel.scope import Scope
from engine.feel.temporal import parse_date, parse_duration, parse_moment, parse_time
from engine.feel.values import NUMBERS, Value, comparable, equal, lift
from engine.forms.fields import as_number

_COERCIONS: dict[str, Callable[[str], Any]] = {
    "number": as_number,
    "date": parse_date,
    "time": parse_time,
    "date and time": parse_moment,
    "days and time duration": parse_duration,
    "years and months duration": parse_duration,
}


def read_as(value: Value, wanted: Type) -> Value:
    """A text from a form as the date, time, duration or number that a table's type asks for."""
    coerce = _COERCIONS.get(wanted.name)
    if coerce is None or not isinstance(value, str):
        return value
    found = coerce(value)
    return value if found is None else found


def evaluate_table(table: Table, scope: Scope, decision: str, named: bool = False) -> Value:
    """The result. Raises DecisionFailed where the table contradicts itself or an input is not allowed."""
    return _Evaluation(table, scope, decision, named).result()


class _Evaluation:
    """One table on one scope."""

    def __init__(self, table: Table, scope: Scope, decision: str, named: bool) -> None:
        self.table = table
        self.scope = scope
        self.decision = decision
        self.bare = len(table.outputs) == 1 and (not named or table.outputs[0].name == "")

    def fail(self, reason: str) -> DecisionFailed:
        return DecisionFailed(decision=self.decision, element="", reason=reason)

    def result(self) -> Value:
        values = [self.input_value(index) for index in range(len(self.table.inputs))]
        hits = [rule for rule in self.table.rules if self.hits(rule, values)]
        if not hits:
            return self.without_hit()
        return _POLICIES[self.table.policy](self, hits)

    def passes(self, tests: UnaryTests, value: Value) -> bool:
        if not tests.tests:
            return True
        passed = matches_any(tests.tests, value, self.scope)
        return passed is not None and passed is not tests.negated

    def input_value(self, index: int) -> Value:
        place = self.table.inputs[index]
        value = read_as(lift(value_of(place.expression.tree, self.scope)), place.type)
        if place.allowed is None or value is None or self.passes(place.allowed, value):
            return value
        raise self.fail(f"input {index + 1} has a value that is not allowed")

    def hits(self, rule: Rule, values: Sequence[Value]) -> bool:
        return all(self.passes(test, value) for test, value in zip(rule.tests, values, strict=True))

    def without_hit(self) -> Value:
        if any(output.default is not None for output in self.table.outputs):
            return self.shaped([self.value(output.default, output) for output in self.table.outputs])
        if self.table.policy == HitPolicy.COLLECT and self.table.aggregator == "COUNT":
            return self.shaped([Decimal(0)])
        return None

    def value(self, expression: Expression | None, output: Output) -> Value:
        if expression is None:
            return None
        return read_as(value_of(expression.tree, self.scope), output.type)

    def values(self, rule: Rule) -> list[Value]:
        pairs = zip(rule.outputs, self.table.outputs, strict=True)
        return [self.value(expression, output) for expression, output in pairs]

    def shaped(self, values: Sequence[Value]) -> Value:
        if self.bare:
            return values[0]
        return dict(zip((output.name for output in self.table.outputs), values, strict=True))

    # Hit policies

    def unique(self, hits: list[Rule]) -> Value:
        if len(hits) > 1:
            raise self.fail(f"rules {_numbers(hits)} hold at once, but only one may")
        return self.first(hits)

    def first(self, hits: list[Rule]) -> Value:
        return self.shaped(self.values(hits[0]))

    def any(self, hits: list[Rule]) -> Value:
        results = [self.values(rule) for rule in hits]
        if any(equal(other, results[0]) is not True for other in results[1:]):
            raise self.fail(f"rules {_numbers(hits)} hold at once and disagree")
        return self.shaped(results[0])

    def ordered(self, hits: list[Rule]) -> list[list[Value]]:
        return sorted((self.values(rule) for rule in hits), key=self.rank)

    def rank(self, values: list[Value]) -> tuple[int, ...]:
        ranks = []
        for value, output in zip(values, self.table.outputs, strict=True):
            listed = [place for place, other in enumerate(output.listed) if equal(other, value) is True]
            ranks.append(listed[0] if listed else len(output.listed))
        return tuple(ranks)

    def priority(self, hits: list[Rule]) -> Value:
        return self.shaped(self.ordered(hits)[0])

    def output_order(self, hits: list[Rule]) -> Value:
        return [self.shaped(values) for values in self.ordered(hits)]

    def rule_order(self, hits: list[Rule]) -> Value:
        return [self.shaped(self.values(rule)) for rule in hits]

    def collect(self, hits: list[Rule]) -> Value:
        if not self.table.aggregator:
            return self.rule_order(hits)
        return self.shaped([self.aggregate([self.values(rule)[0] for rule in hits])])

    def aggregate(self, values: list[Value]) -> Value:
        if self.table.aggregator == "COUNT":
            return Decimal(len(values))
        if self.table.aggregator == "SUM":
            return self.sum(values)
        if not all(comparable(value, values[0]) for value in values):
            raise self.fail("it collects values that cannot be compared")
        return min(values) if self.table.aggregator == "MIN" else max(values)

    def sum(self, values: list[Value]) -> Value:
        if not all(isinstance(value, Decimal) for value in values):
            raise self.fail("it collects values that are not numbers")
        total = Decimal(0)
        for value in values:
            total = NUMBERS.add(total, value)
        return total


def _numbers(hits: list[Rule]) -> str:
    return ", ".join(str(rule.number) for rule in hits)


_POLICIES: dict[HitPolicy, Callable[[_Evaluation, list[Rule]], Value]] = {
    HitPolicy.UNIQUE: _Evaluation.unique,
    HitPolicy.FIRST: _Evaluation.first,
    HitPolicy.ANY: _Evaluation.any,
    HitPolicy.PRIORITY: _Evaluation.priority,
    HitPolicy.OUTPUT_ORDER: _Evaluation.output_order,
    HitPolicy.RULE_ORDER: _Evaluation.rule_order,
    HitPolicy.COLLECT: _Evaluation.collect,
}
