"""Errors, escalations and services: what goes outwards, who catches it, and what that breaks off."""

from __future__ import annotations

import pytest

from engine.commands import AnswerService
from engine.errors import ErrorUncaught, ServiceNotAwaited
from engine.facts import EventThrown, ServiceRequested, StepCancelled
from tests.engine.builders import both, choice, end, flow, frame, path, script, start, task, xor
from tests.engine.constructs.registry import runs
from tests.engine.happenings import (
    Watched,
    border,
    document,
    finish,
    handler,
    ours,
    service,
    throw,
    told,
)

E = ("error:E1", "error:E2")


def failing(*around: str, inner: str = "") -> str:
    """A subprocess that ends with error E1 or goes well."""
    parts = frame("f", start("i"), task("try", choice("ok"), choice("no", "refuse")), task("other"), both("s"),
                  xor("g", "g-fine"), end("fine"), finish("bad", ours(why="=try.note"), told("error", "E1")), end("o"),
                  path("i", "s", "try", "g"), path("s", "other", "o"), flow("g", "fine"),
                  flow("g", "bad", 'try.choice = "no"'), inner)
    return document(start(), parts, end(), path("begin", "f", "done"), *around, names=E)


@runs("Error end and error boundary", "The nearest for its code, else for any.")
def test_an_error_leaves_the_subprocess_through_its_border() -> None:
    walk = Watched(failing(border("any", "f", told("error")), border("exact", "f", told("error", "E1")),
                           border("other_", "f", told("error", "E2")), task("mend"), end("mended"),
                           path("exact", "mend", "mended"), end("x"), path("any", "x"), path("other_", "x")))
    assert sorted(walk.open) == ["other", "try"]
    walk.complete("try", "no", note="torn")
    assert walk.open == ["mend"]
    assert [fact.step for fact in walk.last if isinstance(fact, StepCancelled)] == ["other"]
    assert walk.view.data["exact"] == {"why": "torn", "code": "E1"}


@runs("Error end and error boundary")
def test_an_error_without_a_code_is_caught_by_any() -> None:
    walk = Watched(failing(border("any", "f", told("error")), task("mend"), end("mended"),
                           path("any", "mend", "mended")))
    walk.complete("try", "no")
    assert walk.open == ["mend"]


@runs("Event subprocess, error", "Before the boundary of the same subprocess.")
def test_an_error_subprocess_inside_comes_before_the_border() -> None:
    inner = handler("h", told("error", "E1"), task("mend"), end("mended"), path("h_on", "mend", "mended"))
    walk = Watched(failing(border("any", "f", told("error")), end("x"), path("any", "x"), inner=inner))
    walk.complete("try", "no")
    assert walk.open == ["mend"]
    walk.complete("mend")
    assert walk.view.end == "done"


@runs("Event subprocess, error")
def test_an_error_inside_its_handler_goes_outwards() -> None:
    inner = handler("h", told("error", "E1"), finish("again", told("error", "E1")), path("h_on", "again"))
    walk = Watched(failing(border("any", "f", told("error", "E1")), task("mend"), end("x"), path("any", "mend", "x"),
                           inner=inner))
    walk.complete("try", "no")
    assert walk.open == ["mend"]


@runs("Event subprocess, error")
def test_an_error_handler_of_the_process_ends_everything_else() -> None:
    caught = handler("h", told("error"), task("mend"), end("mended"), path("h_on", "mend", "mended"))
    walk = Watched(failing(caught))
    walk.complete("try", "no")
    assert walk.open == ["mend"]
    walk.complete("mend")
    assert (walk.view.ended, walk.view.end) == (True, "mended")


@runs(
    "Error that nothing catches",
    "The step fails, nothing of it is kept, and an incident is opened; a warning says so before publishing.",
)
def test_what_nothing_catches_fails_and_changes_nothing() -> None:
    walk = Watched(failing(border("other_", "f", told("error", "E2")), end("x"), path("other_", "x")))
    before = walk.state
    with pytest.raises(ErrorUncaught, match="E1"):
        walk.complete("try", "no")
    assert walk.state != before
    assert sorted(walk.open) == ["other", "try"]
    walk.complete("try", "ok")
    walk.complete("other")
    assert walk.view.ended


def escalating(*around: str, where: str = "") -> str:
    inner = frame("f", start("i"), task("a"), throw("up", told("escalation", "late")), task("b"), end("o"),
                  path("i", "a", "up", "b", "o"), where)
    return document(start(), inner, end(), path("begin", "f", "done"), *around, names=("escalation:late",))


