"""A procedure that calls another one: what is called is pinned with the version, and runs from its own desk."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import casework
from app.audit import words
from app.audit.queries import history
from app.casework import Actor
from app.db import reading, transaction
from app.procedures import blank, commands, queries
from app.procedures.errors import CallsItself, DraftRefused
from app.procedures.models import ProcessVersion
from app.tasks.models import Task
from engine.commands import ClaimStep, CompleteStep
from engine.definition import Bundle
from tests import builders as make

INNER = blank.facts_for("1.000001", "xac-minh", {"vi": "Xác minh", "en": "Verification"}, "commune",
                        {"vi": "A", "en": "A"}, {"vi": "B", "en": "B"})
OUTER = blank.facts_for("1.000002", "cap-phep", {"vi": "Cấp phép", "en": "Permit"}, "commune",
                        {"vi": "A", "en": "A"}, {"vi": "B", "en": "B"})
# So much that its own appraisal would take what the one it calls takes: 12 hours.
OUTER["limits"] = {
    "statutory": {"value": 6, "unit": "working_day", "variants": []}, "reduced": {"value": 3.5, "unit": "working_day"},
}


def calling(bundle: dict[str, Any]) -> dict[str, Any]:
    """The five-step diagram with its appraisal done by the other procedure."""
    xml = bundle["xml"]
    begin, close = xml.index('<bpmn:userTask id="appraise"'), "</bpmn:userTask>"
    end = xml.index(close, begin) + len(close)
    call = (
        '<bpmn:callActivity id="appraise" name="Xác minh" calledElement="xac-minh"><bpmn:extensionElements>'
        '<onedoor:in name="applicant_name" value="filing.applicant_name"/>'
        '<onedoor:out name="opinion" value="appraise.opinion"/></bpmn:extensionElements></bpmn:callActivity>'
    )
    return {**bundle, "xml": xml[:begin] + call + xml[end:]}


@pytest.fixture
def house(app: Flask) -> tuple[Actor, Actor]:
    with app.app_context():
        make.province()
        return make.person("analyst", ("H49", "analyst")), make.person("publisher", ("H49", "publisher"))


def publish(house: tuple[Actor, Actor], code: str) -> commands.Published:
    commands.submit_draft(house[0], code)
    return commands.publish_draft(house[1], code)


def test_a_called_procedure_is_pinned_with_its_caller(app: Flask, house: tuple[Actor, Actor]) -> None:
    with app.app_context():
        parts = {"xml": calling(blank.bundle_for(OUTER))["xml"]}
        commands.create_procedure(house[0], OUTER, parts)
        with pytest.raises(DraftRefused) as refused:
            commands.submit_draft(house[0], OUTER["code"])
        assert "xac-minh, which is neither in this file nor published" in refused.value.details["first"]
        commands.create_procedure(house[0], INNER)
        publish(house, INNER["code"])
        first = publish(house, OUTER["code"])
        pinned = queries.version(OUTER["code"], 1).bundle["called"]["xac-minh"]
        assert pinned == queries.version(INNER["code"], 1).bundle

        commands.start_draft(house[0], INNER["code"])
        changed = queries.draft(INNER["code"]).bundle["xml"].replace("Thẩm định", "Thẩm tra")
        commands.save_draft(house[0], INNER["code"], {"xml": changed}, 1)
        publish(house, INNER["code"])
        kept = Bundle.from_json(queries.version(OUTER["code"], 1).bundle)
        assert kept.digest == first.digest
        assert queries.version(OUTER["code"], 1).bundle["called"]["xac-minh"] == pinned
        assert "appraise:stamp" in queries.definition_of(queries.version(OUTER["code"], 1).bundle).steps


def test_steps_of_a_called_procedure_are_worked_on(app: Flask, house: tuple[Actor, Actor]) -> None:
    with app.app_context():
        for facts, parts in ((INNER, {}), (OUTER, {"xml": calling(blank.bundle_for(OUTER))["xml"]})):
            commands.create_procedure(house[0], facts, parts)
            publish(house, facts["code"])
        dossier, done = receive(), 0
        specialist = make.person("specialist", (make.COMMUNE, "specialist"))
        while (open_ := waiting(dossier)) is not None and done < 20:
            token, step = open_
            work(dossier, token, {"opinion": "Đạt"} if step == "appraise:appraise" else {}, specialist)
            done += 1
        assert done == 9
        assert make.values(dossier)["appraise"] == {"opinion": "Đạt"}
    auditor = told_to(app)
    with app.test_request_context():
        found = history(auditor, f"{make.CENTRE}-260302-0001", words.reader())
    assert found.again.outcome == "equal"
    texts = [told.text for moment in found.moments for told in moment.told]
    assert "Xác minh được gọi (applicant_name = A)." in texts
    assert "Xác minh đã kết thúc." in texts
    assert all(text and "{" not in text and "Frame" not in text for text in texts)


# As long as it takes to have the other procedure do the appraisal.
WIDE = {"statutory": {"value": 8, "unit": "working_day", "variants": []},
        "reduced": {"value": 4.375, "unit": "working_day"}}


def drawn_to_call(facts: dict[str, Any], key: str) -> dict[str, Any]:
    return {"xml": calling(blank.bundle_for(facts))["xml"].replace('"xac-minh"', f'"{key}"')}


def test_procedures_that_call_each_other_in_a_circle_are_not_published(
    app: Flask, house: tuple[Actor, Actor]
) -> None:
    with app.app_context():
        commands.create_procedure(house[0], INNER)
        publish(house, INNER["code"])
        commands.create_procedure(house[0], OUTER, drawn_to_call(OUTER, "xac-minh"))
        publish(house, OUTER["code"])
        for key, circle in (("cap-phep", "xac-minh → cap-phep → xac-minh"), ("xac-minh", "xac-minh → xac-minh")):
            revision = commands.start_draft(house[0], INNER["code"]).revision
            commands.save_draft(house[0], INNER["code"], drawn_to_call(INNER, key), revision)
            with pytest.raises(DraftRefused) as refused:
                publish(house, INNER["code"])
            assert circle in refused.value.details["first"]
            commands.discard_draft(house[0], INNER["code"], revision + 1)


def test_two_drafts_handed_in_side_by_side_cannot_close_a_circle(app: Flask, house: tuple[Actor, Actor]) -> None:
    """Each pins the other as it was before, so that only publication can see the circle."""
    with app.app_context():
        for facts in (INNER, OUTER):
            commands.create_procedure(house[0], facts)
            publish(house, facts["code"])
        for facts, key, limits in ((INNER, "cap-phep", WIDE), (OUTER, "xac-minh", OUTER["limits"])):
            revision = commands.start_draft(house[0], facts["code"]).revision
            parts = {**drawn_to_call(facts, key), "procedure": {**facts, "limits": limits}}
            commands.save_draft(house[0], facts["code"], parts, revision)
            commands.submit_draft(house[0], facts["code"])
        commands.publish_draft(house[1], INNER["code"])
        with pytest.raises(CallsItself) as refused:
            commands.publish_draft(house[1], OUTER["code"])
        assert "cap-phep → xac-minh → cap-phep" in str(refused.value)


def told_to(app: Flask) -> Actor:
    with app.app_context():
        return make.person("auditor", ("H49", "auditor"))


def receive() -> int:
    with reading() as conn:
        version = conn.scalar(select(ProcessVersion.id).where(ProcessVersion.procedure == OUTER["code"]))
    new = casework.NewDossier(
        code=f"{make.CENTRE}-260302-0001", procedure=OUTER["code"], version=version, receiving_unit=make.CENTRE,
        competent_unit=make.COMMUNE, channel="direct", applicant_name="A", search="a",
        form={"applicant_name": "A", "applicant_id": "1"},
    )
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    with transaction() as conn:
        return casework.begin(conn, new, receiver).dossier


def waiting(dossier: int) -> tuple[str, str] | None:
    query = select(Task.token, Task.step).where(Task.dossier == dossier, Task.state == "open")
    with reading() as conn:
        return conn.execute(query).first()


def work(dossier: int, token: str, form: dict[str, Any], person: Actor) -> None:
    for command in (ClaimStep(token, person.assignee), CompleteStep(token, person.assignee, form)):
        with transaction() as conn:
            casework.advance(conn, dossier, command, person, acting_unit=make.COMMUNE)
