"""The library used its own way, on small sound diagrams: each of its faults that our part of it guards against.

These are the other half of the proofs named in `docs/explanation/guards.md`: where the guard is missing, this happens.
A version of the library in which one of these tests fails needs that guard no longer.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import SignalEventDefinition
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.deep_merge import DeepMerge
from SpiffWorkflow.util.task import TaskState

from tests.engine.builders import (
    both,
    diagram,
    element,
    end,
    flow,
    frame,
    loop,
    path,
    row,
    script,
    start,
    task,
    xor,
)


def stock(xml: str) -> BpmnWorkflow:
    """A running instance, by the library's parser."""
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(xml.encode()))
    workflow = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))
    workflow.do_engine_steps()
    return workflow


def ready(workflow: BpmnWorkflow) -> dict[str, Task]:
    return {each.task_spec.name: each for each in workflow.get_tasks(state=TaskState.READY)}


def complete(workflow: BpmnWorkflow, name: str, **values: Any) -> None:
    found = ready(workflow)[name]
    found.data.update(values)
    found.run()
    workflow.do_engine_steps()


def reloaded(workflow: BpmnWorkflow) -> BpmnWorkflow:
    serializer = BpmnWorkflowSerializer()
    return serializer.deserialize_json(serializer.serialize_json(workflow))


def test_a_task_a_thousand_levels_down_is_not_found_and_the_instance_counts_as_completed() -> None:
    workflow = stock(diagram(start(), xor("m"), task("a"), xor("g", "g-done"), end(),
                             path("begin", "m", "a", "g", "done"), flow("g", "m", "True")))
    rounds = 0
    while "a" in ready(workflow):
        complete(workflow, "a")
        rounds += 1
    assert rounds == 333
    assert workflow.is_completed()
    assert [each for each in workflow.tasks.values() if each.state == TaskState.READY]


AGAIN = diagram(
    start(), xor("m"), both("s"), task("a"), task("b"), task("c"), both("j"), task("z"), xor("g", "g-done"), end(),
    path("begin", "m", "s", "a", "j"), path("s", "b", "j"), path("s", "c", "j"), path("j", "z", "g", "done"),
    flow("g", "m", "again"),
)


def joined(order: tuple[str, ...], then: tuple[str, ...]) -> bool:
    """Whether the join waited for all three in two rounds."""
    workflow = stock(AGAIN)
    for names in (order, then):
        for at, name in enumerate(names):
            if ("z" in ready(workflow)) or name not in ready(workflow):
                return False
            complete(workflow, name)
            if at < 2 and "z" in ready(workflow):
                return False
        if "z" not in ready(workflow):
            return False
        complete(workflow, "z", again=True)
    return True


def test_a_join_in_a_loop_fires_early_in_many_orders() -> None:
    right = 0
    for then in permutations("abc"):
        try:
            right += joined(("a", "b", "c"), then)
        except (AttributeError, WorkflowException):
            continue
    assert 0 < right < 6


FORKED = diagram(start(), both("s"), task("a"), task("b"), both("j"), task("z"), end(),
                 path("begin", "s", "a", "j", "z", "done"), path("s", "b", "j"))


def test_a_join_gives_back_the_value_that_the_later_branch_saw() -> None:
    workflow = stock(diagram(start(), task("first"), both("s"), task("a"), task("b"), both("j"), task("z"), end(),
                             path("begin", "first", "s", "a", "j", "z", "done"), path("s", "b", "j")))
    complete(workflow, "first", x=0)
    complete(workflow, "a", x=1)
    complete(workflow, "b")
    assert ready(workflow)["z"].data["x"] == 0


def test_a_join_unites_lists_by_their_places() -> None:
    assert DeepMerge.merge({"x": [1, 2, 3]}, {"x": [3, 1]}) == {"x": [1, 2]}
    workflow = stock(FORKED)
    complete(workflow, "a", x=[{"name": "An"}])
    complete(workflow, "b", x=[{"age": 40}])
    assert ready(workflow)["z"].data["x"] == [{"name": "An", "age": 40}]


@pytest.mark.parametrize(("before", "after"), [(1, True), (0, False), (1, 1.0)])
def test_saving_takes_equal_values_for_the_same(before: Any, after: Any) -> None:
    workflow = stock(row("a", "b"))
    complete(workflow, "a", x=before)
    ready(workflow)["b"].data["x"] = after
    kept = ready(reloaded(workflow))["b"].data["x"]
    assert type(kept) is type(before)


def test_a_value_named_typename_cannot_be_loaded() -> None:
    workflow = stock(row("a", "b"))
    complete(workflow, "a", filing={"typename": "datetime", "len": 3})
    with pytest.raises(Exception, match="value"):
        reloaded(workflow)


def test_a_date_cannot_be_saved() -> None:
    workflow = stock(row("a", "b"))
    complete(workflow, "a", day=date(2026, 3, 2))
    with pytest.raises(TypeError, match="JSON"):
        reloaded(workflow)


def test_what_is_changed_later_changes_what_was_finished() -> None:
    workflow = stock(row("a", "b"))
    complete(workflow, "a", rows=[{"n": 1}])
    finished = next(each for each in workflow.get_tasks() if each.task_spec.name == "a")
    ready(workflow)["b"].data["rows"][0]["n"] = 2
    assert finished.data["rows"] == [{"n": 2}]


def test_a_finished_task_runs_again() -> None:
    workflow = stock(row("a", "b"))
    first = ready(workflow)["a"]
    complete(workflow, "a")
    assert first.state == TaskState.COMPLETED
    assert first.run() is not False


def test_a_serializer_that_writes_is_in_another_mode_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a second thread converts meanwhile is converted in the first one's way."""
    serializer, modes = BpmnWorkflowSerializer(), []
    monkeypatch.setattr(serializer, "to_dict", lambda *_, **__: modes.append(serializer.registry._encoder_mode) or {})
    serializer.serialize_json(stock(row("a")))
    serializer.to_dict(None)
    assert modes == [True, False]


def test_running_a_repeated_task_changes_the_specification() -> None:
    xml = diagram(start(), task("a", inside=loop(cardinality="2").replace("<bpmn:extensionElements></bpmn:extensionEl"
                                                                         "ements>", "")), end(),
                  path("begin", "a", "done"))
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(xml.encode()))
    spec = parser.get_spec("p")

    def connected() -> int:
        return sum(each.completed_event.n_subscribers() for each in spec.task_specs.values())

    before = connected()
    BpmnWorkflow(spec, parser.get_subprocess_specs("p")).do_engine_steps()
    assert connected() > before


def test_an_endless_loop_ends_as_completed() -> None:
    workflow = stock(diagram(start(), xor("m"), script("s", "x = 1"), xor("g", "g-done"), end(),
                             path("begin", "m", "s", "g", "done"), flow("g", "m", "True")))
    assert workflow.is_completed()
    assert [each for each in workflow.tasks.values() if each.state == TaskState.READY]


class _Endless(BaseException):
    """The time is over."""


def _over(*_: object) -> None:
    raise _Endless


def within(seconds: float, action: Callable[[], object]) -> None:
    """Do something for so much of the processor's time at most."""
    before = signal.signal(signal.SIGVTALRM, _over)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        action()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def test_a_dangling_reference_to_data_is_looked_for_for_ever() -> None:
    read = "<bpmn:dataInputAssociation id='dia'><bpmn:sourceRef>dor</bpmn:sourceRef></bpmn:dataInputAssociation>"
    dangling = '<bpmn:dataObjectReference id="dor" dataObjectRef="nothing"/>'
    xml = diagram(start(), frame("f", start("i"), task("a", inside=read), end("o"), path("i", "a", "o"), dangling),
                  end(), path("begin", "f", "done"))
    with pytest.raises(_Endless):
        within(0.5, lambda: stock(xml))