@runs("Escalation throw and boundary", "Beside the work, or breaking it off.")
def test_an_escalation_is_told_outside_while_the_work_goes_on() -> None:
    walk = Watched(escalating(border("t", "f", told("escalation", "late"), interrupting=False), task("look"), end("x"),
                              path("t", "look", "x")))
    walk.complete("a")
    assert sorted(walk.open) == ["b", "look"]


@runs("Escalation throw and boundary")
def test_an_interrupting_escalation_ends_the_token_that_threw_it() -> None:
    walk = Watched(escalating(border("t", "f", told("escalation", "late")), task("look"), end("x"),
                              path("t", "look", "x")))
    walk.complete("a")
    assert walk.open == ["look"]
    assert walk.view.visits.get("b", 0) == 0


@runs("Event subprocess, escalation", "An escalation that nothing catches goes on.")
def test_an_escalation_may_be_caught_inside_and_need_not_be_caught() -> None:
    inside = handler("h", told("escalation", "late"), task("look"), end("x"), path("h_on", "look", "x"),
                     interrupting=False)
    walk = Watched(escalating(where=inside))
    walk.complete("a")
    assert sorted(walk.open) == ["b", "look"]
    alone = Watched(escalating())
    alone.complete("a")
    assert alone.open == ["b"]
    assert [fact.name for fact in alone.last if isinstance(fact, EventThrown)] == ["late"]


@runs("Service task", "A registered connector by name, asked by the worker; no address comes from a diagram.")
def test_a_service_is_asked_with_its_inputs_and_its_answer_goes_on() -> None:
    xml = document(start(), service("ask", "register", number="=filing.n + 1", book="land"),
                   script("sum", "ask.no + 1"), task("a"), end(), path("begin", "ask", "sum", "a", "done"))
    walk = Watched(xml, {"n": 4})
    asked = next(fact for fact in walk.facts if isinstance(fact, ServiceRequested))
    assert (asked.connector, asked.inputs) == ("register", {"number": 5, "book": "land"})
    assert walk.open == []
    token = next(iter(walk.view.services))
    walk.answer("ask", {"no": 8})
    assert walk.view.data["sum"] == 9
    assert walk.open == ["a"]
    with pytest.raises(ServiceNotAwaited):
        walk.do(AnswerService(token, 1))


@runs("Service task, error of the connector", "An error boundary event or event subprocess catches it.")
def test_a_service_that_fails_is_caught_on_its_border_or_fails_the_step() -> None:
    parts = (start(), service("ask"), task("a"), end(), path("begin", "ask", "a", "done"))
    walk = Watched(document(*parts, border("e", "ask", told("error", "E1")), task("mend"), end("x"),
                            path("e", "mend", "x"), names=E))
    with pytest.raises(ErrorUncaught):
        walk.answer("ask", error="E2")
    walk.answer("ask", error="E1")
    assert walk.open == ["mend"]
    assert walk.view.data["e"] == {"message": "because", "code": "E1"}


@runs("Terminate end inside a subprocess", "It ends only that.")
def test_terminate_inside_an_event_subprocess_ends_only_that() -> None:
    stop = handler("h", told("signal", "storm"), task("x"), finish("t", told("terminate")), path("h_on", "x", "t"),
                   interrupting=False)
    walk = Watched(document(start(), task("a"), end(), path("begin", "a", "done"), stop, names=("signal:storm",)))
    walk.signal("storm")
    walk.complete("x")
    assert walk.open == ["a"]


def test_an_answer_that_comes_too_late_is_refused() -> None:
    xml = document(start(), service("k"), task("a"), end(), path("begin", "k", "a", "done"),
                   border("b", "k", told("timeDuration", "P1D")), end("x"), path("b", "x"))
    walk = Watched(xml)
    token = next(iter(walk.view.services))
    walk.fire("b")
    assert (walk.view.end, walk.view.services) == ("x", {})
    other = Watched(xml)
    other.answer("k")
    for number in (token, other.token("a"), "99"):
        with pytest.raises(ServiceNotAwaited):
            other.do(AnswerService(number, None, None, ""))
    assert other.open == ["a"]


def test_what_was_thrown_is_told_with_its_values() -> None:
    xml = document(start(), throw("u", ours(n="=filing.n"), told("signal", "storm")), task("a"), end(),
                   path("begin", "u", "a", "done"), names=("signal:storm",))
    thrown = [fact for fact in Watched(xml, {"n": 7}).facts if isinstance(fact, EventThrown)]
    assert thrown == [EventThrown("u", "signal", "storm", {"n": 7})]
