"""The way of a diagram: drafted, checked, submitted, approved by somebody else, and never changed again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import casework
from app.casework import Actor
from app.db import reading, transaction
from app.dossiers.models import Dossier
from app.procedures import blank, commands, gate, queries
from app.procedures.errors import (
    CodeTaken,
    DraftChanged,
    DraftExists,
    DraftNotSubmitted,
    DraftRefused,
    DraftUnderReview,
    DraftUnfit,
    DraftUnknown,
    NoteMissing,
    OwnDraft,
    ProcedureUnknown,
    SameAsPublished,
    ScenarioFailed,
)
from app.procedures.models import ProcessVersion
from app.procedures.shipped import publish_shipped, read_shipped
from tests import builders as make
from tests.conftest import page_token

NAMES = {"vi": "Cấp thẻ thử", "en": "Trial card"}
FACTS = blank.facts_for("1.000009", "thu-nghiem", NAMES, "commune", NAMES, NAMES)
CODE = "1.000009"
SCENARIO: dict[str, Any] = {"name": NAMES, "channel": "direct", "filing": {"applicant_name": "A", "applicant_id": "1"},
            "steps": [{"complete": "receive"}, {"complete": "appraise", "form": {"opinion": "Đạt"}},
                      {"complete": "approve"}, {"complete": "stamp"}, {"complete": "hand_over"}],
            "expect": {"status": 10, "end": "returned"}}


@dataclass
class House:
    """Those who draw and those who approve."""

    analyst: Actor
    colleague: Actor
    publisher: Actor


@pytest.fixture
def house(app: Flask) -> House:
    with app.app_context():
        make.province()
        return House(
            make.person("analyst", ("H49", "analyst")), make.person("colleague", ("H49", "analyst"), name="Lê Đồng"),
            make.person("publisher", ("H49", "publisher")),
        )


def test_from_the_first_draft_to_the_second_version(app: Flask, house: House) -> None:
    with app.app_context():
        saved = commands.create_procedure(house.analyst, FACTS, {"scenarios": {"straight": SCENARIO}})
        assert (saved.revision, saved.state) == (1, "draft")
        commands.submit_draft(house.analyst, CODE, "Bản đầu", 1)
        first = commands.publish_draft(house.publisher, CODE)
        assert first.number == 1
        _receive(_version(CODE, 1))

        commands.start_draft(house.analyst, CODE)
        xml = queries.draft(CODE).bundle["xml"].replace("Thẩm định", "Thẩm tra")
        commands.save_draft(house.analyst, CODE, {"xml": xml}, 1)
        commands.submit_draft(house.analyst, CODE, "Đổi tên bước", 2)
        second = commands.publish_draft(house.publisher, CODE)

        view = queries.procedure(CODE)
        assert [(v.number, v.current, v.running, v.author, v.publisher) for v in view.versions] == [
            (2, True, 0, "Analyst", "Publisher"), (1, False, 1, "Analyst", "Publisher"),
        ]
        assert second.digest != first.digest
        changes = queries.changes(queries.version(CODE, 1).bundle, queries.version(CODE, 2).bundle)
        assert {change.property for change in changes} == {"name"}
        with reading() as conn:
            assert conn.scalar(select(Dossier.version)) == _version(CODE, 1)
        assert [event.kind for event in queries.events(CODE)] == [
            "version_published", "draft_submitted", "draft_saved", "draft_started", "version_published",
            "draft_submitted", "procedure_created",
        ]
        with pytest.raises(DraftUnknown):
            queries.draft(CODE)


def _receive(version: int) -> None:
    """One running dossier of the version."""
    new = casework.NewDossier(
        code=f"{make.CENTRE}-260302-0001", procedure=CODE, version=version, receiving_unit=make.CENTRE,
        competent_unit=make.COMMUNE, channel="direct", applicant_name="A", form=SCENARIO["filing"], search="a",
    )
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    with transaction() as conn:
        casework.begin(conn, new, receiver)


def _version(code: str, number: int) -> int:
    wanted = select(ProcessVersion.id).where(ProcessVersion.procedure == code, ProcessVersion.number == number)
    with reading() as conn:
        return int(conn.execute(wanted).scalar_one())


def test_nobody_who_had_a_hand_in_a_draft_publishes_it(app: Flask, house: House) -> None:
    with app.app_context():
        commands.create_procedure(house.analyst, FACTS)
        commands.save_draft(house.publisher, CODE, {"procedure": FACTS}, 1)
        commands.submit_draft(house.analyst, CODE)
        with pytest.raises(OwnDraft):
            commands.publish_draft(house.publisher, CODE)
        assert not queries.may_publish(house.publisher, queries.draft(CODE))


def test_two_analysts_on_one_draft(app: Flask, house: House) -> None:
    with app.app_context():
        commands.create_procedure(house.analyst, FACTS)
        commands.save_draft(house.colleague, CODE, {"forms": {"filing": {"components": []}}}, 1)
        with pytest.raises(DraftChanged, match=r"Lê Đồng saved the draft of procedure 1\.000009"):
            commands.save_draft(house.analyst, CODE, {"xml": "<x/>"}, 1)
        with pytest.raises(DraftExists):
            commands.start_draft(house.analyst, CODE)
        with pytest.raises(CodeTaken):
            commands.create_procedure(house.analyst, FACTS)
        with pytest.raises(DraftChanged):
            commands.discard_draft(house.analyst, CODE, 1)
        commands.discard_draft(house.analyst, CODE, 2)
        assert commands.start_draft(house.analyst, CODE).revision == 1
        with pytest.raises(ProcedureUnknown):
            commands.start_draft(house.analyst, "9.999999")


def test_a_submitted_draft_stands_still_until_it_comes_back(app: Flask, house: House) -> None:
    with app.app_context():
        commands.create_procedure(house.analyst, FACTS)
        with pytest.raises(DraftNotSubmitted):
            commands.publish_draft(house.publisher, CODE)
        commands.submit_draft(house.analyst, CODE)
        with pytest.raises(DraftUnderReview):
            commands.save_draft(house.analyst, CODE, {"xml": "<x/>"}, 1)
        with pytest.raises(NoteMissing):
            commands.reject_draft(house.publisher, CODE, " ")
        commands.reject_draft(house.publisher, CODE, "Thiếu bước")
        assert (queries.draft(CODE).state, queries.draft(CODE).rejected_note) == ("draft", "Thiếu bước")
        commands.submit_draft(house.analyst, CODE)
        assert commands.withdraw_draft(house.analyst, CODE).state == "draft"


def test_what_the_gate_finds_keeps_a_draft_from_being_submitted(app: Flask, house: House) -> None:
    with app.app_context():
        commands.create_procedure(house.analyst, FACTS)
        commands.save_draft(house.analyst, CODE, {"xml": "<nonsense"}, 1)
        findings = commands.check_draft(house.analyst, CODE)
        assert [finding.severity for finding in findings] == ["error"]
        with pytest.raises(DraftRefused) as refused:
            commands.submit_draft(house.analyst, CODE)
        assert refused.value.details["fields"][0].template
        with pytest.raises(DraftUnfit):
            commands.save_draft(house.analyst, CODE, {"procedure": {**FACTS, "code": "1.000001"}, "colour": {}}, 2)


def test_the_same_content_is_not_published_twice(app: Flask, house: House) -> None:
    with app.app_context():
        commands.create_procedure(house.analyst, FACTS)
        commands.submit_draft(house.analyst, CODE)
        commands.publish_draft(house.publisher, CODE)
        commands.start_draft(house.analyst, CODE)
        commands.submit_draft(house.analyst, CODE)
        with pytest.raises(SameAsPublished, match="Version 1"):
            commands.publish_draft(house.publisher, CODE)


def test_a_failing_scenario_keeps_a_draft_from_being_published(app: Flask, house: House) -> None:
    with app.app_context():
        wrong = {**SCENARIO, "expect": {"status": 8}}
        commands.create_procedure(house.analyst, FACTS, {"scenarios": {"wrong": wrong}})
        commands.submit_draft(house.analyst, CODE)
        with pytest.raises(ScenarioFailed) as failed:
            commands.publish_draft(house.publisher, CODE)
        assert failed.value.details["scenario"] == "wrong"


@make.on_sqlite
def test_a_shipped_procedure_goes_the_same_way(app: Flask, house: House) -> None:
    with app.app_context():
        shipped = read_shipped("household-business")
        published = publish_shipped(house.analyst, house.publisher, shipped)
        assert published.digest == shipped.bundle.digest
        found = queries.catalogue(queries.Wanted("HO KINH doanh", "commune"))
        assert [(line.code, line.cut, line.number) for line in found.lines] == [("1.001612", 50, 1)]
        assert found.levels == {"commune": 1}
        assert queries.catalogue(queries.Wanted("không có")).total == 0


def test_a_check_that_takes_too_long_is_a_finding() -> None:
    examined = gate.examine(blank.bundle_for(FACTS), {}, seconds=0.000_01)
    assert [finding.code for finding in examined.findings] == ["check_too_long"]
    assert examined.digest == ""
    assert gate.examine(blank.bundle_for(FACTS), {}).findings == ()


@make.on_sqlite
def test_the_pages_of_the_studio(app: Flask, house: House, sign_in: Callable[..., FlaskClient]) -> None:
    with app.app_context():
        publish_shipped(house.analyst, house.publisher, read_shipped("household-business"))
    browser, code = sign_in("colleague"), "1.001612"
    token = page_token(browser, f"/procedures/{code}")

    def post(path: str, **data: str) -> tuple[int, str]:
        answer = browser.post(f"/procedures/{code}{path}", data={"csrf_token": token, **data})
        return answer.status_code, answer.get_data(as_text=True)

    assert post("/draft/start")[0] == 303
    for path in ("", "/versions/1", "/versions/1/forms/filing", "/compare", "/draft", "/draft/forms", "/draft/steps",
                 "/draft/forms/filing", "/draft/facts", "/draft/scenarios", "/draft/compare", "/review"):
        assert browser.get(f"/procedures/{code}{path}").status_code == 200, path
    assert browser.get(f"/procedures/{code}/versions/1/diagram.bpmn").mimetype == "application/xml"
    assert post("/draft/forms", key="Not good", revision="1")[0] == 303
    assert post("/draft/forms", key="extra", revision="1")[0] == 303
    assert post("/draft/forms/extra/remove", revision="2")[0] == 303
    assert post("/draft/forms/extra/remove", revision="2")[0] == 409
    assert post("/draft/scenarios", name="bad", scenario="{", revision="3")[0] == 422
    assert post("/draft/scenarios", name="online", remove="1", revision="3")[0] == 303
    assert post("/draft/check", revision="4")[0] == 200
    assert browser.get(f"/procedures/{code}/draft/check").status_code == 200
    status, text = post("/draft/rehearse")
    assert (status, text.count("flag-success"), text.count("flag-danger")) == (200, 8, 0)
    assert post("/draft/facts", revision="4")[0] == 422
    assert post("/draft/submit", revision="4", note="Bỏ một kịch bản")[0] == 303
    assert post("/review/approve", revision="4")[0] == 403
    assert post("/draft/withdraw")[0] == 303
    assert post("/draft/discard", revision="4")[0] == 303
    assert browser.get(f"/procedures/{code}/draft").status_code == 404


@make.on_sqlite
def test_decision_tables_are_edited_as_forms(
    app: Flask, house: House, sign_in: Callable[..., FlaskClient]
) -> None:
    with app.app_context():
        publish_shipped(house.analyst, house.publisher, read_shipped("construction-permit"))
    browser, code = sign_in("colleague"), "1.013225"
    token = page_token(browser, f"/procedures/{code}")

    def post(path: str, **data: str) -> tuple[int, str]:
        answer = browser.post(f"/procedures/{code}/draft{path}", data={"csrf_token": token, **data})
        return answer.status_code, answer.get_data(as_text=True)

    def kept(name: str) -> str:
        with app.app_context():
            return str(queries.draft(code).bundle["decisions"][name])

    typed = {"name": "Thử", "hit": "FIRST", "inputs": "1", "outputs": "1", "rules": "1",
             "inputs.0.expression": "filing.x", "outputs.0.expression": "fee", "rules.0.inputs.0": "-",
             "rules.0.outputs.0": "1"}
    assert post("/start")[0] == 303
    for path in ("/decisions", "/decisions/exemption"):
        assert browser.get(f"/procedures/{code}/draft{path}").status_code == 200
    assert browser.get(f"/procedures/{code}/draft/decisions/none").status_code == 404
    assert post("/decisions", key="Not good", revision="1")[0] == 303
    assert post("/decisions", key="fee", revision="1")[0] == 303
    before = kept("fee")
    status, text = post("/decisions/fee", act="add.rules", revision="2", **typed)
    assert (status, 'name="rules.1.outputs.0"' in text, kept("fee")) == (200, True, before)
    assert post("/decisions/fee", revision="2", **{**typed, "rules.0.outputs.0": '"open'})[0] == 303
    assert "flag-danger" in browser.get(f"/procedures/{code}/draft/decisions/fee").get_data(as_text=True)
    assert post("/decisions/fee", revision="2", **typed)[0] == 409
    assert post("/decisions/fee", revision="3", **typed)[0] == 303
    assert "flag-danger" not in browser.get(f"/procedures/{code}/draft/decisions/fee").get_data(as_text=True)
    assert post("/decisions/fee/remove", revision="4")[0] == 303
    with app.app_context():
        assert list(queries.draft(code).bundle["decisions"]) == ["exemption"]


@make.on_sqlite
def test_the_studio_says_who_else_saved_and_the_review_how_scenarios_go(
    app: Flask, house: House, sign_in: Callable[..., FlaskClient]
) -> None:
    with app.app_context():
        publish_shipped(house.analyst, house.publisher, read_shipped("household-business"))
        commands.start_draft(house.analyst, "1.001612")
        assert queries.lately(house.colleague, "1.001612") == ()
        saved = commands.save_draft(house.analyst, "1.001612", {"scenarios": {"straight": SCENARIO}}, 1)
        assert queries.lately(house.colleague, "1.001612") == ((house.analyst.name, saved.at),)
        assert queries.lately(house.analyst, "1.001612") == ()
        assert {"receiver", "leader"} <= {role["code"] for role in queries.studio_choices()["roles"]}
        assert "auditor" not in {role["code"] for role in queries.studio_choices()["roles"]}
    page = sign_in("colleague").get("/procedures/1.001612/review").get_data(as_text=True)
    assert "0 / 1" in page


@make.on_sqlite
def test_the_same_through_the_api(app: Flask, house: House, sign_in: Callable[..., FlaskClient]) -> None:
    analyst, publisher = sign_in("analyst"), sign_in("publisher")

    def call(browser: FlaskClient, method: str, path: str, body: object = None) -> tuple[int, object]:
        headers = {"X-CSRFToken": page_token(browser, "/procedures")}
        answer = browser.open(f"/api/v1/procedures{path}", method=method, json=body, headers=headers)
        return answer.status_code, answer.get_json(silent=True)

    assert call(analyst, "POST", "", {"procedure": FACTS})[0] == 201
    _, error = call(analyst, "POST", "", {"procedure": {**FACTS, "level": "moon"}})
    assert [field["path"] for field in error["error"]["fields"]] == ["level"]
    status, saved = call(analyst, "PUT", f"/{CODE}/draft", {"revision": 1, "scenarios": {"straight": SCENARIO}})
    assert (status, saved["revision"]) == (200, 2)
    status, error = call(analyst, "PUT", f"/{CODE}/draft", {"revision": 1, "xml": "<x/>"})
    assert (status, error["error"]["code"]) == (409, "DraftChanged")
    status, checked = call(analyst, "POST", f"/{CODE}/draft/check", {})
    assert (status, checked["errors"], checked["scenarios"]) == (
        200, 0, [{"scenario": "straight", "passed": True, "failures": []}])
    assert call(analyst, "PUT", f"/{CODE}/draft/forms/extra", {"revision": 2, "schema": {"components": []}})[0] == 200
    assert call(analyst, "DELETE", f"/{CODE}/draft/forms/extra?revision=3")[0] == 200
    assert call(analyst, "POST", f"/{CODE}/draft/submit", {"revision": 4, "note": "x"})[0] == 200
    assert call(analyst, "POST", f"/{CODE}/draft/publish", {})[0] == 403
    assert call(publisher, "POST", f"/{CODE}/draft/reject", {"note": "nochmal"})[0] == 200
    assert call(analyst, "POST", f"/{CODE}/draft/submit", {})[0] == 200
    assert call(publisher, "POST", f"/{CODE}/draft/publish", {})[1]["number"] == 1
    assert call(analyst, "GET", f"/{CODE}")[1]["versions"][0]["current"] is True
    assert call(analyst, "GET", f"/{CODE}/versions/1")[1]["bundle"]["procedure"]["code"] == CODE
    assert call(analyst, "GET", f"/{CODE}/changes?old=1&new=1")[1] == []
    assert call(analyst, "GET", f"/{CODE}/events")[1][0]["kind"] == "version_published"
    assert call(analyst, "GET", f"/{CODE}/draft")[0] == 404
    assert call(analyst, "GET", "?q=the+thu")[1]["total"] == 1
