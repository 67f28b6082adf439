"""A state under seal: without the key nobody can change it, give it to another dossier or bring back an earlier one.

The seal is an HMAC-SHA-256 over the place that the state belongs to and its bytes. It does not hide anything.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import StateUnreadable

FIRST, SECOND = b"onedoor-sealed-1 ", b"\x02"
_ID = 8
# What stands before the state: the prefix, the key's name and the seal; at first the seal in digits between a space and
# a line's end, now its 32 bytes.
_STARTS = {FIRST: len(FIRST) + _ID + 1 + 64 + 1, SECOND: len(SECOND) + _ID + 32}


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
    return _start(SECOND, key, place, state) + state


def unseal(keys: Iterable[Key], place: str, sealed: bytes) -> bytes:
    """The state, if one of the keys sealed it for this place. Raises StateUnreadable."""
    prefix = next((each for each in _STARTS if sealed.startswith(each)), None)
    if prefix is None:
        raise StateUnreadable(reason="it has no seal")
    name = sealed[len(prefix) : len(prefix) + _ID]
    key = next((key for key in keys if key.id == name), None)
    if key is None:
        raise StateUnreadable(reason="it was sealed with a key that is not known here")
    start = _STARTS[prefix]
    state = sealed[start:]
    if not hmac.compare_digest(sealed[:start], _start(prefix, key, place, state)):
        raise StateUnreadable(reason="its seal is broken")
    return state


def sealed_with(key: Key, place: str, sealed: bytes) -> bool:
    """Whether this very key sealed the state for this place."""
    try:
        unseal((key,), place, sealed)
    except StateUnreadable:
        return False
    return True


def _start(prefix: bytes, key: Key, place: str, state: bytes) -> bytes:
    whole = hmac.new(key.secret, place.encode("utf-8"), "sha256")
    whole.update(b"\0")
    whole.update(state)
    mac = whole.hexdigest().encode().join((b" ", b"\n")) if prefix == FIRST else whole.digest()
    return prefix + key.id + mac
