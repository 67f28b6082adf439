"""A seed becomes a diagram, the diagram is examined and walked; what goes wrong becomes as small as it can."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.definition import Bundle, check, compile_definition
from engine.drawing.findings import refused
from engine.state import short
from tests.walks.blocks import grow
from tests.walks.drawing import draw
from tests.walks.loose import wire
from tests.walks.walker import Disagreement, Prover, Tally

ROOT = Path(__file__).resolve().parents[2]
SLOWEST = 2.0
PATIENCE = 60.0
CRASHES = (TypeError, ValueError, LookupError, AttributeError, RecursionError, ArithmeticError, AssertionError)
_ID = re.compile(r'\bid="([^"]+)"')


class Model(Protocol):
    """A diagram before it is drawn."""

    def smaller(self) -> Iterator[Model]: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """How diagrams of a kind are made from a seed and drawn."""

    make: Callable[[int], Model]
    draw: Callable[[Model], str]
    sound: bool


KINDS = {
    "sound": Kind(grow, draw, sound=True),  # type: ignore[arg-type]
    "loose": Kind(wire, lambda model: model.xml(), sound=False),  # type: ignore[attr-defined]
}


class Failure(Exception):
    """A disagreement with all that is needed to see it again."""

    def __init__(self, said: Disagreement, kind: str, seed: int, path: int, xml: str) -> None:
        super().__init__(f"{kind} diagram {seed}, path {path}: {said}")
        self.said, self.kind, self.seed, self.path, self.xml = said, kind, seed, path, xml


def prove(kind: str, seed: int, paths: int) -> Tally:
    """Examine one diagram and walk it. Raises Failure."""
    xml = KINDS[kind].draw(KINDS[kind].make(seed))
    return walked(xml, kind, seed, paths)


def walked(xml: str, kind: str, seed: int, paths: int, fingerprints: bool = False) -> Tally:
    """The same for a diagram that is already drawn."""
    path = -1
    try:
        tally, decided = admitted(xml, KINDS[kind].sound)
        if not tally.diagrams:
            return tally
        twice = compile_definition(Bundle(xml)), compile_definition(Bundle(xml))
        prover = Prover(xml, twice, KINDS[kind].sound, decided)
        prover.fingerprints = fingerprints
        for path in range(paths):
            prover.walk(f"{kind} {seed} {path}")
    except Disagreement as said:
        raise Failure(said, kind, seed, path, xml) from said
    except CRASHES as problem:
        said = Disagreement("crash", f"{type(problem).__name__}: {problem}")
        raise Failure(said, kind, seed, path, xml) from problem
    if fingerprints:
        prover.tally.seen[prover.digest.hexdigest()] += 1
    return prover.tally


def admitted(xml: str, sound: bool) -> tuple[Tally, bool]:
    """Whether the gate lets it through, else the findings counted by their codes; and whether its joins were decided.
    A refusal is quick and names elements of the file."""
    begun = time.process_time()
    findings = check(Bundle(xml))
    wrong = refused(findings)
    spent = time.process_time() - begun
    if spent > SLOWEST:
        raise Disagreement("slow", f"the gate took {spent:.1f} s")
    decided = all(each.code != "not_decided" for each in findings)
    if not wrong:
        return Tally(diagrams=1), decided
    ids = set(_ID.findall(xml))
    for each in wrong:
        if short(each.element or "") not in ids:
            raise Disagreement("nameless", f"a refusal names no element: {each.code} {each.message}")
    if sound:
        raise Disagreement("refused", f"a sound diagram is refused: {wrong[0].message}")
    tally = Tally()
    tally.seen.update({f"refused: {code}" for code in {each.code for each in wrong}})
    tally.seen["refused"] += 1
    return tally, decided


def shrunk(failure: Failure, paths: int) -> Failure:
    """The smallest diagram found that fails in the same way; the search gives up after a while."""
    kind = KINDS[failure.kind]
    model, until = kind.make(failure.seed), time.monotonic() + PATIENCE
    found = True
    while found and time.monotonic() < until:
        found = False
        for less in model.smaller():
            if time.monotonic() > until:
                break
            again = _fails(kind.draw(less), failure, paths)
            if again is not None:
                model, failure, found = less, again, True
                break
    return failure


def _fails(xml: str, failure: Failure, paths: int) -> Failure | None:
    try:
        walked(xml, failure.kind, failure.seed, paths)
    except Failure as again:
        return again if again.said.kind == failure.said.kind else None
    return None


def commanded(kind: str, seed: int, diagrams: int, paths: int, failures: Path) -> tuple[int, str]:
    """The command in a process of its own, where nothing measures it: how it ended and what it printed."""
    asked = {"kind": kind, "seed": seed, "diagrams": diagrams, "paths": paths, "failures": failures}
    said = [text for name, value in asked.items() for text in (f"--{name}", str(value))]
    program = [sys.executable, "-m", "tests.bench.walks", *said]
    ran = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr
