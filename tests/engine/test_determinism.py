"""The same commands give the same bytes, here and in another process, saved at every step; views agree with states."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import commands
from engine.commands import ClaimStep, CompleteStep, DeliverMessage, FireTimer, WithdrawDossier
from engine.definition import Bundle, Definition, compile_definition
from engine.execute import offered, step
from engine.facts import to_json
from engine.fold import View, fold
from engine.state import load, open_tokens
from tests.engine.builders import (
    DOSSIER,
    NOW,
    both,
    choice,
    diagram,
    end,
    flow,
    frame,
    loop,
    path,
    receive,
    script,
    start,
    task,
    timer,
    xor,
)

REWORK = diagram(
    start(), task("a", choice("ok"), choice("more", "supplement", "visits.supplement < 2"), choice("no", "refuse"),
    status="4"),
    xor("g", "g-b"), receive("supplement", "supplement"), timer("t", "P30D", host="supplement"), end("late", "8"),
    end("refused", "8"), script("fee", "filing.n * 2"), task("b", choice("ok"), choice("back", "return")), xor("h",
    "h-done"),
    end(status="9"), timer("remind", "P1D", host="b", interrupting=False), end("reminded"),
    path("begin", "a", "g"), flow("g", "b"), flow("g", "supplement", 'a.choice = "more"'), path("supplement", "a"),
    flow("g", "refused", 'a.choice = "no"'), path("t", "late"), path("b", "fee", "h", "done"),
    flow("h", "a", 'b.choice = "back"'), path("remind", "reminded"), messages=("supplement",),
)
PARALLEL = diagram(
    start(), xor("m"), both("s"), task("a", inside=loop("filing.x", until="count(a) >= 2")),
    task("b", inside=loop("filing.x", sequential=True)), frame("f", start("i"), both("s2"), task("c"), task("d"),
    both("j2"),
    end("o"), path("i", "s2", "c", "j2", "o"), path("s2", "d", "j2")), timer("t", "P1D", host="f"), xor("n"), both("j"),
    task("e", choice("ok"), choice("again", "return", "visits.e < 3")), xor("g", "g-done"), timer("pause", "PT1H"),
    end(),
    path("begin", "m", "s", "a", "j"), path("s", "b", "j"), path("s", "f", "n", "j", "e", "g", "done"), path("t", "n"),
    flow("g", "pause", 'e.choice = "again"'), path("pause", "m"),
)
DEFINITIONS = {name: compile_definition(Bundle(xml)) for name, xml in (("rework", REWORK), ("parallel", PARALLEL))}


def possible(definition: Definition, state: bytes, view: View) -> list[commands.Command]:
    """Everything that somebody could do now, in a fixed order."""
    found: list[commands.Command] = []
    for token, opened in view.open.items():
        if opened.message:
            found.append(DeliverMessage(opened.message, {"paper": 1}, token))
        elif opened.assignee is None:
            found.append(ClaimStep(token, "lan"))
        else:
            choices = [one.id for one in offered(definition, state, token, NOW)] or [None]
            found += [CompleteStep(token, "lan", {"v": int(token)}, one) for one in choices]
    return found + [FireTimer(number) for number in view.timers]


def play(definition: Definition, picks: list[int], withdraw: bool = False) -> tuple[bytes, list[Any], View]:
    """A random way through the diagram, reloaded at each step; the view is compared with the state each time."""
    outcome = step(definition, None, commands.StartProcess(DOSSIER, {"n": 2, "x": ["p", "q", "r"]}), NOW)
    recorded = list(outcome.facts)
    view = fold(outcome.facts)
    now = NOW
    for pick in picks:
        agree(outcome.state, view)
        able = possible(definition, outcome.state, view)
        if not able:
            break
        now += timedelta(days=40)
        outcome = step(definition, bytes(outcome.state), able[pick % len(able)], now)
        recorded += outcome.facts
        view = fold(outcome.facts, view)
    if withdraw and not view.ended and view.status < 9:
        outcome = step(definition, outcome.state, WithdrawDossier("x"), now)
        recorded += outcome.facts
        view = fold(outcome.facts, view)
    agree(outcome.state, view)
    assert fold(recorded) == view
    return outcome.state, recorded, view


def agree(stored: bytes, view: View) -> None:
    """The folded facts and the engine's own state say the same, and a dossier that has not ended waits visibly."""
    state = load(stored)
    assert {token: opened.step for token, opened in view.open.items()} == open_tokens(stored)
    assert {token: opened.assignee for token, opened in view.open.items()} == {
        token: state.tokens[token].assignee for token in view.open}
    assert view.timers == {timer.id: (timer.element, timer.due_at) for timer in state.timers.values()}
    assert (view.data, view.visits, view.status) == (state.data, state.visits, state.status)
    assert (view.clock, view.ended, view.end) == (state.clock, state.ended, state.end if state.ended else None)
    assert view.ended or view.open or view.timers


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(sorted(DEFINITIONS)), picks=st.lists(st.integers(0, 30), max_size=60),
    withdraw=st.booleans())
def test_every_way_agrees_and_repeats_exactly(name: str, picks: list[int], withdraw: bool) -> None:
    first = play(DEFINITIONS[name], picks, withdraw)
    assert play(DEFINITIONS[name], picks, withdraw) == first


@settings(max_examples=15, deadline=None)
@given(picks=st.lists(st.integers(0, 30), min_size=100, max_size=150))
def test_every_long_way_can_still_end(picks: list[int]) -> None:
    """Wherever a way has led, completing whatever is open ends the dossier: nothing is lost, nothing waits for ever."""
    for definition in DEFINITIONS.values():
        state, _, view = play(definition, picks)
        for _ in range(200):
            if view.ended:
                break
            able = possible(definition, state, view)
            outcome = step(definition, state, able[0], NOW + timedelta(days=40_000))
            state, view = outcome.state, fold(outcome.facts, view)
        assert view.ended


def fingerprint() -> str:
    """Everything that some fixed ways give, as one digest."""
    seen = hashlib.sha256()
    for name, definition in sorted(DEFINITIONS.items()):
        for first in range(6):
            state, recorded, _ = play(definition, [first * number % 7 for number in range(60)])
            seen.update(name.encode() + state + json.dumps([to_json(fact) for fact in recorded]).encode())
    return seen.hexdigest()


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_another_process_with_another_hash_seed_gives_the_same(seed: str) -> None:
    root = Path(__file__).resolve().parents[2]
    code = "from tests.engine.test_determinism import fingerprint; print(fingerprint())"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root),
        "TZ": "America/Lima"},
        capture_output=True, text=True, check=True,
    )
    assert ran.stdout.strip() == fingerprint()
