"""Signing in and out, and what people change about their own account."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update

from app import clock, sessions
from app.db import reading, transaction
from app.errors import NotFound
from app.languages import LANGUAGES
from app.people import passwords
from app.people.actor import Actor
from app.people.errors import LanguageUnknown, NameMissing, PasswordsDiffer, PasswordWrong, SignInRefused, TokenLimit
from app.people.models import ApiToken, Person
from app.sessions import ServerSession, SignedIn

MOST_TOKENS = 20


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token at the one moment its secret is known."""

    id: int
    name: str
    secret: str
    expires_at: datetime


def authenticate(username: str, password: str) -> SignedIn:
    """The person with this account and password. Raises SignInRefused, as slowly for unknown accounts."""
    query = select(
        Person.id, Person.name, Person.username, Person.language, Person.demonstration, Person.active,
        Person.password_hash,
    ).where(Person.username == username.strip().lower())
    with reading() as conn:
        row = conn.execute(query).first()
    right = passwords.matches(row.password_hash if row else None, password)
    if row is None or not right or not row.active:
        raise SignInRefused()
    if passwords.outdated(row.password_hash):
        _renew_hash(row.id, password)
    return SignedIn(row.id, row.name, row.username, row.language, row.demonstration)


def _renew_hash(person: int, password: str) -> None:
    value = passwords.hashed(password)
    with transaction() as conn:
        conn.execute(update(Person).where(Person.id == person).values(password_hash=value))


def open_session(session: ServerSession, person: SignedIn, hours: int) -> None:
    """Sign the browser in."""
    with transaction() as conn:
        sessions.start(conn, session, person, hours)


def close_session(session: ServerSession) -> None:
    """Sign the browser out."""
    with transaction() as conn:
        sessions.end(conn, session)


def choose_language(actor: Actor, language: str) -> None:
    """Read everything in this language from now on."""
    if language not in LANGUAGES:
        raise LanguageUnknown(language=language, offered=", ".join(LANGUAGES))
    with transaction() as conn:
        conn.execute(update(Person).where(Person.id == actor.person).values(language=language))


def change_password(actor: Actor, old: str, new: str, again: str) -> None:
    """Take a new password; every session of the person ends, this one included."""
    with reading() as conn:
        stored = conn.scalar(select(Person.password_hash).where(Person.id == actor.person))
    if not passwords.matches(stored, old):
        raise PasswordWrong()
    if new != again:
        raise PasswordsDiffer()
    passwords.check_strength(new, actor.username)
    value = passwords.hashed(new)
    with transaction() as conn:
        conn.execute(update(Person).where(Person.id == actor.person).values(password_hash=value))
        sessions.end_all(conn, _id(actor))


def create_token(actor: Actor, name: str, days: int) -> NewToken:
    """A key for the API; its secret is shown now and never again."""
    if not name.strip():
        raise NameMissing()
    secret = "od_" + secrets.token_urlsafe(32)
    now = clock.now()
    expires = now + timedelta(days=days)
    with transaction() as conn:
        if _usable_tokens(conn, actor) >= MOST_TOKENS:
            raise TokenLimit(limit=MOST_TOKENS)
        token = conn.execute(insert(ApiToken).values(
            hash=sessions.digest(secret), person=actor.person, name=name.strip()[:80], created_at=now,
            expires_at=expires,
        ).returning(ApiToken.id)).scalar_one()
    return NewToken(token, name.strip()[:80], secret, expires)


def revoke_token(actor: Actor, token_id: int) -> None:
    """Make one of one's tokens worthless."""
    mine = (ApiToken.id == token_id, ApiToken.person == actor.person, ApiToken.revoked_at.is_(None))
    with transaction() as conn:
        if not conn.execute(update(ApiToken).where(*mine).values(revoked_at=clock.now())).rowcount:
            raise NotFound(what="token", key=token_id)


def _usable_tokens(conn: Connection, actor: Actor) -> int:
    query = select(func.count()).select_from(ApiToken).where(
        ApiToken.person == actor.person, ApiToken.revoked_at.is_(None), ApiToken.expires_at > clock.now())
    return conn.scalar(query) or 0


def _id(actor: Actor) -> int:
    assert actor.person is not None
    return actor.person
