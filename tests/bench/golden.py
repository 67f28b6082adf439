"""Keep how this release stores dossiers: states and histories that every later release must read.

    python -m tests.bench.golden RELEASE

Writes tests/engine/golden/RELEASE/*.json from the shipped procedures' scenarios and two diagrams with all kinds of
waiting. What a release has written is never written again: a release that cannot read it is wrong, not the file.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.procedures.shipped import read_all
from engine import commands, rehearse
from engine.definition import Bundle, Definition, compile_definition
from engine.errors import OneDoorError
from engine.execute import Outcome, offered, step
from engine.facts import to_json
from engine.fold import View, fold
from engine.packing import pack
from engine.sealing import key_of, seal
from tests.engine.builders import DOSSIER, NOW
from tests.engine.test_determinism import PARALLEL, REWORK, possible
from tests.engine.test_events_at_random import EVERYTHING, happening
from tests.engine.test_nested_at_random import NESTED

FOLDER = Path(__file__).resolve().parents[1] / "engine" / "golden"
SECRET = "golden: a key that protects nothing"
RUNS = 2
# Ways on which steps that nobody holds are finished at once.
STRAIGHT = {"straight-1": (REWORK, 3), "straight-2": (PARALLEL, 4)}
# Ways that come past most kinds of events.
LIVELY = (246, 9)


class Tape:
    """Writes down every command with what came of it."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.view = View()

    def step(
        self, definition: Definition, stored: bytes | None, command: commands.Command, now: datetime, **more: Any
    ) -> Outcome:
        """The engine's own step, noted; a new process begins a new tape."""
        outcome = step(definition, stored, command, now, **more)
        if stored is None:
            self.entries, self.view = [], View()
        self.view = fold(outcome.facts, self.view)
        place = f"{DOSSIER['code']} {len(self.entries) + 1}"
        self.entries.append({
            "at": now.isoformat(), "command": commands.to_json(command), "place": place,
            "facts": [to_json(each) for each in outcome.facts],
            "sealed": seal(key_of(SECRET), place, pack(outcome.state)).hex(),
        })
        return outcome


def scenarios() -> Iterator[tuple[str, Bundle, Tape]]:
    """The shipped procedures, each by its longest scenario."""
    for shipped in read_all():
        definition, tapes = compile_definition(shipped.bundle), []
        for scenario in shipped.scenarios.values():
            tape = Tape()
            rehearse.step = tape.step  # type: ignore[attr-defined]
            rehearse.rehearse(definition, scenario, NOW)
            tapes.append(tape)
        rehearse.step = step  # type: ignore[attr-defined]
        yield shipped.key, shipped.bundle, max(tapes, key=lambda each: len(each.entries))


def walks() -> Iterator[tuple[str, Bundle, Tape]]:
    """Ways at random, always the same ones."""
    for name, xml in (("rework", REWORK), ("parallel", PARALLEL)):
        for run in range(RUNS):
            yield f"{name}-{run + 1}", Bundle(xml), walked(compile_definition(Bundle(xml)), random.Random(run))
    for run in range(RUNS):
        yield f"nested-{run + 1}", Bundle(NESTED), walked(compile_definition(Bundle(NESTED)), random.Random(run))
    for name, (xml, run) in STRAIGHT.items():
        yield name, Bundle(xml), walked(compile_definition(Bundle(xml)), random.Random(run), at_once)
    for number, chance in enumerate(LIVELY, 1):
        made = compile_definition(Bundle(EVERYTHING))
        yield f"events-{number}", Bundle(EVERYTHING), walked(made, random.Random(chance), anything)


def at_once(definition: Definition, state: bytes, view: View) -> list[commands.Command]:
    """What people could do who finish steps without claiming them first."""
    found: list[commands.Command] = []
    for each in possible(definition, state, view):
        if isinstance(each, commands.ClaimStep):
            choices = [one.id for one in offered(definition, state, each.token, NOW)] or [None]
            found += [commands.CompleteStep(each.token, each.assignee, {"v": int(each.token)}, one) for one in choices]
        else:
            found.append(each)
    return found


def anything(definition: Definition, state: bytes, view: View) -> list[commands.Command]:
    """What people could do and what could happen."""
    usual = [each for each in possible(definition, state, view) if not isinstance(each, commands.WithdrawDossier)]
    return [*usual, *happening(view)]


def walked(definition: Definition, chance: random.Random, could: Any = possible) -> Tape:
    """One way of up to 30 commands."""
    tape, now = Tape(), NOW
    begin = commands.StartProcess(DOSSIER, {"n": 2, "x": ["p", "q", "r"], "bill": 7})
    outcome = tape.step(definition, None, begin, now)
    for _ in range(30):
        able = could(definition, outcome.state, tape.view)
        if not able:
            break
        now += timedelta(days=40)
        try:
            outcome = tape.step(definition, outcome.state, chance.choice(able), now)
        except OneDoorError:
            continue
    return tape


def main() -> None:
    """Write the files of a release, once."""
    parser = argparse.ArgumentParser(description="Keep how this release stores dossiers.")
    parser.add_argument("release", help="such as 0.1")
    folder = FOLDER / parser.parse_args().release
    folder.mkdir(parents=True, exist_ok=True)
    for source in (scenarios(), walks()):
        for name, bundle, tape in source:
            if (folder / f"{name}.json").exists():
                print(f"{name:24} is there already; what a release wrote is never written again.")
                continue
            lines = ",\n".join(_line(entry) for entry in tape.entries)
            text = f'{{"bundle": {bundle.to_json()},\n"entries": [\n{lines}\n],\n"view": {_line(asdict(tape.view))}}}\n'
            (folder / f"{name}.json").write_text(text, encoding="utf-8")
            print(f"{name:24}{len(tape.entries):4} entries {len(text.encode()) // 1024:6} kB")


def _line(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True)


if __name__ == "__main__":
    main()
