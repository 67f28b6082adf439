"""A dossier that went over to a version with another limit: its date, the next correction, and why the date is so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.audit.models import HistoryEntry
from app.audit.reexecute import Recorded, reexecute
from app.casework import advance, definition_of
from app.db import reading, transaction
from app.deadlines.recompute import preview, recompute
from app.deadlines.story import time_of
from app.dossiers.models import Dossier
from app.moving import commands
from app.moving.queries import Request
from app.people.actor import Actor
from app.people.commands import set_day
from app.procedures.models import ProcessVersion
from engine.clock.ledger import ledger_of
from engine.commands import DeliverMessage
from engine.facts import from_json
from tests import builders as make
from tests.app.moving.test_moving import publish_again

CODE = f"{make.CENTRE}-260302-0001"
PROMISED = make.at("2026-03-04T08:00")


@pytest.fixture
def admin(app: Flask) -> Actor:
    """A dossier with two days has gone over to a version with one."""
    with app.app_context():
        make.province()
        receiver = make.person("receiver", (make.CENTRE, "receiver"))
        publisher = make.person("publisher", ("H49", "publisher"))
        make.person("specialist", (make.COMMUNE, "specialist"))
        with clock.at(make.NOW):
            make.receive(receiver, make.publish(receiver))
            make.complete(receiver, 1, "1", make.CENTRE)
        shorter = {**make.FACTS["limits"], "reduced": {"value": 1, "unit": "working_day"}}
        publish_again(publisher, make.diagram(), limits=shorter)
        with clock.at(make.NOW + timedelta(hours=1)):
            moved = commands.move_dossiers(publisher, Request(make.PROCEDURE, 1, 2, {}), "Luật mới")
        assert moved.moved == (CODE,)
        return make.person("admin", ("H49", "administrator"))


def due() -> datetime | None:
    with reading() as conn:
        return conn.scalar(select(Dossier.due_at))


def history() -> list[Any]:
    with reading() as conn:
        query = select(HistoryEntry.seq, HistoryEntry.at, HistoryEntry.payload).order_by(HistoryEntry.seq)
        return list(conn.execute(query))


def told() -> list[str]:
    return [fact["fact"] for fact in history()[-1].payload["facts"]]


def test_the_date_stays_and_no_calendar_is_blamed_for_the_version(app: Flask, admin: Actor) -> None:
    with app.app_context():
        assert told() == ["DossierMigrated", "PromiseKept"]
        assert (due(), preview().dates) == (PROMISED, 0)
        set_day(admin, date(2026, 3, 3), "off", ("Nghỉ", "Off"), "1/VPCP")
        assert [(one.scope, one.new) for one in preview().shown if one.scope == "dossier"] == [
            ("dossier", PROMISED + timedelta(days=1))]
        recompute(admin, "1/VPCP")
        assert (due(), preview().dates) == (PROMISED + timedelta(days=1), 0)


def test_the_new_limit_counts_when_the_clock_next_turns(app: Flask, admin: Actor) -> None:
    with app.app_context(), clock.at(make.at("2026-03-02T10:00")):
        specialist = make.actor("specialist")
        make.complete(specialist, 1, "2", make.COMMUNE, "supplement")
        with clock.at(make.at("2026-03-05T10:00")), transaction() as conn:
            advance(conn, 1, DeliverMessage("supplement"), make.actor("receiver"), acting_unit=make.CENTRE)
        assert due() == make.at("2026-03-06T08:00")
        assert preview().dates == 0


def test_the_history_proves_itself_and_gives_the_ledger(app: Flask, admin: Actor) -> None:
    with app.app_context(), reading() as conn:
        digests = list(conn.scalars(select(ProcessVersion.digest).order_by(ProcessVersion.number)))
        first, second = (definition_of(conn, digest) for digest in digests)
        entries = history()
        assert reexecute(first, [Recorded(*row) for row in entries], {second.digest: second}).equal
        facts = [(row.at, [from_json(fact) for fact in row.payload["facts"]]) for row in entries]
        assert conn.scalar(select(Dossier.ledger)) == ledger_of(facts)


def test_the_page_says_whose_limit_it_is(app: Flask, admin: Actor, sign_in: Callable[..., FlaskClient]) -> None:
    with app.app_context():
        assert time_of(make.actor("receiver"), CODE).told.due == PROMISED
    page = sign_in("receiver").get(f"/dossiers/{CODE}/time").get_data(as_text=True)
    assert "thời hạn của phiên bản trước vẫn được áp dụng" in " ".join(page.split())
    assert sign_in("receiver").get(f"/api/v1/dossiers/{CODE}/time").get_json()["told"]["kept"]
