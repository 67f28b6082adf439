"""Proves diagrams one after another under limits; a program of its own that imports the engine and nothing else.

It reads one JSON line {"path", "seconds"} per file from its standard input and answers each with one JSON line. A file
that takes too much time or memory ends this process; whoever started it knows by that which file it was.
"""

from __future__ import annotations

import json
import random
import resource
import signal
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.definition import Bundle, compile_definition
from engine.drawing.findings import Finding, blocking
from engine.errors import DiagramRefused
from engine.normalise import Copy, as_text, normalise
from engine.wander import Walked, wander

MEMORY = 1_500_000_000
PATIENCE = 10
WALKED_AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def prove(path: Path) -> dict[str, Any]:
    """What became of one file: refused with reasons, or runnable with how its walks ended."""
    text, read = as_text(path.read_bytes())
    if text is None:
        return _answer(read, (), ())
    normalised = normalise(Bundle(text))
    walks: list[Walked] = []
    wrong: list[Finding] = [each for each in normalised.findings if each.severity == "error"]
    unsound: list[Finding] = []
    for copy in normalised.copies:
        refused, doubted, walked = _run(copy, path.name)
        wrong += refused
        unsound += doubted
        walks += walked
    notes = [*normalised.findings, *(each for copy in normalised.copies for each in copy.findings)]
    return {**_answer(wrong, unsound, walks), "repairs": sorted({each.code for each in notes})}


def _run(copy: Copy, seed: str) -> tuple[list[Finding], list[Finding], list[Walked]]:
    try:
        definition = compile_definition(copy.bundle, rehearsal=True)
    except DiagramRefused as refused:
        return [copy.report(each) for each in blocking(refused.details["findings"], True)], [], []
    chance = random.Random(seed)  # noqa: S311 - which way a walk takes is no secret
    return [], [copy.report(each) for each in definition.doubts], [wander(definition, WALKED_AT, chance.randrange)]


def _answer(wrong: Iterable[Finding], unsound: Iterable[Finding], walks: Iterable[Walked]) -> dict[str, Any]:
    return {
        "refused": [{"code": each.code, "element": each.element, "message": each.message} for each in wrong],
        "unsound": sorted({each.code for each in unsound}), "walks": [each.ending for each in walks], "repairs": [],
    }


def _arm(seconds: float) -> None:
    """The kernel ends this process after so many seconds of work on one file, or ten times as many of waiting."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * PATIENCE)


def main() -> None:
    """Answer every line of the standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for line in sys.stdin:
        asked = json.loads(line)
        _arm(asked["seconds"])
        began = time.process_time()
        answer = prove(Path(asked["path"]))
        answer["seconds"] = time.process_time() - began
        _arm(0)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
