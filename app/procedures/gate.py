"""The gate: a bundle is checked and rehearsed in a process of its own that can be killed at any moment.

The process is `examiner.py`, run as a file: it needs the engine only, and starting it must not cost the time that the
whole platform takes to be imported.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from app.jobs.connectors import CONNECTORS
from app.people.permissions import ROLES
from app.procedures.examiner import CHECK_SECONDS, REHEARSE_SECONDS
from app.procedures.findings import TEMPLATES, Sentence, finding_from_json
from engine.drawing.findings import Finding

START_SECONDS = 60.0
REMEMBERED = 32
PROJECT = Path(__file__).resolve().parents[2]


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
    asked = {"bundle": bundle, "scenarios": scenarios, "seconds": seconds, "roles": sorted(ROLES),
             "connectors": sorted(CONNECTORS)}
    question = json.dumps(asked, sort_keys=True)
    known = _known.get(question)
    if known is not None:
        return known
    examination = _ask(question, seconds, len(scenarios))
    if examination.digest:
        _known.put(question, examination)
    return examination


@dataclass(frozen=True, slots=True)
class Adopted:
    """A diagram drawn elsewhere as a draft's diagram; `xml` is None when it cannot be read, and findings say why."""

    xml: str | None
    findings: tuple[Finding, ...]


def adopt(raw: bytes, *, seconds: float = CHECK_SECONDS) -> Adopted:
    """Prepare a file for the studio in bounded time and memory; roles are known by code and by name."""
    named = {name: role for role, names in ROLES.items() for name in (role, *names[:2])}
    question = {"raw": base64.b64encode(raw).decode("ascii"), "roles": named, "seconds": seconds}
    answer = _run(json.dumps(question))
    lines = answer.stdout.splitlines() if answer is not None else []
    if answer is None or not lines:
        return Adopted(None, (_broken(answer.returncode if answer else -signal.SIGKILL, seconds),))
    said = json.loads(lines[0])
    return Adopted(said["xml"], tuple(finding_from_json(finding) for finding in said["findings"]))


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
    answer = _run(question)
    if answer is None:
        return Examination("", (_stopped("check_too_long", seconds=f"{START_SECONDS:g}"),))
    return _read(answer.stdout.splitlines(), answer.returncode, seconds, scenarios)


def _run(question: str) -> subprocess.CompletedProcess[str] | None:
    """What the examiner said, or None if it did not come to an end."""
    try:
        return subprocess.run(
            [sys.executable, "-P", "app/procedures/examiner.py"], input=question, capture_output=True, text=True,
            cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT)}, timeout=START_SECONDS, check=False,
        )
    except subprocess.TimeoutExpired:
        return None


def _read(lines: list[str], code: int, seconds: float, scenarios: int) -> Examination:
    said = [json.loads(line) for line in lines]
    if not said:
        return Examination("", (_broken(code, seconds),))
    findings = tuple(finding_from_json(finding) for finding in said[0]["findings"])
    rehearsed = [_rehearsed(one) for one in said[1:]]
    if code != 0 and len(rehearsed) < scenarios:
        late = Sentence("", TEMPLATES["scenario_too_long"], {"seconds": f"{REHEARSE_SECONDS:g}"})
        rehearsed.append(Rehearsed(said[0]["scenarios"][len(rehearsed)], False, (late,)))
    return Examination(said[0]["digest"], findings, tuple(rehearsed))


def _rehearsed(said: Mapping[str, Any]) -> Rehearsed:
    failures = (Sentence("", failure["template"], failure["details"]) for failure in said["failures"])
    return Rehearsed(said["scenario"], said["passed"], tuple(failures))


def _broken(code: int, seconds: float) -> Finding:
    too_long = code in (-signal.SIGALRM, -signal.SIGXCPU, -signal.SIGKILL)
    return _stopped("check_too_long" if too_long else "check_broke_off", seconds=f"{seconds:g}")


def _stopped(code: str, **details: Any) -> Finding:
    return Finding(code, "error", None, details)
