"""Decisions: a compiled DMN table or expression and how it is evaluated.

A result is a context of the outputs' names; a table whose only output has no name, or an expression, gives the bare
value. Where several rules hit, the result is a list of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.dmn import HitPolicy, Output, Rule, Table, read
from engine.errors import DecisionFailed, DecisionRefused
from engine.feel.budget import DEFAULT, Budget, Run
from engine.feel.expression import Expression
from engine.feel.temporal import parse_date, parse_duration, parse_moment, parse_time
from engine.feel.values import NUMBERS, Value, equal
from engine.findings import Finding, refused
from engine.forms.fields import as_number

_COERCIONS: dict[str, Callable[[str], Any]] = {
    "number": as_number,
    "date": parse_date,
    "time": parse_time,
    "date and time": parse_moment,
    "dateTime": parse_moment,
    "days and time duration": parse_duration,
    "years and months duration": parse_duration,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision, read once; exactly one of `table` and `expression` is there."""

    id: str
    name: str
    table: Table | None
    expression: Expression | None

    def evaluate(self, context: Mapping[str, Any], now: datetime, budget: Budget = DEFAULT) -> Value:
        """The result. Raises DecisionFailed where the table contradicts itself or an input is not allowed."""
        run = Run(now, budget)
        if self.expression is not None:
            return self.expression.evaluate_within(context, run)
        return _Evaluation(self, context, run).result() if self.table is not None else None

    @property
    def paths(self) -> frozenset[tuple[str, ...]]:
        """The free names it reads, with the dotted way after them."""
        if self.expression is not None:
            return self.expression.paths
        return self.table.paths if self.table is not None else frozenset()


def compile_decision(xml: str | bytes) -> Decision:
    """The decision of a DMN file. Raises DecisionRefused with its findings."""
    found = read("decision", xml)
    wrong = refused(found.findings)
    if wrong:
        raise DecisionRefused(findings=wrong, first=wrong[0].message, count=len(wrong))
    return Decision(found.id, found.name, found.table, found.expression)


def check_decision(key: str, xml: str | bytes) -> tuple[Finding, ...]:
    """Everything wrong with a DMN file; never raises on bad input."""
    return read(key, xml).findings


def coerced(value: Value, type_ref: str) -> Value:
    """A text from a form as the date, time, duration or number that a table's type asks for."""
    coerce = _COERCIONS.get(type_ref)
    if coerce is None or not isinstance(value, str):
        return value
    found = coerce(value)
    return value if found is None else found


class _Evaluation:
    """One table on one context."""

    def __init__(self, decision: Decision, context: Mapping[str, Any], run: Run) -> None:
        self.decision = decision
        self.table: Table = decision.table  # type: ignore[assignment]
        self.context = context
        self.run = run

    def fail(self, reason: str) -> DecisionFailed:
        return DecisionFailed(decision=self.decision.id, element="", reason=reason)

    def result(self) -> Value:
        values = [self.input_value(index) for index in range(len(self.table.inputs))]
        hits = [rule for rule in self.table.rules if self.hits(rule, values)]
        if not hits:
            return self.without_hit()
        return _POLICIES[self.table.policy](self, hits)

    def input_value(self, index: int) -> Value:
        place = self.table.inputs[index]
        value = coerced(place.expression.evaluate_within(self.context, self.run), place.type_ref)
        if place.allowed is None or value is None or place.allowed.matches_within(value, self.context, self.run):
            return value
        raise self.fail(f"input {index + 1} has a value that is not allowed")

    def hits(self, rule: Rule, values: Sequence[Value]) -> bool:
        pairs = zip(rule.tests, values, strict=True)
        return all(test.matches_within(value, self.context, self.run) for test, value in pairs)

    def without_hit(self) -> Value:
        if self.table.policy == HitPolicy.COLLECT and self.table.aggregator == "COUNT":
            return self.shaped([Decimal(0)])
        if any(output.default is not None for output in self.table.outputs):
            return self.shaped([self.value(output.default, output) for output in self.table.outputs])
        return None

    def value(self, expression: Expression | None, output: Output) -> Value:
        if expression is None:
            return None
        return coerced(expression.evaluate_within(self.context, self.run), output.type_ref)

    def values(self, rule: Rule) -> list[Value]:
        pairs = zip(rule.outputs, self.table.outputs, strict=True)
        return [self.value(expression, output) for expression, output in pairs]

    def shaped(self, values: Sequence[Value]) -> Value:
        names = [output.name for output in self.table.outputs]
        return values[0] if names == [""] else dict(zip(names, values, strict=True))

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
        if not all(isinstance(value, Decimal) for value in values):
            raise self.fail("it collects values that are not numbers")
        if self.table.aggregator == "SUM":
            total = Decimal(0)
            for value in values:
                total = NUMBERS.add(total, value)
            return total
        return min(values) if self.table.aggregator == "MIN" else max(values)


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
