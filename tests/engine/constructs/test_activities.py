"""What is done: by people, by expressions, by decisions."""

from __future__ import annotations

import pytest

from engine.errors import ExpressionFailed
from tests.engine.builders import diagram, element, end, path, script, start, task
from tests.engine.constructs.drawing import Journey, errors
from tests.engine.constructs.registry import refused, runs


@runs("User task", "Waits for a person; needs `onedoor:step`.")
def test_a_user_task_waits_for_a_person() -> None:
    walk = Journey(diagram(start(), task("a"), end(), path("begin", "a", "done")))
    assert walk.open == ["a"]
    walk.complete("a", n=1)
    assert walk.view.data["a"] == {"n": 1, "choice": None}


@runs("Manual task", "As a user task.")
def test_a_manual_task_waits_for_a_person() -> None:
    walk = Journey(diagram(start(), task("a", tag="manualTask"), end(), path("begin", "a", "done")))
    assert walk.open == ["a"]
    walk.complete("a")
    assert walk.view.ended


@runs("Abstract task", "A task without a type is work for somebody, as a manual task.")
def test_an_abstract_task_waits_for_a_person() -> None:
    walk = Journey(diagram(start(), task("a", tag="task"), end(), path("begin", "a", "done")))
    assert walk.open == ["a"]
    walk.complete("a")
    assert walk.view.ended


@refused("Task for a person without `onedoor:step`", "Set its kind, role, unit and hours.")
def test_work_needs_its_properties() -> None:
    for tag in ("task", "userTask", "manualTask"):
        xml = diagram(start(), element(tag, "a"), end(), path("begin", "a", "done"))
        assert errors(xml) == {"step_missing": "a"}


@runs("Script task", "One FEEL expression; its value is kept under the task's id.")
def test_a_script_computes_a_value() -> None:
    xml = diagram(start(), script("s", "filing.n * 2"), task("a"), end(), path("begin", "s", "a", "done"))
    assert Journey(xml, {"n": 21}).view.data["s"] == 42


@pytest.mark.parametrize("unit", [None, "", 7, ["H49"]])
def test_a_step_belongs_to_a_unit(unit: object) -> None:
    xml = diagram(start(), task("a", unit="=filing.unit"), end(), path("begin", "a", "done"))
    assert Journey(xml, {"unit": "H49.7"}).open == ["a"]
    with pytest.raises(ExpressionFailed, match=r"on element a failed: it gives no unit\.$"):
        Journey(xml, {"unit": unit})
