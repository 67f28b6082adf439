"""One decision table as rows of cells, from DMN and back. Pure.

Only what the table editor shows is read; a file that says more (several decisions, other logic, requirements) gives
None, so that nothing of it is lost by saving the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from engine.drawing.xmlsafe import local, parse, text_in
from engine.errors import XmlRefused

HITS = ("UNIQUE", "FIRST", "ANY", "PRIORITY", "COLLECT", "RULE ORDER", "OUTPUT ORDER")
AGGREGATIONS = ("", "SUM", "COUNT", "MIN", "MAX")
TYPES = ("string", "number", "boolean", "date", "time", "dateTime", "days and time duration", "Any")
MODEL = "https://www.omg.org/spec/DMN/20191111/MODEL/"
ANYTHING = "-"
MOST_COLUMNS, MOST_RULES, LARGEST = 40, 500, 500_000
_TABLE = {
    "input", "inputExpression", "inputValues", "output", "outputValues", "defaultOutputEntry", "rule", "description",
    "inputEntry", "outputEntry", "text",
}
Change = Callable[[tuple[str, ...]], tuple[str, ...]]
_DRAWN = {"DMNDI", "DMNDiagram", "DMNShape", "Bounds"}


@dataclass(frozen=True, slots=True)
class Column:
    """An input (what is looked at: `expression`) or an output (what it is called: `name`)."""

    label: str = ""
    expression: str = ""
    type: str = "string"
    values: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: one test per input, one value per output."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table; `id` is what it is called in its file."""

    id: str
    name: str
    hit: str = "UNIQUE"
    aggregation: str = ""
    inputs: tuple[Column, ...] = (Column(),)
    outputs: tuple[Column, ...] = (Column(),)
    rules: tuple[Rule, ...] = field(default=())


def blank(key: str) -> Table:
    """What a new decision begins with: one input, one output and a rule for everything."""
    id = key.replace("-", "_")
    inputs, outputs = (Column("Kênh nộp", "dossier.channel"),), (Column("Kết quả", "result", "boolean"),)
    return Table(id, key, "FIRST", "", inputs, outputs, (Rule((ANYTHING,), ("false",)),))


def read_table(xml: str) -> Table | None:
    """The file's only table, or None where the editor could not show all of it."""
    try:
        root = parse(xml, LARGEST)
    except XmlRefused:
        return None
    tables = root.xpath("./*[local-name()='decision']/*[local-name()='decisionTable']")
    if local(root) != "definitions" or len(tables) != 1 or not _is_plain(root, tables[0]):
        return None
    decision, drawn = tables[0].getparent(), tables[0]
    return Table(
        decision.get("id") or "decision", decision.get("name") or "", drawn.get("hitPolicy") or "UNIQUE",
        drawn.get("aggregation") or "", tuple(_input(each) for each in _all(drawn, "input")),
        tuple(_output(each) for each in _all(drawn, "output")), tuple(_rule(each) for each in _all(drawn, "rule")),
    )


def _is_plain(root: etree._Element, table: etree._Element) -> bool:
    kept = {*table.iter(), root, table.getparent()}
    if any(local(each) not in _TABLE for each in table.iterdescendants()):
        return False
    return all(each in kept or local(each) in _DRAWN for each in root.iter())


def _all(element: etree._Element, name: str) -> list[etree._Element]:
    return [each for each in element if local(each) == name]


def _text(element: etree._Element, *path: str) -> str:
    found: etree._Element | None = element
    for name in (*path, "text"):
        found = next(iter(_all(found, name)), None) if found is not None else None
    return text_in(found)


def _input(xml: etree._Element) -> Column:
    asked = next(iter(_all(xml, "inputExpression")), None)
    kind = (asked.get("typeRef") if asked is not None else None) or "Any"
    return Column(xml.get("label") or "", _text(xml, "inputExpression"), kind, _text(xml, "inputValues"))


def _output(xml: etree._Element) -> Column:
    return Column(
        xml.get("label") or "", xml.get("name") or "", xml.get("typeRef") or "Any", _text(xml, "outputValues"),
        _text(xml, "defaultOutputEntry"),
    )


def _rule(xml: etree._Element) -> Rule:
    note = next((text_in(each) for each in _all(xml, "description")), "")
    return Rule(
        tuple(_text(each) for each in _all(xml, "inputEntry")), tuple(_text(each) for each in _all(xml, "outputEntry")),
        note,
    )


def write_table(table: Table, key: str) -> str:
    """The table as a DMN file."""
    root = etree.Element(_tag("definitions"), nsmap={None: MODEL}, id=f"{table.id}_definitions", name=table.name)
    root.set("namespace", f"urn:onedoor:decision:{key}")
    decision = etree.SubElement(root, _tag("decision"), id=table.id, name=table.name)
    drawn = etree.SubElement(decision, _tag("decisionTable"), id=f"{table.id}_table", hitPolicy=table.hit)
    if table.hit == "COLLECT" and table.aggregation:
        drawn.set("aggregation", table.aggregation)
    for number, column in enumerate(table.inputs, 1):
        _write_input(drawn, column, f"input_{number}")
    for number, column in enumerate(table.outputs, 1):
        _write_output(drawn, column, f"output_{number}")
    for number, rule in enumerate(table.rules, 1):
        _write_rule(drawn, rule, f"rule_{number}")
    etree.indent(root)
    return etree.tostring(root, encoding="unicode", pretty_print=True)


