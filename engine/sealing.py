"""A state under seal: without the key nobody can change it, give it to another dossier or bring back an earlier one.

The seal is an HMAC-SHA-256 over the place that the state belongs to and its bytes. It does not hide anything.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import StateUnreadable

PREFIX = b"onedoor-sealed-1 "
_ID = 8
_SEAL = 64
# The prefix, the key's name, a space, the seal and a line's end stand before the state.
_START = len(PREFIX) + _ID + 1 + _SEAL + 1


@dataclass(frozen=True, slots=True)
class Key:
    """A key with a name that tells nothing about it."""

    id: bytes
    secret: bytes


def key_of(secret: str) -> Key:
    """The key that an installation's secret gives; the same secret always gives the same key."""
    derived = hmac.digest(secret.encode("utf-8"), b"onedoor state seal 1", "sha256")
    return Key(hashlib.sha256(b"name of " + derived).hexdigest()[:_ID].encode(), derived)


def seal(key: Key, place: str, state: bytes) -> bytes:
    """The state with its seal; `place` says whose state it is and which one."""
    return b"".join((PREFIX, key.id, b" ", _mac(key, place, state), b"\n", state))


def unseal(keys: Iterable[Key], place: str, sealed: bytes) -> bytes:
    """The state, if one of the keys sealed it for this place. Raises StateUnreadable."""
    if not sealed.startswith(PREFIX):
        raise StateUnreadable(reason="it has no seal")
    name = sealed[len(PREFIX) : len(PREFIX) + _ID]
    key = next((key for key in keys if key.id == name), None)
    if key is None:
        raise StateUnreadable(reason="it was sealed with a key that is not known here")
    state = sealed[_START:]
    if not hmac.compare_digest(sealed[:_START], seal(key, place, state)[:_START]):
        raise StateUnreadable(reason="its seal is broken")
    return state


def sealed_with(key: Key, place: str, sealed: bytes) -> bool:
    """Whether this very key sealed the state for this place."""
    try:
        unseal((key,), place, sealed)
    except StateUnreadable:
        return False
    return True


def _mac(key: Key, place: str, state: bytes) -> bytes:
    whole = hmac.new(key.secret, place.encode("utf-8"), "sha256")
    whole.update(b"\0")
    whole.update(state)
    return whole.hexdigest().encode()
