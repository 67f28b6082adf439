"""Random diagrams that are sound by construction are accepted, reach their end, and do what the reference does.

Each walk is played twice, saved and reloaded at every wait and never; see `tests/walks/walker.py` for all that holds.
Longer runs: `python -m tests.bench.walks`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.walks.proof import KINDS, commanded

CHUNKS, DIAGRAMS, PATHS = 5, 128, 30
CONSTRUCTS = (
    "parallelGateway", "inclusiveGateway", "exclusiveGateway", "eventBasedGateway", "userTask", "manualTask",
    "receiveTask", "serviceTask", "sendTask", "scriptTask", "subProcess", "transaction", "callActivity",
    "adHocSubProcess", "timerEvent", "messageEvent", "signalEvent", "conditionalEvent", "errorEvent", "escalationEvent",
    "compensateEvent", "cancelEvent", "linkEvent", "terminateEvent", "standardLoop", "testBefore", "triggeredByEvent",
    'isSequential="true"', 'isSequential="false"', 'ordering="Sequential"', "completionCondition", "correlation",
    'cancelActivity="true"', 'cancelActivity="false"', 'isInterrupting="true"', 'isInterrupting="false"', "activityRef",
)

# What needs more order than wiring at random has
NEVER_LOOSE = {"sound": [], "loose": [
    "eventBasedGateway", "sendTask", "cancelEvent", "linkEvent", "testBefore", 'isSequential="true"',
    'ordering="Sequential"', "completionCondition", "correlation", "activityRef",
]}


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_sound_diagrams_do_what_bpmn_says(chunk: int, tmp_path: Path) -> None:
    code, said = commanded("sound", chunk * 1000, DIAGRAMS, PATHS, tmp_path)
    assert code == 0, said
    assert f"{DIAGRAMS} diagrams, {DIAGRAMS * PATHS} walks" in said


@pytest.mark.parametrize("kind", KINDS)
def test_every_construct_is_drawn(kind: str) -> None:
    drawn = [KINDS[kind].draw(KINDS[kind].make(seed)) for seed in range(400)]
    missing = [each for each in CONSTRUCTS if not any(each in xml for xml in drawn)]
    assert missing == NEVER_LOOSE[kind]
