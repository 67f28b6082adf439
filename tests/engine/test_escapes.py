"""No text of a procedure or a dossier reaches anything outside the engine, ends in a strange error, or takes long.

`python -m tests.hostile.watch` tries every payload in every slot; here the costly slots get every fortieth, other ones
each. The payloads run in a process of their own under an audit hook, which reports whatever is opened,
started, imported or run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.commands import ClaimStep
from engine.definition import Bundle, check
from engine.errors import OneDoorError
from engine.execute import step
from engine.state import load
from tests.engine.builders import NOW, Walk, row
from tests.hostile.payloads import PAYLOADS
from tests.hostile.slots import SLOTS

ROOT = Path(__file__).parents[2]


def watched(*arguments: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.hostile.watch", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.stdout, ran.stderr
    said: dict[str, Any] = json.loads(ran.stdout)
    return said


def test_there_are_enough() -> None:
    assert len(PAYLOADS) >= 300
    assert len(SLOTS) >= 30


def test_no_payload_reaches_anything() -> None:
    said = watched("--every", "40")
    assert said["wrong"] == []
    assert said["tried"] > 2_000


def test_no_random_text_does_either() -> None:
    said = watched("--fuzz", "1500", "--seed", "5")
    assert said["wrong"] == []
    assert said["accepted"] > 500


def test_a_leak_would_be_seen() -> None:
    """The negative control: the same payloads in a slot that runs Python."""
    said = watched("--leaky", "--fuzz", "200")
    assert any("reached" in each for each in said["wrong"])


WALK = Walk(row("a"), {"x": [1, {"y": "z"}]})
XML = row("a", "b")


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=4)), min_size=1, max_size=4))
def test_a_damaged_state_is_read_as_it_is_or_refused(changes: list[tuple[int, bytes]]) -> None:
    """Behind the seal: whatever the bytes are, only errors of ours come of them."""
    stored = WALK.state or b""
    for at, new in changes:
        at %= len(stored)
        stored = stored[:at] + new + stored[at + len(new) :]
    try:
        load(stored)
    except OneDoorError:
        return
    for token in ("1", "2"):
        try:
            step(WALK.definition, stored, ClaimStep(token, "lan"), NOW)
        except OneDoorError:
            continue


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 20), st.text(max_size=6)), min_size=1, max_size=4))
def test_a_damaged_diagram_is_checked_without_an_accident(changes: list[tuple[int, int, str]]) -> None:
    xml = XML
    for at, lost, new in changes:
        at %= len(xml)
        xml = xml[:at] + new + xml[at + lost :]
    assert isinstance(check(Bundle(xml)), tuple)


@pytest.mark.parametrize("name", sorted(SLOTS))
def test_every_slot_is_one(name: str) -> None:
    """What cannot be read is refused, or comes to nothing."""
    said = []
    try:
        said = list(SLOTS[name]("]][["))
    except OneDoorError as refused:
        said = [str(refused)]
    assert said
