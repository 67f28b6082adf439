"""The database: portable column types, and the one way to read and to write.

`transaction()` is the only place that commits; `reading()` cannot write. Both give a Core connection.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, Connection, DateTime, Engine, LargeBinary, MetaData, String, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DataError, InvalidatePoolError
from sqlalchemy.types import TypeDecorator

from app import clock, statements
from app.statements import Question, Rows, Statement, send
from app.writers import FairQueue
from engine.packing import pack, unpack
from engine.spelling import spelled

# After so many seconds without use a connection to PostgreSQL is asked whether it is still alive.
IDLE = 1.0
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

db = SQLAlchemy(metadata=MetaData(naming_convention=NAMING))

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
# What is only ever read whole: as it was spelled, which takes a quarter less than PostgreSQL's own form.
JsonText = JSON(none_as_null=True)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite keeps it naive, nobody above sees that."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return value
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Hex(TypeDecorator[str]):
    """A digest in hexadecimal digits; PostgreSQL keeps its bytes, half as many."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return self.impl_instance if dialect.name == "sqlite" else dialect.type_descriptor(LargeBinary())

    def process_bind_param(self, value: str | None, dialect: Any) -> Any:
        return value if value is None or dialect.name == "sqlite" else bytes.fromhex(value)

    def process_result_value(self, value: Any, dialect: Any) -> str | None:
        return value if value is None or dialect.name == "sqlite" else bytes(value).hex()


class Packed(TypeDecorator[Any]):
    """A JSON value that is only ever read whole and often written; PostgreSQL keeps it packed."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return self.impl_instance if dialect.name == "sqlite" else dialect.type_descriptor(LargeBinary())

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value if value is None or dialect.name == "sqlite" else pack(spelled(value).encode())

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value if value is None or dialect.name == "sqlite" else json.loads(unpack(bytes(value)))


@dataclass(slots=True)
class _Work:
    """The transaction under way in this thread, and what to do should it be rolled back."""

    conn: Connection
    after_rollback: list[Callable[[], None]] = field(default_factory=list)


_NOW = Statement(select(func.now().label("now")))
_work: ContextVar[_Work | None] = ContextVar("work", default=None)


@contextmanager
def transaction() -> Iterator[Connection]:
    """Everything of one use case, kept together or not at all. Transactions do not nest."""
    if _work.get() is not None:
        raise RuntimeError("A transaction is already open; pass its connection down instead.")
    undone: list[Callable[[], None]] = []
    try:
        with _turn(), _connected(write=True) as conn:
            work = _Work(conn, undone)
            token = _work.set(work)
            try:
                with conn.begin() as started:
                    yield conn
                    started.commit()
            finally:
                _work.reset(token)
    except BaseException:
        for action in undone:
            action()
        raise


@contextmanager
def reading() -> Iterator[Connection]:
    """One consistent look at the data; inside a transaction it is that transaction's."""
    work = _work.get()
    if work is not None:
        yield work.conn
        return
    with _connected(write=False) as conn, conn.begin():
        yield conn


def ask(question: Question) -> Rows:
    """The rows of a single question, which needs no transaction of its own around it and must not write."""
    work = _work.get()
    if work is not None:
        return send(work.conn, question)[0]
    if db.engine.dialect.name == "sqlite":
        with reading() as conn:
            return send(conn, question)[0]
    with db.engine.connect() as conn:
        return send(conn, question, alone=True)[0]


def inserting(conn: Connection, table: Any) -> Any:
    """An insert that can be told what to do where the row is there already."""
    return (sqlite if conn.dialect.name == "sqlite" else postgresql).insert(table)


def assert_in_transaction(conn: Connection) -> None:
    """Refuse to go on outside `transaction()`."""
    work = _work.get()
    if work is None or work.conn is not conn:
        raise RuntimeError("This changes data and must be called inside transaction().")


def on_rollback(action: Callable[[], None]) -> None:
    """Do this, in a transaction of its own, should the present one be rolled back."""
    work = _work.get()
    if work is None:
        raise RuntimeError("There is no transaction that could be rolled back.")
    work.after_rollback.append(action)


def database_time(conn: Connection) -> datetime:
    """The time by the database's clock, which all machines share; one's own clock on SQLite."""
    if conn.dialect.name == "sqlite" or clock.is_set():
        return clock.now()
    [[row]] = send(conn, _NOW.of())
    moment: datetime = row.now
    return moment.astimezone(UTC)


def init_app(app: Flask) -> None:
    """Bind the database to the app; on SQLite, with its pragmas and the writers' queue."""
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _prepare_sqlite(app, db.engine)
        else:
            statements.listen(db.engine)
            event.listen(db.engine, "checkin", _note_time)
            event.listen(db.engine, "checkout", _ask_if_alive)


def _note_time(_raw: Any, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _ask_if_alive(raw: Any, record: Any, _proxy: Any) -> None:
    """A connection that nobody used for a while may be dead; asking each time would cost as much as a statement."""
    if time.monotonic() - record.info.get("idle_since", time.monotonic()) > IDLE:
        try:
            raw.execute("SELECT 1")
            raw.rollback()
            statements.forget(record.info)
        except psycopg.Error as error:
            raise InvalidatePoolError from error


def _prepare_sqlite(app: Flask, engine: Engine) -> None:
    path = Path(str(engine.url.database))
    path.parent.mkdir(parents=True, exist_ok=True)
    queue = FairQueue(path.with_name(path.name + ".queue"), app.config["ONEDOOR_SQLITE_WAIT_MS"] / 1000)
    app.extensions["onedoor_queue"] = queue
    event.listen(engine, "connect", _open_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "handle_error", _refuse_too_large)


def _open_sqlite(raw: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself: it would begin them deferred.
    raw.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        raw.execute(f"PRAGMA {pragma}")


def _begin_sqlite(conn: Connection) -> None:
    write = conn.get_execution_options().get("onedoor_write", True)
    raw: Any = conn.connection.dbapi_connection
    raw.execute(f"PRAGMA query_only={'OFF' if write else 'ON'}")
    conn.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _refuse_too_large(context: ExceptionContext) -> None:
    # The driver's own error for a number beyond 64 bits is none of the database's; PostgreSQL's is a DataError.
    error = context.original_exception
    if isinstance(error, OverflowError):
        raise DataError(context.statement, None, error) from error


@contextmanager
def _turn() -> Iterator[None]:
    queue: FairQueue | None = current_app.extensions.get("onedoor_queue")
    if queue is None:
        yield
        return
    with queue.turn():
        yield


@contextmanager
def _connected(*, write: bool) -> Iterator[Connection]:
    with db.engine.connect() as conn:
        if not write:
            conn.execution_options(onedoor_write=False, postgresql_readonly=True)
        yield conn
