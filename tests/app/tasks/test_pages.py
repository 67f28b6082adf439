"""The officer's day through pages and API: the same commands, rules and errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.people.accounts import create_token
from tests import builders as make
from tests.app.dossiers.stage import PDF, PNG, Stage, set_up
from tests.conftest import page_token

pytestmark = make.on_sqlite
SignIn = Callable[..., FlaskClient]
Receive = Callable[..., str]


@pytest.fixture
def stage(app: Flask, tmp_path: Path) -> Stage:
    """Set up in a context of its own: requests must not share theirs with the test."""
    with app.app_context():
        return set_up(tmp_path)


@pytest.fixture
def receive(app: Flask, stage: Stage) -> Callable[..., str]:
    """Receives a dossier and gives its code."""

    def perform(**changes: Any) -> str:
        with app.app_context():
            return stage.receive(**changes).code

    return perform


def post(browser: FlaskClient, url: str, **fields: Any) -> Any:
    given = {"csrf_token": page_token(browser, "/account"), **fields}
    with clock.at(make.NOW):
        return browser.post(url, data=given, content_type="multipart/form-data")


def filing(**changes: Any) -> dict[str, Any]:
    return {
        "procedure": make.PROCEDURE, "centre": make.CENTRE, "unit": make.COMMUNE, "channel": "direct",
        "form": '{"name": "Nguyễn <b>Đào</b>"}', "key": "one", **changes,
    }


def scan(name: str = "../../<b>quét.png", content: bytes = PNG) -> tuple[BytesIO, str]:
    return BytesIO(content), name


def test_reception_keeps_everything_when_it_refuses_and_receives_once(stage: Stage, sign_in: SignIn) -> None:
    browser = sign_in("receiver")
    assert "Thủ tục thử" in browser.get("/dossiers/new").text
    refused = post(browser, "/dossiers/new", **filing(form='{"divisor": 1}'), **{"file:identity": scan()})
    assert refused.status_code == 422
    (kept,) = re.findall(r'name="attachment" value="(\d+)"', refused.text)
    assert "&lt;b&gt;quét" in refused.text
    assert '"divisor": 1' in refused.text
    received = post(browser, "/dossiers/new", **filing(attachment=kept))
    assert received.status_code == 303
    again = post(browser, "/dossiers/new", **filing(attachment=kept))
    assert again.location == received.location
    slip = browser.get(received.location).text
    assert "Nguyễn &lt;b&gt;Đào&lt;/b&gt;" in slip
    assert "<svg" in slip
    assert f"{make.CENTRE}-260302-0001" in slip


def test_a_file_is_refused_by_content_and_the_page_says_so(stage: Stage, sign_in: SignIn) -> None:
    browser = sign_in("receiver")
    refused = post(browser, "/dossiers/new", **filing(), **{"file:identity": scan("a.pdf", b"MZ" + bytes(50))})
    assert refused.status_code == 422
    assert "error-summary" in refused.text


def test_papers_that_the_answers_require_are_told_to_the_page(stage: Stage, sign_in: SignIn) -> None:
    browser = sign_in("receiver")
    asked = post(browser, "/dossiers/new/papers", procedure=make.PROCEDURE, centre=make.CENTRE, form='{"divisor": 2}')
    assert asked.json == {"required": ["identity", "proof"]}


def test_a_task_is_worked_from_the_list_to_the_next_one(receive: Receive, sign_in: SignIn) -> None:
    code, browser = receive(), sign_in("specialist")
    with clock.at(make.NOW):
        assert code in browser.get("/tasks").text
        assert "→ stamp" in browser.get(f"/tasks/{code}/1").text
    assert post(browser, "/tasks/claim", one=f"{code}/1", back="/tasks?tab=unit").location == "/tasks?tab=unit"
    done = post(browser, f"/tasks/{code}/1", choice="forward", form="{}")
    assert (done.status_code, done.location) == (303, f"/tasks/{code}/2")
    without = post(browser, done.location, form="{}")
    assert without.status_code == 422
    finished = post(browser, done.location, form="{}", **{"file:": scan("kq.pdf", PDF)})
    assert finished.location == "/tasks"
    assert code in browser.get("/tasks?tab=done").text


def test_input_is_kept_when_a_step_is_refused_and_drafts_come_back(receive: Receive, sign_in: SignIn) -> None:
    code, browser = receive(), sign_in("specialist")
    assert post(browser, f"/tasks/{code}/1", choice="sideways", form='{"a": 1}').status_code == 422
    assert post(browser, f"/tasks/{code}/1", draft="1", form="{}").status_code == 200
    assert post(browser, f"/tasks/{code}/1", choice="forward", form="no json").status_code == 422


def test_who_was_faster_stands_on_the_page(receive: Receive, sign_in: SignIn) -> None:
    code, slow, fast = receive(), sign_in("specialist"), sign_in("rival")
    post(fast, f"/tasks/{code}/1", choice="forward", form="{}")
    late = post(slow, f"/tasks/{code}/1", choice="forward", form="{}")
    assert late.status_code == 409
    assert "Trần Rival" in late.text
    assert f"/dossiers/{code}" in late.text


@pytest.mark.parametrize("pane", ["steps", "answers", "papers", "diagram", "history"])
def test_every_part_of_a_dossier_is_shown_whole_or_alone(receive: Receive, sign_in: SignIn, pane: str) -> None:
    code, browser = receive(), sign_in("specialist")
    for url in (f"/dossiers/{code}", f"/tasks/{code}/1"):
        whole = browser.get(f"{url}?pane={pane}")
        alone = browser.get(f"{url}?pane={pane}", headers={"HX-Request": "true"})
        assert (whole.status_code, alone.status_code) == (200, 200)
        assert "<html" not in alone.text
        assert 'id="pane"' in alone.text


def test_other_units_find_nothing_at_all(app: Flask, stage: Stage, receive: Receive, sign_in: SignIn) -> None:
    with app.app_context():
        paper = stage.bring(stage.receiver)
    code, browser = receive(attachments=(paper,)), sign_in("outsider")
    for url in (f"/dossiers/{code}", f"/dossiers/{code}/receipt", f"/tasks/{code}/1", f"/dossiers/files/{paper}",
                f"/dossiers/{code}?pane=elsewhere", f"/api/v1/dossiers/{code}", f"/api/v1/attachments/{paper}"):
        assert browser.get(url).status_code == 404, url
    assert f"/dossiers/{code}" not in browser.get(f"/dossiers?q={code}").text


def test_only_safe_kinds_are_shown_in_place(stage: Stage, sign_in: SignIn) -> None:
    browser = sign_in("receiver")
    received = post(browser, "/dossiers/new", **filing(), **{"file:identity": scan()})
    code = received.location.split("/")[2]
    (number,) = set(re.findall(r"/dossiers/files/(\d+)", browser.get(f"/dossiers/{code}?pane=papers").text))
    saved = browser.get(f"/dossiers/files/{number}", buffered=True)
    shown = browser.get(f"/dossiers/files/{number}?inline=1", buffered=True)
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]


def test_the_same_by_api(stage: Stage, app: Flask) -> None:
    def call(officer: Any, method: str, url: str, **given: Any) -> Any:
        with clock.at(make.NOW):
            headers = {"Authorization": f"Bearer {tokens[officer.username]}", **given.pop("headers", {})}
            return app.test_client().open(f"/api/v1{url}", method=method, headers=headers, **given)

    officers = (stage.receiver, stage.specialist)
    with app.app_context():
        tokens = {officer.username: create_token(officer, "test", 1).secret for officer in officers}
    upload = call(stage.receiver, "POST", "/attachments", data={"file": scan(), "component": "identity"})
    assert (upload.status_code, upload.json["media_type"]) == (201, "image/png")
    body = {
        "procedure": make.PROCEDURE, "receiving_unit": make.CENTRE, "competent_unit": make.COMMUNE,
        "form": {"name": "Đào"}, "attachments": [upload.json["id"]],
    }
    refused = call(stage.receiver, "POST", "/dossiers", json={**body, "form": {}})
    assert refused.status_code == 422
    assert [each["path"] for each in refused.json["error"]["fields"]] == ["name"]
    received = call(stage.receiver, "POST", "/dossiers", json=body, headers={"Idempotency-Key": "k"})
    assert received.json == call(stage.receiver, "POST", "/dossiers", json=body, headers={"Idempotency-Key": "k"}).json
    code = received.json["code"]
    listed = call(stage.specialist, "GET", "/tasks?tab=unit").json
    assert [row["code"] for row in listed["items"]] == [code]
    assert listed["counts"] == call(stage.specialist, "GET", "/tasks/counts").json
    task = call(stage.specialist, "GET", f"/tasks/{code}/1")
    assert [option["id"] for option in task.json["options"]] == ["forward", "supplement", "refuse"]
    stale = call(stage.specialist, "POST", f"/tasks/{code}/1/claim", headers={"If-Match": '"9"'})
    assert stale.status_code == 409
    claimed = call(stage.specialist, "POST", f"/tasks/{code}/1/claim", headers={"If-Match": task.headers["ETag"]})
    assert claimed.json["seq"] == 2
    assert call(stage.specialist, "PUT", f"/tasks/{code}/1/draft", json={"form": {"a": 1}}).status_code == 200
    assert call(stage.specialist, "POST", f"/tasks/{code}/1/release").status_code == 200
    asked = call(stage.specialist, "POST", f"/tasks/{code}/1/complete", json={"choice": "supplement"})
    assert asked.json["next"][0]["waits"] is True
    url = f"/tasks/{code}/{asked.json['next'][0]['token']}/deliver"
    assert call(stage.receiver, "POST", url, json={}).status_code == 200
    assert call(stage.receiver, "GET", f"/dossiers/{code}").json["status"] == 4
    for part in ("history", "steps", "answers", "attachments"):
        assert call(stage.specialist, "GET", f"/dossiers/{code}/{part}").json
    taken = call(stage.receiver, "POST", f"/dossiers/{code}/withdraw", json={"reason": "Đổi ý"})
    assert taken.status_code == 200
    assert call(stage.receiver, "GET", f"/dossiers?q={code}").json["items"][0]["status"] == 7
    assert call(stage.receiver, "GET", "/reception").json["recent"][0]["code"] == make.PROCEDURE
    assert call(stage.receiver, "GET", f"/reception/{make.PROCEDURE}").json["unit"] == make.COMMUNE
