"""Decision tables as rows of cells."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.procedures import tables
from app.procedures.compare import compare_decisions
from app.procedures.tables import Column, Rule, Table, edited, read_table, table_from, write_table
from engine.decisions import check_decision, compile_decision
from tests.builders_procedures import shipped

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SHIPPED = shipped("construction-permit").decisions["exemption"]


def test_a_table_is_the_same_after_it_was_read_and_written() -> None:
    table = read_table(SHIPPED)
    assert table is not None
    assert (table.id, table.hit) == ("exemption", "FIRST")
    assert (len(table.inputs), len(table.outputs), len(table.rules)) == (4, 3, 6)
    again = write_table(table, "exemption")
    assert read_table(again) == table
    assert check_decision("exemption", again) == ()
    filing = {"works_type": "repair", "planning_area": "urban", "storeys": 3, "heritage": False}
    before, after = (compile_decision(xml).evaluate({"filing": filing}, NOW) for xml in (SHIPPED, again))
    assert before == after
    assert before["exempt"] is True


def test_a_new_table_decides_at_once() -> None:
    xml = write_table(tables.blank("tax-free"), "tax-free")
    assert check_decision("tax-free", xml) == ()
    assert compile_decision(xml).evaluate({"dossier": {"channel": "online"}}, NOW) == {"result": False}


@pytest.mark.parametrize("xml", [
    "no xml", "<a/>", SHIPPED.replace("decisionTable", "literalExpression"),
    SHIPPED.replace("<decision id", '<inputData id="x" name="x"/><decision id'),
    SHIPPED.replace("<rule ", '<annotation name="a"/><rule ', 1),
])
def test_what_the_editor_cannot_show_is_left_alone(xml: str) -> None:
    assert read_table(xml) is None


def test_rows_and_columns_come_and_go() -> None:
    rules = (Rule(("1", "2"), ("3",)),)
    table = Table("t", "T", inputs=(Column("a"), Column("b")), outputs=(Column("c"),), rules=rules)
    wider = edited(table, "add.inputs")
    assert wider.rules == (Rule(("1", "2", ""), ("3",)),)
    assert edited(wider, "remove.inputs.0").rules == (Rule(("2", ""), ("3",)),)
    assert edited(table, "remove.outputs.0") == table
    longer = edited(table, "add.rules")
    assert edited(longer, "up.rules.1").rules == (longer.rules[1], longer.rules[0])
    assert edited(longer, "remove.rules.0").rules == (longer.rules[1],)
    assert edited(table, "add.outputs").rules == (Rule(("1", "2"), ("3", "")),)
    for nonsense in ("", "add", "remove.rules.9", "remove.inputs.x", "burn.rules.0", "add.columns"):
        assert edited(table, nonsense) == table


def test_changes_of_a_table_are_told_rule_by_rule() -> None:
    table = read_table(SHIPPED)
    assert table is not None
    first, second, *others = table.rules
    turned = write_table(replace(table, rules=(second, first, *others)), "exemption")
    fewer = write_table(replace(table, hit="ANY", rules=(second, *others)), "exemption")

    def told(new: dict[str, str]) -> list[tuple[str, str]]:
        return [(change.what, change.property) for change in compare_decisions({"exemption": SHIPPED}, new)]

    assert told({"exemption": write_table(table, "exemption")}) == []
    assert told({"exemption": turned}) == [("changed", "order")]
    assert told({"exemption": fewer}) == [("changed", "hit"), ("changed", "rule")]
    assert told({"exemption": "<x/>"}) == [("changed", "")]
    assert told({"other": SHIPPED}) == [("removed", ""), ("added", "")]


def test_what_is_typed_becomes_a_table() -> None:
    typed = {
        "name": " Lệ phí ", "hit": "COLLECT", "aggregation": "SUM", "inputs": "1", "outputs": "1", "rules": "2",
        "inputs.0.expression": "filing.area", "inputs.0.type": "number", "outputs.0.expression": "fee",
        "outputs.0.type": "number", "outputs.0.values": "", "rules.0.inputs.0": "> 100", "rules.0.outputs.0": "50000",
        "rules.1.inputs.0": "", "rules.1.outputs.0": "20000", "rules.1.note": "mọi trường hợp\x00",
    }
    table = table_from(typed, "fee")
    assert table.rules[1] == Rule(("",), ("20000",), "mọi trường hợp")
    xml = write_table(table, "fee")
    assert check_decision("fee", xml) == ()
    assert compile_decision(xml).evaluate({"filing": {"area": Decimal(120)}}, NOW) == {"fee": Decimal(70000)}
    assert table_from({"inputs": "-1", "rules": "many", "hit": "WORST"}, "t") == Table("t", "", inputs=(), outputs=())
