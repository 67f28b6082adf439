"""Statements that are made once and travel together: what a step asks of the database, with nothing in between.

SQLAlchemy puts a statement's text together once for each kind of database; after that only values travel. On
PostgreSQL all questions of one call are sent at once, to statements that the server has prepared, and answered one
after the other; each sees what was committed before it began, as it would alone. On SQLite they are carried out in
turn. Transactions are none of this module's business: `app/db.py` ends them.
"""

from __future__ import annotations

import itertools
from collections import namedtuple
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.waiting import Ready, Wait
from sqlalchemy import Connection, Dialect, Engine, LargeBinary, event
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.types import TypeDecorator

BEGIN = b"BEGIN ISOLATION LEVEL READ COMMITTED"
Rows = list[Any]
_PREPARED, _READER = "onedoor_prepared", "onedoor_reader"
_serial = itertools.count(1)
_ENDED = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


@dataclass(frozen=True, slots=True)
class Question:
    """A statement with its values."""

    statement: Statement
    values: Mapping[str, Any]


class Statement:
    """A statement of SQLAlchemy's, made once; its values are named."""

    def __init__(self, made: Any) -> None:
        self._made = made
        self._forms: dict[str, _Form] = {}
        self._name = f"onedoor_{next(_serial)}".encode()

    def of(self, **values: Any) -> Question:
        """The question that it asks with these values."""
        return Question(self, values)

    def form(self, dialect: Dialect) -> _Form:
        """How a kind of database understands it."""
        if dialect.name not in self._forms:
            self._forms[dialect.name] = _formed(self._made, self._name, dialect)
        return self._forms[dialect.name]


def send(conn: Connection, *questions: Question, alone: bool = False) -> list[Rows]:
    """Ask all of them in one journey and in this order; the rows that each one brought.

    `alone` asks outside of any transaction, what a single question may do. Raises SQLAlchemy's errors.
    """
    asked = [(form := each.statement.form(conn.dialect), form.filled(each.values)) for each in questions]
    raw: Any = conn.connection.driver_connection
    heard = conn.engine.dispatch
    for form, values in asked if heard.before_cursor_execute else ():
        heard.before_cursor_execute(conn, None, form.text, values, None, False)
    try:
        found = _in_turn(raw, asked) if conn.dialect.name == "sqlite" else _at_once(conn, raw, asked, alone)
    except OverflowError as error:
        raise DataError(None, None, error) from error
    except conn.dialect.loaded_dbapi.Error as error:
        raise DBAPIError.instance(None, None, error, conn.dialect.loaded_dbapi.Error) from error
    for form, values in asked if heard.after_cursor_execute else ():
        heard.after_cursor_execute(conn, None, form.text, values, None, False)
    return [[form.row(row) for row in rows] for (form, _), rows in zip(asked, found, strict=True)]


def listen(engine: Engine) -> None:
    """Take notice when the driver may let go of what a connection has prepared: it does so with a rollback."""
    event.listen(engine, "rollback", lambda conn: forget(conn.connection.info))
    event.listen(engine, "reset", _forget_open)


def forget(info: dict[Any, Any]) -> None:
    """Prepare everything anew on the connection with this record."""
    info.pop(_PREPARED, None)


def _forget_open(raw: Any, record: Any, _state: Any) -> None:
    """A connection that comes back to the pool within a transaction is rolled back."""
    if raw is not None and raw.pgconn.transaction_status != TransactionStatus.IDLE:
        forget(record.info)


