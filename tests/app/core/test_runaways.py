"""Commands that use up the engine's budget: rolled back, an incident, and the dossier rests while others go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from app import casework, clock, runaways
from app.db import reading, transaction
from app.dossiers.models import Dossier
from app.errors import status_of
from app.jobs.models import Incident
from app.people.actor import SYSTEM, Actor
from app.runaways import DossierRests, StepTooSlow
from app.tasks.desk import open_task
from engine.commands import ClaimStep
from engine.errors import BudgetExceeded
from engine.running.guards import MAX_INSTANCES
from tests import builders as make
from tests.engine import builders as draw

ENDLESS = "count(for i in 1..1000000 return i)"


def diagram() -> str:
    """A step after which values or repetitions are made as the form said, or the way goes round for ever."""
    return draw.diagram(
        draw.start(), draw.task("a", role="receiver", unit="receiving"),
        draw.script("work", f'if filing.name = "steps" then {ENDLESS} else if filing.name = "memory" then '
                            'for i in 1..90000 return string join(for j in 1..90 return "0123456789") else 0'),
        draw.xor("m"), draw.task("b", inside=draw.loop("if filing.name = \"instances\" then (for i in 1..501 return i)"
                                                       " else if filing.name = \"round\" then [] else [1]")),
        draw.xor("g", "g-done"), draw.end(), draw.path("begin", "a", "work", "m", "b", "g", "done"),
        draw.flow("g", "m", 'filing.name = "round"'),
    )


@pytest.fixture
def receiver(inside: Flask) -> Iterator[Actor]:
    make.province()
    officer = make.person("receiver", (make.CENTRE, "receiver"))
    current_app.extensions.pop("onedoor_resting", None)
    yield officer
    current_app.extensions.pop("onedoor_resting", None)


@pytest.fixture
def version(receiver: Actor) -> int:
    return make.publish(receiver, diagram())


def received(receiver: Actor, version: int, name: str, number: int = 1) -> int:
    with clock.at(make.NOW):
        return make.receive(receiver, version, number, {"name": name}).dossier


def kept(dossier: int) -> Any:
    with reading() as conn:
        return conn.execute(select(Dossier.__table__).where(Dossier.id == dossier)).one()


def incidents() -> list[str]:
    with reading() as conn:
        return list(conn.scalars(select(Incident.error)))


@pytest.mark.parametrize(("name", "said"), [
    ("steps", "10000 calculation steps on element work"), ("memory", "10000 calculation steps on element work"),
    ("round", "1000 steps on element"), ("instances", f"{MAX_INSTANCES} instances on element b"),
])
def test_a_runaway_is_rolled_back_with_an_incident(receiver: Actor, version: int, name: str, said: str) -> None:
    dossier = received(receiver, version, name)
    before = kept(dossier)
    with clock.at(make.NOW), pytest.raises(BudgetExceeded, match=said):
        make.complete(receiver, dossier, "1", make.CENTRE)
    assert kept(dossier) == before
    assert incidents() == ["BudgetExceeded"]


@make.on_sqlite
def test_it_rests_and_others_do_not(receiver: Actor, version: int) -> None:
    dossier, other = received(receiver, version, "steps"), received(receiver, version, "fine", 2)
    with clock.at(make.NOW):
        with pytest.raises(BudgetExceeded):
            make.complete(receiver, dossier, "1", make.CENTRE)
        make.complete(receiver, other, "1", make.CENTRE)
    with clock.at(make.NOW + timedelta(seconds=59)), pytest.raises(DossierRests, match="wait 1 seconds") as refused:
        make.complete(receiver, dossier, "1", make.CENTRE)
    assert status_of(refused.value) == 429
    assert incidents() == ["BudgetExceeded"]
    with clock.at(make.NOW + timedelta(seconds=60)), pytest.raises(BudgetExceeded):
        make.complete(receiver, dossier, "1", make.CENTRE)


@make.on_sqlite
def test_while_it_rests_the_engine_does_not_run(
    receiver: Actor, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dossier = received(receiver, version, "steps")
    with clock.at(make.NOW), pytest.raises(BudgetExceeded):
        make.complete(receiver, dossier, "1", make.CENTRE)
    monkeypatch.setattr(casework, "step", lambda *_: pytest.fail("the engine ran"))
    with clock.at(make.NOW), pytest.raises(DossierRests):
        make.complete(receiver, dossier, "1", make.CENTRE)


@make.on_sqlite
def test_looking_at_the_task_runs_it_once_only(receiver: Actor, version: int) -> None:
    dossier = received(receiver, version, "steps")
    code = kept(dossier).code
    with clock.at(make.NOW):
        assert [option.ahead for option in open_task(receiver, code, "1", "vi").options] == [None]
        assert code in current_app.extensions["onedoor_resting"]
        assert [option.ahead for option in open_task(receiver, code, "1", "vi").options] == [None]
    assert incidents() == []


@make.on_sqlite
@pytest.mark.parametrize(("spent", "kept_"), [(1.999, True), (2.0, True), (2.002, False)])
def test_what_took_too_long_is_not_kept(
    receiver: Actor, version: int, spent: float, kept_: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    dossier = received(receiver, version, "fine")
    times = iter([10.0, 10.0 + spent])
    monkeypatch.setattr(runaways.time, "thread_time", lambda: next(times, 0.0))
    expected = nullcontext() if kept_ else pytest.raises(StepTooSlow)
    with clock.at(make.NOW), expected, transaction() as conn:
        casework.advance(conn, dossier, ClaimStep("1", receiver.assignee), receiver, acting_unit=make.CENTRE)
    assert kept(dossier).seq == (2 if kept_ else 1)
    assert incidents() == ([] if kept_ else ["StepTooSlow"])


@make.on_sqlite
def test_the_system_s_own_commands_do_not_rest(receiver: Actor, version: int) -> None:
    """The worker must go on with the next timer; one that failed is held back by itself."""
    dossier = received(receiver, version, "steps")
    with clock.at(make.NOW):
        with pytest.raises(BudgetExceeded):
            make.complete(receiver, dossier, "1", make.CENTRE)
        with transaction() as conn:
            casework.advance(conn, dossier, ClaimStep("1", receiver.assignee), SYSTEM, acting_unit=None)


@make.on_sqlite
def test_what_rests_is_remembered_within_bounds(inside: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runaways, "REMEMBERED", 3)
    monkeypatch.setitem(current_app.extensions, "onedoor_resting", {})
    for number in range(10):
        with pytest.raises(BudgetExceeded), runaways.watched(f"d{number}"):
            raise BudgetExceeded(limit=1, unit="steps", element="x")
    assert len(current_app.extensions["onedoor_resting"]) <= 3
