"""A supervisor sees what lies below, and takes a task from somebody who cannot go on with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.audit.models import HistoryEntry
from app.db import reading
from app.dossiers.queries import Wanted, search
from app.errors import Forbidden
from app.people.actor import Actor
from app.tasks.commands import Submission, claim, complete, release
from app.tasks.desk import open_task
from app.tasks.errors import StandInReasonMissing, TaskUnknown
from app.tasks.inbox import Filter
from app.tasks.queries import inbox, next_of_list, tab_counts, tasks_of
from tests import builders as make
from tests.app.dossiers.stage import Stage, set_up
from tests.conftest import page_token

pytestmark = make.on_sqlite
SignIn = Callable[..., FlaskClient]


@pytest.fixture
def stage(inside: Flask, tmp_path: Path) -> Stage:
    return set_up(tmp_path)


@pytest.fixture
def overseer(stage: Stage) -> Actor:
    return make.person("overseer", ("H49", "supervisor"))


def test_the_overseer_of_the_province_reads_every_task_below(stage: Stage, overseer: Actor) -> None:
    code = stage.receive().code
    with clock.at(make.NOW):
        claim(stage.specialist, code, "1")
        (row,) = inbox(overseer, "unit", Filter()).rows
        assert (row.code, row.unit.code, row.assignee) == (code, make.COMMUNE, stage.specialist.person)
        assert tab_counts(overseer)["unit"] == 1
        assert [each.token for each in tasks_of(overseer, code)] == ["1"]
        assert [each.code for each in search(overseer, Wanted()).rows] == [code]
        rights = open_task(overseer, code, "1", "vi").rights
        assert (rights.work, rights.claim, rights.release) == (False, False, True)
        with pytest.raises(Forbidden):
            complete(overseer, code, "1", Submission(choice="forward"))


def test_an_overseer_elsewhere_sees_nothing_of_it(stage: Stage) -> None:
    code = stage.receive().code
    elsewhere = make.person("elsewhere", (make.OTHER_COMMUNE, "supervisor"), (make.CENTRE, "supervisor"))
    with pytest.raises(TaskUnknown):
        open_task(elsewhere, code, "1", "vi")
    assert inbox(elsewhere, "unit", Filter()).rows == ()


def test_a_task_is_given_back_in_its_holders_stead_with_a_reason(stage: Stage, overseer: Actor) -> None:
    code = stage.receive().code
    claim(stage.specialist, code, "1")
    with pytest.raises(StandInReasonMissing):
        release(overseer, code, "1", "  ")
    release(overseer, code, "1", "Nghỉ ốm")
    with reading() as conn:
        last = conn.execute(select(HistoryEntry).order_by(HistoryEntry.seq.desc())).first()
    assert last is not None
    assert (last.person, last.payload["command"]["reason"]) == (overseer.person, "Nghỉ ốm")
    claim(stage.rival, code, "1")


def test_the_list_goes_on_with_ones_own_task_then_with_a_free_one(stage: Stage) -> None:
    with clock.at(make.NOW):
        first, second = stage.receive().code, stage.receive().code
        assert next_of_list(stage.specialist) == (first, "1")
        claim(stage.specialist, second, "1")
        assert next_of_list(stage.specialist) == (second, "1")
        complete(stage.specialist, second, "1", Submission(choice="refuse"))
        complete(stage.specialist, first, "1", Submission(choice="refuse"))
        assert next_of_list(stage.specialist) is None


def test_the_pages_of_an_absence(app: Flask, tmp_path: Path, sign_in: SignIn) -> None:
    with app.app_context():
        stage = set_up(tmp_path)
        make.person("overseer", ("H49", "supervisor"))
        code = stage.receive().code
        claim(stage.specialist, code, "1")
    browser: FlaskClient = sign_in("overseer")
    url = f"/tasks/{code}/1"
    assert f'action="{url}/release" class="stand-in"' in browser.get(url).text
    given = {"csrf_token": page_token(browser, "/account"), "reason": ""}
    refused = browser.post(f"{url}/release", data=given)
    assert refused.status_code == 422
    done = browser.post(f"{url}/release", data=given | {"reason": "Nghỉ ốm"}, follow_redirects=True)
    assert done.status_code == 200
    assert "Nghỉ ốm" in browser.get(f"/dossiers/{code}?pane=history").text


def test_a_finished_step_says_who_finished_it_and_how(app: Flask, tmp_path: Path, sign_in: SignIn) -> None:
    with app.app_context():
        stage = set_up(tmp_path)
        code = stage.receive().code
        with clock.at(make.NOW):
            complete(stage.rival, code, "1", Submission(choice="supplement"))
    shown = sign_in("specialist").get(f"/tasks/{code}/1").text
    assert "Trần Rival" in shown
    assert "due-done" in shown

