"""Graphs of decisions, boxed expressions and types: what they mean and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from xml.sax.saxutils import escape

import pytest

from engine.decisions import check_decision, compile_decision, decide, serve
from engine.dmn.model import read_model
from engine.errors import BudgetExceeded, DecisionFailed

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DMN = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def file(*parts: str, namespace: str = "urn:one") -> str:
    return f'<definitions xmlns="{DMN}" namespace="{namespace}">{"".join(parts)}</definitions>'


def said(text: str) -> str:
    return f"<literalExpression><text>{escape(text)}</text></literalExpression>"


def need(kind: str, *ids: str) -> str:
    tag = "knowledgeRequirement" if kind == "Knowledge" else "informationRequirement"
    return "".join(f'<{tag}><required{kind} href="{id_}"/></{tag}>' for id_ in ids)


def decision(name: str, logic: str, needs: str = "", type_ref: str = "") -> str:
    typed = f' typeRef="{type_ref}"' if type_ref else ""
    variable = f'<variable name="{name}"{typed}/>'
    return f'<decision id="{name}" name="{name}">{variable}{needs}{logic}</decision>'


def data(name: str, type_ref: str = "Any") -> str:
    return f'<inputData id="{name}" name="{name}"><variable name="{name}" typeRef="{type_ref}"/></inputData>'


def knowledge(name: str, parameters: dict[str, str], logic: str, needs: str = "") -> str:
    given = "".join(f'<formalParameter name="{key}" typeRef="{type_}"/>' for key, type_ in parameters.items())
    return (
        f'<businessKnowledgeModel id="{name}" name="{name}"><variable name="{name}"/><encapsulatedLogic>{given}{logic}'
        f"</encapsulatedLogic>{needs}</businessKnowledgeModel>"
    )


def entries(**named: str) -> str:
    return "".join(f'<contextEntry><variable name="{name}"/>{logic}</contextEntry>' for name, logic in named.items())


def asked(xml: str, name: str = "d", **context: Any) -> Any:
    return decide(read_model("file", xml), name, context, NOW)


def boxed(logic: str, *beside: str, **context: Any) -> Any:
    return asked(file(decision("d", logic), *beside), **context)


def test_decisions_see_what_they_require() -> None:
    xml = file(
        data("net income", "number"),
        decision("half", said("net income / 2"), need("Input", "#net income")),
        decision("d", said("half + 1"), need("Decision", "#half")),
        decision("blind", said("net income"), need("Decision", "#half")),
    )
    assert asked(xml, **{"net income": 10}) == 6
    assert asked(xml, "half", **{"net income": "10"}) is None
    assert asked(xml, "blind", **{"net income": 10}) is None
    assert asked(xml, "nothing") is None


def test_a_procedure_may_use_a_graph() -> None:
    table = (
        '<decisionTable><input><inputExpression><text>band</text></inputExpression></input><output name="fee"/>'
        '<rule><inputEntry><text>"large"</text></inputEntry>'
        "<outputEntry><text>filing.area * rate(2)</text></outputEntry></rule></decisionTable>"
    )
    xml = file(
        decision("band", said('if filing.area > 100 then "large" else "small"')),
        knowledge("rate", {"n": "number"}, said("n * factor")),
        decision("d", table, need("Decision", "#band") + need("Knowledge", "#rate")),
    )
    found = compile_decision(xml)
    assert (found.id, found.name) == ("d", "d")
    assert found.evaluate({"filing": {"area": 150}, "factor": 3}, NOW) == {"fee": 900}
    assert found.evaluate({"filing": {"area": 50}}, NOW) is None
    assert found.paths == {("filing", "area"), ("factor",)}


def test_knowledge_models() -> None:
    xml = file(
        knowledge("twice", {"n": "number"}, said("n * 2")),
        knowledge("fac", {"n": "number"}, said("if n < 2 then 1 else n * fac(n - 1)")),
        knowledge("four", {"n": "number"}, said("twice(twice(n))"), need("Knowledge", "#twice")),
        decision("d", said("[four(3), twice([5]), twice(true), twice(n: 4), fac(5)]"),
                 need("Knowledge", "#twice", "#four", "#fac")),
        decision("boxed", '<invocation><literalExpression><text>twice</text></literalExpression><binding>'
                 f'<parameter name="n"/>{said("21")}</binding></invocation>', need("Knowledge", "#twice")),
    )
    assert asked(xml) == [12, 10, None, 8, 120]
    assert asked(xml, "boxed") == 42


def test_services() -> None:
    xml = file(
        data("x"),
        decision("inner", said("x + 1"), need("Input", "#x")),
        decision("outer", said("inner * 10"), need("Decision", "#inner")),
        '<decisionService id="s" name="s"><variable name="s"/><outputDecision href="#outer"/>'
        '<encapsulatedDecision href="#inner"/><inputData href="#x"/></decisionService>',
        '<decisionService id="both" name="both"><variable name="both"/><outputDecision href="#outer"/>'
        '<outputDecision href="#inner"/><inputData href="#x"/></decisionService>',
        '<decisionService id="late" name="late"><variable name="late"/><outputDecision href="#outer"/>'
        '<inputDecision href="#inner"/></decisionService>',
        decision("d", said("[s(4), s(1, 2), late(7)]"), need("Knowledge", "#s", "#late")),
    )
    model = read_model("file", xml)
    assert serve(model, "s", {"x": 4}, NOW) == 50
    assert serve(model, "both", {"x": 4}, NOW) == {"outer": 50, "inner": 5}
    assert decide(model, "d", {}, NOW) == [50, None, 70]


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        (f"<context>{entries(a=said('1'), b=said('a + 1'))}</context>", {"a": 1, "b": 2}),
        (f"<context>{entries(a=said('1'))}<contextEntry>{said('a + 5')}</contextEntry></context>", 6),
        ("<context/>", {}),
        (f"<list>{said('1')}{said('x')}</list>", [1, None]),
        (f'<relation><column name="k"/><column name="v w"/><row>{said("1")}{said("2")}</row></relation>',
         [{"k": 1, "v w": 2}]),
        (f"<conditional><if>{said('1 < 2')}</if><then>{said('1')}</then><else>{said('2')}</else></conditional>", 1),
        (f"<conditional><if>{said('1')}</if><then>{said('1')}</then><else>{said('2')}</else></conditional>",
         None),
        (f"<filter><in>{said('[1, 2, 3]')}</in><match>{said('item > 1')}</match></filter>", [2, 3]),
        (f'<for iteratorVariable="a b"><in>{said("[1..3]")}</in><return>{said("a b * 2")}</return></for>', [2, 4, 6]),
        (f'<some iteratorVariable="i"><in>{said("[1, 2]")}</in><satisfies>{said("i > 1")}</satisfies></some>', True),
        (f'<every iteratorVariable="i"><in>{said("[1, 2]")}</in><satisfies>{said("i > 1")}</satisfies></every>', 0),
        ('<context><contextEntry><variable name="f"/><functionDefinition><formalParameter name="p q"/>'
         f'{said("p q + 1")}</functionDefinition></contextEntry><contextEntry>{said("f(2)")}</contextEntry></context>',
         3),
    ],
)
def test_boxed_expressions(logic: str, expected: Any) -> None:
    assert boxed(logic) == expected


TYPES = (
    '<itemDefinition name="tGrade"><typeRef>string</typeRef><allowedValues><text>"A", "B"</text></allowedValues>'
    '</itemDefinition><itemDefinition name="tGrades" isCollection="true"><typeRef>tGrade</typeRef></itemDefinition>'
    '<itemDefinition name="tOwner"><itemComponent name="full name"><typeRef>string</typeRef></itemComponent>'
    '<itemComponent name="born"><typeRef>date</typeRef></itemComponent></itemDefinition>'
    '<itemDefinition name="tRing"><itemComponent name="next"><typeRef>tRing</typeRef></itemComponent></itemDefinition>'
    '<itemDefinition name="tCall"><functionItem/></itemDefinition>'
)


@pytest.mark.parametrize(
    ("type_ref", "text", "expected"),
    [
        ("tGrade", '"A"', "A"),
        ("tGrade", '"C"', None),
        ("tGrade", '["B"]', "B"),
        ("tGrades", '"A"', ["A"]),
        ("tGrades", '["A", "C"]', None),
        ("number", '"1"', None),
        ("number", "[[1]]", None),
        ("date and time", 'date("2026-01-02")', datetime(2026, 1, 2, tzinfo=UTC)),
        ("tOwner", '{full name: "Lê", born: date("2000-01-02"), more: 1}',
         {"full name": "Lê", "born": date(2000, 1, 2), "more": 1}),
        ("tOwner", '{full name: "Lê"}', None),
        ("tRing", "{next: 1}", {"next": 1}),
        ("tCall", "1", None),
        ("", '[1] instance of list<number> and not("A" instance of tGrades)', True),
        ("", '(function(g: tGrade) g)("C")', None),
    ],
)
def test_types(type_ref: str, text: str, expected: Any) -> None:
    assert asked(file(TYPES, decision("d", said(text), type_ref=type_ref))) == expected


def test_names_of_any_shape() -> None:
    xml = file(
        TYPES, data("người nộp's hồ-sơ", "tOwner"),
        decision("d", said("người nộp's hồ-sơ.full name"), need("Input", "#người nộp's hồ-sơ")),
    )
    assert asked(xml, **{"người nộp's hồ-sơ": {"full name": "Lê", "born": date(2000, 1, 1)}}) == "Lê"


def test_imports() -> None:
    lower = file(TYPES, knowledge("greet", {"who": "string"}, said('"Hi " + who')), data("x"), namespace="urn:two")
    upper = file(
        f'<import name="low" namespace="urn:two" importType="{DMN}"/>',
        decision("d", said('low.greet("Lê")'), need("Knowledge", "urn:two#greet"), "low.tGrade"),
        decision("e", said('low.greet("Lê")'), need("Knowledge", "urn:two#greet")),
    )
    model = read_model("file", upper, {"urn:two": lower})
    assert not model.read.wrong
    assert decide(model, "d", {}, NOW) is None
    assert decide(model, "e", {}, NOW) == "Hi Lê"
    assert [finding.code for finding in check_decision("x", upper)][:1] == ["decision_requirement"]


def nested(levels: int) -> str:
    return "<list>" * levels + said("1") + "</list>" * levels


WIDE = "".join(
    f'<itemDefinition name="t{at}">' + "".join(
        f'<itemComponent name="c{part}"><typeRef>{f"t{at - 1}" if at else "string"}</typeRef></itemComponent>'
        for part in range(8)
    ) + "</itemDefinition>"
    for at in range(12)
)


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (file(decision("a", said("1")), decision("b", said("2"))), "decision_count"),
        (file(decision("d", said("d"), need("Decision", "#d"))), "decision_requirement"),
        (file(decision("a", said("b"), need("Decision", "#b")), decision("b", said("a"), need("Decision", "#a"))),
         "decision_requirement"),
        (file(decision("d", said("1"), need("Decision", "#gone"))), "decision_requirement"),
        (file(decision("d", nested(30))), "decision_kind"),
        (file(decision("d", "<list>" * 20 + said("+".join("1" * 110)) + "</list>" * 20)), "decision_deep"),
        (file(WIDE, decision("d", said("1"), type_ref="t11")), "decision_items"),
        (file(decision("d", said("1"), type_ref="tGone")), "decision_type"),
        (file(*[data(f"i{at}") for at in range(5_001)], decision("d", said("1"))), "decision_items"),
        (file(decision("d", '<functionDefinition kind="Java"/>')), "decision_language"),
        (file(decision("d", f'<relation><column name="a"/><row>{said("1") * 2}</row></relation>')), "decision_kind"),
    ],
    ids=lambda part: part[:20],
)
def test_what_cannot_be_run_is_refused(xml: str, code: str) -> None:
    assert code in [finding.code for finding in check_decision("fee", xml)]


def test_long_chains_need_no_deep_stack() -> None:
    chain = "".join(
        decision(f"n{at}", said(f"n{at - 1} + 1" if at else "1"), need("Decision", f"#n{at - 1}") if at else "")
        for at in range(1_500)
    )
    assert compile_decision(file(chain)).evaluate({}, NOW) == 1_500


def test_nothing_runs_away() -> None:
    xml = file(knowledge("f", {"n": "Any"}, said("f(n + 1)")), decision("d", said("f(1)"), need("Knowledge", "#f")))
    with pytest.raises(BudgetExceeded):
        asked(xml)


def test_contradictions_name_the_decision() -> None:
    rules = "".join(f"<rule><inputEntry/><outputEntry><text>{at}</text></outputEntry></rule>" for at in (1, 2))
    source = "<input><inputExpression><text>1</text></inputExpression></input>"
    table = f"<decisionTable>{source}<output/>{rules}</decisionTable>"
    xml = file(decision("fee", table), decision("d", said("fee"), need("Decision", "#fee")))
    with pytest.raises(DecisionFailed, match="Decision fee on element"):
        asked(xml)