@dataclass(frozen=True, slots=True)
class _Form:
    """A statement as one kind of database understands it.

    `places` are the names of its values in their order, each with what turns it into the driver's kind of value.
    """

    name: bytes
    text: str
    places: tuple[tuple[str, Callable[[Any], Any] | None], ...]
    formats: Sequence[PyFormat]
    fixed: Mapping[str, Any]
    row: Callable[[Sequence[Any]], Any]

    def filled(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in their order."""
        given = {**self.fixed, **values} if self.fixed else values
        return [given[name] if turn is None else turn(given[name]) for name, turn in self.places]


def _formed(made: Any, name: bytes, dialect: Dialect) -> _Form:
    spoken: Any = dialect if dialect.name == "sqlite" else type(dialect)(paramstyle="numeric_dollar")  # type: ignore[call-arg]
    compiled = made.compile(dialect=spoken)
    order = compiled.positiontup
    kinds = {name: compiled.binds[name].type for name in order}
    defaults = {column.key: column.default.arg for column in getattr(compiled, "insert_prefetch", ())}
    return _Form(
        name, str(compiled),
        tuple((each, kinds[each].dialect_impl(dialect).bind_processor(dialect)) for each in order),
        [PyFormat.BINARY if _is_bytes(kinds[each], dialect) else PyFormat.TEXT for each in order],
        {each: bind.value for each, bind in compiled.binds.items() if not bind.required} | defaults,
        _row_of(getattr(made, "exported_columns", ()), dialect),
    )


def _is_bytes(kind: Any, dialect: Dialect) -> bool:
    return isinstance(kind.load_dialect_impl(dialect) if isinstance(kind, TypeDecorator) else kind, LargeBinary)


def _row_of(columns: Any, dialect: Dialect) -> Callable[[Sequence[Any]], Any]:
    """What makes a named row of the driver's."""
    kind = namedtuple("Row", [column.key for column in columns])  # type: ignore[misc]
    turns = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    turned = [(place, turn) for place, turn in enumerate(turns) if turn is not None]

    def row(values: Sequence[Any]) -> Any:
        found = list(values)
        for place, turn in turned:
            found[place] = turn(found[place])
        return kind._make(found)

    return row


Asked = Sequence[tuple[_Form, list[Any]]]


def _in_turn(raw: Any, asked: Asked) -> list[Rows]:
    return [raw.execute(form.text, values).fetchall() for form, values in asked]


def _at_once(conn: Connection, raw: Any, asked: Asked, alone: bool) -> list[Rows]:
    """PostgreSQL's pipeline: everything is sent before the first answer is read."""
    known: set[bytes] = conn.connection.info.setdefault(_PREPARED, set())
    reader = conn.connection.info.setdefault(_READER, Transformer(raw))
    packed = [(form, reader.dump_sequence(values, form.formats), reader.formats) for form, values in asked]
    line = raw.pgconn
    line.enter_pipeline_mode()
    try:
        sent = _send_all(line, packed, known, begin=not alone and line.transaction_status == TransactionStatus.IDLE)
        results = raw.wait(_answers(line))
    finally:
        if line.status == ConnStatus.OK:
            line.exit_pipeline_mode()
    known.update(name for name, each in zip(sent, results, strict=True) if name and each.status in _ENDED)
    failed = next((each for each in results if each.status not in _ENDED), None)
    if failed is not None:
        raise error_from_result(failed)
    return [_read(reader, each) for name, each in zip(sent, results, strict=True) if name is None]


def _send_all(line: Any, packed: Sequence[Any], known: Collection[bytes], *, begin: bool) -> list[bytes | None]:
    """Send everything; for each answer to come the name of what is prepared, or None for a question's own."""
    sent: list[bytes | None] = []
    if begin:
        line.send_query_params(BEGIN, None)
        sent.append(b"")
    for form, values, formats in packed:
        if form.name not in known and form.name not in sent:
            # After a rollback nobody knows whether it is still there; closing what is not there does no harm.
            line.send_close_prepared(form.name)
            line.send_prepare(form.name, form.text.encode())
            sent += [b"", form.name]
        line.send_query_prepared(form.name, values, formats)
        sent.append(None)
    line.pipeline_sync()
    return sent


def _answers(line: Any) -> Generator[Wait, Ready, list[Any]]:
    """What the server answers until it has answered everything; waits as the driver waits."""
    found: list[Any] = []
    while line.flush():
        if (yield Wait.RW) & Ready.R:
            line.consume_input()
    while True:
        while line.is_busy():
            yield Wait.R
            line.consume_input()
        result = line.get_result()
        if result is None and line.status != ConnStatus.OK:
            raise psycopg.OperationalError("the connection was lost")
        if result is not None and result.status == ExecStatus.PIPELINE_SYNC:
            return found
        if result is not None:
            found.append(result)


def _read(reader: Any, result: Any) -> Rows:
    if result.status != ExecStatus.TUPLES_OK:
        return []
    reader.set_pgresult(result)
    rows: Rows = reader.load_rows(0, result.ntuples, tuple)
    return rows
