"""Counts equal lists, soonest first, page after page, whatever people do."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app import clock
from app.db import db, reading
from app.dossiers.models import Dossier
from app.people.actor import Actor
from app.tasks import inbox as listing
from app.tasks import pages as task_pages
from app.tasks.commands import Submission, claim, claim_many, complete, deliver, release
from app.tasks.inbox import TABS, Filter, Place
from app.tasks.models import Task
from app.tasks.places import place_in, place_text
from app.tasks.queries import Inbox, TaskRow, inbox, tab_counts
from engine.errors import OneDoorError
from tests import builders as make
from tests.app.dossiers.stage import Stage, set_up


@pytest.fixture
def stage(inside: Flask, tmp_path: Path) -> Stage:
    return set_up(tmp_path)


def pages(actor: Actor, tab: str, narrowed: Filter, size: int) -> Iterator[Inbox]:
    """Every page of a tab, through the places as addresses carry them."""
    after: Place | None = None
    while True:
        page = inbox(actor, tab, narrowed, after, size)
        yield page
        if page.next is None:
            return
        after = place_in(place_text(page.next))


def rows(actor: Actor, tab: str, narrowed: Filter | None = None, size: int = 2) -> list[TaskRow]:
    return [row for page in pages(actor, tab, narrowed or Filter(), size) for row in page.rows]


def test_counts_are_lengths_of_lists_after_any_work(stage: Stage) -> None:
    chance = random.Random(7)
    people = (stage.receiver, stage.specialist, stage.rival, stage.clerk)
    with clock.at(make.NOW):
        papers = [stage.filing() for _ in range(6)]
    for number in range(40):
        with clock.at(make.NOW + timedelta(minutes=37 * number)):
            if number % 10 == 0:
                stage.receive(attachments=papers.pop().attachments)
            _do_something(stage, chance, chance.choice(people))
            if number % 10 == 9:
                _assert_counts(people)


def _do_something(stage: Stage, chance: random.Random, actor: Actor) -> None:
    """One act on one task, allowed or not; a refusal must change nothing."""
    with reading() as conn:
        query = select(Dossier.code, Task.token, Task.message).join(Dossier, Dossier.id == Task.dossier)
        code, token, message = chance.choice(conn.execute(query.order_by(Task.dossier, Task.token)).all())
    choice = chance.choice(["forward", "supplement", "refuse", None])
    papers = (stage.bring(actor),) if chance.random() < 0.6 else ()
    try:
        if message:
            deliver(actor, code, token, Submission())
        elif chance.random() < 0.4:
            chance.choice([claim, release])(actor, code, token)
        else:
            complete(actor, code, token, Submission(choice=choice, attachments=papers))
    except OneDoorError:
        return


def _assert_counts(people: tuple[Actor, ...]) -> None:
    for actor in people:
        for narrowed in (Filter(), Filter(kind="appraise"), Filter(text="dao", free=True), Filter(unit=make.CENTRE)):
            counts = inbox(actor, "mine", narrowed).counts
            for tab in TABS:
                listed = rows(actor, tab, narrowed, size=3)
                assert counts[tab] == len(listed), (actor.username, tab, narrowed)
                assert len({(row.code, row.token) for row in listed}) == len(listed)
                _assert_order(tab, listed)


def _assert_order(tab: str, listed: list[TaskRow]) -> None:
    dated = [row.due.at for row in listed if row.due.at is not None]
    if tab != "done":
        assert dated == sorted(dated)
        assert all(row.due.at is None for row in listed[len(dated):])


@make.on_sqlite
def test_a_task_stands_under_every_tab_it_belongs_to(stage: Stage) -> None:
    code = stage.receive().code
    with clock.at(make.NOW):
        assert tab_counts(stage.specialist) == {"mine": 0, "unit": 1, "waiting": 0, "today": 1, "late": 0, "done": 0}
        claim(stage.specialist, code, "1")
        assert [row.assignee for row in rows(stage.rival, "unit")] == [stage.specialist.person]
        assert rows(stage.rival, "unit", Filter(free=True)) == []
        assert tab_counts(stage.specialist)["mine"] == 1
    with clock.at(make.NOW + timedelta(days=2)):
        (late,) = rows(stage.specialist, "late")
        assert (late.code, late.due.state) == (code, "late")
        assert late.due.left is not None
        assert late.due.left < 0
    with clock.at(make.NOW):
        complete(stage.specialist, code, "1", Submission(choice="supplement"))
        assert tab_counts(stage.receiver)["waiting"] == 1
        assert tab_counts(stage.specialist)["done"] == 1
        (waiting,) = rows(stage.receiver, "waiting")
        assert waiting.due.state == "stopped"


@make.on_sqlite
def test_a_long_list_is_counted_so_far_and_says_so(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, sign_in: Callable[..., FlaskClient],
) -> None:
    monkeypatch.setattr(listing, "COUNTED", 3)
    listing._counting.cache_clear()
    for expected in (1, 2, 3, 4, 4):
        stage.receive()
        counts = tab_counts(stage.specialist)
        assert (counts["unit"], counts["waiting"], counts["mine"]) == (expected, 0, 0)
    monkeypatch.setattr(task_pages, "COUNTED", 3)
    with clock.at(make.NOW):
        complete(stage.specialist, rows(stage.specialist, "unit")[0].code, "1", Submission(choice="supplement"))
        assert (tab_counts(stage.specialist)["unit"], tab_counts(stage.receiver)["waiting"]) == (4, 1)
        shown = inbox(stage.specialist, "unit", Filter())
        assert [each.code for each in shown.procedures] == [make.PROCEDURE]
    page = sign_in(stage.specialist.username).get("/tasks?tab=unit").get_data(as_text=True)
    assert '<span class="count">3+</span>' in page
    listing._counting.cache_clear()


@make.on_sqlite
def test_another_role_or_unit_sees_nothing(stage: Stage) -> None:
    stage.receive()
    for actor in (stage.clerk, stage.outsider):
        assert set(tab_counts(actor).values()) == {0}


@make.on_sqlite
def test_a_batch_claims_what_it_can(stage: Stage) -> None:
    codes = [stage.receive().code for _ in range(3)]
    with clock.at(make.NOW):
        claim(stage.rival, codes[1], "1")
        results = claim_many(stage.specialist, [(code, "1") for code in codes])
    assert [each.error is None for each in results] == [True, False, True]


@make.on_sqlite
def test_the_inbox_costs_the_same_for_two_rows_and_for_twenty(stage: Stage) -> None:
    def statements() -> int:
        seen: list[str] = []

        def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        inbox(stage.specialist, "unit", Filter())
        event.remove(db.engine, "before_cursor_execute", note)
        return len([each for each in seen if each.startswith("SELECT")])

    for _ in range(2):
        stage.receive()
    few = statements()
    for _ in range(12):
        stage.receive()
    assert statements() == few <= 8
