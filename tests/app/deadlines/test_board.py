"""What will be late: by the dates, and by what the steps ahead have taken before."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock
from app.casework import advance
from app.db import reading, transaction
from app.deadlines.board import Wanted, board
from app.dossiers.models import Dossier
from app.people.actor import Actor
from app.tasks.models import Task
from engine.commands import DeliverMessage
from engine.forecast import Usual, ahead_of, usual_of
from tests import builders as make
from tests.builders import at
from tests.engine import builders as draw


def test_what_a_step_usually_takes() -> None:
    hours = [Decimal(value) for value in (1, 2, 3, 4, 100)]
    assert usual_of(hours, Decimal(8)) == Usual(Decimal(3), Decimal("61.6"), 5)
    assert usual_of(hours[:4], Decimal(8)) == Usual(Decimal(8), Decimal(8), 4)
    usual = {"a": Usual(Decimal(4), Decimal(8), 9), "b": Usual(Decimal(2), Decimal(3), 9)}
    assert ahead_of(("a", "b"), usual, Decimal(1)) == ahead_of(("a", "x", "b"), usual, Decimal(1))
    assert ahead_of(("a", "b"), usual, Decimal(5)).usual == 2
    assert ahead_of(("a", "b"), usual, Decimal(5)).slow == 6
    assert ahead_of((), usual, Decimal(0)).slow == 0


@pytest.fixture
def specialist(inside: Flask) -> Actor:
    """Six dossiers were appraised in 14 hours each, though 4 are planned; two are open."""
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    officer = make.person("specialist", (make.COMMUNE, "specialist"))
    with clock.at(make.NOW):
        version = make.publish(receiver)
        for number in range(1, 9):
            make.receive(receiver, version, number)
    with clock.at(at("2026-03-02T09:00")):
        for number in range(1, 8):
            make.complete(receiver, number, "1", make.CENTRE)
    for number in range(1, 7):
        with clock.at(at("2026-03-03T15:00") + timedelta(minutes=number)):
            make.complete(officer, number, "2", make.COMMUNE, "forward")
    return officer


def test_the_forecast_sees_what_the_dates_do_not(specialist: Actor) -> None:
    with clock.at(at("2026-03-02T10:00")):
        found = board(specialist)
    words = {line.head.code[-4:]: line.expected.word for line in found.lines}
    assert words["0007"] == "fits", "nothing was finished yet by then"
    with clock.at(at("2026-03-03T16:00")):
        found = board(specialist)
        words = {line.head.code[-4:]: line.expected.word for line in found.lines}
    assert words["0008"] == "will", "its 14 hours have not even begun, and 8 are left"
    with clock.at(at("2026-03-04T09:00")):
        assert {line.expected.word for line in board(specialist).lines} == {"late"}
    with clock.at(at("2026-03-07T10:00")):
        lines = board(specialist).lines
    assert min(line.expected.finish for line in lines) > at("2026-03-09T07:30"), "nobody works on Saturday"


def test_the_forecast_is_held_against_what_came(specialist: Actor) -> None:
    with clock.at(at("2026-03-03T16:00")):
        past = board(specialist).past
    assert past.count == 6
    assert past.error is not None
    assert past.error > 7, "when they came in nothing but the plan was known"
    receiver = make.actor("receiver")
    with reading() as conn:
        version = conn.execute(select(Dossier.version).limit(1)).scalar_one()
    with clock.at(at("2026-03-03T16:30")):
        make.receive(receiver, version, 9)
    with clock.at(at("2026-03-04T08:30")):
        make.complete(receiver, 9, "1", make.CENTRE)
    with clock.at(at("2026-03-05T15:30")):
        make.complete(specialist, 9, "2", make.COMMUNE, "forward")
        later = board(specialist).past
    assert (later.count, round(later.error or 0, 1)) == (7, Decimal("7.6")), "six are judged by what was known then"
    with clock.at(at("2026-03-05T16:00")):
        for number in range(1, 7):
            with transaction() as conn:
                conn.execute(update(Dossier).where(Dossier.id == number).values(due_at=None))
        alone = board(specialist).past
    assert alone.count == 1
    assert alone.error is not None
    assert alone.error < 2, "six visits of 14 hours were known when it came in"


def test_the_board_counts_dossiers_that_it_leaves_out_and_not_their_steps(
    inside: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.deadlines.board.AHEAD", 2)
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    officer = make.person("specialist", (make.COMMUNE, "specialist"))
    xml = draw.diagram(
        draw.start(), draw.both("split"), draw.task("one", hours="4", status="4"), draw.task("two", hours="4"),
        draw.both("join"), draw.task("last", status="9"), draw.end("returned", "10"),
        draw.path("begin", "split", "one", "join", "last", "returned"), draw.path("split", "two", "join"),
    )
    with clock.at(make.NOW):
        version = make.publish(receiver, xml)
        make.receive(receiver, version, 1)
        make.receive(receiver, version, 2)
        two = board(officer)
        make.receive(receiver, version, 3)
        three = board(officer)
    assert [(found.total, found.cut_off) for found in (two, three)] == [(2, False), (2, True)]


def test_strangers_see_nothing(specialist: Actor) -> None:
    stranger = make.person("stranger", (make.OTHER_COMMUNE, "specialist"))
    with clock.at(at("2026-03-03T16:00")):
        found = board(stranger)
    assert (found.lines, found.past.count) == ((), 0)


def test_the_board_can_be_narrowed(specialist: Actor) -> None:
    with clock.at(at("2026-03-03T16:00")):
        everything = board(specialist)
        will = board(specialist, Wanted(word="will"))
        assert {line.expected.word for line in will.lines} == {"will"}
        assert (len(will.lines), will.counts) == (everything.counts["will"], everything.counts)
        assert board(specialist, Wanted(unit=make.OTHER_COMMUNE)).lines == ()
        assert board(specialist, Wanted(procedure="khong co")).total == 0
        assert board(specialist, Wanted(make.COMMUNE, make.PROCEDURE)).total == everything.total
        beyond = board(specialist, page=2)
    assert (beyond.lines, beyond.pages, beyond.total) == ((), 1, everything.total)


def waiting() -> tuple[Actor, int]:
    """A dossier at a time limit between two steps, which nobody has on his desk."""
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    officer = make.person("specialist", (make.COMMUNE, "specialist"))
    xml = draw.diagram(
        draw.start(),
        draw.task("receive", kind="receive", role="receiver", unit="receiving", hours="2", onlineHours="1", status="2"),
        draw.timer("checked", "P30D"), draw.task("judge", hours="6"),
        draw.task("hand_over", kind="return", status="9"), draw.end("returned", "10"),
        draw.path("begin", "receive", "checked", "judge", "hand_over", "returned"),
    )
    with clock.at(make.NOW):
        version = make.publish(receiver, xml)
        make.receive(receiver, version)
        make.complete(receiver, 1, "1", make.CENTRE)
    return officer, version


@make.on_sqlite
def test_a_dossier_that_no_officer_has_is_on_the_board_too(inside: Flask) -> None:
    officer, _ = waiting()
    with clock.at(at("2026-03-03T16:00")):
        [line] = board(officer).lines
        assert (line.expected.word, line.expected.planned) == ("will", 6), "the 6 hours after it do not fit any more"
        assert board(officer, Wanted(unit=make.OTHER_COMMUNE)).lines == ()
        assert len(board(officer, Wanted(unit=make.COMMUNE)).lines) == 1
    with clock.at(at("2026-03-05T08:00")):
        found = board(officer)
    assert (found.counts["late"], [line.expected.word for line in found.lines]) == (1, ["late"])


@make.on_sqlite
def test_what_was_filed_online_is_expected_by_its_own_hours(inside: Flask) -> None:
    officer, version = waiting()
    with clock.at(make.NOW):
        make.receive(make.actor("receiver"), version, 2)
    with transaction() as conn:
        conn.execute(update(Dossier).where(Dossier.id == 2).values(channel="online"))
    with clock.at(at("2026-03-02T09:00")):
        planned = {line.head.code[-4:]: line.expected.planned for line in board(officer).lines}
    assert planned == {"0001": 6, "0002": 7}


@make.on_sqlite
def test_a_pause_makes_no_forecast_wrong(inside: Flask) -> None:
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    officer = make.person("specialist", (make.COMMUNE, "specialist"))
    with clock.at(make.NOW):
        make.receive(receiver, make.publish(receiver, make.diagram().replace('hours="4"', 'hours="20"')))
        make.complete(receiver, 1, "1", make.CENTRE)
    with clock.at(at("2026-03-02T09:00")):
        make.complete(officer, 1, "2", make.COMMUNE, "supplement")
    with clock.at(at("2026-03-12T09:00")), transaction() as conn:
        advance(conn, 1, DeliverMessage("supplement", {}), receiver, acting_unit=make.CENTRE)
    with clock.at(at("2026-03-16T09:00")):
        with reading() as conn:
            token = conn.scalar(select(Task.token).where(Task.state == "open"))
        make.complete(officer, 1, str(token), make.COMMUNE, "forward")
        past = board(officer).past
    assert (past.count, past.right) == (1, 1), "more hours were expected than are allowed, and it was late"
