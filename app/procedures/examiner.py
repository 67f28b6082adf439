"""Examines one bundle under limits; a program of its own that imports the engine and nothing of the platform.

It reads {"bundle", "scenarios", "seconds", "roles", "connectors"} from its standard input and answers with JSON
lines: first the findings, then one line per scenario. A bundle that cannot be published yet is rehearsed on a copy
with stand-ins, as far as there can be one. {"raw", "roles", "seconds"} asks for a diagram drawn elsewhere to be made a
draft's.

It arms its own limits before it reads anything, so that neither a hostile diagram nor a bug in a parser can hold the
platform up.
"""

from __future__ import annotations

import base64
import json
import resource
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from engine.definition import Bundle, Definition, check
from engine.drawing.findings import refused
from engine.normalise.adopt import adopt
from engine.normalise.rehearsal import Rehearsable, rehearsable
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
    found = check(bundle, roles=frozenset(question["roles"]), connectors=frozenset(question["connectors"]))
    ready = rehearsable(bundle, found)
    findings = ready.findings
    if ready.definition is not None and not refused(findings):
        findings = (*findings, *broken_promises(ready.definition, bundle.procedure))
    _say({
        "digest": bundle.digest,
        "findings": [asdict(finding) for finding in findings],
        "scenarios": list(scenarios),
    })
    if ready.definition is not None and scenarios:
        _arm(REHEARSE_SECONDS)
        for answer in _rehearsals(ready, ready.definition, scenarios):
            _say(answer)


def _rehearsals(
    ready: Rehearsable, definition: Definition, scenarios: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    for name, scenario in scenarios.items():
        went = rehearse(definition, ready.in_copy(scenario), REHEARSED_AT)
        failures = [_sentence(ready, failure) for failure in went.failures]
        yield {"scenario": name, "passed": went.passed, "failures": failures}


def _sentence(ready: Rehearsable, said: Failure | Phrase) -> dict[str, Any]:
    details = {
        name: _sentence(ready, each) if isinstance(each, Phrase) else each
        for name, each in ready.as_drawn(said.details).items()
    }
    return {"template": said.template, "details": details}


def _adopt(question: Mapping[str, Any]) -> None:
    adopted = adopt(base64.b64decode(question["raw"]), question["roles"])
    _say({"xml": adopted.xml, "findings": [asdict(finding) for finding in adopted.findings]})


def main() -> None:
    """Examine what comes on standard input, under limits."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    _arm(CHECK_SECONDS)
    question = json.load(sys.stdin)
    _arm(question["seconds"])
    _adopt(question) if "raw" in question else _examine(question)


if __name__ == "__main__":
    main()
