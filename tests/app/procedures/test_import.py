"""Diagrams drawn elsewhere in the studio: kept or prepared, checked, rehearsed, never published with stand-ins."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.casework import Actor
from app.procedures import blank, commands, gate, queries
from app.procedures.errors import DiagramUnreadable, DraftChanged, DraftRefused
from engine.bundle import Bundle
from engine.drawing.diagram import safe
from engine.drawing.findings import refused
from engine.normalise import normalise
from tests import builders as make
from tests.conftest import page_token

NAMES = {"vi": "Cấp thẻ thử", "en": "Trial card"}
FACTS = blank.facts_for("1.000009", "thu-nghiem", NAMES, "commune", NAMES, NAMES)
CODE = "1.000009"
FOREIGN = """<?xml version="1.0" encoding="UTF-8"?>
<!-- drawn elsewhere -->
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
  targetNamespace="http://example.org" exporter="Another modeller" camunda:version="7">
  <process id="Process_1" name="Cấp thẻ"><laneSet id="L"><lane id="L1" name="Chuyên viên">
    <flowNodeRef>Activity_0x</flowNodeRef></lane></laneSet>
    <startEvent id="Start"/>
    <task id="Activity_0x" name="Thẩm định" camunda:assignee="demo"><extensionElements>
      <camunda:properties><camunda:property name="a" value="b"/></camunda:properties></extensionElements></task>
    <exclusiveGateway id="Gateway_1" name="Đạt?"/>
    <serviceTask id="Call" camunda:class="org.example.Post" name="Báo kết quả"/>
    <endEvent id="End"/><endEvent id="Refused"/>
    <sequenceFlow id="f1" sourceRef="Start" targetRef="Activity_0x"/>
    <sequenceFlow id="f2" sourceRef="Activity_0x" targetRef="Gateway_1"/>
    <sequenceFlow id="f3" name="Đạt" sourceRef="Gateway_1" targetRef="Call"/>
    <sequenceFlow id="f4" name="Không đạt" sourceRef="Gateway_1" targetRef="Refused"/>
    <sequenceFlow id="f5" sourceRef="Call" targetRef="End"/>
  </process>
  <bpmndi:BPMNDiagram id="D"><bpmndi:BPMNPlane id="P" bpmnElement="Process_1">
    <bpmndi:BPMNShape id="S1" bpmnElement="Activity_0x">
      <dc:Bounds x="1" y="2" width="100" height="80"/></bpmndi:BPMNShape>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</definitions>
