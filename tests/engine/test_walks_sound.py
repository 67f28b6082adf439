"""Random diagrams that are sound by construction are accepted, reach their end, and do what the reference does.

Each walk is played twice, saved and reloaded at every wait and never; see `tests/walks/walker.py` for all that holds.
Longer runs: `python -m tests.bench.walks`.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.walks import reading, reference
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

INTERPRETER, LARGEST = (reference, reading), 300
MAY_IMPORT = {"__future__", "collections", "collections.abc", "typing", "lxml.etree", "tests.walks.reading"}

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


def lines_of_code(text: str) -> int:
    """The lines that are not blank and neither comment nor docstring."""
    bodies = [node.body for node in ast.walk(ast.parse(text)) if hasattr(node, "body") and isinstance(node.body, list)]
    said = [body[0] for body in bodies if body and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant) and isinstance(body[0].value.value, str)]
    told = {number for each in said for number in range(each.lineno, each.end_lineno + 1)}
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") and number not in told
               for number, line in enumerate(text.splitlines(), 1))


def imported(text: str) -> set[str]:
    """The modules that a text imports."""
    nodes = [*ast.walk(ast.parse(text))]
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return named | {node.module for node in nodes if isinstance(node, ast.ImportFrom)}


def test_the_reference_interpreter_is_small_enough_to_be_read_and_shares_nothing_with_the_engine() -> None:
    texts = [Path(module.__file__).read_text("utf-8") for module in INTERPRETER]
    assert sum(map(lines_of_code, texts)) <= LARGEST
    assert set().union(*map(imported, texts)) <= MAY_IMPORT


def test_only_code_is_counted_and_every_import_is_seen() -> None:
    text = '"""Two\nlines."""\n\nimport os\n\n\ndef one():\n    """Said."""\n    # Why\n    from engine import fold\n'
    assert lines_of_code(text) == 3
    assert imported(text) == {"os", "engine"}
