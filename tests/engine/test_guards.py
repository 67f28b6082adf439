"""The library is bounded: no Python, no clock, no second run, no endless movement, no shared mutation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.util.task import TaskState

from engine.clock.timing import due_at
from engine.commands import ClaimStep, CompleteStep, StartProcess
from engine.definition import Bundle, check, compile_definition
from engine.drawing.findings import refused
from engine.errors import BudgetExceeded, StepFailed, StepNotOpen
from engine.execute import step
from engine.running import guards
from engine.running.guards import MAX_STEPS, Token
from engine.running.moves import Run
from engine.spiff.task_parsers import Made
from engine.state import State, open_tokens
from tests.engine.builders import (
    DOSSIER,
    NOW,
    Walk,
    both,
    diagram,
    end,
    flow,
    frame,
    loop,
    path,
    row,
    script,
    start,
    task,
    timer,
    xor,
)

ATTACKS = [
    "__import__('os').system('true')", "open('/etc/passwd')", "().__class__.__base__.__subclasses__()", "exec('1')",
    "eval('1')", "(lambda: 1)()", "[x for x in (1,)]", "'{0.__class__}'.format(1)", "import os",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_python_is_never_run(attack: str) -> None:
    escaped = attack.replace("<", "&lt;")
    for part in (script("s", escaped), timer("s", f"={escaped}"), xor("s")):
        extra = flow("s", "done", attack) if "exclusiveGateway" in part else ""
        xml = diagram(start(), part, task("a"), end(), path("begin", "s", "a", "done"), extra)
        with pytest.raises(Exception, match=r"cannot be run|failed|neither|budget"):
            Walk(xml)


def test_the_library_s_own_script_engine_is_closed() -> None:
    made = compile_definition(Bundle(row("a")))
    run = Run(made, State(made.digest, {}), NOW)
    token = Token(run, made.spec.task_specs["a"], TaskState.READY, None)
    for call, why in ((run.script_engine.evaluate, "it was reached outside a command"),
                      (run.script_engine.execute, "scripts are FEEL expressions")):
        with pytest.raises(WorkflowException) as refused:
            call(token, "1")
        assert str(refused.value.__context__) == f'The expression "1" on element ? failed: {why}.'


def test_only_ready_tokens_run() -> None:
    made = compile_definition(Bundle(row("a")))
    run = Run(made, State(made.digest, {}), NOW)
    for state in (TaskState.FUTURE, TaskState.WAITING, TaskState.COMPLETED, TaskState.CANCELLED):
        with pytest.raises(StepNotOpen):
            Token(run, made.spec.task_specs["a"], state, None).run()


def test_endless_movement_is_stopped_with_the_element() -> None:
    """A loop whose only wait repeats over nothing: the check cannot know, the budget can."""
    xml = diagram(start(), xor("m"), task("a", inside=loop("filing.x")), xor("g", "g-m"), end(),
                  path("begin", "m", "a", "g", "m"), flow("g", "done", "filing.stop"))
    with pytest.raises(BudgetExceeded, match=rf"more than {MAX_STEPS} steps on element [mag] "):
        Walk(xml, {"x": [], "stop": False})
    assert Walk(xml, {"x": [], "stop": True}).view.ended


def test_as_many_movements_as_allowed_are_made() -> None:
    """Start, fork, 240 scripts in 4 rows, join and end stay within the budget."""
    rows = [[f"s{row_}_{number}" for number in range(60)] for row_ in range(4)]
    xml = diagram(start(), both("f"), both("j"), end(), *(script(name, "1") for names in rows for name in names),
                  path("begin", "f"), *(path("f", *names, "j") for names in rows), path("j", "done"))
    assert Walk(xml).view.ended


@pytest.mark.parametrize(("scripts", "enough"), [(3, True), (4, False)])
def test_the_last_movement_that_is_allowed_is_made(monkeypatch: pytest.MonkeyPatch, scripts: int, enough: bool) -> None:
    """A start, the scripts and an end, where five movements are allowed; else it is a thousand, and 500 instances."""
    assert (guards.MAX_STEPS, guards.MAX_INSTANCES) == (1_000, 500)
    monkeypatch.setattr(guards, "MAX_STEPS", 5)
    names = [f"s{number}" for number in range(scripts)]
    xml = diagram(start(), *(script(name, "1") for name in names), end(), path("begin", *names, "done"))
    if enough:
        assert Walk(xml).view.ended
        return
    with pytest.raises(BudgetExceeded, match="more than 5 steps on element done"):
        Walk(xml)


def test_a_library_error_becomes_ours_with_the_element(monkeypatch: pytest.MonkeyPatch) -> None:
    walk = Walk(diagram(start(), task("a"), script("s", "1"), task("b"), end(), path("begin", "a", "s", "b", "done")))
    walk.do(ClaimStep("1", "lan"))
    before = walk.state
    for problem in (WorkflowException("broken"), RecursionError("deep"), KeyError("x"), AttributeError("y")):

        def fail(*_: object, _problem: Exception = problem) -> None:
            raise _problem

        with monkeypatch.context() as patch:
            patch.setattr(Run, "compute", fail)
            with pytest.raises(StepFailed, match="element s"):
                walk.do(CompleteStep("1", "lan"))
    assert walk.state is before
    walk.do(CompleteStep("1", "lan"))
    assert walk.open == ["b"]


def test_what_the_library_cannot_make_is_a_finding_on_its_element(monkeypatch: pytest.MonkeyPatch) -> None:
    for problem in (KeyError("x"), TypeError("y"), ValueError("z"), AttributeError("w")):

        def fail(*_: object, _problem: Exception = problem) -> None:
            raise _problem

        with monkeypatch.context() as patch:
            patch.setattr(Made, "create_task", fail)
            found = check(Bundle(row("a", "b")))
        assert [(one.code, one.element) for one in refused(found)] == [("engine_refused", "a")]
        assert repr(problem) in next(one.message for one in refused(found))
    assert not refused(check(Bundle(row("a", "b"))))


def test_one_definition_serves_many_threads() -> None:
    """Repeated steps, joins and frames on one specification, by threads at once, give what one thread gives."""
    xml = diagram(start(), both("s"), task("a", inside=loop("filing.x")), frame("f", start("i"), task("b"), end("o"),
                  path("i", "b", "o")), both("j"), end(), path("begin", "s", "a", "j", "done"), path("s", "f", "j"))
    made = compile_definition(Bundle(xml))

    def work(number: int) -> bytes:
        outcome = step(made, None, StartProcess(DOSSIER, {"x": [1, 2, 3]}), NOW)
        while b'"ended":false' in outcome.state:
            token = next(iter(open_tokens(outcome.state)))
            outcome = step(made, outcome.state, ClaimStep(token, "lan"), NOW)
            outcome = step(made, outcome.state, CompleteStep(token, "lan"), NOW)
        return outcome.state

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(work, range(100)))) == 1


@pytest.mark.parametrize(
    ("kind", "value", "due"),
    [
        ("duration", "P1D", timedelta(days=1)), ("duration", "PT36H", timedelta(hours=36)),
        ("duration", "P2W", timedelta(weeks=2)), ("duration", "P1DT2H3M4S", timedelta(days=1, seconds=7384)),
        ("duration", "P1M", timedelta(days=31)), ("duration", "P1Y", timedelta(days=365)),
        ("date", "2026-03-03", timedelta(hours=16)), ("date", "2026-03-02T02:00:00Z", timedelta(hours=1)),
    ],
)
def test_when_timers_are_due(kind: str, value: str, due: timedelta) -> None:
    assert due_at(kind, value, NOW) == NOW + due


def test_a_month_after_the_31st_is_the_last_day() -> None:
    assert due_at("duration", "P1M", NOW.replace(month=1, day=31)).day == 28


@pytest.mark.parametrize(
    "value", ["", "P", "PT", "1D", "-P1D", "P1.5D", "p1d", "P1D x", "P9999999D", "P999999Y", "P999999W", "PD", "P1DT",
    "P９D"]
)
def test_durations_that_are_none(value: str) -> None:
    with pytest.raises(ValueError):
        due_at("duration", value, NOW)
