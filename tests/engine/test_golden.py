"""What earlier releases stored is read by this one, and means the same; see tests/bench/golden.py.

A later release may say more (new facts' fields, new entries of a view), never something else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from engine import commands, facts
from engine.definition import Bundle, Definition, compile_definition
from engine.execute import step
from engine.fold import View, fold
from engine.packing import unpack
from engine.sealing import key_of, unseal
from engine.state import State, dump, load, open_tokens

SECRET = "golden: a key that protects nothing"
FILES = sorted((Path(__file__).parent / "golden").glob("*/*.json"))


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def says(now: Any, then: Any) -> bool:
    """Whether what is said now contains what was said then; objects may have more entries."""
    if isinstance(then, dict):
        return isinstance(now, dict) and all(key in now and says(now[key], then[key]) for key in then)
    if isinstance(then, list):
        return isinstance(now, list) and len(now) == len(then) and all(map(says, now, then))
    return type(now) is type(then) and now == then


def plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


def kept(text: str) -> bytes:
    """What stood in the database; at first it was all letters."""
    return text.encode("utf-8") if text.startswith("onedoor") else bytes.fromhex(text)


def steps(path: Path) -> Iterator[tuple[dict[str, Any], State, Definition, bytes | None]]:
    """Every entry with the state after it, the definition, and the stored state before it."""
    content = read(path)
    definition, before = compile_definition(Bundle.from_json(content["bundle"])), None
    for entry in content["entries"]:
        stored = unpack(unseal((key_of(SECRET),), entry["place"], kept(entry["sealed"])))
        yield entry, load(stored), definition, before
        before = stored


def test_there_are_some() -> None:
    assert len(FILES) >= 9
    kinds = {fact["fact"] for path in FILES for entry in read(path)["entries"] for fact in entry["facts"]}
    assert len(kinds) >= 15


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_histories_fold_to_the_recorded_views(path: Path) -> None:
    content, view = read(path), View()
    for entry in content["entries"]:
        view = fold([facts.from_json(fact) for fact in entry["facts"]], view)
    assert says(plain(asdict(view)), content["view"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_states_are_read_and_agree_with_the_views(path: Path) -> None:
    view = View()
    for entry, state, definition, _ in steps(path):
        view = fold([facts.from_json(fact) for fact in entry["facts"]], view)
        assert state.digest == definition.digest
        assert (state.data, state.visits, state.status) == (view.data, view.visits, view.status)
        assert {token: each.step for token, each in view.open.items()} == open_tokens(dump(state))
        assert {token: (timer.element, timer.due_at) for token, timer in state.timers.items()} == view.timers
        assert load(dump(state)) == state


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_commands_on_states_of_then_do_now_what_they_did(path: Path) -> None:
    for entry, after, definition, before in steps(path):
        command = commands.from_json(entry["command"])
        outcome = step(definition, before, command, datetime.fromisoformat(entry["at"]))
        assert says([plain(facts.to_json(fact)) for fact in outcome.facts], entry["facts"])
        assert load(outcome.state) == after


def test_a_fold_that_forgets_something_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setitem(fold.__globals__["APPLY"], facts.PathFollowed, lambda draft, fact: None)
    with pytest.raises(AssertionError):
        test_histories_fold_to_the_recorded_views(FILES[0])
