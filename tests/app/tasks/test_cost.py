"""What a completion and a page of the inbox cost the database: few statements, one commit, no table read through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, event, select

from app import calendars, clock
from app.db import db, reading
from app.people import accounts
from app.people.actor import Actor
from app.people.commands import set_day
from app.tasks.commands import Submission, complete
from app.tasks.inbox import Filter
from app.tasks.models import Task
from app.tasks.queries import inbox
from tests import builders as make
from tests.bench.ground import ANSWERS, FILING, FORM, ROLES, loop_of
from tests.bench.inbox import crowd, last_place

STATEMENTS = 9
Said = list[tuple[str, Any]]


@pytest.fixture
def officer(inside: Flask) -> Actor:
    """Somebody who may finish every step of a loop, of which one dossier is under way."""
    make.province()
    officer = make.person("officer", *ROLES)
    version = make.publish(officer, loop_of(3), {"work": FORM})
    with clock.at(make.NOW):
        make.receive(officer, version, form=FILING)
    return officer


@contextmanager
def listening() -> Iterator[Said]:
    """Every statement with its values, as often as it is carried out, and every commit."""
    said: Said = []

    def statement(_conn: Connection, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
        said.extend([(sql, values)] * (len(values) if many else 1))

    def commit(_conn: Connection) -> None:
        said.append(("COMMIT", None))

    event.listen(db.engine, "before_cursor_execute", statement)
    event.listen(db.engine, "commit", commit)
    try:
        yield said
    finally:
        event.remove(db.engine, "before_cursor_execute", statement)
        event.remove(db.engine, "commit", commit)


def finish(app: Flask, secret: str, token: str) -> tuple[str, Said]:
    """Claim and finish a step through the API; the next token and what the database was asked."""
    code = f"{make.CENTRE}-260302-0001"
    with listening() as said:
        answer = app.test_client(use_cookies=False).post(
            f"/api/v1/tasks/{code}/{token}/complete", json={"form": ANSWERS},
            headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": f"{code}-{token}"})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()["next"][0]["token"], said


def test_a_completion_costs_few_statements_and_one_commit_at_every_age(app: Flask, officer: Actor) -> None:
    secret = accounts.create_token(officer, "test", 1).secret
    with reading() as conn:
        token = conn.execute(select(Task.token)).scalar_one()
    lengths = []
    for _ in range(30):
        token, said = finish(app, secret, token)
        commits = [sql for sql, _ in said if sql == "COMMIT"]
        writes = [sql for sql, _ in said if sql.startswith(("INSERT", "UPDATE", "DELETE"))]
        lengths.append(len([sql for sql, _ in said if not sql.startswith(("COMMIT", "BEGIN"))]))
        assert len(writes) == 5
        # On SQLite looking up the person ends with a commit too, of a transaction that cannot write.
        assert len(commits) == (1 if db.engine.dialect.name == "postgresql" else 2)
    assert set(lengths[2:]) == {STATEMENTS}


def test_no_page_of_the_inbox_reads_through_all_tasks(officer: Actor) -> None:
    large = db.engine.dialect.name == "postgresql"
    # With fewer PostgreSQL rightly reads all of them.
    crowd(12_000 if large else 200)
    for place in (None, last_place()):
        with listening() as said:
            assert len(inbox(officer, "unit", Filter(), place).rows) == 50
        pages = [(sql, values) for sql, values in said if sql.startswith("SELECT task.dossier")]
        assert len(pages) == 1
        assert [line for line in planned(*pages[0]) if "ix_task_inbox" in line]
        asked = [(sql, values) for sql, values in said if "FROM task" in sql]
        assert len(asked) == (4 if large else 3)
        for sql, values in asked:
            plan = planned(sql, values)
            assert [line for line in plan if "Seq Scan on task" in line or line.startswith("SCAN task")] == []


def planned(sql: str, values: Any) -> list[str]:
    """How the database means to carry a statement out."""
    word = "EXPLAIN" if db.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    with reading() as conn:
        return [str(row[-1]) for row in conn.exec_driver_sql(f"{word} {sql}", values)]


def test_a_corrected_calendar_counts_from_the_next_completion_on(
    officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = f"{make.CENTRE}-260302-0001"
    following = make.NOW + timedelta(days=1)

    def due(token: str, at: Any) -> tuple[str, str]:
        with clock.at(at):
            (opened,) = complete(officer, code, token, Submission(ANSWERS)).next
        assert opened.due_at is not None
        return opened.token, opened.due_at

    with reading() as conn:
        token = conn.execute(select(Task.token)).scalar_one()
    token, first = due(token, following)
    assert first.startswith(following.date().isoformat())
    set_day(officer, following.date(), "off", ("Nghỉ", "Off"), "1/QĐ")
    token, second = due(token, following)
    assert second.startswith((following + timedelta(days=1)).date().isoformat())
    # Without asking for the edition the old calendar would have gone on
    old = next(iter(calendars._kept.values()))
    set_day(officer, (following + timedelta(days=1)).date(), "off", ("Nghỉ", "Off"), "2/QĐ")
    monkeypatch.setattr("app.tasks.hold.of_edition", lambda _conn, _edition: old)
    assert due(token, following)[1] == second
