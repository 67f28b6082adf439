"""Statements that travel together are kept together or not at all, and fail as they would have failed alone."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from app.db import db, reading, together, transaction
from app.people.models import Membership, Setting
from tests import builders as make

STRANGER = {"person": 999, "unit": make.COMMUNE, "role": "specialist", "valid_from": make.SINCE}


def kept() -> int:
    """How many facts about the installation there are."""
    with reading() as conn:
        return conn.execute(select(func.count()).select_from(Setting)).scalar_one()


@pytest.fixture
def before(inside: Flask) -> int:
    make.province()
    return kept()


def test_one_that_fails_takes_the_others_with_it(before: int) -> None:
    with pytest.raises(IntegrityError), transaction() as conn, together(conn):
        conn.execute(insert(Setting.__table__).values(key="first", value={}))
        conn.execute(insert(Membership.__table__).inline().values(**STRANGER))
        conn.execute(insert(Setting.__table__).values(key="last", value={}))
    assert kept() == before


def test_without_a_failure_all_of_them_are_kept(before: int) -> None:
    with transaction() as conn, together(conn):
        conn.execute(insert(Setting.__table__), [{"key": "one", "value": {}}, {"key": "two", "value": {}}])
        conn.execute(insert(Setting.__table__).values(key="three", value={}))
    assert kept() == before + 3


@pytest.mark.parametrize("app", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_a_value_that_cannot_be_kept_is_the_requests_fault(before: int) -> None:
    with pytest.raises(DataError), transaction() as conn, together(conn):
        conn.execute(insert(Setting.__table__).values(key="zero\x00byte", value={}))
    assert kept() == before


@pytest.mark.parametrize("app", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_a_lost_connection_is_not_used_again(before: int) -> None:
    with pytest.raises(OperationalError), transaction() as conn, together(conn):
        pid = conn.connection.driver_connection.info.backend_pid
        with db.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        conn.execute(insert(Setting.__table__).values(key="lost", value={}))
    assert kept() == before
