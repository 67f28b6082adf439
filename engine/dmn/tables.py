"""Decision tables as they are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from lxml import etree

from engine.dmn.reading import Read, Words, attribute, child, children, text
from engine.dmn.types import Types
from engine.feel import nodes as n
from engine.feel.expression import Expression, UnaryTests
from engine.feel.values import Value

MOST_RULES = 2_000
AGGREGATORS = frozenset({"SUM", "MIN", "MAX", "COUNT"})


class HitPolicy(Enum):
    """What a table does with the rules that hold."""

    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    ANY = "ANY"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"


@dataclass(frozen=True, slots=True)
class Input:
    """A column that is tested."""

    expression: Expression
    type: n.Type
    allowed: UnaryTests | None


@dataclass(frozen=True, slots=True)
class Output:
    """A column that results; `listed` are its values, the most important first."""

    name: str
    type: n.Type
    listed: tuple[Value, ...]
    default: Expression | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row, numbered from 1."""

    number: int
    tests: tuple[UnaryTests, ...]
    outputs: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table."""

    policy: HitPolicy
    aggregator: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]

    def parts(self) -> Iterator[n.Node]:
        """The trees of all cells."""
        yield from (place.expression.tree for place in self.inputs)
        for rule in self.rules:
            yield from (part for test in rule.tests for part in test.tests)
            yield from (output.tree for output in rule.outputs)
        yield from (output.default.tree for output in self.outputs if output.default is not None)


def read_table(found: Read, xml: etree._Element, types: Types, words: Words) -> Table | None:
    """The table of an element; None where there is nothing to evaluate."""
    policy = attribute(xml, "hitPolicy") or "UNIQUE"
    if policy not in {each.value for each in HitPolicy}:
        found.error("decision_hit_policy", policy=policy[:50])
        return None
    rules = children(xml, "rule")
    if len(rules) > MOST_RULES:
        found.error("decision_large", count=len(rules), limit=MOST_RULES)
        return None
    reader = _Reader(found, types, words)
    inputs = tuple(reader.input(each, at) for at, each in enumerate(children(xml, "input"), 1))
    outputs = tuple(reader.output(each) for each in children(xml, "output"))
    widths = (len(inputs), len(outputs))
    built = tuple(rule for at, each in enumerate(rules, 1) if (rule := reader.rule(each, at, widths)))
    table = Table(HitPolicy(policy), attribute(xml, "aggregation"), inputs, outputs, built)
    return table if _sound(found, table) else None


def _sound(found: Read, table: Table) -> bool:
    before = len(found.wrong)
    names = Counter(output.name for output in table.outputs)
    if not names or max(names.values()) > 1 or ("" in names and len(table.outputs) > 1):
        found.error("decision_outputs")
    if table.aggregator and (table.aggregator not in AGGREGATORS or len(table.outputs) != 1):
        found.error("decision_aggregator", aggregator=table.aggregator[:50])
    ordered = table.policy in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER)
    if ordered and not any(output.listed for output in table.outputs):
        found.error("decision_priority")
    return len(found.wrong) == before


@dataclass(frozen=True, slots=True)
class _Reader:
    """The parts of one table."""

    found: Read
    types: Types
    words: Words

    def input(self, xml: etree._Element, cell: int) -> Input:
        source = child(xml, "inputExpression")
        expression = self.found.expression(text(source), self.words, "decision_input", cell=cell)
        allowed = text(child(xml, "inputValues"))
        tests = self.found.tests(allowed, self.words, "decision_input", cell=cell) if allowed else None
        return Input(expression, self.types.of(source), tests)

    def output(self, xml: etree._Element) -> Output:
        default = text(child(xml, "defaultOutputEntry"))
        compiled = self.found.expression(default, self.words, "decision_input", cell="default") if default else None
        listed = text(child(xml, "outputValues"))
        tests = self.found.tests(listed, self.words, "decision_input", cell="values").tests if listed else ()
        wanted = self.types.of(xml)
        return Output(attribute(xml, "name"), wanted, tuple(_literals(tests or wanted.allowed)), compiled)

    def rule(self, xml: etree._Element, number: int, widths: tuple[int, int]) -> Rule | None:
        entries, results = children(xml, "inputEntry"), children(xml, "outputEntry")
        if (len(entries), len(results)) != widths:
            self.found.error("decision_cells", rule=number, count=len(entries) + len(results), wanted=sum(widths))
            return None
        tests = tuple(
            self.found.tests(text(each), self.words, "decision_cell", rule=number, cell=at)
            for at, each in enumerate(entries, 1)
        )
        outputs = tuple(
            self.found.expression(_result(text(each)), self.words, "decision_cell", rule=number, cell=at)
            for at, each in enumerate(results, len(entries) + 1)
        )
        return Rule(number, tests, outputs)


def _literals(tests: tuple[n.Test, ...]) -> Iterator[Value]:
    return (test.body.value for test in tests if isinstance(test.body, n.Literal))


def _result(content: str) -> str:
    # An empty output cell, or "-", means no value
    return "null" if content in ("", "-") else content
