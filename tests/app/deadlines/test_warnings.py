"""Warnings fire: once each, in order, to the right people, by the database's clock, and never for what is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app import casework, clock
from app.audit.log import verify_chain
from app.audit.models import HistoryEntry
from app.db import reading, transaction
from app.deadlines.models import Notice
from app.deadlines.notices import notices, read_notices, unread_notices
from app.deadlines.warnings import fire_due_warnings
from app.dossiers.models import Dossier
from app.dossiers.panes import pane
from app.dossiers.story import Reader
from app.jobs import worker
from app.jobs.delivery import deliver_letters
from app.jobs.mailbox import Post
from app.jobs.models import Incident
from app.people.actor import Actor
from app.tasks.models import Task
from engine.commands import DeliverMessage
from tests import builders as make
from tests.builders import at
from tests.conftest import page_token
from tests.engine import builders as draw


@dataclass
class Scene:
    """A dossier received on Monday 2 March 2026, 08:00, at its first step (2 hours)."""

    receiver: Actor
    specialist: Actor
    head: Actor
    leader: Actor
    dossier: int


@pytest.fixture
def scene(inside: Flask) -> Scene:
    return stage()


def stage() -> Scene:
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    specialist = make.person("specialist", (make.COMMUNE, "specialist"))
    head = make.person("head", (make.COMMUNE, "head"))
    leader = make.person("leader", (make.COMMUNE, "leader"))
    with clock.at(make.NOW):
        received = make.receive(receiver, make.publish(receiver))
    return Scene(receiver, specialist, head, leader, received.dossier)


def fire(moment: str) -> int:
    with clock.at(at(moment)):
        return fire_due_warnings()


def told() -> list[tuple[str, str]]:
    names = {}
    with reading() as conn:
        rows = conn.execute(select(Notice.kind, Notice.person).order_by(Notice.id)).all()
        for person in {row.person for row in rows}:
            names[person] = next(each for each in ("receiver", "specialist", "head", "leader")
                                 if make.actor(each).person == person)
    return [(row.kind, names[row.person]) for row in rows]


def given(dossier: int) -> list[tuple[str, int, str]]:
    query = select(HistoryEntry.payload).where(HistoryEntry.dossier == dossier).order_by(HistoryEntry.seq)
    with reading() as conn:
        return [(fact["token"], fact["rung"], fact["to"]) for payload in conn.scalars(query)
                for fact in payload["facts"] if fact["fact"] == "WarningGiven"]


def test_each_rung_fires_once_and_in_order(scene: Scene) -> None:
    assert fire("2026-03-02T09:29") == 0
    assert fire("2026-03-02T09:31") == 1
    assert fire("2026-03-02T09:45") == 0
    assert fire("2026-03-02T10:00") == 1
    assert fire("2026-03-03T09:59") == 1, "the apology was called to mind at 08:00 already"
    assert fire("2026-03-03T10:01") == 1
    assert fire("2026-03-31T10:00") == 0
    assert given(scene.dossier) == [("1", 0, "officer"), ("1", 1, "head"), ("dossier", 0, "apology"), ("1", 2, "unit")]
    assert told() == [("officer", "receiver"), ("head", "head"), ("apology", "receiver"), ("apology", "head"),
                      ("unit", "leader")]
    with reading() as conn:
        assert verify_chain(conn, scene.dossier).ok


def test_a_worker_that_was_dead_catches_up_in_order(scene: Scene) -> None:
    assert fire("2026-03-04T09:00") == 4
    assert given(scene.dossier) == [("1", 0, "officer"), ("1", 1, "head"), ("dossier", 0, "apology"), ("1", 2, "unit")]


def test_a_warning_goes_to_whoever_has_the_step_and_comes_by_letter_too(scene: Scene) -> None:
    make.person("receiver2", (make.CENTRE, "receiver"))
    fire("2026-03-02T09:31")
    with reading() as conn:
        assert len(conn.execute(select(Notice.id)).all()) == 2, "nobody has claimed it, so both are told"
    posts: list[Post] = []

    class Box:
        def deliver(self, post: Post) -> None:
            posts.append(post)

    with clock.at(at("2026-03-02T09:32")):
        deliver_letters(Box(), 3)
    subjects = [post.subject for post in posts]
    assert any("sắp hết thời gian" in subject for subject in subjects)


def test_what_is_done_is_not_warned_about(scene: Scene) -> None:
    with clock.at(at("2026-03-02T09:00")):
        make.complete(scene.receiver, scene.dossier, "1", make.CENTRE)
    assert fire("2026-03-02T12:00") == 0
    assert [to for _, _, to in given(scene.dossier)] == []


def test_nothing_is_said_while_the_clock_stands(scene: Scene) -> None:
    with clock.at(at("2026-03-02T09:00")):
        make.complete(scene.receiver, scene.dossier, "1", make.CENTRE)
        with reading() as conn:
            token = conn.scalar(select(Task.token).where(Task.state == "open"))
        make.complete(scene.specialist, scene.dossier, str(token), make.COMMUNE, "supplement")
    assert fire("2026-03-20T12:00") == 0
    with clock.at(at("2026-03-20T13:00")), transaction() as conn:
        casework.advance(conn, scene.dossier, DeliverMessage("supplement", {}), scene.receiver,
                         acting_unit=make.CENTRE)
    with reading() as conn:
        assert conn.scalar(select(Task.warn_at).where(Task.state == "open")) is not None
        assert conn.scalar(select(Dossier.warn_at)) == at("2026-03-23T10:30")


def test_a_failed_warning_is_held_back_as_an_incident(scene: Scene) -> None:
    with transaction() as conn:
        good = conn.scalar(select(Dossier.state))
        conn.execute(update(Dossier).values(state=b"nonsense"))
    assert fire("2026-03-02T09:31") == 0
    assert fire("2026-03-02T09:32") == 0
    with transaction() as conn:
        assert conn.scalar(select(Incident.error)) is not None
        assert conn.scalar(select(Incident.retries)) == 0
        conn.execute(update(Dossier).values(state=good))


@pytest.mark.parametrize("app", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_a_workers_clock_that_is_a_day_ahead_fires_nothing_early(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    with transaction() as conn:
        conn.execute(update(Task).values(warn_at=soon))
        conn.execute(update(Dossier).values(warn_at=soon))
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + timedelta(days=1))
    assert fire_due_warnings() == 0
    with transaction() as conn:
        conn.execute(update(Task).values(warn_at=soon - timedelta(hours=2)))
    assert fire_due_warnings() == 3, "those that follow are long overdue by then"


@make.on_sqlite
def test_however_many_warnings_wait_a_worker_comes_back_to_the_timers(
    inside: Flask, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "WARNINGS", 1)
    with clock.at(at("2026-03-03T09:59")):
        rounds = [worker.poll(inside)["warnings"] for _ in range(4)]
    assert rounds == [1, 1, 1, 0]


def test_a_dossier_that_no_officer_has_is_brought_to_mind_to_the_deciding_unit(inside: Flask) -> None:
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    make.person("head", (make.COMMUNE, "head"))
    waiting = draw.diagram(
        draw.start(), draw.task("receive", kind="receive", role="receiver", unit="receiving", hours="2", status="2"),
        draw.timer("checked", "P3D"), draw.task("last", status="9"), draw.end("returned", "10"),
        draw.path("begin", "receive", "checked", "last", "returned"),
    )
    with clock.at(make.NOW):
        version = make.publish(receiver, waiting)
        make.receive(receiver, version)
        make.receive(receiver, version, 2)
        make.complete(receiver, 1, "1", make.CENTRE)
    assert fire("2026-03-03T09:59") == 4, "that nobody has the first one keeps no other from its warnings"
    assert given(1) == [("dossier", 0, "apology")]
    with reading() as conn:
        told_of = conn.execute(select(Notice.dossier, Notice.kind, Notice.person).where(Notice.dossier == 1)).all()
    assert told_of == [(1, "apology", make.actor("head").person)]


def test_the_history_says_that_the_platform_warned_and_of_what(scene: Scene) -> None:
    fire("2026-03-03T09:59")
    told = pane(scene.receiver, f"{make.CENTRE}-260302-0001", "history", Reader("en", str)).lines
    warnings = [(line.who, line.title) for line in told if line.title.startswith("Warning")]
    assert ("The system", "Warning about receive") in warnings
    assert ("The system", "Warning about the promised date") in warnings


def test_notices_are_read(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    with app.app_context():
        scene = stage()
        fire("2026-03-03T09:59")
        with reading() as conn:
            assert unread_notices(conn, scene.receiver) == 2
        first = notices(scene.receiver).rows[-1]
        assert (first.kind, first.open, first.read_at) == ("officer", True, None)
        assert read_notices(scene.head, [first.id]) == 0, "another's notice stays unread"
        assert read_notices(scene.receiver, [first.id]) == 1
        assert [row.kind for row in notices(scene.receiver, unread=True).rows] == ["apology"]
    browser = sign_in("receiver")
    page = browser.get("/notices").get_data(as_text=True)
    assert "Trễ hạn" in page, "what is left, or how late it is, stands there in words"
    assert "Ngày hẹn trả sắp đến" in page
    assert "Bước của bạn sắp hết thời gian" not in page
    assert "Bước của bạn sắp hết thời gian" in browser.get("/notices?all=1").get_data(as_text=True)
    browser.post("/notices/read", data={"csrf_token": page_token(browser, "/notices")})
    assert "Không có gì mới" in browser.get("/notices").get_data(as_text=True)
