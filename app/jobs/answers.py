"""The answer to a request with an idempotency key is given once and then repeated."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app import clock
from app.audit.log import canonical
from app.db import assert_in_transaction
from app.jobs.models import Answer
from app.people.actor import Actor
from engine.errors import Invalid

LONGEST_KEY = 100


class KeyReused(Invalid):
    """The key "{key}" was used for another request; take a new key for a new request."""


class KeyInvalid(Invalid):
    """An idempotency key has 1 to {limit} printable characters; shorten it."""


def once(
    conn: Connection, actor: Actor, key: str | None, request: Mapping[str, Any], perform: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Perform the request, or give the answer it was given before under the same key by the same person.

    The row is written first: a second request with the key waits at it until the first is through.
    """
    assert_in_transaction(conn)
    if key is None:
        return perform()
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise KeyInvalid(limit=LONGEST_KEY)
    digest = hashlib.sha256(canonical(request)).hexdigest()
    if not _claimed(conn, actor, key, digest):
        return _given(conn, actor, key, digest)
    body = perform()
    conn.execute(update(Answer).where(Answer.key == key, Answer.person == actor.person).values(body=body))
    return body


def forget_old(conn: Connection, days: int) -> int:
    """Remove answers that nobody will ask for again; how many there were."""
    return conn.execute(delete(Answer).where(Answer.created_at < clock.now() - timedelta(days=days))).rowcount


def _claimed(conn: Connection, actor: Actor, key: str, digest: str) -> bool:
    insert_ = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    row = insert_(Answer).values(
        key=key, person=actor.person, request_digest=digest, body={}, created_at=clock.now())
    claimed = row.on_conflict_do_nothing().returning(Answer.key)
    return conn.execute(claimed).first() is not None


def _given(conn: Connection, actor: Actor, key: str, digest: str) -> dict[str, Any]:
    query = select(Answer.request_digest, Answer.body).where(Answer.key == key, Answer.person == actor.person)
    row = conn.execute(query).one()
    if row.request_digest != digest:
        raise KeyReused(key=key)
    body: dict[str, Any] = row.body
    return body
