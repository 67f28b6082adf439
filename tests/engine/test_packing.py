"""What is kept is packed with words that both sides know; what earlier releases packed is unpacked for ever."""

from __future__ import annotations

import hashlib
import zlib
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import packing
from engine.errors import StateUnreadable
from engine.packing import pack, unpack
from engine.spelling import spelled
from engine.state import State, dump
from tests.engine.builders import DOSSIER


def test_a_young_dossier_takes_a_third_of_its_length() -> None:
    state = dump(State("a" * 64, dict(DOSSIER), {"filing": {"owner": "Phạm Minh Châu", "area": 84.5}}, {"review": 1}))
    assert len(pack(state)) < len(state) / 2 < len(zlib.compress(state))


@given(st.binary(max_size=2000))
def test_whatever_was_packed_comes_back(state: bytes) -> None:
    assert unpack(pack(state)) == state


def test_what_earlier_releases_kept_is_read() -> None:
    state = b'onedoor-state-1\n{"status":2}'
    assert unpack(state) == state
    assert unpack(b"onedoor-packed-1\n" + zlib.compress(state)) == state


def test_the_words_are_part_of_the_format() -> None:
    """Another word, and no state of before could be read; see golden/0.2."""
    known = hashlib.sha256(packing._WORDS).hexdigest()
    assert known == "9cf3743a8d0dab15414d8e7f613380ea824f03ee1d607493e9631f5d336863b3"


@pytest.mark.parametrize("damaged", [
    pack(b"state")[:-1], pack(b"state") + b"x", packing.SECOND, packing.SECOND + b"\xff\xff", packing.FIRST + b"x",
    packing.FIRST, packing.FIRST + zlib.compress(b"state")[:-1],
])
def test_what_is_damaged_is_refused(damaged: bytes) -> None:
    with pytest.raises(StateUnreadable, match=r"cannot be read: it cannot be unpacked\.$"):
        unpack(damaged)


def test_what_is_spelled_is_not_spelled_again() -> None:
    text = spelled({"b": [1, 1.0, True, None], "a": "Đỗ"})
    assert text == '{"a":"Đỗ","b":[1,1.0,true,null]}'
    assert spelled(text) is text
    assert spelled(str(text)) != text, "a text that only looks like JSON is a text"
    assert spelled(MappingProxyType({"a": 1})) == '{"a":1}'
    with pytest.raises(TypeError):
        spelled({"a": object()})
