"""Timers, letters, incidents and repeated requests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from app import casework, clock, seals
from app.db import database_time, reading, transaction
from app.dossiers.models import Dossier
from app.jobs import commands, queries, worker
from app.jobs.answers import KeyReused, forget_old, once
from app.jobs.delivery import deliver_letters
from app.jobs.errors import IncidentResolved, Overtaken
from app.jobs.mailbox import FileMailbox, Post
from app.jobs.models import Answer, Incident, Letter, Timer
from app.people.actor import Actor
from app.tasks.models import Task
from engine.commands import ClaimStep
from engine.errors import Failed
from tests import builders as make
from tests.conftest import page_token


@pytest.fixture
def people(inside: Flask) -> dict[str, Actor]:
    return populate()


def populate() -> dict[str, Actor]:
    make.province()
    return {
        "receiver": make.person("receiver", (make.CENTRE, "receiver")),
        "specialist": make.person("specialist", (make.COMMUNE, "specialist")),
        "supervisor": make.person("supervisor", (make.COMMUNE, "supervisor")),
        "stranger": make.person("stranger", (make.OTHER_COMMUNE, "supervisor")),
    }


@pytest.fixture
def dossier(people: dict[str, Actor]) -> int:
    return begin(people)


def begin(people: dict[str, Actor]) -> int:
    """A dossier that waits for its appraisal."""
    received = make.receive(people["receiver"], make.publish(people["receiver"]))
    make.complete(people["receiver"], received.dossier, received.opened_tasks[0].token, make.CENTRE)
    return received.dossier


def token(dossier: int) -> str:
    query = select(Task.token).where(Task.dossier == dossier, Task.state.in_(("open", "waiting")))
    with reading() as conn:
        return str(conn.execute(query).scalar_one())


def one(column: Any) -> Any:
    with reading() as conn:
        return conn.scalar(select(column))


def test_due_timers_fire_once_and_others_wait(people: dict[str, Actor], dossier: int) -> None:
    make.complete(people["specialist"], dossier, token(dossier), make.COMMUNE, "supplement")
    due = one(Timer.due_at)
    with clock.at(due - timedelta(seconds=1)):
        assert commands.fire_due_timers() == 0
    with clock.at(due + timedelta(hours=1)):
        assert (commands.fire_due_timers(), commands.fire_due_timers()) == (1, 0)
    assert one(Dossier.status) == 8


def test_letters_are_delivered_once(people: dict[str, Actor], dossier: int, tmp_path: Path) -> None:
    mailbox = FileMailbox(tmp_path)
    assert deliver_letters(mailbox, 3) == 1
    assert deliver_letters(mailbox, 3) == 0
    text = next(tmp_path.iterdir()).read_text()
    assert text.startswith("To: a@example.vn\nSubject: Hồ sơ H49.12.1-260302-0001")
    assert "Trung tâm Phục vụ hành chính công phường Hồng Gai" in text


def test_a_letter_that_fails_is_tried_later_and_not_for_ever(people: dict[str, Actor], dossier: int) -> None:
    class Broken:
        def deliver(self, post: Post) -> None:
            raise ConnectionRefusedError

    now = clock.now()
    assert deliver_letters(Broken(), 2) == 0
    assert (one(Letter.attempts), one(Letter.last_error), one(Letter.sent_at)) == (1, "ConnectionRefusedError", None)
    deliver_letters(Broken(), 2)
    assert one(Letter.attempts) == 1
    with clock.at(now + timedelta(hours=1)):
        deliver_letters(Broken(), 2)
        deliver_letters(Broken(), 2)
    assert one(Letter.attempts) == 2


@pytest.fixture
def incident(people: dict[str, Actor], dossier: int) -> int:
    with pytest.raises(Failed):
        make.complete(people["specialist"], dossier, token(dossier), make.COMMUNE, "fail")
    return int(one(Incident.id))


def claim(officer: Actor, dossier: int) -> None:
    with transaction() as conn:
        casework.advance(conn, dossier, ClaimStep(token(dossier), officer.assignee), officer, acting_unit=make.COMMUNE)


def correct(dossier: int) -> None:
    """What a later release or a corrected unit would do: the value that was missing is there."""
    with transaction() as conn:
        row = conn.execute(select(Dossier.code, Dossier.seq, Dossier.state).where(Dossier.id == dossier)).one()
        state = seals.opened(row.code, row.seq, row.state)
        better = state.replace('"name":"Nguyễn Văn A"'.encode(), '"name":"Nguyễn Văn A","divisor":1'.encode())
        assert better != state
        conn.execute(update(Dossier).where(Dossier.id == dossier).values(state=seals.sealed(row.code, row.seq, better)))


def test_incidents_are_seen_by_those_whose_units_take_part(people: dict[str, Actor], incident: int) -> None:
    assert [row.id for row in queries.incidents(people["supervisor"]).rows] == [incident]
    assert queries.incidents(people["stranger"]).rows == ()


def test_a_retry_that_fails_counts_up(people: dict[str, Actor], dossier: int, incident: int) -> None:
    claim(people["specialist"], dossier)
    with pytest.raises(Failed):
        commands.retry_incident(people["supervisor"], incident)
    row = queries.incident(people["supervisor"], incident)
    assert (row.retries, row.resolved_at) == (1, None)


def test_a_retry_that_succeeds_resolves(people: dict[str, Actor], dossier: int, incident: int) -> None:
    claim(people["specialist"], dossier)
    correct(dossier)
    commands.retry_incident(people["supervisor"], incident)
    row = queries.incident(people["supervisor"], incident)
    assert row.resolved_by == "Supervisor"
    assert one(Dossier.status) == 9
    with pytest.raises(IncidentResolved):
        commands.retry_incident(people["supervisor"], incident)


def test_a_step_done_otherwise_closes_the_incident(people: dict[str, Actor], dossier: int, incident: int) -> None:
    make.complete(people["specialist"], dossier, token(dossier), make.COMMUNE, "forward")
    with pytest.raises(Overtaken):
        commands.retry_incident(people["supervisor"], incident)
    assert not queries.incident(people["supervisor"], incident).retriable


def test_a_timer_that_fails_waits_for_a_supervisor(people: dict[str, Actor], dossier: int) -> None:
    make.complete(people["specialist"], dossier, token(dossier), make.COMMUNE, "supplement")
    with transaction() as conn:
        conn.execute(update(Dossier).values(state=b"damaged"))
    with clock.at(one(Timer.due_at)):
        assert (commands.fire_due_timers(), commands.fire_due_timers()) == (0, 0)
    assert one(Incident.error) == "StateUnreadable"
    assert one(Incident.retries) == 0
    assert one(Timer.failed_at) is not None


def test_a_repeated_request_gets_the_same_answer(people: dict[str, Actor]) -> None:
    calls: list[int] = []

    def perform() -> dict[str, Any]:
        calls.append(1)
        return {"number": len(calls)}

    def ask(request: dict[str, Any], who: str = "receiver") -> dict[str, Any]:
        with transaction() as conn:
            return once(conn, people[who], "key", request, perform)

    assert ask({"a": 1}) == ask({"a": 1}) == {"number": 1}
    with pytest.raises(KeyReused):
        ask({"a": 2})
    assert ask({"a": 2}, "specialist") == {"number": 2}


def test_a_request_that_failed_may_be_repeated(people: dict[str, Actor]) -> None:
    def fail() -> dict[str, Any]:
        raise Failed()

    with pytest.raises(Failed), transaction() as conn:
        once(conn, people["receiver"], "key", {}, fail)
    with transaction() as conn:
        assert once(conn, people["receiver"], "key", {}, lambda: {"ok": True}) == {"ok": True}


def test_answers_are_forgotten_after_their_days(people: dict[str, Actor]) -> None:
    with transaction() as conn:
        conn.execute(insert(Answer).values(
            key="k", person=people["receiver"].person, request_digest="", body={}, created_at=make.NOW))
        assert (forget_old(conn, 30), forget_old(conn, 30)) == (1, 0)


def test_one_round_of_the_worker_does_what_is_due(app: Flask, people: dict[str, Actor], dossier: int) -> None:
    make.complete(people["specialist"], dossier, token(dossier), make.COMMUNE, "supplement")
    with clock.at(one(Timer.due_at)):
        assert worker.poll(app) == {"timers": 1, "warnings": 0, "services": 0, "letters": 3}
    assert worker.tidy(app) == {"sessions": 0, "answers": 0, "files": 0}


def test_the_pages_and_the_api_of_incidents(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    with app.app_context():
        people = populate()
        number = begin(people)
        with pytest.raises(Failed):
            make.complete(people["specialist"], number, token(number), make.COMMUNE, "fail")
        incident = int(one(Incident.id))
    browser = sign_in("supervisor")
    assert "H49.12.1-260302-0001" in browser.get("/incidents").get_data(as_text=True)
    assert browser.get(f"/incidents/{incident}").status_code == 200
    retried = browser.post(f"/incidents/{incident}/retry", data={"csrf_token": page_token(browser, "/account")})
    assert retried.status_code == 303
    listed = browser.get("/api/v1/incidents").get_json()
    assert (listed["total"], listed["rows"][0]["error"]) == (1, "NoBranchHolds")
    assert sign_in("stranger").get(f"/incidents/{incident}").status_code == 404
    assert sign_in("specialist").get("/incidents").status_code == 403


def test_an_incident_before_the_reception_names_no_dossier(people: dict[str, Actor]) -> None:
    astray = make.diagram().replace('unit="receiving" hours="2"', 'unit="H49.77" hours="2"', 1)
    version = make.publish(people["receiver"], astray)
    with pytest.raises(Failed):
        make.receive(people["receiver"], version)
    assert (one(Incident.dossier), one(Incident.error), one(Incident.acting_unit)) == (None, "UnitUnknown", make.CENTRE)


def test_a_resting_worker_wakes_when_something_falls_due(app: Flask, people: dict[str, Actor], dossier: int) -> None:
    longest = app.config["ONEDOOR_POLL_SECONDS"]
    make.complete(people["specialist"], dossier, token(dossier), make.COMMUNE, "supplement")
    assert worker._pause(app) == longest, "the supplement has thirty days"
    with transaction() as conn:
        soon = database_time(conn) + timedelta(seconds=longest / 2)
        conn.execute(update(Timer).values(due_at=soon))
    assert 0 < worker._pause(app) <= longest / 2
    with transaction() as conn:
        conn.execute(update(Timer).values(failed_at=soon))
    assert worker._pause(app) == longest, "what has failed waits for a supervisor"
    with transaction() as conn:
        conn.execute(update(Dossier).values(warn_at=soon))
    assert 0 < worker._pause(app) <= longest / 2
