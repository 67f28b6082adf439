"""The command that says of any folder of diagrams what can be run: counts, reasons, limits, faults."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.commands import main
from app.procedures import proving
from tests.engine import builders as draw

SOUND = draw.row("a", "b")
FOREIGN = draw.diagram(
    draw.start(), draw.element("task", "Task_1"), draw.element("exclusiveGateway", "g"), draw.end(),
    draw.path("begin", "Task_1", "g", "done"),
)
COMPLEX = FOREIGN.replace("exclusiveGateway", "complexGateway")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two diagrams that can be run, one that cannot, and one file that is none."""
    (tmp_path / "below").mkdir()
    for name, text in (("a.bpmn", SOUND), ("below/b.xml", FOREIGN), ("c.bpmn", COMPLEX), ("d.bpmn", "{}")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "readme.txt").write_text("not a diagram")
    return tmp_path


def test_the_table_counts_every_file_and_names_what_stands_in_the_way(folder: Path) -> None:
    answer = CliRunner().invoke(main, ["diagrams", str(folder), "--json", "--workers", "1"])
    assert answer.exit_code == 0, answer.output
    said = json.loads(answer.output)
    assert (said["files"], said["not_read"], said["runnable"], said["percent"]) == (4, 1, 2, 50.0)
    assert {each["code"]: each["example"]["element"] for each in said["refused"]} == {
        "complex_gateway": "g", "not_xml": None,
    }
    assert said["walks"] == {"ended": 2}
    assert (said["crashes"], said["slow"], said["without_element"]) == ([], [], [])


def test_the_table_can_be_read_by_people(folder: Path) -> None:
    answer = CliRunner().invoke(main, ["diagrams", str(folder), "--workers", "1"])
    assert "2 runnable = 50.0 %" in answer.output
    assert "1 refused: complex_gateway, e.g. g in c.bpmn" in answer.output


def test_a_file_that_takes_too_long_is_killed_and_counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = proving.prove_all(folder, 0.000_001, 1)
    assert {proof.path for proof in summary.slow} == {"a.bpmn", "below/b.xml", "c.bpmn", "d.bpmn"}
    assert summary.runnable == 0
    monkeypatch.setattr("app.cli.commands.prove_all", lambda *_: summary)
    assert CliRunner().invoke(main, ["diagrams", str(folder)]).exit_code == 1


def test_a_fault_of_the_engine_is_a_crash_and_the_next_file_is_still_looked_at(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []
    start = proving._start

    def once_broken() -> subprocess.Popen[str]:
        begun.append(1)
        if len(begun) > 1:
            return start()
        return subprocess.Popen(
            [sys.executable, "-c", "input(); raise KeyError('at fault')"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )

    monkeypatch.setattr(proving, "_start", once_broken)
    summary = proving.prove_all(folder, 2.0, 1)
    assert [(proof.path, proof.broken) for proof in summary.crashes] == [("a.bpmn", "KeyError: 'at fault'")]
    assert (summary.files, summary.runnable) == (4, 1)
    assert any("crash: KeyError" in line for line in proving.report(summary))