def test_a_repeated_task_after_a_boundary_event_breaks() -> None:
    again = loop(cardinality="2").replace("<bpmn:extensionElements></bpmn:extensionElements>", "")
    raised = element("boundaryEvent", "t", '<bpmn:signalEventDefinition signalRef="sig"/>', attachedToRef="a")
    xml = diagram(start(), task("a"), raised, task("b", inside=again), end(), path("begin", "a", "done"),
                  path("t", "b", "done"))
    with pytest.raises(WorkflowException, match="non-predicted child"):
        workflow = stock(xml.replace("<bpmn:process ", '<bpmn:signal id="sig" name="sig"/><bpmn:process ', 1))
        workflow.send_event(BpmnEvent(SignalEventDefinition("sig"), {}))
        workflow.do_engine_steps()
        complete(workflow, "b")


def test_a_service_task_cannot_be_saved() -> None:
    workflow = stock(diagram(start(), task("a"), element("serviceTask", "s"), end(), path("begin", "a", "s", "done")))
    with pytest.raises((TypeError, KeyError, AttributeError)):
        reloaded(workflow)


def test_a_service_that_fails_hides_why() -> None:
    with pytest.raises(NameError, match="script"):
        PythonScriptEngine().call_service(ready(stock(row("a")))["a"], operation_name="x")


def test_an_event_subprocess_that_should_interrupt_does_not() -> None:
    begun = element("startEvent", "i", '<bpmn:signalEventDefinition signalRef="sig"/>', isInterrupting="true")
    inside = frame("f", begun, task("b"), end("o"), path("i", "b", "o"))
    xml = diagram(start(), task("a"), end(), path("begin", "a", "done"),
                  inside.replace('id="f"', 'id="f" triggeredByEvent="true"'))
    workflow = stock(xml.replace("<bpmn:process ", '<bpmn:signal id="sig" name="sig"/><bpmn:process ', 1))
    workflow.send_event(BpmnEvent(SignalEventDefinition("sig"), {}))
    workflow.do_engine_steps()
    assert "a" in ready(workflow)


def test_a_condition_that_fails_leaves_the_instance_half_way() -> None:
    workflow = stock(diagram(start(), task("a"), script("s", "x = 1"), xor("g", "g-done"), end(),
                             path("begin", "a", "s", "g", "done"), flow("g", "a", "unknown > 1")))
    with pytest.raises(WorkflowException):
        complete(workflow, "a")
    done = {each.task_spec.name for each in workflow.get_tasks() if each.state == TaskState.COMPLETED}
    assert {"a", "s"} <= done
    assert "a" not in ready(workflow)


def test_a_boundary_timer_back_to_its_own_task_leaves_two() -> None:
    signalled = element("boundaryEvent", "t", '<bpmn:signalEventDefinition signalRef="sig"/>', attachedToRef="a")
    xml = diagram(start(), task("a"), signalled, end(), path("begin", "a", "done"), path("t", "a"))
    workflow = stock(xml.replace("<bpmn:process ", '<bpmn:signal id="sig" name="sig"/><bpmn:process ', 1))
    for _ in range(2):
        workflow.send_event(BpmnEvent(SignalEventDefinition("sig"), {}))
        workflow.do_engine_steps()
    assert len([each for each in workflow.get_tasks(state=TaskState.READY) if each.task_spec.name == "a"]) > 1




TESTS = Path(__file__).resolve().parents[1]


def test_every_proof_that_the_page_names_is_there() -> None:
    page = (TESTS.parent / "docs/explanation/guards.md").read_text("utf-8")
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", page)
    assert len(named) > 40
    sources = {path.name: path.read_text("utf-8") for path in TESTS.rglob("test_*.py")}
    assert [each for each in named if f"def {each[1]}(" not in sources.get(each[0], "")] == []
