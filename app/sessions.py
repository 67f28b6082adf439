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
from sqlalchemy import Connection, delete, insert, select, update
from werkzeug.datastructures import CallbackDict

from app import clock
from app.db import reading, transaction
from app.people.models import Person, Session


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind a session, as the session's one query found him."""

    person: int
    name: str
    username: str
    language: str
    demonstration: bool


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
        if request.path.startswith("/assets/") or request.path == "/healthz":
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


def _find(secret: str) -> ServerSession | None:
    query = (
        select(Session.data, Person.id, Person.name, Person.username, Person.language, Person.demonstration)
        .outerjoin(Person, (Person.id == Session.person) & Person.active)
        .where(Session.id == digest(secret), Session.expires_at > clock.now())
    )
    with reading() as conn:
        row = conn.execute(query).first()
    if row is None:
        return None
    person = None if row.id is None else SignedIn(row.id, row.name, row.username, row.language, row.demonstration)
    return ServerSession(secret, row.data, person)


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
