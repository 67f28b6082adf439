"""The answer to a request with an idempotency key is given once and then repeated."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from app import clock
from app.audit.log import canonical
from app.db import assert_in_transaction
from app.jobs.models import Answer
from app.people.actor import Actor
from app.statements import Question, Statement, send
from engine.errors import Invalid

LONGEST_KEY = 100


class KeyReused(Invalid):
    """The key "{key}" was used for another request; take a new key for a new request."""


class KeyInvalid(Invalid):
    """An idempotency key has 1 to {limit} printable characters; shorten it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as far as its repetition is concerned; without a key it is never the same as another."""

    key: str | None
    person: int | None
    digest: str

    @classmethod
    def of(cls, actor: Actor, key: str | None, request: Mapping[str, Any]) -> Asked:
        """The request of a person under a key. Raises KeyInvalid."""
        if key is not None and (not 0 < len(key) <= LONGEST_KEY or not key.isprintable()):
            raise KeyInvalid(limit=LONGEST_KEY)
        return cls(key, actor.person, hashlib.sha256(canonical(request)).hexdigest() if key else "")

    def answered(self, digest: str | None, body: dict[str, Any]) -> dict[str, Any] | None:
        """The answer that is kept under its key, if one is. Raises KeyReused when it answers another request."""
        if digest is None:
            return None
        if digest != self.digest:
            raise KeyReused(key=self.key)
        return body


def keeping(asked: Asked, body: Mapping[str, Any]) -> tuple[Question, ...]:
    """What keeps the answer of a request that came under a lock and found no answer there; see `unused`."""
    return (_KEEP.of(**_row(asked, body)),) if asked.key else ()


@contextmanager
def unused(asked: Asked) -> Iterator[None]:
    """Raises KeyReused when the key was used meanwhile, then for something else."""
    try:
        yield
    except IntegrityError as error:
        found = getattr(error.orig, "diag", None)
        if found is None or found.constraint_name != Answer.__table__.primary_key.name:
            raise
        raise KeyReused(key=asked.key) from error


def once(
    conn: Connection, actor: Actor, key: str | None, request: Mapping[str, Any], perform: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Perform the request, or give the answer it was given before under the same key by the same person.

    The row is written first: a second request with the key waits at it until the first is through.
    """
    assert_in_transaction(conn)
    asked = Asked.of(actor, key, request)
    if key is None:
        return perform()
    if not _claimed(conn, asked, {}):
        row = conn.execute(_GIVEN, {"key": key, "person": actor.person}).one()
        return asked.answered(row.request_digest, row.body) or {}
    body = perform()
    conn.execute(update(Answer).where(Answer.key == key, Answer.person == actor.person).values(body=body))
    return body


def forget_old(conn: Connection, days: int) -> int:
    """Remove answers that nobody will ask for again; how many there were."""
    return conn.execute(delete(Answer).where(Answer.created_at < clock.now() - timedelta(days=days))).rowcount


def _claimed(conn: Connection, asked: Asked, body: Mapping[str, Any]) -> bool:
    return bool(send(conn, _CLAIM[conn.dialect.name].of(**_row(asked, body)))[0])


def _row(asked: Asked, body: Mapping[str, Any]) -> dict[str, Any]:
    return {"key": asked.key, "person": asked.person, "request_digest": asked.digest, "body": body,
            "created_at": clock.now()}


_GIVEN = select(Answer.request_digest, Answer.body).where(
    Answer.key == bindparam("key"), Answer.person == bindparam("person"))
_KEEP = Statement(insert(Answer.__table__).inline())
_CLAIM = {
    name: Statement(inserted(Answer.__table__).on_conflict_do_nothing().returning(Answer.key))
    for name, inserted in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
