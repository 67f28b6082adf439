"""Carrying the requests of service tasks to their connectors, and the answers back into the dossiers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, select, update

from app import clock
from app.casework import SYSTEM, advance
from app.db import reading, transaction
from app.dossiers.models import Dossier
from app.jobs.connectors import CONNECTORS, Connector, ConnectorFailed, Request
from app.jobs.delivery import LEASE
from app.jobs.mailbox import Mailbox
from app.jobs.models import ServiceCall
from engine.commands import AnswerService
from engine.errors import AlreadyEnded, Failed, ServiceNotAwaited

BATCH = 20
UNAVAILABLE = "unavailable"


def answer_services(mailbox: Mailbox, tries: int, connectors: Mapping[str, Connector] = CONNECTORS) -> int:
    """Ask the connectors that are waited for; how many requests were answered.

    A connector that cannot be reached is asked again, ever more rarely; after so many tries the request is answered
    with the error "unavailable", which the diagram may catch.
    """
    answered = 0
    for row in _claim():
        answer = _ask(row, mailbox, connectors, last=row.attempts + 1 >= tries)
        if answer is not None and _bring(row.dossier, answer):
            answered += 1
    return answered


def _claim() -> list[Row[Any]]:
    """Take requests that are due, and put them off so that nobody else asks meanwhile."""
    if not _anything_waits():
        return []
    now = clock.now()
    with transaction() as conn:
        query = (
            select(ServiceCall.__table__, Dossier.code, Dossier.applicant_email, Dossier.applicant_phone,
                   Dossier.applicant_address)
            .join(Dossier, Dossier.id == ServiceCall.dossier)
            .where(_waiting(now)).order_by(ServiceCall.id).limit(BATCH)
            .with_for_update(of=ServiceCall.__table__, skip_locked=True)
        )
        rows = list(conn.execute(query))
        for row in rows:
            later = now + LEASE * 2**min(row.attempts, 8)
            _change(conn, row.id, attempts=row.attempts + 1, next_at=later)
        return rows


def _waiting(now: Any) -> Any:
    return (ServiceCall.next_at <= now) & ServiceCall.failed_at.is_(None)


def _anything_waits() -> bool:
    with reading() as conn:
        return conn.execute(select(ServiceCall.id).where(_waiting(clock.now())).limit(1)).first() is not None


def _ask(row: Row[Any], mailbox: Mailbox, connectors: Mapping[str, Connector], *, last: bool) -> AnswerService | None:
    to = row.applicant_email or row.applicant_phone or row.applicant_address
    try:
        connector = connectors.get(row.connector)
        if connector is None:
            raise ConnectorFailed(UNAVAILABLE, f"there is no connector {row.connector}")
        return AnswerService(row.token, connector(Request(row.id, row.code, row.element, row.inputs, to), mailbox))
    except ConnectorFailed as problem:
        return AnswerService(row.token, None, problem.code, problem.message)
    except OSError as problem:
        with transaction() as conn:
            _change(conn, row.id, last_error=type(problem).__name__)
        return AnswerService(row.token, None, UNAVAILABLE, type(problem).__name__) if last else None


def _bring(dossier: int, answer: AnswerService) -> bool:
    """Give the dossier its answer; what it can do nothing with is an incident, and the request is held back."""
    try:
        with transaction() as conn:
            advance(conn, dossier, answer, SYSTEM, acting_unit=None)
    except (ServiceNotAwaited, AlreadyEnded, Failed):
        return False
    return True


def ask_again(conn: Connection, dossier: int, token: str) -> bool:
    """Put a request that was held back in line again; false if it is not waited for any more."""
    again = {"failed_at": None, "attempts": 0, "next_at": clock.now(), "last_error": ""}
    query = update(ServiceCall).where(ServiceCall.dossier == dossier, ServiceCall.token == token)
    return bool(conn.execute(query.values(**again)).rowcount)


def _change(conn: Connection, number: int, **values: Any) -> None:
    conn.execute(update(ServiceCall).where(ServiceCall.id == number).values(**values))
