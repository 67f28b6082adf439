"""Examines one bundle under limits; a program of its own that imports the engine and nothing of the platform.

It reads {"bundle", "scenarios", "seconds", "roles", "connectors"} from its standard input and answers with JSON
lines: first the findings, then one line per scenario. It arms its own limits before it reads anything, so that
neither a hostile diagram nor a bug in a parser can hold the platform up.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from engine.definition import Bundle, Definition, check, compile_definition
from engine.findings import refused
from engine.promise import broken_promises
from engine.rehearse import Failure, Phrase, rehearse

CHECK_SECONDS = 2.0
REHEARSE_SECONDS = 10.0
MEMORY = 1_500_000_000
REHEARSED_AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def _arm(seconds: float) -> None:
    """From now on the kernel ends this process after so many seconds, running or waiting."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, resource.RLIM_INFINITY))
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _say(answer: Mapping[str, Any]) -> None:
    print(json.dumps(answer, default=str), flush=True)


def _examine(question: Mapping[str, Any]) -> None:
    scenarios = question["scenarios"]
    bundle = Bundle.from_json(question["bundle"])
    findings = check(bundle, roles=frozenset(question["roles"]), connectors=frozenset(question["connectors"]))
    definition = None if refused(findings) else compile_definition(bundle)
    if definition is not None:
        findings = (*findings, *broken_promises(definition, bundle.procedure))
    _say({
        "digest": bundle.digest,
        "findings": [asdict(finding) for finding in findings],
        "scenarios": list(scenarios),
    })
    if definition is not None and scenarios:
        _arm(REHEARSE_SECONDS)
        for answer in _rehearsals(definition, scenarios):
            _say(answer)


def _rehearsals(definition: Definition, scenarios: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, scenario in scenarios.items():
        went = rehearse(definition, scenario, REHEARSED_AT)
        yield {"scenario": name, "passed": went.passed, "failures": [_sentence(failure) for failure in went.failures]}


def _sentence(said: Failure | Phrase) -> dict[str, Any]:
    details = {name: _sentence(each) if isinstance(each, Phrase) else each for name, each in said.details.items()}
    return {"template": said.template, "details": details}


def main() -> None:
    """Examine what comes on standard input, under limits."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    _arm(CHECK_SECONDS)
    question = json.load(sys.stdin)
    _arm(question["seconds"])
    _examine(question)


if __name__ == "__main__":
    main()
