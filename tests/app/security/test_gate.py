"""Hostile drafts through the real door, and legal expressions that would never end, on a dossier."""

from __future__ import annotations

import resource
import time
from typing import Any

import pytest
from sqlalchemy import func, select

from app.db import reading
from app.dossiers.models import Dossier
from app.procedures.models import Draft, ProcessVersion
from engine.errors import BudgetExceeded, DiagramRefused
from tests import builders as make
from tests.app.security.drawings import BOMBS, INSTANCES, REFUSED
from tests.app.security.ground import Api, Ground
from tests.engine import builders as draw

pytestmark = make.on_sqlite
# The rest of the list is tried by tests/faults/gate.py.
QUICK = ("no xml", "300 levels", "external entity", "600 in a row", "id Start", "dangling target")
SECONDS = 2.0


@pytest.mark.parametrize("name", QUICK)
def test_a_hostile_draft_is_refused_with_element_and_sentence(ground: Ground, name: str) -> None:
    xml, element = REFUSED[name]
    api = ground.api(ground.person("analyst", ("H49", "analyst")))
    assert api.post(f"/procedures/{make.PROCEDURE}/draft").status_code == 201
    answer, seconds = _timed(api, xml)
    assert answer.status_code == 200
    findings = [each for each in answer.get_json()["findings"] if each["severity"] == "error"]
    assert findings
    assert all(len(each["message"]) > 10 for each in findings)
    assert element is None or element in [each["element"] for each in findings]
    assert seconds < SECONDS + 1.5, "two seconds, and the start of a process"


def test_a_refused_draft_can_be_kept_but_never_submitted(ground: Ground) -> None:
    api = ground.api(ground.person("analyst", ("H49", "analyst")))
    api.post(f"/procedures/{make.PROCEDURE}/draft")
    before = _content(ground)
    xml, _ = REFUSED["id End"]
    saved = api.open(f"/procedures/{make.PROCEDURE}/draft", "PUT", json={"revision": 1, "xml": xml})
    assert saved.status_code == 200
    refused = api.post(f"/procedures/{make.PROCEDURE}/draft/submit", json={"revision": 2})
    assert refused.status_code == 422
    boss = ground.api(ground.person("boss", ("H49", "publisher")))
    assert boss.post(f"/procedures/{make.PROCEDURE}/draft/publish", json={"revision": 2}).status_code == 409
    assert _content(ground)[0] == before[0]


@pytest.mark.parametrize("parts", [
    {"xml": "<a>" + "x" * 10_000_000 + "</a>"}, {"forms": {"f" * 10: {"components": [{"type": "x" * 9_000_000}]}}},
    {"forms": {"../../x": {}}}, {"forms": {"filing": {"components": "no"}}}, {"decisions": {"../x": "<a/>"}},
    {"xml": "\ud800"}, {"scenarios": {"a": {"steps": 5}}}, {"procedure": {"code": "other"}},
    {"forms": {"__proto__": {}}},
], ids=range(9))
def test_parts_that_are_no_parts_leave_the_draft_as_it_was(ground: Ground, parts: dict[str, Any]) -> None:
    api = ground.api(ground.person("analyst", ("H49", "analyst")))
    api.post(f"/procedures/{make.PROCEDURE}/draft")
    before = _content(ground)
    answer = api.open(f"/procedures/{make.PROCEDURE}/draft", "PUT", json={"revision": 1, **parts})
    if answer.status_code == 200:
        checked = api.post(f"/procedures/{make.PROCEDURE}/draft/check", json={})
        assert checked.status_code == 200
        said = checked.get_json()
        assert said["errors"] or not all(each["passed"] for each in said["scenarios"])
    else:
        assert answer.status_code in (400, 413, 422)
        assert _content(ground) == before


@pytest.mark.parametrize("name", BOMBS)
def test_an_expression_that_would_not_end_is_stopped(ground: Ground, name: str) -> None:
    xml = draw.diagram(
        draw.start(), draw.task("appraise"), draw.script("bomb", BOMBS[name].replace("<", "&lt;")),
        draw.end("returned", "10"),
        draw.path("begin", "appraise", "bomb", "returned"),
    )
    with ground.app.app_context():
        try:
            code = ground.publish(xml).code
        except DiagramRefused:
            return
    api, before = ground.api(ground.stage.specialist), resource.getrusage(resource.RUSAGE_SELF).ru_utime
    answer = api.post(f"/tasks/{code}/1/complete", json={"form": {}})
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < SECONDS
    seq = api.get(f"/dossiers/{code}").get_json()["seq"]
    assert (answer.status_code, seq) in ((500, 1), (200, 2), (422, 1)), answer.get_json()


def test_a_million_instances_are_refused_before_they_exist(ground: Ground) -> None:
    with ground.app.app_context():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(BudgetExceeded, match="500"):
            ground.publish(INSTANCES)
        with reading() as conn:
            assert conn.scalar(select(func.count()).select_from(Dossier)) == 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10


def _timed(api: Api, xml: str) -> tuple[Any, float]:
    """The answer, and the processor time that the gate's process needed: this machine may be busy."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    answer = api.post(f"/procedures/{make.PROCEDURE}/draft/check", json={"xml": xml})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert time.monotonic() - started < 30
    return answer, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _content(ground: Ground) -> tuple[int, Any]:
    with ground.app.app_context(), reading() as conn:
        versions = conn.scalar(select(func.count()).select_from(ProcessVersion)) or 0
        return versions, [tuple(row) for row in conn.execute(select(Draft.bundle, Draft.scenarios, Draft.revision))]
