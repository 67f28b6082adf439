"""The seal: only who has the key can write a state, and only for its place."""

from __future__ import annotations

import hmac
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import StateUnreadable
from engine.sealing import Key, key_of, seal, sealed_with, unseal

OLD, NEW = key_of("the old secret"), key_of("the new secret")
STATE = b'onedoor-state-1\n{"status":2}'


def test_what_was_sealed_opens() -> None:
    assert unseal((NEW, OLD), "H49-1 7", seal(NEW, "H49-1 7", STATE)) == STATE
    assert unseal((NEW, OLD), "H49-1 7", seal(OLD, "H49-1 7", STATE)) == STATE


def test_the_same_secret_gives_the_same_key_and_the_key_s_name_tells_nothing() -> None:
    assert key_of("the old secret") == OLD
    assert OLD.id != NEW.id
    assert OLD.id not in OLD.secret.hex().encode()
    assert b"secret" not in seal(OLD, "x", b"")


def first(key: Key, place: str, state: bytes) -> bytes:
    """As the first releases sealed."""
    mac = hmac.new(key.secret, place.encode() + b"\0" + state, "sha256").hexdigest().encode()
    return b"onedoor-sealed-1 " + key.id + b" " + mac + b"\n" + state


def test_how_a_sealed_state_is_written() -> None:
    """Other releases read it: the prefix, the key's name, the seal's 32 bytes, the state."""
    mac = hmac.new(OLD.secret, b"H49-1 7\0" + STATE, "sha256").digest()
    assert (OLD.id, type(OLD)) == (b"03e0304e", Key)
    assert seal(OLD, "H49-1 7", STATE) == b"\x02" + b"03e0304e" + mac + STATE
    assert unseal((NEW, OLD), "H49-1 7", first(OLD, "H49-1 7", STATE)) == STATE


OF_THEN = first(NEW, "H49-1 7", STATE)
FORGERIES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "stripped": (lambda sealed: STATE, "it has no seal"),
    "empty": (lambda sealed: b"", "it has no seal"),
    "another format": (lambda sealed: b"\x03" + sealed[1:], "it has no seal"),
    "the first format": (lambda sealed: b"onedoor-sealed-1 " + sealed[1:], "its seal is broken"),
    "changed": (lambda sealed: sealed.replace(b'"status":2', b'"status":9'), "its seal is broken"),
    "truncated": (lambda sealed: sealed[:-1], "its seal is broken"),
    "truncated in the seal": (lambda sealed: sealed[:20], "its seal is broken"),
    "continued": (lambda sealed: sealed + b" ", "its seal is broken"),
    "seal of nothing": (lambda sealed: sealed[:9] + b"0" * 32 + STATE, "its seal is broken"),
    "another key's name": (lambda sealed: sealed.replace(NEW.id, b"00000000"),
                           "it was sealed with a key that is not known here"),
    "no line's end, at first": (lambda _: OF_THEN.replace(b"\n", b" ", 1), "its seal is broken"),
    "upper case, at first": (lambda _: OF_THEN[:26] + OF_THEN[26:].upper(), "its seal is broken"),
    "the first as the second": (lambda _: b"\x02" + OF_THEN[17:], "its seal is broken"),
    "an old key's name": (lambda sealed: sealed.replace(NEW.id, OLD.id), "its seal is broken"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_are_refused_with_a_reason(name: str) -> None:
    forge, reason = FORGERIES[name]
    with pytest.raises(StateUnreadable, match=rf"cannot be read: {reason}\.$"):
        unseal((NEW, OLD), "H49-1 7", forge(seal(NEW, "H49-1 7", STATE)))


@pytest.mark.parametrize("place", ["H49-1 6", "H49-1 8", "H49-2 7", "H49-1 70", "", "H49-1 7 "])
def test_a_seal_is_good_for_its_place_only(place: str) -> None:
    with pytest.raises(StateUnreadable, match="its seal is broken"):
        unseal((NEW,), place, seal(NEW, "H49-1 7", STATE))


def test_a_place_and_a_state_cannot_be_shifted_into_one_another() -> None:
    sealed = seal(NEW, "ab", b"cd")
    with pytest.raises(StateUnreadable):
        unseal((NEW,), "a", sealed.replace(b"cd", b"bcd"))


def test_a_key_given_up_opens_nothing() -> None:
    with pytest.raises(StateUnreadable, match="not known here"):
        unseal((NEW,), "H49-1 7", seal(OLD, "H49-1 7", STATE))


def test_which_key_sealed_is_told() -> None:
    sealed = seal(OLD, "H49-1 7", STATE)
    assert sealed_with(OLD, "H49-1 7", sealed)
    assert not sealed_with(NEW, "H49-1 7", sealed)
    assert not sealed_with(OLD, "H49-1 8", sealed)


@given(st.binary(max_size=300), st.text(max_size=20))
def test_any_state_comes_back_and_no_other_bytes_do(state: bytes, place: str) -> None:
    assert unseal((NEW,), place, seal(NEW, place, state)) == state
    with pytest.raises(StateUnreadable):
        unseal((NEW,), place, state)


@given(st.integers(0, 400), st.integers(1, 255))
def test_no_single_byte_can_be_changed(at: int, by: int) -> None:
    for sealed in map(bytearray, (seal(NEW, "p", STATE), first(NEW, "p", STATE))):
        at %= len(sealed)
        sealed[at] ^= by
        with pytest.raises(StateUnreadable):
            unseal((NEW, OLD), "p", bytes(sealed))
