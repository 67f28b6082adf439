"""What a bundle says about its steps, and what is found wrong in it."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from engine.definition import Bundle, Definition, _Cache, check, compile_definition, definition_for, outline
from engine.drawing.findings import refused
from engine.errors import DiagramRefused
from tests.engine.builders import (
    choice,
    diagram,
    element,
    end,
    flow,
    frame,
    loop,
    path,
    receive,
    row,
    script,
    start,
    task,
    timer,
    xor,
)

ROLES = frozenset({"specialist", "receiver"})
NAMES = '<bpmn:extensionElements><onedoor:names en="{}"/></bpmn:extensionElements>'
FIVE = diagram(
    start(),
    task("take", kind="receive", role="receiver", unit="receiving", hours="2", onlineHours="1", status="2"),
    task("look", choice("pass"), choice("more", "supplement", "visits.supplement < 2"), status="4"),
    xor("g", "g-agree"),
    receive("supplement", "supplement"), timer("expired", "P30D", host="supplement"), end("given_up", "8"),
    task("agree", kind="approve"), task("seal", kind="stamp", needsFile="true"), task("hand", kind="return",
    status="9"),
    end(status="10"),
    path("begin", "take", "look", "g", "agree", "seal", "hand", "done"),
    flow("g", "supplement", 'look.choice = "more"'), path("supplement", "look"), path("expired", "given_up"),
    '<bpmn:laneSet id="lanes"><bpmn:lane id="office" name="Phòng">' + NAMES.format("Office")
    + "<bpmn:flowNodeRef>look</bpmn:flowNodeRef><bpmn:flowNodeRef>agree</bpmn:flowNodeRef>"
    + '<bpmn:childLaneSet id="inner"><bpmn:lane id="desk" name="Bàn">'
    + "<bpmn:flowNodeRef>look</bpmn:flowNodeRef></bpmn:lane>"
    + "</bpmn:childLaneSet></bpmn:lane></bpmn:laneSet>",
    messages=("supplement",),
)


def codes(
    xml: str, severity: str = "error", roles: frozenset[str] | None = None, **bundle: Any
) -> list[tuple[str, str | None]]:
    found = check(Bundle(xml, **bundle), roles)
    return [(one.code, one.element) for one in found if one.severity == severity]


def one_step(**said: str) -> str:
    return diagram(start(), task("a", **said), end(), path("begin", "a", "done"))


def test_a_whole_procedure_is_read() -> None:
    assert check(Bundle(FIVE), ROLES) == ()
    made = compile_definition(Bundle(FIVE, procedure={"key": "test"}))
    assert made.step_order == ("take", "look", "agree", "seal", "hand", "supplement")
    take, look, wait = made.steps["take"], made.steps["look"], made.steps["supplement"]
    assert (take.kind, take.role, take.unit, take.hours, take.online_hours) == ("receive", "receiver", "receiving",
        "2", "1")
    assert [(one.id, one.kind, one.when) for one in look.choices] == [
        ("pass", "forward", ""), ("more", "supplement", "visits.supplement < 2"),
    ]
    assert (wait.message, wait.clock, wait.hours, wait.status) == ("supplement", "stopped", None, "5")
    assert made.steps["seal"].needs_file
    assert (made.steps["agree"].lane, look.lane, take.lane) == ("office", "desk", None)
    assert made.lanes["office"].name_en == "Office"
    assert made.flows["g-supplement"].condition == 'look.choice = "more"'
    assert made.elements["expired"].type == "boundaryEvent"
    assert made.procedure == {"key": "test"}
    assert made.process_id == "p"


def test_the_outline_is_in_the_reader_s_language() -> None:
    made = compile_definition(Bundle(FIVE.replace('name="take">', 'name="Tiếp nhận">').replace(
        "<onedoor:step kind=\"receive\"", '<onedoor:names en="Receive"/><onedoor:step kind="receive"')))
    vietnamese, english = outline(made, "vi"), outline(made, "en")
    assert [line.number for line in vietnamese] == [1, 2, 3, 4, 5, 6]
    assert (vietnamese[0].name, english[0].name) == ("Tiếp nhận", "Receive")
    assert (vietnamese[1].lane, english[2].lane) == ("Bàn", "Office")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"kind": ""}, "step_kind"), ({"kind": "guess"}, "step_kind"), ({"role": ""}, "step_role"),
        ({"role": "wizard"}, "step_role_unknown"), ({"unit": ""}, "step_unit"), ({"hours": ""}, "step_hours"),
        ({"hours": "soon"}, "step_hours_value"), ({"hours": "0"}, "step_hours_value"), ({"hours": "NaN"},
        "step_hours_value"),
        ({"onlineHours": "-1"}, "step_hours_value"), ({"status": "11"}, "step_status"), ({"clock": "stopped"},
        "step_clock"),
        ({"clock": "wild"}, "step_clock"), ({"form": "none"}, "step_form"), ({"unit": "=1 +"}, "expression"),
        ({"unit": "=nobody.unit"}, "expression_name"), ({"status": "=visits.zz"}, "expression_name"),
    ],
)
def test_properties_of_a_step_are_checked(said: dict[str, str], code: str) -> None:
    assert (code, "a") in codes(one_step(**said), roles=ROLES)


def test_a_wait_needs_no_hours_but_a_message_and_a_limit() -> None:
    xml = diagram(start(), receive("a", "paper"), end(), path("begin", "a", "done"), messages=("paper",))
    assert codes(xml) == []
    assert ("wait_without_timer", "a") in codes(xml, "warning")
    assert codes(xml.replace('messageRef="m_paper"', "")) == [("message_missing", "a")]


def test_a_receive_task_offers_no_choices() -> None:
    asked = task("a", choice("x"), tag="receiveTask", message="m")
    xml = diagram(start(), asked, end(), path("begin", "a", "done"), messages=("m",))
    assert codes(xml) == [("message_choices", "a")]


def test_a_task_without_properties() -> None:
    xml = diagram(start(), element("userTask", "a"), end(), path("begin", "a", "done"))
    assert codes(xml) == [("step_missing", "a")]


@pytest.mark.parametrize(
    ("choices", "code"),
    [
        ((choice("X"),), "choice_id"), ((choice("x"), choice("x")), "choice_id"), ((choice("x", "jump"),),
        "choice_kind"),
        ((choice("x").replace('name="x"', ""),), "choice_name"), ((choice("x", when="1 +"),), "expression"),
        ((choice("x", "supplement"),), "choice_more"),
    ],
)
def test_choices_are_checked(choices: tuple[str, ...], code: str) -> None:
    xml = diagram(start(), task("a", *choices), end(), path("begin", "a", "done"))
    assert (code, "a") in codes(xml)


@pytest.mark.parametrize(
    ("loops", "code"),
    [
        (loop("filing.x", item="filing"), "loop_item"), (loop("filing.x", item="No"), "loop_item"), (loop(),
        "loop_source"),
        (loop("filing.x", until="a ="), "expression"), (loop("communes"), "expression_name"),
    ],
)
def test_repetition_is_checked(loops: str, code: str) -> None:
    xml = diagram(start(), task("a", inside=loops), end(), path("begin", "a", "done"))
    assert (code, "a") in codes(xml)


def test_the_item_is_known_only_inside_its_step() -> None:
    inside = diagram(start(), task("a", inside=loop("filing.x", item="commune"), unit="=commune"), end(),
                     path("begin", "a", "done"))
    assert codes(inside) == []
    assert codes(one_step(unit="=commune")) == [("expression_name", "a")]


def test_timers_scripts_and_statuses_are_checked() -> None:
    def with_(part: str) -> str:
        return diagram(start(), part, task("a"), end(), path("begin", "t", "a", "done"))

    assert codes(with_(timer("t", "P3D"))) == []
    assert codes(with_(timer("t", "2026-07-01", tag="timeDate"))) == []
    assert codes(with_(timer("t", '=duration("P1D")'))) == []
    assert codes(with_(timer("t", "3 days"))) == [("timer_value", "t")]
    assert codes(with_(timer("t", "-P1D"))) == [("timer_value", "t")]
    assert codes(with_(timer("t", ""))) == [("timer_missing", "t")]
    assert codes(with_(timer("t", "=nothing"))) == [("expression_name", "t")]
    assert codes(with_(script("t", "1 + 1"))) == []
    assert codes(with_(script("t", ""))) == [("script_missing", "t")]
    assert codes(with_(script("t", "1").replace("<bpmn:scriptTask", '<bpmn:scriptTask scriptFormat="python"'))) == [
        ("script_language", "t")]
    assert codes(with_(element("businessRuleTask", "t"))) == [("decision_missing", "t")]
    named = element("businessRuleTask", "t",
        '<bpmn:extensionElements><onedoor:decision ref="x"/></bpmn:extensionElements>')
    assert codes(with_(named)) == [("decision_unknown", "t")]
    assert codes(one_step().replace(end(), end(status="12"))) == [("step_status", "done")]
    assert codes(one_step().replace(end(), end(status="=1 +"))) == [("expression", "done")]


def test_forms_are_checked() -> None:
    form = {"type": "default", "components": [{"type": "textfield", "key": "choice", "label": "X"}]}
    assert ("form_reserved", None) in codes(one_step(form="look"), forms={"look": form})
    begin = element("startEvent", "begin",
        '<bpmn:extensionElements><onedoor:start form="zz"/></bpmn:extensionElements>')
    assert codes(one_step().replace(start(), begin)) == [("start_form", "begin")]


def test_ways_through_the_graph_are_checked() -> None:
    lost = diagram(start(), task("a"), task("b"), end(), path("begin", "a", "done"), path("b", "done"))
    assert codes(lost) == [("unreachable", "b")]
    endless = diagram(start(), task("a"), task("b"), xor("g", "g-b"), end(), path("begin", "g", "b", "a", "b"),
                      flow("g", "done", "filing.x"))
    assert codes(endless) == [("endless", "a"), ("endless", "b")]
    automatic = diagram(start(), xor("g"), script("s", "1"), xor("h", "h-done"), end(),
                        path("begin", "g", "s", "h", "done"), flow("h", "g", "filing.x"))
    assert ("automatic_loop", "g") in codes(automatic)
    waiting = automatic.replace(script("s", "1"), frame("s", start("i"), task("b"), end("e"), path("i", "b", "e")))
    assert ("automatic_loop", "g") not in codes(waiting)


def test_order_of_kinds_and_tested_choices_are_warned_about() -> None:
    turned = diagram(start(), task("b", kind="approve"), task("a", choice("x")), xor("g", "g-done"), end(),
                     path("begin", "b", "a", "g", "done"), flow("g", "b", 'a.choice = "y"'))
    found = codes(turned, "warning")
    assert ("kinds_order", "a") in found
    assert ("choice_unknown", "g-b") in found
    assert [code for code, _ in found].count("kind_absent") == 3
    bare = turned.replace(' default="g-done"', "").replace(flow("g", "done"), flow("g", "done", "filing.x"))
    assert ("default_missing", "g") in codes(bare, "warning")
    assert ("name_missing", "a") in codes(one_step().replace('name="a"', ""), "warning")


def test_a_field_that_no_form_has_is_warned_about() -> None:
    area = {"type": "group", "components": [{"type": "number", "key": "area", "label": "X"}]}
    forms = {"filing": {"type": "default", "components": [area, {"type": "dynamiclist", "path": "rows"}]}}

    def warned(condition: str) -> bool:
        drawn = diagram(start(), task("a", choice("y")), xor("g", "g-done"), task("b"), end(),
                        path("begin", "a", "g", "done"), path("b", "done"), flow("g", "b", condition))
        return ("expression_field", "g-b") in codes(drawn, "warning", forms=forms)

    assert warned("filing.aera > 1")
    assert warned("filing.rows_count > 1")
    assert not warned('filing.area > 1 and count(filing.rows.x) > 0 and a.choice = "y" and a.anything = 1')


def test_a_refused_bundle_names_everything() -> None:
    with pytest.raises(DiagramRefused) as caught:
        compile_definition(Bundle(one_step(role="", unit="")))
    assert [one.code for one in refused(caught.value.details["findings"])] == ["step_role", "step_unit"]
    assert "Step a has no role" in str(caught.value)
    assert "(2 finding(s)" in str(caught.value)


def test_a_bundle_keeps_its_digest() -> None:
    bundle = Bundle(row("a"), forms={}, procedure={"b": 1, "a": "ồ"})
    assert Bundle.from_json(bundle.to_json()) == bundle
    assert Bundle.from_json(bundle.to_json()).digest == bundle.digest
    assert Bundle(row("a"), procedure={"a": "ồ", "b": 1}).digest == bundle.digest
    assert Bundle(row("b")).digest != bundle.digest
    assert json.loads(bundle.to_json())["procedure"]["a"] == "ồ"


def test_definitions_are_compiled_once_for_all_threads() -> None:
    bundle = Bundle(row("cached", "twice"))
    loads: list[int] = []
    got: list[Definition] = []

    def load() -> Bundle:
        loads.append(1)
        return bundle

    threads = [threading.Thread(target=lambda: got.append(definition_for(bundle.digest, load))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(one) for one in got}) == 1
    before = len(loads)
    assert definition_for(bundle.digest, load) is got[0]
    assert len(loads) == before


def test_the_cache_forgets_what_was_not_used() -> None:
    cache = _Cache(2)
    made = compile_definition(Bundle(row("a")))
    for digest in ("1", "2"):
        cache.put(digest, made)
    assert cache.get("1") is made
    cache.put("3", made)
    assert (cache.get("2"), cache.get("1")) == (None, made)
