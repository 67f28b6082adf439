"""Statements that travel together are kept together or not at all, and fail as they would have failed alone."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from threading import Event, Thread

import pytest
from flask import Flask
from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from app.db import ask, db, reading, transaction
from app.people.models import Membership, Setting
from app.statements import Statement, send
from app.tasks.models import Task
from tests import builders as make

ADD = Statement(insert(Setting.__table__).inline())
JOIN = Statement(insert(Membership.__table__).values({
    name: bindparam(name) for name in ("person", "unit", "role", "valid_from", "valid_to")}).inline())
LOCK = Statement(select(Setting.value).where(Setting.key == bindparam("key")).with_for_update())
LOOK = Statement(select(Setting.value).where(Setting.key == bindparam("key")))
CHANGE = Statement(update(Setting.__table__).where(Setting.key == bindparam("of_key")).values(value=bindparam("new")))
STRANGER = {"person": 999, "unit": make.COMMUNE, "role": "specialist", "valid_from": make.SINCE, "valid_to": None}
on_postgresql = pytest.mark.parametrize(
    "app", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)


def kept() -> int:
    """How many facts about the installation there are."""
    with reading() as conn:
        return conn.execute(select(func.count()).select_from(Setting)).scalar_one()


@pytest.fixture
def before(inside: Flask) -> int:
    make.province()
    return kept()


def test_one_that_fails_takes_the_others_with_it(before: int) -> None:
    for _ in range(2):
        with pytest.raises(IntegrityError), transaction() as conn:
            send(conn, ADD.of(key="first", value={}), JOIN.of(**STRANGER), ADD.of(key="last", value={}))
        assert kept() == before


def test_without_a_failure_all_of_them_are_kept_and_seen_by_the_next(before: int) -> None:
    with transaction() as conn:
        written = ADD.of(key="one", value={"a": [1, None, "ộ"]}), ADD.of(key="two", value={})
        found = send(conn, *written, LOOK.of(key="one"))
        assert [len(rows) for rows in found] == [0, 0, 1]
        assert found[2][0].value == {"a": [1, None, "ộ"]}
    assert kept() == before + 2
    assert [row.value for row in ask(LOOK.of(key="two"))] == [{}]
    assert ask(LOOK.of(key="none")) == []


@pytest.mark.parametrize("others", [0, 9])
def test_what_a_rollback_let_go_of_is_prepared_again(before: int, others: int) -> None:
    """The driver lets go of everything, but only where it has prepared statements of its own."""
    for number in range(3):
        with reading() as conn:
            for _ in range(others):
                conn.execute(select(Setting.value)).all()
        with transaction() as conn:
            send(conn, LOOK.of(key="one"), ADD.of(key=f"key {number}", value={}))
        with pytest.raises(ZeroDivisionError), transaction() as conn:
            send(conn, LOOK.of(key="one"))
            raise ZeroDivisionError
    assert kept() == before + 3


def test_a_question_alone_begins_no_transaction(before: int) -> None:
    ask(LOOK.of(key="one"))
    with transaction() as conn:
        assert ask(LOOK.of(key="one")) == []
        send(conn, ADD.of(key="one", value={}))
        assert len(ask(LOOK.of(key="one"))) == 1
    assert kept() == before + 1


def test_values_come_back_as_they_do_one_by_one(before: int) -> None:
    """Every kind of column that statements of this kind read or write, beside SQLAlchemy's own way."""
    officer = make.person("officer", (make.CENTRE, "receiver"))
    received = make.receive(officer, make.publish(officer))
    row = {"dossier": received.dossier, "token": "99", "procedure": "x", "step": "ộ", "visit": 3, "kind": "k",
           "role": "r", "unit": make.CENTRE, "form": None, "message": None, "item": {"item": [1.5], "index": 0},
           "state": "done", "assignee": officer.person, "hours": Decimal("7.25"), "claimed_at": None,
           "entered_at": datetime(2026, 3, 2, 1, 2, 3, 456789, UTC), "due_at": None, "ended_at": None,
           "ended_by": None, "warn_at": None, "choice": None}
    columns = [column for column in Task.__table__.c if column.name != "hours"]
    where = (Task.dossier == bindparam("dossier"), Task.token == bindparam("token"))
    with transaction() as conn:
        _, found = send(conn, Statement(insert(Task.__table__).inline()).of(**row),
                        Statement(select(*columns).where(*where)).of(dossier=received.dossier, token="99"))
        alone = conn.execute(select(*columns).where(*where), {"dossier": received.dossier, "token": "99"}).one()
        assert conn.scalar(select(Task.hours).where(Task.token == "99")) == Decimal("7.25")
    assert found[0]._asdict() == dict(alone._mapping) == {name: row[name] for name in row if name != "hours"}


@on_postgresql
def test_what_follows_a_lock_sees_what_its_holder_wrote(before: int, app: Flask) -> None:
    with transaction() as conn:
        send(conn, ADD.of(key="contested", value={"by": "nobody"}))
    held, seen = Event(), []

    def rival() -> None:
        with app.app_context(), transaction() as conn:
            held.wait(10)
            seen.extend(send(conn, LOCK.of(key="contested"), LOOK.of(key="contested")))

    waiting = Thread(target=rival)
    waiting.start()
    with transaction() as conn:
        send(conn, LOCK.of(key="contested"))
        held.set()
        while not conn.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            waiting.join(0.01)
        send(conn, CHANGE.of(of_key="contested", new={"by": "the first"}))
    waiting.join()
    assert [rows[0].value for rows in seen] == [{"by": "the first"}] * 2


@on_postgresql
def test_a_value_that_cannot_be_kept_is_the_requests_fault(before: int) -> None:
    with pytest.raises(DataError), transaction() as conn:
        send(conn, ADD.of(key="zero\x00byte", value={}))
    assert kept() == before


@on_postgresql
def test_a_lost_connection_is_not_used_again(before: int) -> None:
    with pytest.raises(OperationalError), transaction() as conn:
        pid = conn.connection.driver_connection.info.backend_pid
        with db.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        send(conn, ADD.of(key="lost", value={}))
    assert kept() == before


def test_a_number_too_large_is_the_requests_fault(before: int) -> None:
    with pytest.raises(DataError), transaction() as conn:
        send(conn, JOIN.of(**STRANGER | {"person": 2**70}))
    assert kept() == before
