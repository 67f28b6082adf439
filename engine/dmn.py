"""A DMN 1.2-1.5 file → one decision, with findings about everything that cannot be run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from lxml import etree

from engine import findings as f
from engine.errors import ExpressionInvalid, XmlRefused
from engine.feel.expression import Expression, UnaryTests, compile_expression, unary_tests
from engine.feel.nodes import Literal
from engine.feel.values import Value
from engine.findings import Finding
from engine.xmlsafe import local, parse, text_in

MODELS = frozenset(
    {
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    }
)
MOST_RULES = 2_000
AGGREGATORS = frozenset({"SUM", "MIN", "MAX", "COUNT"})
_TYPES = frozenset(
    {
        "", "Any", "string", "number", "integer", "long", "double", "boolean", "date", "time", "date and time",
        "dateTime", "days and time duration", "dayTimeDuration", "years and months duration", "yearMonthDuration",
        "context", "list",
    }
)
Compiled = TypeVar("Compiled")


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
    type_ref: str
    allowed: UnaryTests | None


@dataclass(frozen=True, slots=True)
class Output:
    """A column that results; `listed` are its values, the most important first."""

    name: str
    type_ref: str
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

    @property
    def paths(self) -> frozenset[tuple[str, ...]]:
        """The free names of all cells."""
        found = {path for place in self.inputs for path in place.expression.paths}
        for rule in self.rules:
            found |= {path for test in rule.tests for path in test.paths}
            found |= {path for output in rule.outputs for path in output.paths}
        return frozenset(found)


@dataclass(slots=True)
class Read:
    """What a file holds, as far as it could be read."""

    key: str
    wrong: list[Finding] = field(default_factory=list)
    id: str = ""
    name: str = ""
    table: Table | None = None
    expression: Expression | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything wrong with it."""
        return tuple(self.wrong)

    def error(self, code: str, **details: Any) -> None:
        """One more thing wrong."""
        self.wrong.append(f.error(code, self.key, **details))

    def compiled(self, compile_: Callable[[str], Compiled], text: str, code: str, **place: Any) -> Compiled | None:
        """A cell's text compiled, or a finding."""
        try:
            return compile_(text)
        except ExpressionInvalid as failure:
            self.error(code, reason=failure.details["reason"], expression=text[:200], **place)
            return None


def read(key: str, xml: str | bytes) -> Read:
    """The file's one decision; never raises on bad input."""
    found = Read(key)
    try:
        root = parse(xml)
    except XmlRefused as refusal:
        found.error("decision_xml", reason=refusal.details["reason"])
        return found
    if local(root) != "definitions" or etree.QName(root).namespace not in MODELS:
        found.error("decision_root")
        return found
    decisions = _children(root, "decision")
    if len(decisions) != 1:
        found.error("decision_count", count=len(decisions))
        return found
    _requirements(found, root, decisions[0])
    _languages(found, root)
    _decision(found, decisions[0])
    return found


def _children(element: etree._Element, tag: str) -> list[etree._Element]:
    return [child for child in element if local(child) == tag]


def _child(element: etree._Element, tag: str) -> etree._Element | None:
    return next(iter(_children(element, tag)), None)


def _text(element: etree._Element | None) -> str:
    """The FEEL text inside `<text>`."""
    return text_in(_child(element, "text")) if element is not None else ""


def _requirements(found: Read, root: etree._Element, decision: etree._Element) -> None:
    models = _children(root, "businessKnowledgeModel") + _children(root, "decisionService")
    needs = [r for r in _children(decision, "informationRequirement") if _child(r, "requiredDecision") is not None]
    if models or needs or _children(decision, "knowledgeRequirement"):
        found.error("decision_requirement")


def _languages(found: Read, root: etree._Element) -> None:
    for element in root.iter():
        language = str(element.get("expressionLanguage") or "")
        if language and "feel" not in language.lower():
            found.error("decision_language", language=language[:100])
            return


def _decision(found: Read, decision: etree._Element) -> None:
    found.id = str(decision.get("id") or found.key)
    found.name = str(decision.get("name") or found.id)
    table, expression = _child(decision, "decisionTable"), _child(decision, "literalExpression")
    if table is not None:
        found.table = _table(found, table)
    elif expression is not None:
        found.expression = found.compiled(compile_expression, _text(expression), "decision_input", cell=1)
    else:
        found.error("decision_kind")


