"""Passwords: Argon2id, and the same work for accounts that do not exist."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.people.errors import PasswordWeak

LEAST, MOST = 10, 200

_hasher = PasswordHasher()


def hashed(password: str) -> str:
    """What is stored of a password."""
    return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether the password is right; takes as long when there is no account."""
    try:
        return _hasher.verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def check_strength(password: str, username: str) -> None:
    """Refuse what is too short, absurdly long or the account's name."""
    if not LEAST <= len(password) <= MOST or password.casefold() == username.casefold():
        raise PasswordWeak(least=LEAST, most=MOST)


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")
