"""Claiming, completing, delivering: who may, what is checked, what comes next."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from app import clock
from app.dossiers.errors import DossierUnknown, FileUnknown
from app.dossiers.queries import head
from app.errors import ChangedMeanwhile, Forbidden
from app.tasks.commands import Submission, claim, complete, deliver, release, save_draft
from app.tasks.desk import open_task
from app.tasks.errors import ResultMissing, TaskUnknown
from engine.errors import ChoiceUnknown, FormRefused, StepAwaitsMessage
from tests import builders as make
from tests.app.dossiers.stage import Stage, set_up

pytestmark = make.on_sqlite


@pytest.fixture
def stage(inside: Flask, tmp_path: Path) -> Stage:
    return set_up(tmp_path)


FORWARD = Submission(choice="forward")


def test_completing_a_step_that_nobody_holds_claims_it_and_says_what_is_next(stage: Stage) -> None:
    code = stage.receive().code
    with clock.at(make.NOW):
        done = complete(stage.specialist, code, "1", FORWARD)
    assert done.seq == 2
    assert done.mine is not None
    assert done.mine.step["vi"] == "stamp"
    assert done.mine.due_at is not None


def test_a_result_is_demanded_where_the_step_ends_with_one(stage: Stage) -> None:
    code = stage.receive().code
    with clock.at(make.NOW):
        token = complete(stage.specialist, code, "1", FORWARD).next[0].token
        with pytest.raises(ResultMissing):
            complete(stage.specialist, code, token, Submission())
        with pytest.raises(FileUnknown):
            complete(stage.specialist, code, token, Submission(attachments=(stage.bring(stage.rival),)))
        result = (stage.bring(stage.specialist, component=""),)
        done = complete(stage.specialist, code, token, Submission(attachments=result))
        done = complete(stage.receiver, code, done.next[0].token, Submission())
    assert done.ended == 10
    assert head(stage.receiver, code).status == 10


def test_a_repeated_completion_is_answered_again_not_done_again(stage: Stage) -> None:
    code = stage.receive().code
    with clock.at(make.NOW):
        first = complete(stage.specialist, code, "1", FORWARD, "key")
        assert complete(stage.specialist, code, "1", FORWARD, "key") == first


def test_what_is_wrong_with_a_step_is_said_and_nothing_is_kept(stage: Stage) -> None:
    code = stage.receive().code
    with pytest.raises(FormRefused):
        complete(stage.specialist, code, "1", Submission({"unknown": 1}, "forward"))
    with pytest.raises(ChoiceUnknown):
        complete(stage.specialist, code, "1", Submission(choice="sideways"))
    with pytest.raises(ChangedMeanwhile):
        complete(stage.specialist, code, "1", Submission(choice="forward", expected_seq=7))
    assert head(stage.specialist, code).seq == 1


def test_only_the_step_s_role_in_its_unit_works_on_it(stage: Stage) -> None:
    code = stage.receive().code
    for actor, error in ((stage.outsider, DossierUnknown), (stage.clerk, TaskUnknown), (stage.receiver, TaskUnknown)):
        for act in (claim, release, lambda actor, code, token: complete(actor, code, token, FORWARD)):
            with pytest.raises(error):
                act(actor, code, "1")


def test_only_who_holds_a_task_gives_it_back(stage: Stage) -> None:
    code = stage.receive().code
    claim(stage.specialist, code, "1")
    with pytest.raises(Forbidden):
        release(stage.rival, code, "1")
    release(stage.specialist, code, "1")
    claim(stage.rival, code, "1")


def test_a_supplement_is_recorded_by_delivering_it(stage: Stage) -> None:
    code = stage.receive().code
    token = complete(stage.specialist, code, "1", Submission(choice="supplement")).next[0].token
    assert head(stage.receiver, code).clock == "stopped"
    with pytest.raises(StepAwaitsMessage):
        complete(stage.receiver, code, token, Submission())
    proof = (stage.bring(stage.receiver, component="proof"),)
    done = deliver(stage.receiver, code, token, Submission(attachments=proof))
    assert done.next[0].step["vi"] == "appraise"
    assert head(stage.receiver, code).clock == "running"


def test_a_draft_is_one_persons_own_and_ends_with_the_step(stage: Stage) -> None:
    code = stage.receive().code
    save_draft(stage.specialist, code, "1", {"opinion": "Được"})
    assert open_task(stage.specialist, code, "1", "vi").values == {"opinion": "Được"}
    assert open_task(stage.rival, code, "1", "vi").values == {}
    with pytest.raises(TaskUnknown):
        save_draft(stage.clerk, code, "1", {})
    complete(stage.specialist, code, "1", Submission(choice="refuse"))
    assert open_task(stage.specialist, code, "1", "vi").draft_at is None


def test_every_choice_says_where_it_leads(stage: Stage) -> None:
    desk = open_task(stage.specialist, stage.receive().code, "1", "en")
    leads = {option.id: option.ahead for option in desk.options}
    assert {choice: [each.name["vi"] for each in ahead.steps] for choice, ahead in leads.items() if ahead} == {
        "forward": ["stamp"], "supplement": ["supplement"], "refuse": [],
    }
    assert leads["refuse"] is not None
    assert leads["refuse"].ended == 8