# Tables


def _table(found: Read, xml: etree._Element) -> Table | None:
    policy = str(xml.get("hitPolicy") or "UNIQUE")
    if policy not in {each.value for each in HitPolicy}:
        found.error("decision_hit_policy", policy=policy[:50])
        return None
    rules = _children(xml, "rule")
    if len(rules) > MOST_RULES:
        found.error("decision_large", count=len(rules), limit=MOST_RULES)
        return None
    inputs = tuple(place for at, each in enumerate(_children(xml, "input"), 1) if (place := _input(found, each, at)))
    outputs = tuple(_output(found, each) for each in _children(xml, "output"))
    widths = (len(_children(xml, "input")), len(outputs))
    built = tuple(rule for number, each in enumerate(rules, 1) if (rule := _rule(found, each, number, widths)))
    table = Table(HitPolicy(policy), str(xml.get("aggregation") or ""), inputs, outputs, built)
    _check_outputs(found, table)
    return table


def _check_outputs(found: Read, table: Table) -> None:
    names = Counter(output.name for output in table.outputs)
    if not names or max(names.values()) > 1 or ("" in names and len(table.outputs) > 1):
        found.error("decision_outputs")
    if table.aggregator and (table.aggregator not in AGGREGATORS or len(table.outputs) != 1):
        found.error("decision_aggregator", aggregator=table.aggregator[:50])
    ordered = table.policy in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER)
    if ordered and not any(output.listed for output in table.outputs):
        found.error("decision_priority")


def _type(found: Read, element: etree._Element | None) -> str:
    name = str(element.get("typeRef") or "") if element is not None else ""
    name = name.removeprefix("feel:")
    if name not in _TYPES:
        found.error("decision_type", type=name[:50])
    return {"integer": "number", "long": "number", "double": "number"}.get(name, name)


def _input(found: Read, xml: etree._Element, cell: int) -> Input | None:
    source = _child(xml, "inputExpression")
    expression = found.compiled(compile_expression, _text(source), "decision_input", cell=cell)
    allowed = _text(_child(xml, "inputValues"))
    tests = found.compiled(unary_tests, allowed, "decision_input", cell=cell) if allowed else None
    return None if expression is None else Input(expression, _type(found, source), tests)


def _output(found: Read, xml: etree._Element) -> Output:
    default = _text(_child(xml, "defaultOutputEntry"))
    compiled = found.compiled(compile_expression, default, "decision_input", cell="default") if default else None
    listed = _text(_child(xml, "outputValues"))
    tests = found.compiled(unary_tests, listed, "decision_input", cell="values") if listed else None
    return Output(str(xml.get("name") or ""), _type(found, xml), tuple(_literals(tests)), compiled)


def _literals(tests: UnaryTests | None) -> Iterator[Value]:
    for test in tests.tests if tests is not None else ():
        if isinstance(test.body, Literal):
            yield test.body.value


def _rule(found: Read, xml: etree._Element, number: int, widths: tuple[int, int]) -> Rule | None:
    entries, results = _children(xml, "inputEntry"), _children(xml, "outputEntry")
    if (len(entries), len(results)) != widths:
        found.error("decision_cells", rule=number, count=len(entries) + len(results), wanted=sum(widths))
        return None
    tests = [_cell(found, unary_tests, each, number, at) for at, each in enumerate(entries, 1)]
    outputs = [
        _cell(found, _result, each, number, at) for at, each in enumerate(results, len(entries) + 1)
    ]
    return Rule(
        number,
        tuple(test for test in tests if test is not None),
        tuple(output for output in outputs if output is not None),
    )


def _result(text: str) -> Expression:
    # An empty output cell, or "-", means no value
    return compile_expression("null" if text in ("", "-") else text)


def _cell(
    found: Read, compile_: Callable[[str], Compiled], xml: etree._Element, rule: int, cell: int
) -> Compiled | None:
    return found.compiled(compile_, _text(xml), "decision_cell", rule=rule, cell=cell)
