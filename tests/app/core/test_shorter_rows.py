"""Dossiers from before rows were shortened: after the migration they are whole, and go on."""

from __future__ import annotations

import runpy
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask
from sqlalchemy import Connection, select, text

from app import casework, clock
from app.audit.log import verify_chain
from app.audit.models import HistoryEntry
from app.config import ROOT
from app.db import db, reading, transaction
from app.dossiers.models import Dossier
from app.jobs.answers import once
from app.people.actor import Actor
from engine.commands import ClaimStep
from engine.spelling import spelled
from tests import builders as make

BEFORE = (
    "ALTER TABLE history_entry ALTER payload TYPE jsonb USING payload::text::jsonb",
    *(f"ALTER TABLE {table} ALTER {name} TYPE varchar(64) USING encode({name}, 'hex')" for table, name in (
        ("history_entry", "salt"), ("history_entry", "payload_digest"), ("history_entry", "previous"),
        ("history_entry", "hash"), ("dossier", "head"), ("answer", "request_digest"))),
    *(f"ALTER TABLE {table} ALTER {name} TYPE jsonb USING '[]'::jsonb" for table, name in (
        ("dossier", "ledger"), ("answer", "body"))),
)


def as_before(conn: Connection, ledger: Any, body: Any) -> None:
    """The tables as the release before had them, with the same dossier and kept answer."""
    for statement in BEFORE:
        conn.execute(text(statement))
    conn.execute(text("UPDATE dossier SET ledger = CAST(:ledger AS jsonb)"), {"ledger": spelled(ledger)})
    conn.execute(text("UPDATE answer SET body = CAST(:body AS jsonb)"), {"body": spelled(body)})


def migrate(conn: Connection) -> None:
    module = runpy.run_path(str(ROOT / "migrations" / "versions" / "0015_shorter_rows.py"))
    with Operations.context(MigrationContext.configure(conn)):
        module["upgrade"]()


def rows(conn: Connection) -> list[Any]:
    return [*conn.execute(select(Dossier.__table__)), *conn.execute(select(HistoryEntry.__table__))]


def asked(conn: Connection, receiver: Actor) -> dict[str, Any]:
    return once(conn, receiver, "key", {"a": 1}, lambda: {"text": "Đã tiếp nhận"})


@pytest.mark.parametrize("app", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_dossiers_and_answers_of_before_are_whole_and_go_on(inside: Flask) -> None:
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    with clock.at(make.NOW):
        received = make.receive(receiver, make.publish(receiver))
    with transaction() as conn:
        answer, before = asked(conn, receiver), rows(conn)
        as_before(conn, before[0].ledger, answer)
        migrate(conn)
    db.engine.dispose()
    with transaction() as conn:
        assert rows(conn) == before
        assert once(conn, receiver, "key", {"a": 1}, dict) == answer
        with clock.at(make.NOW):
            command = ClaimStep(received.opened_tasks[0].token, receiver.assignee)
            casework.advance(conn, received.dossier, command, receiver, acting_unit=make.CENTRE)
    with reading() as conn:
        assert verify_chain(conn, received.dossier).ok
