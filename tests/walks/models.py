"""Diagrams drawn elsewhere, walked as far as the gate lets their executable copies through."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from engine.definition import Bundle, check, compile_definition
from engine.drawing.findings import refused
from engine.normalise import as_text, normalise
from tests.walks.proof import CRASHES, SLOWEST
from tests.walks.walker import Disagreement, Prover, Tally


def walk_models(folder: Path, paths: int) -> Iterator[tuple[str, Tally, str]]:
    """Every process of every file by its name, with its counts and what went wrong, if anything did."""
    for path in sorted(folder.rglob("*.bpmn")):
        text, _ = as_text(path.read_bytes())
        copies = normalise(Bundle(text)).copies if text is not None else ()
        if not copies:
            yield str(path.relative_to(folder)), _refused("no process"), ""
        for copy in copies:
            name = f"{path.relative_to(folder)} {copy.process}"
            try:
                yield name, walk_model(copy.bundle, name, paths), ""
            except Disagreement as said:
                yield name, Tally(diagrams=1), str(said)
            except CRASHES as problem:
                yield name, Tally(diagrams=1), f"crash: {type(problem).__name__}: {problem}"


def walk_model(bundle: Bundle, name: str, paths: int) -> Tally:
    """One executable copy. Values mean nothing to it, so a step may fail for want of one; nothing else may."""
    begun = time.process_time()
    findings = check(bundle)
    spent = time.process_time() - begun
    if spent > SLOWEST:
        raise Disagreement("slow", f"the gate took {spent:.1f} s")
    wrong = refused(findings)
    nameless = [each for each in wrong if not each.element]
    if nameless:
        raise Disagreement("nameless", f"a refusal names no element: {nameless[0].code}")
    if wrong:
        return _refused(*{each.code for each in wrong})
    decided = all(each.code != "not_decided" for each in findings)
    twice = compile_definition(bundle), compile_definition(bundle)
    prover = Prover(bundle.xml, twice, False, decided, foreign=True)
    for path in range(paths):
        prover.walk(f"model {name} {path}")
    return prover.tally


def _refused(*codes: str) -> Tally:
    tally = Tally()
    tally.seen.update(["refused", *(f"refused: {code}" for code in codes)])
    return tally
