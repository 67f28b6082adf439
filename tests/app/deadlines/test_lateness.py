"""Lateness is measured to the first status that answers the dossier: result ready, returned, stopped, not accepted."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask

from app import clock
from app.dossiers.queries import head
from app.people.actor import Actor
from engine.errors import ReopenedWithoutReason, StatusRefused
from tests import builders as make
from tests.builders import at
from tests.engine import builders as draw

CODE = f"{make.CENTRE}-260302-0001"
IN_TIME, LATE, LONG_AFTER = "2026-03-03T09:00", "2026-03-05T09:00", "2026-03-20T09:00"


def diagram() -> str:
    """Appraised, ready, handed over; sent back from there with a reason, or to a step that forgets the order."""
    return draw.diagram(
        draw.start(), draw.task("appraise", draw.choice("forward"), draw.choice("refuse", "refuse"), status="4"),
        draw.xor("g", default="g-hand_over"), draw.end("not_accepted", "=if filing.divisor = 1 then 3 else 8"),
        draw.task("hand_over", draw.choice("given"), draw.choice("back", "return"), draw.choice("stray"), kind="return",
                  role="specialist", status="9", hours="1"),
        draw.xor("h", default="h-returned"), draw.task("stray", status="=5"), draw.end("returned", "10"), draw.end(),
        draw.path("begin", "appraise", "g", "hand_over", "h", "returned"), draw.flow("stray", "done"),
        draw.flow("g", "not_accepted", 'appraise.choice = "refuse"'),
        draw.flow("h", "appraise", 'hand_over.choice = "back"'), draw.flow("h", "stray", 'hand_over.choice = "stray"'),
    )


@pytest.fixture
def officer(inside: Flask) -> Actor:
    """A dossier received on Monday at 08:00, promised for Wednesday at 08:00."""
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    with clock.at(make.NOW):
        make.receive(receiver, make.publish(receiver, diagram()))
    return make.person("specialist", (make.COMMUNE, "specialist"))


def finish(officer: Actor, moment: str, token: str, choice: str, **form: object) -> None:
    with clock.at(at(moment)):
        make.complete(officer, 1, token, make.COMMUNE, choice, **form)


def seen(officer: Actor, moment: str = LONG_AFTER) -> tuple[int, str, datetime | None]:
    with clock.at(at(moment)):
        found = head(officer, CODE)
    return found.status, found.promised.state, found.finished_at


def test_a_result_that_nobody_fetches_is_not_late(officer: Actor) -> None:
    finish(officer, IN_TIME, "1", "forward")
    assert seen(officer) == (9, "done", at(IN_TIME))
    finish(officer, LATE, "2", "given")
    assert seen(officer) == (10, "done", at(IN_TIME)), "fetched after the date, ready before it"


def test_a_result_that_was_ready_late_is_late(officer: Actor) -> None:
    assert seen(officer, LATE)[1] == "late"
    finish(officer, LATE, "1", "forward")
    assert seen(officer) == (9, "done_late", at(LATE))


@pytest.mark.parametrize(("moment", "state"), [(IN_TIME, "done"), (LATE, "done_late")])
def test_a_refusal_answers_too(officer: Actor, moment: str, state: str) -> None:
    finish(officer, moment, "1", "refuse")
    assert seen(officer) == (8, state, at(moment))


def test_what_is_taken_up_again_is_measured_anew(officer: Actor) -> None:
    finish(officer, IN_TIME, "1", "forward")
    with pytest.raises(ReopenedWithoutReason):
        finish(officer, LATE, "2", "back")
    finish(officer, LATE, "2", "back", reason="Sai tên")
    status, state, finished = seen(officer, LATE)
    assert (status, state, finished) == (4, "ok", None), "what it was ready does not count"
    finish(officer, "2026-03-09T09:00", "3", "forward")
    assert seen(officer) == (9, "done_late", at("2026-03-09T09:00"))


def test_a_refused_move_keeps_nothing(officer: Actor) -> None:
    finish(officer, IN_TIME, "1", "forward")
    before = seen(officer)
    with pytest.raises(StatusRefused):
        finish(officer, LATE, "2", "stray")
    assert seen(officer) == before