def _tag(name: str) -> str:
    return f"{{{MODEL}}}{name}"


def _write_text(parent: etree._Element, name: str, text: str, **attributes: str) -> None:
    holder = etree.SubElement(parent, _tag(name), attributes)
    etree.SubElement(holder, _tag("text")).text = text


def _write_input(table: etree._Element, column: Column, id: str) -> None:
    xml = etree.SubElement(table, _tag("input"), id=id, label=column.label)
    _write_text(xml, "inputExpression", column.expression, id=f"{id}_expression", typeRef=column.type)
    if column.values:
        _write_text(xml, "inputValues", column.values)


def _write_output(table: etree._Element, column: Column, id: str) -> None:
    xml = etree.SubElement(table, _tag("output"), id=id, label=column.label, name=column.expression)
    xml.set("typeRef", column.type)
    if column.values:
        _write_text(xml, "outputValues", column.values)
    if column.default:
        _write_text(xml, "defaultOutputEntry", column.default)


def _write_rule(table: etree._Element, rule: Rule, id: str) -> None:
    xml = etree.SubElement(table, _tag("rule"), id=id)
    if rule.note:
        etree.SubElement(xml, _tag("description")).text = rule.note
    for number, text in enumerate(rule.inputs, 1):
        _write_text(xml, "inputEntry", text or ANYTHING, id=f"{id}_in_{number}")
    for number, text in enumerate(rule.outputs, 1):
        _write_text(xml, "outputEntry", text, id=f"{id}_out_{number}")


def table_from(form: Mapping[str, str], id: str) -> Table:
    """What was typed into the editor's form."""
    columns = {side: _columns(form, side) for side in ("inputs", "outputs")}
    rules = tuple(
        Rule(
            tuple(_typed(form, f"rules.{rule}.inputs.{at}") for at in range(len(columns["inputs"]))),
            tuple(_typed(form, f"rules.{rule}.outputs.{at}") for at in range(len(columns["outputs"]))),
            _typed(form, f"rules.{rule}.note"),
        )
        for rule in range(_count(form, "rules", MOST_RULES))
    )
    hit, aggregation = form.get("hit", ""), form.get("aggregation", "")
    return Table(
        id, _typed(form, "name"), hit if hit in HITS else "UNIQUE", aggregation if aggregation in AGGREGATIONS else "",
        columns["inputs"], columns["outputs"], rules,
    )


def _columns(form: Mapping[str, str], side: str) -> tuple[Column, ...]:
    names = ("label", "expression", "type", "values", "default")
    return tuple(
        Column(**{name: _typed(form, f"{side}.{at}.{name}") for name in names})
        for at in range(_count(form, side, MOST_COLUMNS))
    )


def _count(form: Mapping[str, str], name: str, most: int) -> int:
    text = form.get(name, "")
    return min(int(text), most) if text.isascii() and text.isdigit() else 0


def _typed(form: Mapping[str, str], name: str) -> str:
    """XML cannot hold control characters."""
    return "".join(each for each in form.get(name, "").strip() if each >= " " or each in "\t\n")


def edited(table: Table, act: str) -> Table:
    """The table after a button of the editor: `add.rules`, `remove.inputs.2`, `up.rules.3`; unknown ones do nothing."""
    verb, _, place = act.partition(".")
    part, _, number = place.partition(".")
    at = int(number) if number.isascii() and number.isdigit() else -1
    if part == "rules":
        return replace(table, rules=_rules_after(table, verb, at))
    if part not in ("inputs", "outputs"):
        return table
    columns: tuple[Column, ...] = table.inputs if part == "inputs" else table.outputs
    if verb == "add":
        return _with_cells(table, part, (*columns, Column()), lambda cells: (*cells, ""))
    if verb == "remove" and 0 <= at < len(columns) and len(columns) > 1:
        return _with_cells(table, part, _without(columns, at), lambda cells: _without(cells, at))
    return table


def _rules_after(table: Table, verb: str, at: int) -> tuple[Rule, ...]:
    rules = list(table.rules)
    if verb == "add":
        rules.append(Rule(("",) * len(table.inputs), ("",) * len(table.outputs)))
    elif verb == "remove" and 0 <= at < len(rules):
        rules.pop(at)
    elif verb == "up" and 0 < at < len(rules):
        rules[at - 1], rules[at] = rules[at], rules[at - 1]
    return tuple(rules)


def _with_cells(table: Table, part: str, columns: tuple[Column, ...], change: Change) -> Table:
    if part == "inputs":
        rules = tuple(replace(rule, inputs=change(rule.inputs)) for rule in table.rules)
        return replace(table, inputs=columns, rules=rules)
    rules = tuple(replace(rule, outputs=change(rule.outputs)) for rule in table.rules)
    return replace(table, outputs=columns, rules=rules)


def _without(items: tuple[Any, ...], at: int) -> tuple[Any, ...]:
    return (*items[:at], *items[at + 1:])