"""
SCENARIO: dict[str, Any] = {
    "name": NAMES, "channel": "direct", "filing": {"applicant_name": "A", "applicant_id": "1"},
    "steps": [{"offered": "Activity_0x", "choices": ["dat", "khong_dat"]},
              {"complete": "Activity_0x", "choice": "khong_dat"}],
    "expect": {"end": "Refused", "visits": {"Activity_0x": 1}, "data": {"Activity_0x.choice": "khong_dat"}},
}


@pytest.fixture
def analyst(app: Flask) -> Actor:
    with app.app_context():
        make.province()
        actor = make.person("analyst", ("H49", "analyst"))
        commands.create_procedure(actor, FACTS)
        return actor


def drawn() -> str:
    return str(queries.draft(CODE).bundle["xml"])


def test_a_saved_drawing_keeps_every_letter(app: Flask, analyst: Actor) -> None:
    with app.app_context():
        commands.save_draft(analyst, CODE, {"xml": FOREIGN}, 1)
        assert drawn() == FOREIGN
        commands.check_draft(analyst, CODE)
        assert drawn() == FOREIGN
        commands.import_diagram(analyst, CODE, FOREIGN.encode(), 2, prepare=False)
        assert drawn() == FOREIGN


def test_a_check_says_what_is_missing_and_what_the_rehearsal_makes_of_it(app: Flask, analyst: Actor) -> None:
    with app.app_context():
        commands.save_draft(analyst, CODE, {"xml": FOREIGN, "scenarios": {"refused": SCENARIO}}, 1)
        examined = commands.rehearse_draft(analyst, CODE)
        found = {(one.severity, one.code, one.element) for one in examined.findings}
        assert ("error", "id_form", "Activity_0x") in found
        assert {("warning", "repair_step", "Activity_0x"), ("warning", "repair_ask", "Gateway_1"),
                ("warning", "repair_connector", "Call"), ("warning", "foreign_attribute", "Call")} <= found
        assert [(went.passed, went.failures) for went in examined.rehearsals] == [(True, ())]
        with pytest.raises(DraftRefused):
            commands.submit_draft(analyst, CODE, "", 2)


def test_failures_of_a_rehearsal_name_what_is_drawn(app: Flask, analyst: Actor) -> None:
    wrong = {**SCENARIO, "steps": [{"complete": "Nothing"}]}
    with app.app_context():
        commands.save_draft(analyst, CODE, {"xml": FOREIGN, "scenarios": {"wrong": wrong}}, 1)
        failure = commands.rehearse_draft(analyst, CODE).rehearsals[0].failures[0]
        assert failure.details["open"] == "Activity_0x"


def test_not_even_a_copy_can_be_published(app: Flask, analyst: Actor) -> None:
    """Somebody saves the copy itself: its stand-ins name a role and a connector that nobody has."""
    copy = normalise(Bundle(FOREIGN, blank.bundle_for(FACTS)["forms"])).main
    assert copy is not None
    with app.app_context():
        commands.save_draft(analyst, CODE, {"xml": copy.xml}, 1)
        codes = {one.code for one in refused(commands.check_draft(analyst, CODE))}
        assert {"step_role_unknown", "connector_unknown"} <= codes
        with pytest.raises(DraftRefused):
            commands.submit_draft(analyst, CODE, "", 2)


def test_an_imported_drawing_is_prepared_and_keeps_everything_else(app: Flask, analyst: Actor) -> None:
    with app.app_context():
        done = commands.import_diagram(analyst, CODE, FOREIGN.replace("UTF-8", "UTF-16").encode("utf-16"), 1)
        xml = drawn()
    told = {(one.code, one.element) for one in done.findings}
    assert {("recoded", None), ("import_id", "Activity_0x"), ("import_said", "activity_0x"),
            ("import_choices", "Gateway_1"), ("import_executable", "Process_1")} <= told
    for kept in ("<!-- drawn elsewhere -->", 'camunda:assignee="demo"', '<camunda:property name="a" value="b"/>',
                 'camunda:class="org.example.Post"', 'exporter="Another modeller"', '<dc:Bounds x="1" y="2"',
                 'id="S1" bpmnElement="activity_0x"', '<onedoor:drawn id="Activity_0x"/>',
                 '<onedoor:step role="specialist"/>', '<onedoor:choice id="khong_dat" name="Không đạt"/>'):
        assert kept in xml, kept
    before, after = safe(FOREIGN).root, safe(xml).root
    assert before is not None
    assert after is not None
    assert [each.tag for each in before.iter() if each.tag not in {one.tag for one in after.iter()}] == []


def test_what_was_saved_since_is_not_overwritten(app: Flask, analyst: Actor) -> None:
    with app.app_context():
        commands.save_draft(analyst, CODE, {"scenarios": {}}, 1)
        with pytest.raises(DraftChanged):
            commands.import_diagram(analyst, CODE, FOREIGN.encode(), 1)


@pytest.mark.parametrize(
    ("raw", "code"),
    [(b"", "not_xml"), (b"<html/>", "not_bpmn"), (b"<!DOCTYPE x><a/>", "doctype"), (b"<a>\xff</a>", "encoding"),
     (b"<a>" + b"x" * 6_000_000 + b"</a>", "too_large"), (b"<a>" * 300 + b"</a>" * 300, "too_deep")],
    ids=["empty", "html", "doctype", "bytes", "large", "deep"],
)
@make.on_sqlite
def test_what_is_no_diagram_is_not_imported(app: Flask, analyst: Actor, raw: bytes, code: str) -> None:
    with app.app_context():
        before = drawn()
        with pytest.raises(DiagramUnreadable):
            commands.import_diagram(analyst, CODE, raw, 1)
        assert [one.code for one in gate.adopt(raw).findings] == [code]
        assert drawn() == before


def test_an_import_that_takes_too_long_is_stopped() -> None:
    assert [one.code for one in gate.adopt(FOREIGN.encode(), seconds=0.000_01).findings] == ["check_too_long"]


@make.on_sqlite
def test_a_file_is_imported_on_the_page_and_through_the_api(
    app: Flask, analyst: Actor, sign_in: Callable[..., FlaskClient]
) -> None:
    browser = sign_in("analyst")
    token = page_token(browser, f"/procedures/{CODE}/draft")

    def post(raw: bytes, revision: str, **more: str) -> str:
        data = {"csrf_token": token, "revision": revision, "file": (BytesIO(raw), "x.bpmn"), **more}
        answer = browser.post(f"/procedures/{CODE}/draft/import", data=data, content_type="multipart/form-data",
                              follow_redirects=True)
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    assert "Activity_0x" in post(FOREIGN.encode(), "1")
    with app.app_context():
        assert drawn() == FOREIGN
    assert "activity_0x" in post(FOREIGN.encode(), "2", prepare="yes")
    assert "BPMN 2.0" in post(b"<html/>", "3", prepare="yes")
    answer = browser.post(f"/api/v1/procedures/{CODE}/draft/import", json={"xml": FOREIGN, "revision": 3},
                          headers={"X-CSRFToken": token})
    assert (answer.status_code, answer.json["revision"]) == (200, 4)
    assert "import_id" in {one["code"] for one in answer.json["findings"]}
    answer = browser.post(f"/api/v1/procedures/{CODE}/draft/import", json={"xml": "<html/>", "revision": 4},
                          headers={"X-CSRFToken": token})
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "DiagramUnreadable")
