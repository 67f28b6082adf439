"""The proof by random diagrams finds what is broken: with a guard of the engine taken out it fails, and soon."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import state
from engine.running import branching, catching, scopes, waits
from engine.state import State
from tests.bench.walks import main
from tests.walks.blocks import Block
from tests.walks.drawing import draw
from tests.walks.proof import KINDS, Failure, shrunk, walked

ROOT = Path(__file__).resolve().parents[2]
SOON, PATHS = 60, 8


def found(kind: str = "sound", last: int = SOON, drawn: str = "") -> Failure:
    """The first failure among the first diagrams in which something is drawn, as a pattern says."""
    for seed in range(last):
        xml = KINDS[kind].draw(KINDS[kind].make(seed))
        try:
            if re.search(drawn, xml, re.DOTALL):
                walked(xml, kind, seed, PATHS)
        except Failure as failure:
            return failure
    raise AssertionError(f"{last} diagrams do not show the defect")


def early_join(patch: pytest.MonkeyPatch) -> None:
    """A parallel gateway lets the first token through."""
    patch.setattr(branching, "join", lambda run, node, token: True)


def lost_token(patch: pytest.MonkeyPatch) -> None:
    """Of many open steps the last is not saved."""
    real = state.dump

    def dump(kept: State) -> bytes:
        plain = real(kept)
        if len(kept.tokens) < 3:
            return plain
        content = json.loads(plain[len(state.PREFIX) :])
        content["tokens"].pop()
        return state.PREFIX + json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()

    patch.setattr(state, "dump", dump)


def lost_arrival(patch: pytest.MonkeyPatch) -> None:
    """What has arrived at a join is not saved."""
    real = state.load

    def load(stored: bytes) -> State:
        found = real(stored)
        found.arrivals = {}
        return found

    patch.setattr(state, "load", load)


def deaf_timer(patch: pytest.MonkeyPatch) -> None:
    """A timer outlives the step it hangs on."""
    patch.setattr(waits, "stop", lambda run, token: None)


def no_interruption(patch: pytest.MonkeyPatch) -> None:
    """What is interrupted goes on."""
    patch.setattr(scopes, "cancel", lambda run, place, reason: None)


def several_winners(patch: pytest.MonkeyPatch) -> None:
    """After the first of several events the others are still awaited."""
    patch.setattr(catching, "win", lambda run, gateway, element: None)


DEFECTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    each.__name__: each for each in (
        early_join, lost_token, lost_arrival, deaf_timer, no_interruption, several_winners)
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_guard_taken_out_is_noticed(defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    DEFECTS[defect](monkeypatch)
    assert found().seed < SOON


def test_what_fails_is_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What remains of a diagram whose join fires early is little more than that join."""
    early_join(monkeypatch)
    failure = found()
    small = shrunk(failure, PATHS)
    assert small.said.kind == failure.said.kind
    assert len(small.xml) < len(failure.xml)
    assert small.xml.count("<bpmn:parallelGateway") == 2
    assert small.xml.count("Task id=") <= 2


def test_the_command_names_the_diagram_and_how_to_see_it_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--kind", "sound", "--diagrams", "40", "--paths", "4", "--seed", "5", "--failures", str(tmp_path)]
    assert main(asked) == 0
    assert "40 diagrams, 160 walks" in capsys.readouterr().out
    early_join(monkeypatch)
    assert main(asked) == 1
    said = capsys.readouterr().out
    kept = sorted(tmp_path.glob("sound-*.bpmn"))
    assert kept
    assert f"FAIL sound diagram {kept[0].stem.split('-')[1]}" in said
    assert "--kind sound --seed" in said
    seed = int(kept[0].stem.split("-")[1])
    with pytest.raises(Failure):
        walked(kept[0].read_text("utf-8"), "sound", seed, 4)


def test_diagrams_drawn_elsewhere_are_walked_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "foreign.bpmn").write_text(draw(Block("row", (Block("step"), Block("pause")))), "utf-8")
    (tmp_path / "empty.bpmn").write_text("<nothing/>", "utf-8")
    assert main(["--models", str(tmp_path), "--paths", "3"]) == 0
    said = capsys.readouterr().out
    assert "2 processes" in said
    assert "1 diagrams, 3 walks" in said
    assert "refused: no process: 1" in said


def test_a_model_that_goes_wrong_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost_arrival(monkeypatch)
    forked = Block("fork", (Block("row", (Block("step"),)), Block("row", (Block("step"), Block("step")))))
    (tmp_path / "fork.bpmn").write_text(draw(Block("row", (forked,))), "utf-8")
    assert main(["--models", str(tmp_path), "--paths", "5"]) == 1
    assert "FAIL fork.bpmn p: Stuck" in capsys.readouterr().out


def test_the_smallest_diagrams() -> None:
    for block in (Block("row"), Block("row", (Block("frame", (Block("row"),)),)), Block("row", (Block("step"),))):
        assert walked(draw(block), "sound", 0, 3).walks == 3


def fingerprint() -> str:
    """What some diagrams of both kinds give, as text."""
    seen = []
    for name, kind in KINDS.items():
        for seed in range(25):
            tally = walked(kind.draw(kind.make(seed)), name, seed, 4, fingerprints=True)
            seen.append(f"{name} {seed} {sorted(tally.seen.items())}")
    return "\n".join(seen)


def test_another_process_with_another_hash_seed_walks_the_same() -> None:
    code = "from tests.engine.test_walks import fingerprint; print(fingerprint())"
    told = {**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": str(ROOT), "TZ": "America/Lima"}
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=told, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == fingerprint()
