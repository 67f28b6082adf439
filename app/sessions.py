"""Signed-in browsers: the cookie holds a secret, the database only its SHA-256.

Nobody who is not signed in costs a row: an anonymous visitor has a random cookie from which the page token against
forged requests is derived, nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import Connection, Date, bindparam, delete, insert, select, update
from werkzeug.datastructures import CallbackDict

from app import clock
from app.db import UtcDateTime, ask, transaction
from app.people.models import ApiToken, Membership, Person, Session, Unit
from app.statements import Rows, Statement


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind a session or a token; `roles` are (unit, role) pairs of today, None where nobody looked."""

    person: int
    name: str
    username: str
    language: str
    demonstration: bool
    roles: tuple[tuple[str, str], ...] | None = None


class ServerSession(CallbackDict[str, Any], SessionMixin):
    """What Flask sees: a dictionary that remembers whether it has to be written."""

    def __init__(self, secret: str, values: Mapping[str, Any] | None = None, person: SignedIn | None = None) -> None:
        def mark(changed: ServerSession) -> None:
            changed.modified = True

        super().__init__(values, mark)
        self.secret = secret
        self.signed_in = person
        self.stored = values is not None
        self.fresh_cookie = False
        self.ended = False
        self.modified = False


class ServerSessions(SessionInterface):
    """Opens and keeps sessions in the database."""

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        """The browser's session; a new empty one when its secret is unknown, expired or absent."""
        secret = request.cookies.get(app.config["SESSION_COOKIE_NAME"], "")
        if request.path.startswith("/assets/") or request.path == "/healthz" or bearer(request):
            return ServerSession(secret or "none")
        found = _find(secret) if len(secret) == 43 else None
        session = ServerSession(secret if len(secret) == 43 else secrets.token_urlsafe(32)) if found is None else found
        session.fresh_cookie = session.secret != secret
        dict.__setitem__(session, "csrf_token", _page_token(app, session.secret))
        return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write what changed, and set or take back the cookie."""
        assert isinstance(session, ServerSession)
        if session.modified and not session.ended:
            _write(app, session)
        if session.ended:
            response.delete_cookie(app.config["SESSION_COOKIE_NAME"], path="/")
        elif session.fresh_cookie:
            response.vary.add("Cookie")
            response.set_cookie(
                app.config["SESSION_COOKIE_NAME"], session.secret, path="/", httponly=True, samesite="Lax",
                secure=app.config["SESSION_COOKIE_SECURE"],
            )


def bearer(request: Request) -> str | None:
    """The key for the API that a request carries; who comes with one has no session."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and request.path.startswith("/api/") else None


def digest(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def start(conn: Connection, session: ServerSession, person: SignedIn, hours: int) -> None:
    """Sign a person in under a new secret; the old one is worth nothing from here on."""
    if session.stored:
        conn.execute(delete(Session).where(Session.id == digest(session.secret)))
    session.secret = secrets.token_urlsafe(32)
    now = clock.now()
    conn.execute(insert(Session).values(
        id=digest(session.secret), person=person.person, data={}, created_at=now,
        expires_at=now + timedelta(hours=hours),
    ))
    session.clear()
    session.signed_in, session.stored, session.fresh_cookie, session.modified = person, True, True, False


def end(conn: Connection, session: ServerSession) -> None:
    """Sign out: the row goes, and with it every copy of the cookie."""
    conn.execute(delete(Session).where(Session.id == digest(session.secret)))
    session.clear()
    session.signed_in, session.ended = None, True


def end_all(conn: Connection, person: int) -> None:
    """Sign a person out everywhere."""
    conn.execute(delete(Session).where(Session.person == person))


def forget_expired(conn: Connection) -> int:
    """Remove sessions whose time is over; how many there were."""
    return conn.execute(delete(Session).where(Session.expires_at <= clock.now())).rowcount


_PERSON = (
    Person.id, Person.name, Person.username, Person.language, Person.demonstration, Unit.code.label("unit"),
    Membership.role,
)


def _with_roles(query: Any) -> Statement:
    """The same with a row for each role that the person has on the day `today`."""
    today = bindparam("today", type_=Date)
    return Statement(
        query
        .outerjoin(Membership, (Membership.person == Person.id) & (Membership.valid_from <= today)
                   & (Membership.valid_to.is_(None) | (Membership.valid_to >= today)))
        .outerjoin(Unit, (Unit.code == Membership.unit) & (Unit.valid_to.is_(None) | (Unit.valid_to >= today)))
    )


_BY_SESSION = _with_roles(
    select(Session.data, *_PERSON).outerjoin(Person, (Person.id == Session.person) & Person.active)
    .where(Session.id == bindparam("hash"), Session.expires_at > bindparam("now", type_=UtcDateTime))
)
_BY_TOKEN = _with_roles(
    select(*_PERSON).join(ApiToken, ApiToken.person == Person.id).where(
        ApiToken.hash == bindparam("hash"), ApiToken.revoked_at.is_(None),
        ApiToken.expires_at > bindparam("now", type_=UtcDateTime), Person.active)
)


def by_token(secret: str) -> SignedIn | None:
    """The person whose key for the API this is, while it is valid."""
    rows = _looked_up(_BY_TOKEN, secret)
    return _person(rows) if rows else None


def _find(secret: str) -> ServerSession | None:
    rows = _looked_up(_BY_SESSION, secret)
    return ServerSession(secret, rows[0].data, _person(rows)) if rows else None


def _looked_up(query: Statement, secret: str) -> Rows:
    return ask(query.of(hash=digest(secret), now=clock.now(), today=clock.today()))


def _person(rows: Rows) -> SignedIn | None:
    first = rows[0]
    if first.id is None:
        return None
    roles = tuple(sorted((row.unit, row.role) for row in rows if row.unit is not None))
    return SignedIn(first.id, first.name, first.username, first.language, first.demonstration, roles)


def _write(app: Flask, session: ServerSession) -> None:
    data = {key: value for key, value in session.items() if key != "csrf_token"}
    if not data and not session.stored:
        return
    key = digest(session.secret)
    with transaction() as conn:
        if conn.execute(update(Session).where(Session.id == key).values(data=data)).rowcount:
            return
        now = clock.now()
        hours = timedelta(hours=app.config["ONEDOOR_SESSION_HOURS"] if session.signed_in else 1)
        conn.execute(insert(Session).values(id=key, person=None, data=data, created_at=now, expires_at=now + hours))


def _page_token(app: Flask, secret: str) -> str:
    key = str(app.config["SECRET_KEY"]).encode()
    return hmac.new(key, b"page token:" + secret.encode(), hashlib.sha256).hexdigest()
