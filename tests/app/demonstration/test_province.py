"""The demonstration province: complete where the shipped procedures need people, and told by the engine itself."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.audit.models import HistoryEntry
from app.audit.verify import check_all
from app.cli import preparing
from app.db import reading
from app.demonstration import commands as demonstration
from app.demonstration.names import another_person, retold
from app.demonstration.plan import plays
from app.demonstration.province import accounts, communes, places
from app.dossiers.models import Dossier
from app.people.models import Person, Unit
from app.procedures.shipped import read_all
from app.tasks.models import Task
from engine.clock.worktime import Calendar, between
from engine.definition import compile_definition
from engine.facts import StepClaimed, StepCompleted, StepEntered, from_json

NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
COUNT = 12


def test_every_step_of_the_shipped_procedures_has_somebody() -> None:
    held = {pair for account in accounts() for pair in account.roles}
    centres = {place.code for place in places() if place.kind == "centre"}
    missing = set()
    for shipped in read_all():
        facts = shipped.bundle.procedure["competent"]
        competent = set(facts.get("units", ())) or {place.code for place in communes()}
        for step in compile_definition(shipped.bundle).steps.values():
            units = {"receiving": centres, "competent": competent}.get(step.unit, {place.code for place in communes()})
            missing |= {(shipped.key, step.id, unit, step.role) for unit in units if (unit, step.role) not in held}
    assert missing == set()


def test_account_names_are_unique_and_units_have_parents() -> None:
    names = [account.username for account in accounts()]
    codes = [place.code for place in places()]
    assert len(set(names)) == len(names)
    assert all(place.parent is None or place.parent in codes[:number] for number, place in enumerate(places()))


def test_the_plan_is_the_same_for_the_same_day() -> None:
    shipped = list(read_all())
    first, second = (
        [(each.procedure, each.starts, each.filing, each.steps) for each in plays(NOW, Calendar(), shipped, 30)]
        for _ in range(2)
    )
    assert first == second
    assert all(starts <= NOW for _, starts, _, _ in first)


def test_a_story_is_retold_with_another_person_and_later_dates() -> None:
    who = {"name": "Nguyễn Thị Hoa", "id": "022185004217", "phone": "0912345678", "email": "hoa@example.vn",
           "address": "Số 42 đường Lê Lợi, phường Hồng Gai"}
    changes = another_person(random.Random(1), who)
    told = retold({"who": who, "on": "2026-03-10", "born": "1985-06-18", "n": 3}, changes, 10)
    assert told["on"] == "2026-03-20"
    assert told["born"] == "1985-06-18"
    assert told["who"]["name"] != who["name"]
    assert " Thị " in told["who"]["name"]
    assert told["who"]["id"].startswith("022185")
    assert told["n"] == 3


@pytest.fixture
def province(inside: Flask) -> Flask:
    """A small demonstration on an empty database."""
    with clock.at(NOW):
        preparing.settle(inside)
        demonstration.found_province()
        preparing.publish_missing(demo=True)
        demonstration.tell_stories(preparing.store_of(inside), list(read_all()), lambda _: None, COUNT)
    return inside


def test_dossiers_are_made_by_the_engine_until_now(province: Flask) -> None:
    with reading() as conn:
        dossiers = list(conn.execute(select(Dossier.__table__)))
        tasks = list(conn.execute(select(Task.__table__)))
        units = conn.scalar(select(func.count()).select_from(Unit))
        people = conn.scalar(select(func.count()).select_from(Person).where(Person.demonstration))
    assert len(dossiers) == COUNT
    assert units == len(places())
    assert people == len(accounts())
    assert all(each.received_at <= NOW and each.updated_at <= NOW for each in dossiers)
    assert any(each.state == "done" for each in tasks)
    assert demonstration.stage_reached() == demonstration.DONE
    assert [found.code for found in check_all() if not found.ok] == []


def test_people_claim_what_takes_long_soon_after_it_came(province: Flask) -> None:
    with reading() as conn:
        history = select(HistoryEntry.dossier, HistoryEntry.at, HistoryEntry.payload).order_by(HistoryEntry.seq)
        rows = conn.execute(history).all()
    told = [(row.dossier, row.at, from_json(fact)) for row in rows for fact in row.payload["facts"]]
    came = {(dossier, fact.token): at for dossier, at, fact in told if isinstance(fact, StepEntered)}
    left = {(dossier, fact.token): at for dossier, at, fact in told if isinstance(fact, StepCompleted)}
    taken = {(dossier, fact.token): at for dossier, at, fact in told if isinstance(fact, StepClaimed)}
    calendar = Calendar()
    long = [step for step in left if step in taken and between(calendar, came[step], left[step]) > 8]
    assert long
    alone = [step for step in long if between(calendar, came[step], taken[step]) < between(
        calendar, came[step], left[step]) / 3]
    assert len(alone) >= len(long) / 2, "one of several side by side is taken when it is its turn"
    assert all(taken[step] < left[step] for step in long)


def test_the_demonstration_is_made_once(province: Flask) -> None:
    assert not preparing.is_new()
    preparing.prepare(province, demo=True)
    with reading() as conn:
        assert conn.scalar(select(func.count()).select_from(Dossier)) == COUNT


def test_an_interrupted_demonstration_is_made_anew(inside: Flask) -> None:
    preparing.settle(inside)
    demonstration.found_province()
    with pytest.raises(demonstration.DemonstrationHalfMade):
        demonstration.found_province()


def test_without_a_demonstration_there_are_no_accounts(inside: Flask) -> None:
    preparing.prepare(inside, demo=False)
    with reading() as conn:
        people = list(conn.execute(select(Person.username, Person.active)))
    assert sorted(people) == [(preparing.AUTHOR, False), (preparing.PUBLISHER, False)]
    assert demonstration.stage_reached() is None
