"""Random diagrams, walked at random: counts, and for whatever does not hold the smallest diagram that shows it.

    python -m tests.bench.walks --diagrams 1000 --paths 30 --seed 0
    python -m tests.bench.walks --models FOLDER --paths 30
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from tests.walks.models import walk_models
from tests.walks.proof import KINDS, Failure, prove, shrunk
from tests.walks.walker import Tally

SHOWN = 5


def main(arguments: list[str] | None = None) -> int:
    """Run and print; 0 when everything held."""
    asked = _parser().parse_args(arguments)
    began = time.process_time()
    tally, failures = Tally(), Counter[str]()
    kinds = asked.kind or ([] if asked.models else list(KINDS))
    for more, wrong in (*(_run(kind, asked) for kind in kinds), *([_models(asked)] if asked.models else [])):
        tally.add(more)
        failures += wrong
    _report(tally, failures, time.process_time() - began)
    return int(bool(failures))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.walks", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="the first diagram's seed; each further one adds 1")
    parser.add_argument("--diagrams", type=int, default=100, help="how many accepted diagrams of each kind")
    parser.add_argument("--paths", type=int, default=30, help="how many walks through each")
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="only this kind; may be repeated")
    parser.add_argument("--models", type=Path, help="a folder of diagrams drawn elsewhere, walked instead")
    parser.add_argument("--failures", type=Path, default=Path("."), help="the folder for the diagrams that fail")
    return parser


def _run(kind: str, asked: argparse.Namespace) -> tuple[Tally, Counter[str]]:
    tally, failures, seed = Tally(), Counter[str](), asked.seed
    while tally.diagrams + failures.total() < asked.diagrams:
        try:
            tally.add(prove(kind, seed, asked.paths))
        except Failure as failure:
            failures[f"{kind}: {failure.said.kind}"] += 1
            if failures.total() <= SHOWN:
                _show(shrunk(failure, asked.paths), asked)
        seed += 1
    print(f"{kind}: seeds {asked.seed} to {seed - 1}, {tally.diagrams} accepted")
    return tally, failures


def _models(asked: argparse.Namespace) -> tuple[Tally, Counter[str]]:
    tally, failures, files = Tally(), Counter[str](), 0
    for name, more, problem in walk_models(asked.models, asked.paths):
        files += 1
        tally.add(more)
        if problem:
            failures[problem.split(":")[0]] += 1
            print(f"FAIL {name}: {problem}")
    print(f"models: {files} processes in {asked.models}, {tally.diagrams} accepted")
    return tally, failures


def _show(failure: Failure, asked: argparse.Namespace) -> None:
    path = asked.failures / f"{failure.kind}-{failure.seed}.bpmn"
    path.write_text(failure.xml, encoding="utf-8")
    print(f"FAIL {failure}\n     {path}; again: python -m tests.bench.walks --kind {failure.kind} "
          f"--seed {failure.seed} --diagrams 1 --paths {asked.paths}")


def _report(tally: Tally, failures: Counter[str], spent: float) -> None:
    print(f"{tally.diagrams} diagrams, {tally.walks} walks ({tally.distinct} distinct), {tally.commands} commands, "
          f"{spent:.0f} s of processor")
    for name, count in sorted(tally.seen.items(), key=lambda each: -each[1]):
        print(f"  {name}: {count}")
    print(f"{failures.total()} disagreements" + "".join(f"\n  {name}: {count}" for name, count in failures.items()))


if __name__ == "__main__":
    sys.exit(main())
