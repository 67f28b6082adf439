"""Decision tables: hit policies, outputs, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from engine.decisions import check_decision, compile_decision
from engine.drawing.xmlsafe import parse
from engine.errors import DecisionFailed, DecisionRefused, XmlRefused

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"
SHIPPED = sorted((Path(__file__).parents[2] / "bpmn").glob("*/*.dmn"))


def text(tag: str, content: str, **attributes: str) -> str:
    given = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<{tag}{given}><text>{escape(content)}</text></{tag}>"


def column(expression: str, type_ref: str = "", allowed: str = "") -> str:
    values = text("inputValues", allowed) if allowed else ""
    return f"<input>{text('inputExpression', expression, typeRef=type_ref)}{values}</input>"


def output(name: str, type_ref: str = "", listed: str = "", default: str = "") -> str:
    values = text("outputValues", listed) if listed else ""
    otherwise = text("defaultOutputEntry", default) if default else ""
    return f'<output name="{name}" typeRef="{type_ref}">{values}{otherwise}</output>'


def rule(*cells: str) -> str:
    """Cells before "=>" are tests, those after it results."""
    at = cells.index("=>")
    tests = "".join(text("inputEntry", cell) for cell in cells[:at])
    return f"<rule>{tests}{''.join(text('outputEntry', cell) for cell in cells[at + 1 :])}</rule>"


def table(*parts: str, policy: str = "UNIQUE", aggregation: str = "") -> str:
    collected = f' aggregation="{aggregation}"' if aggregation else ""
    return decision(f'<decisionTable hitPolicy="{policy}"{collected}>{"".join(parts)}</decisionTable>')


def decision(content: str, beside: str = "", **attributes: str) -> str:
    given = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<definitions xmlns="{DMN}"{given}><decision id="d" name="D">{content}</decision>{beside}</definitions>'


def result(xml: str, **context: Any) -> Any:
    return compile_decision(xml).evaluate(context, NOW)


SIZES = (column("size", "number"), output("grade", "string", '"big", "middle", "small"', '"none"'))
OVERLAP = (rule("> 1", "=>", '"small"'), rule("> 10", "=>", '"big"'), rule("> 5", "=>", '"middle"'))


@pytest.mark.parametrize(
    ("policy", "size", "expected"),
    [
        ("UNIQUE", 2, {"grade": "small"}),
        ("UNIQUE", 0, {"grade": "none"}),
        ("FIRST", 20, {"grade": "small"}),
        ("PRIORITY", 20, {"grade": "big"}),
        ("PRIORITY", 7, {"grade": "middle"}),
        ("ANY", 3, {"grade": "small"}),
        ("RULE ORDER", 20, [{"grade": "small"}, {"grade": "big"}, {"grade": "middle"}]),
        ("OUTPUT ORDER", 20, [{"grade": "big"}, {"grade": "middle"}, {"grade": "small"}]),
        ("COLLECT", 7, [{"grade": "small"}, {"grade": "middle"}]),
    ],
)
def test_hit_policies(policy: str, size: int, expected: Any) -> None:
    assert result(table(*SIZES, *OVERLAP, policy=policy), size=size) == expected


@pytest.mark.parametrize(
    ("aggregation", "expected"), [("SUM", 60), ("MIN", 10), ("MAX", 30), ("COUNT", 3)]
)
def test_collecting(aggregation: str, expected: int) -> None:
    rules = (rule("-", "=>", "10"), rule("-", "=>", "20"), rule("", "=>", "30"))
    named = table(column("x"), output("fee"), *rules, policy="COLLECT", aggregation=aggregation)
    assert result(named, x=1) == {"fee": Decimal(expected)}
    bare = table(column("x"), "<output/>", *rules, policy="COLLECT", aggregation=aggregation)
    assert result(bare, x=1) == Decimal(expected)


def test_nothing_collected() -> None:
    rules = rule("> 5", "=>", "10")
    assert result(table(column("x"), output("n"), rules, policy="COLLECT", aggregation="COUNT"), x=1) == {"n": 0}
    assert result(table(column("x"), output("n"), rules, policy="COLLECT", aggregation="SUM"), x=1) is None
    assert result(table(column("x"), output("n"), rules), x=1) is None


def test_contradictions_fail_aloud() -> None:
    with pytest.raises(DecisionFailed, match="rules 1, 2, 3 hold at once"):
        result(table(*SIZES, *OVERLAP), size=20)
    with pytest.raises(DecisionFailed, match="disagree"):
        result(table(*SIZES, *OVERLAP, policy="ANY"), size=20)
    with pytest.raises(DecisionFailed, match="not allowed"):
        result(table(column("x", allowed='"a", "b"'), output("y"), rule("-", "=>", "1")), x="c")
    with pytest.raises(DecisionFailed, match="not numbers"):
        result(table(column("x"), output("y"), rule("-", "=>", '"a"'), policy="COLLECT", aggregation="SUM"), x=1)
    assert result(table(column("x", allowed='"a", "b"'), output("y"), rule("-", "=>", "1")), x="a") == {"y": 1}
    agreeing = (rule("> 1", "=>", "1"), rule("> 2", "=>", "1"))
    assert result(table(column("x"), output("y"), *agreeing, policy="ANY"), x=3) == {"y": 1}


def test_several_columns_and_the_context() -> None:
    xml = table(
        column("filing.area", "number"), column("filing.kind"), output("fee", "number"), output("why"),
        rule("[100..200)", 'not("repair")', "=>", "filing.area * rate", '"large"'), rule("-", "-", "=>", "-", ""),
        policy="FIRST",
    )
    context = {"filing": {"area": 150, "kind": "new"}, "rate": 2}
    assert result(xml, **context) == {"fee": 300, "why": "large"}
    assert result(xml, filing={"area": 1}) == {"fee": None, "why": None}
    assert compile_decision(xml).paths == {("filing", "area"), ("filing", "kind"), ("rate",)}


def test_texts_of_forms_become_dates_and_numbers() -> None:
    dated = table(column("born", "date"), output("day", "date"), rule("< date(2000, 1, 1)", "=>", '"2026-01-02"'))
    assert result(dated, born="1990-05-17") == {"day": date(2026, 1, 2)}
    assert result(dated, born="yesterday") is None
    numbered = table(column("n", "integer"), output("ok"), rule("> 5", "=>", "true"))
    assert result(numbered, n="7") == {"ok": True}


def test_an_expression() -> None:
    xml = decision(text("literalExpression", "a + 1"))
    assert result(xml, a=1) == 2
    assert compile_decision(xml).paths == {("a",)}
    assert compile_decision(xml).name == "D"


ONE = (column("x"), output("y"), rule("-", "=>", "1"))


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        ("<a", "decision_xml"),
        ("", "decision_xml"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "decision_xml"),
        ("<a>" * 60 + "</a>" * 60, "decision_xml"),
        ("<a>" + "<b/>" * 50_001 + "</a>", "decision_xml"),
        ("<a>" + "x" * (1024 * 1024) + "</a>", "decision_xml"),
        ("<definitions/>", "decision_root"),
        (f'<definitions xmlns="{DMN}"/>', "decision_count"),
        (decision("<question/>"), "decision_kind"),
        (decision("<informationRequirement><requiredDecision/></informationRequirement><literalExpression><text>1</text>"
                  "</literalExpression>"), "decision_requirement"),
        (decision("<knowledgeRequirement><requiredKnowledge href='#gone'/></knowledgeRequirement>"
                  + text("literalExpression", "1")), "decision_requirement"),
        (decision(text("literalExpression", "1"), expressionLanguage="juel"), "decision_language"),
        (decision(text("literalExpression", "1 +")), "decision_input"),
        (table(*ONE, policy="GUESS"), "decision_hit_policy"),
        (table(*ONE, policy="COLLECT", aggregation="AVG"), "decision_aggregator"),
        (table(*ONE, policy="PRIORITY"), "decision_priority"),
        (table(column("x"), rule("-", "=>")), "decision_outputs"),
        (table(column("x"), output("a"), output("a"), rule("-", "=>", "1", "2")), "decision_outputs"),
        (table(column("x"), output("a"), output(""), rule("-", "=>", "1", "2")), "decision_outputs"),
        (table(column("x"), output("y"), rule("-", "-", "=>", "1")), "decision_cells"),
        (table(column("x"), output("y"), rule("<", "=>", "1")), "decision_cell"),
        (table(column("x"), output("y"), rule("-", "=>", "1 +")), "decision_cell"),
        (table(column("x +"), output("y"), rule("-", "=>", "1")), "decision_input"),
        (table(column("x", allowed="<"), output("y"), rule("-", "=>", "1")), "decision_input"),
        (table(column("x"), output("y", default="("), rule("-", "=>", "1")), "decision_input"),
        (table(column("x", "money"), output("y"), rule("-", "=>", "1")), "decision_type"),
        (table(column("x"), output("y"), *[rule("-", "=>", "1")] * 2001), "decision_large"),
    ],
    ids=lambda part: part[:20],
)
def test_what_cannot_be_run_is_refused(xml: str, code: str) -> None:
    found = check_decision("fee", xml)
    assert [finding.code for finding in found] == [code]
    assert found[0].element == "fee"
    assert "{" not in found[0].message
    with pytest.raises(DecisionRefused):
        compile_decision(xml)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_decisions_are_sound(path: Path) -> None:
    xml = path.read_bytes()
    assert check_decision(path.stem, xml) == ()
    assert compile_decision(xml).id == path.stem


def test_bytes_and_texts_are_the_same() -> None:
    xml = '<?xml version="1.0" encoding="UTF-8"?>\n<a>ổ<!-- x --><?y z?></a>'
    assert parse(xml).text == parse(xml.encode()).text == "ổ"
    with pytest.raises(XmlRefused):
        parse(b"<a>\xff</a>")
