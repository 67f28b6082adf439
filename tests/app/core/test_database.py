"""Migrations, tables that only grow, transactions and the writers' queue."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DBAPIError

from app.audit.models import HistoryEntry, Look
from app.db import assert_in_transaction, db, on_rollback, reading, transaction
from app.people import journal
from app.people.models import CalendarChange, CalendarDay
from app.writers import DatabaseBusy, FairQueue
from tests import builders as make

DAY = {"day": date(2026, 1, 1), "kind": "off", "name_vi": "Tết", "name_en": "New Year", "document": "x"}


def test_migrations_make_what_the_models_say(inside: Flask) -> None:
    with reading() as conn:
        found = compare_metadata(MigrationContext.configure(conn), db.metadata)
    assert found == []


@pytest.fixture
def grown(inside: Flask) -> None:
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    make.receive(receiver, make.publish(receiver))
    with transaction() as conn:
        conn.execute(insert(Look).values(at=datetime.now(UTC), person=None, action="x", subject="y", allowed=True))
        conn.execute(text(
            "INSERT INTO procedure_event (procedure, at, person, kind, data) "
            "VALUES ('1.000001', CURRENT_TIMESTAMP, 1, 'published', '{}')"
        ))
        journal.note(conn, receiver, journal.Change("day", None, {"day": "2026-01-01"}, "1/QĐ"))


CHANGES = (
    "UPDATE history_entry SET person_name = 'somebody else'", "DELETE FROM history_entry",
    "UPDATE look SET action = 'nothing'", "DELETE FROM look",
    "UPDATE procedure_event SET kind = 'nothing'", "DELETE FROM procedure_event",
    "UPDATE process_version SET note = 'nothing'",
    "UPDATE calendar_change SET person = NULL", "DELETE FROM calendar_change",
)


@pytest.mark.parametrize("change", CHANGES)
def test_tables_that_grow_refuse_every_change(grown: None, change: str) -> None:
    with pytest.raises(DBAPIError, match="only grows"), transaction() as conn:
        conn.execute(text(change))


@pytest.mark.parametrize("table", ["history_entry", "calendar_change"])
def test_what_grows_refuses_replacing_and_cutting_off(grown: None, table: str) -> None:
    with reading() as conn:
        kind = conn.dialect.name
    tricks = {"sqlite": f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}", "postgresql": f"TRUNCATE {table}"}
    with pytest.raises(DBAPIError, match="only grows"), transaction() as conn:
        conn.execute(text(tricks[kind]))


def test_the_guards_are_what_refuses(grown: None) -> None:
    """Without its trigger the same change goes through, so the tests above see the trigger."""
    with transaction() as conn:
        _unguard(conn, "history_entry")
        conn.execute(text(CHANGES[0]))
        assert conn.scalar(select(HistoryEntry.person_name)) == "somebody else"
        assert conn.scalar(select(CalendarChange.person)) is not None
        _unguard(conn, "calendar_change")
        conn.execute(text("UPDATE calendar_change SET person = NULL"))
        assert conn.scalar(select(CalendarChange.person)) is None


def _unguard(conn: Connection, table: str) -> None:
    drop = {"sqlite": f"DROP TRIGGER {table}_no_update", "postgresql": f"DROP TRIGGER {table}_grows ON {table}"}
    conn.execute(text(drop[conn.dialect.name]))


def test_everything_or_nothing(inside: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as conn:
        conn.execute(insert(CalendarDay).values(**DAY))
        assert 1 / 0
    with reading() as conn:
        assert conn.execute(select(CalendarDay.day)).all() == []


def test_what_is_left_behind_after_a_rollback_has_its_own_transaction(inside: Flask) -> None:
    def leave_behind() -> None:
        with transaction() as conn:
            conn.execute(insert(CalendarDay).values(**DAY))

    with pytest.raises(ZeroDivisionError), transaction():
        on_rollback(leave_behind)
        assert 1 / 0
    with reading() as conn:
        assert conn.scalar(select(CalendarDay.day)) == DAY["day"]


def test_transactions_do_not_nest(inside: Flask) -> None:
    with transaction(), pytest.raises(RuntimeError), transaction():
        pass


def test_reading_cannot_write(inside: Flask) -> None:
    with pytest.raises(DBAPIError), reading() as conn:
        conn.execute(insert(CalendarDay).values(**DAY))


def test_reading_inside_a_transaction_sees_it(inside: Flask) -> None:
    with transaction() as conn:
        conn.execute(insert(CalendarDay).values(**DAY))
        with reading() as same:
            assert same is conn
            assert_in_transaction(same)


def test_writers_take_turns_and_lose_nothing(app: Flask) -> None:
    with app.app_context(), transaction() as conn:
        conn.execute(insert(CalendarDay).values(**DAY | {"document": "0"}))

    def count() -> None:
        for _ in range(10):
            with app.app_context(), transaction() as conn:
                query = select(CalendarDay.document).with_for_update()
                at = int(conn.execute(query).scalar_one())
                conn.execute(CalendarDay.__table__.update().values(document=str(at + 1)))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context(), reading() as conn:
        assert conn.scalar(select(CalendarDay.document)) == "40"


def test_the_queue_is_first_come_first_served(tmp_path: Path) -> None:
    queue, order, started = FairQueue(tmp_path / "queue", 5), [], []

    def write(number: int) -> None:
        started.append(number)
        with queue.turn():
            order.append(number)

    threads = []
    with queue.turn():
        for number in range(5):
            thread = threading.Thread(target=write, args=(number,))
            thread.start()
            threads.append(thread)
            while len(queue._waiting) < number + 2:
                pass
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_the_queue_loses_patience(tmp_path: Path) -> None:
    queue = FairQueue(tmp_path / "queue", 0.01)
    seen: list[BaseException] = []

    def write() -> None:
        with _caught(seen), queue.turn():
            pass

    with queue.turn():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert [type(error) for error in seen] == [DatabaseBusy]
    with queue.turn():
        assert True


@contextmanager
def _caught(seen: list[BaseException]) -> Iterator[None]:
    try:
        yield
    except DatabaseBusy as error:
        seen.append(error)


def test_times_come_back_aware(inside: Flask) -> None:
    make.province()
    with transaction() as conn:
        _look_at(conn, datetime(2026, 3, 2, 8, tzinfo=UTC))
        assert conn.scalar(select(Look.at)) == datetime(2026, 3, 2, 8, tzinfo=UTC)


def _look_at(conn: Connection, at: datetime) -> None:
    conn.execute(insert(Look).values(at=at, person=None, action="x", subject="y", allowed=True))
