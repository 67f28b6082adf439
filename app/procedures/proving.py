"""Any folder of diagrams → a table of what can be run, what is refused and why, each file in a killable process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
ENDINGS = (".bpmn", ".xml", ".bpmn20.xml", ".bpmn2")
NOT_READ = frozenset({"not_xml", "not_bpmn", "encoding", "doctype", "instruction"})
_STOPPED = frozenset({-signal.SIGPROF, -signal.SIGALRM, -signal.SIGXCPU, -signal.SIGKILL})


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of one file. `broken` says how the process ended that did not survive it."""

    path: str
    seconds: float = 0.0
    refused: tuple[dict[str, Any], ...] = ()
    unsound: tuple[str, ...] = ()
    walks: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    broken: str = ""

    @property
    def runnable(self) -> bool:
        """Whether every process of the file was compiled and walked."""
        return bool(self.walks) and not self.refused and not self.broken


@dataclass(slots=True)
class Summary:
    """The table; counts are files."""

    seconds: float
    limit: float
    proofs: Sequence[Proof]
    reasons: Counter[str] = field(default_factory=Counter)
    examples: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for proof in self.proofs:
            for code in dict.fromkeys(each["code"] for each in proof.refused):
                self.reasons[code] += 1
                first = next(each for each in proof.refused if each["code"] == code)
                self.examples.setdefault(code, {**first, "file": proof.path})

    @property
    def files(self) -> int:
        """How many there were."""
        return len(self.proofs)

    @property
    def runnable(self) -> int:
        """How many can be run."""
        return sum(proof.runnable for proof in self.proofs)

    @property
    def not_read(self) -> int:
        """How many are not XML, or no BPMN."""
        return sum(any(each["code"] in NOT_READ for each in proof.refused) for proof in self.proofs)

    @property
    def crashes(self) -> list[Proof]:
        """Those that ended the process that looked at them, by a fault."""
        return [proof for proof in self.proofs if proof.broken and proof.broken != "too long"]

    @property
    def slow(self) -> list[Proof]:
        """Those that needed more than the limit."""
        return [proof for proof in self.proofs if proof.seconds > self.limit or proof.broken == "too long"]

    @property
    def slowest(self) -> Proof | None:
        """The one that took longest."""
        return max(self.proofs, key=lambda proof: proof.seconds, default=None)

    def unnamed(self) -> list[Proof]:
        """Readable files that are refused without the name of an element."""
        return [
            proof for proof in self.proofs
            if any(not each["element"] and each["code"] not in NOT_READ for each in proof.refused)
        ]

    def to_json(self) -> dict[str, Any]:
        """The table as data."""
        slowest = self.slowest
        return {
            "files": self.files, "not_read": self.not_read, "runnable": self.runnable,
            "percent": round(100 * self.runnable / self.files, 2) if self.files else 0.0,
            "unsound": sum(bool(proof.unsound) for proof in self.proofs if proof.runnable),
            "refused": [{"code": code, "files": n, "example": self.examples[code]} for code, n in
                        self.reasons.most_common()],
            "without_element": [proof.path for proof in self.unnamed()],
            "walks": dict(Counter(each for proof in self.proofs for each in proof.walks)),
            "repairs": dict(Counter(each for proof in self.proofs for each in proof.repairs).most_common()),
            "slowest": {"file": slowest.path, "seconds": round(slowest.seconds, 3)} if slowest else None,
            "slow": [proof.path for proof in self.slow], "seconds": round(self.seconds, 1),
            "crashes": [{"file": proof.path, "how": proof.broken} for proof in self.crashes],
        }


def diagrams_in(folder: Path) -> list[Path]:
    """Every file with an ending that modellers use."""
    return sorted(path for path in folder.rglob("*") if path.name.lower().endswith(ENDINGS) and path.is_file())


def prove_all(folder: Path, seconds: float, workers: int) -> Summary:
    """Prove every diagram in a folder and below; `seconds` is the limit for each."""
    began = time.monotonic()
    waiting: SimpleQueue[Path] = SimpleQueue()
    for path in diagrams_in(folder):
        waiting.put(path)
    with ThreadPoolExecutor(workers) as pool:
        found = [each for part in pool.map(lambda _: list(_work(waiting, folder, seconds)), range(workers))
                 for each in part]
    return Summary(time.monotonic() - began, seconds, sorted(found, key=lambda proof: proof.path))


def _work(waiting: SimpleQueue[Path], folder: Path, seconds: float) -> Iterator[Proof]:
    """One process after another takes files until there are none left."""
    while True:
        prover = _start()
        try:
            yield from _feed(prover, waiting, folder, seconds)
            return
        except _Broken as broken:
            yield Proof(str(broken.path.relative_to(folder)), broken=broken.how)
        finally:
            prover.kill()
            prover.communicate()


class _Broken(Exception):
    """The process ended over a file."""

    def __init__(self, path: Path, how: str) -> None:
        super().__init__(how)
        self.path, self.how = path, how


def _start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "app/procedures/prover.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )


def _feed(
    prover: subprocess.Popen[str], waiting: SimpleQueue[Path], folder: Path, seconds: float
) -> Iterator[Proof]:
    while True:
        try:
            path = waiting.get_nowait()
        except Empty:
            return
        said = _ask(prover, path, seconds)
        yield Proof(
            str(path.relative_to(folder)), said["seconds"], tuple(said["refused"]), tuple(said["unsound"]),
            tuple(said["walks"]), tuple(said["repairs"]),
        )


def _ask(prover: subprocess.Popen[str], path: Path, seconds: float) -> dict[str, Any]:
    try:
        print(json.dumps({"path": str(path.resolve()), "seconds": seconds}), file=prover.stdin, flush=True)
        answer = prover.stdout.readline() if prover.stdout else ""
    except BrokenPipeError:
        answer = ""
    if answer:
        said: dict[str, Any] = json.loads(answer)
        return said
    prover.wait()
    if prover.returncode in _STOPPED:
        raise _Broken(path, "too long")
    errors = prover.stderr.read().strip().splitlines() if prover.stderr else []
    raise _Broken(path, errors[-1] if errors else f"exit code {prover.returncode}")


def report(summary: Summary) -> Iterable[str]:
    """The table for a terminal."""
    said = summary.to_json()
    yield f"{said['files']:6} files in {said['seconds']} s"
    yield f"{said['not_read']:6} are not readable XML or no BPMN 2.0"
    yield f"{said['runnable']:6} runnable = {said['percent']} %, of which {said['unsound']} are unsound as drawn"
    yield f"       walks: {', '.join(f'{count} {how}' for how, count in said['walks'].items()) or 'none'}"
    for each in said["refused"]:
        example = each["example"]
        yield f"{each['files']:6} refused: {each['code']}, e.g. {example['element']} in {example['file']}"
    yield f"{len(said['without_element']):6} refused without the name of an element"
    yield f"{len(said['slow']):6} over {summary.limit:g} s, {len(said['crashes'])} crashes"
    if said["slowest"]:
        yield f"       slowest: {said['slowest']['seconds']} s, {said['slowest']['file']}"
    for each in said["crashes"]:
        yield f"       crash: {each['how']}, {each['file']}"
