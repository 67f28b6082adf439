"""The gate: a bundle is checked and rehearsed in a process of its own that can be killed at any moment.

`python -m app.procedures.gate` reads {"bundle", "scenarios"} from its standard input and answers with JSON lines:
first the findings, then one line per scenario. It arms its own limits before it reads anything, so that neither a
hostile diagram nor a bug in a parser can hold the platform up.
"""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from app.people.permissions import ROLES
from app.procedures.findings import TEMPLATES, Sentence, finding_from_json, finding_to_json
from app.procedures.promise import broken_promises
from engine.definition import Bundle, Definition, check, compile_definition
from engine.findings import Finding, refused
from engine.rehearse import rehearse

CHECK_SECONDS = 2.0
REHEARSE_SECONDS = 10.0
START_SECONDS = 60.0
MEMORY = 1_500_000_000
REMEMBERED = 32
PROJECT = Path(__file__).resolve().parents[2]
REHEARSED_AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """How one scenario went."""

    scenario: str
    passed: bool
    failures: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Examination:
    """What the gate says about a bundle; `digest` is empty when the bundle could not be read."""

    digest: str
    findings: tuple[Finding, ...]
    rehearsals: tuple[Rehearsed, ...] = ()

    @property
    def errors(self) -> int:
        """How many findings stand in the way of publishing."""
        return sum(1 for finding in self.findings if finding.severity == "error")


def examine(
    bundle: Mapping[str, Any], scenarios: Mapping[str, Any], *, seconds: float = CHECK_SECONDS
) -> Examination:
    """Check a bundle (as JSON) and run its scenarios, each in bounded time and memory.

    The answer depends on the question only, so that what was examined to its end is remembered for a while.
    """
    question = json.dumps({"bundle": bundle, "scenarios": scenarios, "seconds": seconds}, sort_keys=True)
    known = _known.get(question)
    if known is not None:
        return known
    examination = _ask(question, seconds, len(scenarios))
    if examination.digest:
        _known.put(question, examination)
    return examination


class _Known:
    """The latest answers by question."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = Lock()
        self._answers: OrderedDict[str, Examination] = OrderedDict()

    def get(self, question: str) -> Examination | None:
        """The answer given before."""
        with self._lock:
            return self._answers.get(question)

    def put(self, question: str, answer: Examination) -> None:
        """Remember an answer, and forget the oldest."""
        with self._lock:
            self._answers[question] = answer
            while len(self._answers) > self._size:
                self._answers.popitem(last=False)


_known = _Known(REMEMBERED)


def _ask(question: str, seconds: float, scenarios: int) -> Examination:
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "app.procedures.gate"], input=question, capture_output=True, text=True,
            cwd=PROJECT, timeout=START_SECONDS, check=False,
        )
    except subprocess.TimeoutExpired:
        return Examination("", (_stopped("check_too_long", seconds=f"{START_SECONDS:g}"),))
    return _read(answer.stdout.splitlines(), answer.returncode, seconds, scenarios)


def _read(lines: list[str], code: int, seconds: float, scenarios: int) -> Examination:
    said = [json.loads(line) for line in lines]
    if not said:
        too_long = code in (-signal.SIGALRM, -signal.SIGXCPU, -signal.SIGKILL)
        reason = "check_too_long" if too_long else "check_broke_off"
        return Examination("", (_stopped(reason, seconds=f"{seconds:g}"),))
    findings = tuple(finding_from_json(finding) for finding in said[0]["findings"])
    rehearsed = [_rehearsed(one) for one in said[1:]]
    if code != 0 and len(rehearsed) < scenarios:
        late = Sentence("", TEMPLATES["scenario_too_long"], {"seconds": f"{REHEARSE_SECONDS:g}"})
        rehearsed.append(Rehearsed(said[0]["scenarios"][len(rehearsed)], False, (late,)))
    return Examination(said[0]["digest"], findings, tuple(rehearsed))


def _rehearsed(said: Mapping[str, Any]) -> Rehearsed:
    failures = (Sentence("", failure["template"], failure["details"]) for failure in said["failures"])
    return Rehearsed(said["scenario"], said["passed"], tuple(failures))


def _stopped(code: str, **details: Any) -> Finding:
    return Finding(code, "error", None, details)


def _arm(seconds: float) -> None:
    """From now on the kernel ends this process after so many seconds, running or waiting."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, resource.RLIM_INFINITY))
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _say(answer: Mapping[str, Any]) -> None:
    print(json.dumps(answer, default=str), flush=True)


def _examine_here(question: Mapping[str, Any]) -> None:
    scenarios = question["scenarios"]
    bundle = Bundle.from_json(question["bundle"])
    findings = check(bundle, roles=frozenset(ROLES))
    definition = None if refused(findings) else compile_definition(bundle)
    if definition is not None:
        findings = (*findings, *broken_promises(definition, bundle.procedure))
    _say({
        "digest": bundle.digest,
        "findings": [finding_to_json(finding) for finding in findings],
        "scenarios": list(scenarios),
    })
    if definition is not None and scenarios:
        _arm(REHEARSE_SECONDS)
        for answer in _rehearsals(definition, scenarios):
            _say(answer)


def _rehearsals(definition: Definition, scenarios: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, scenario in scenarios.items():
        went = rehearse(definition, scenario, REHEARSED_AT)
        failures = [{"template": failure.template, "details": dict(failure.details)} for failure in went.failures]
        yield {"scenario": name, "passed": went.passed, "failures": failures}


def main() -> None:
    """Examine what comes on standard input, under limits."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    _arm(CHECK_SECONDS)
    question = json.load(sys.stdin)
    _arm(question["seconds"])
    _examine_here(question)


if __name__ == "__main__":
    main()
