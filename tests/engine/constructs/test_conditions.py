"""Conditions, links and event-based gateways: what a dossier waits for besides people and messages."""

from __future__ import annotations

import pytest

from tests.engine.builders import both, choice, element, end, flow, frame, loop, path, receive, start, task, xor
from tests.engine.constructs.registry import runs
from tests.engine.happenings import (
    Watched,
    border,
    catch,
    document,
    handler,
    throw,
    told,
)


@runs("Condition, intermediate catch", "FEEL, looked at after each command that moves the dossier.")
def test_a_condition_lets_go_when_it_holds() -> None:
    xml = document(start(), both("s"), catch("c", told("condition", "a.n > 3")), task("a"), both("j"), end(), task("b"),
                   path("begin", "s", "c", "b", "j", "done"), path("s", "a", "j"))
    walk = Watched(xml)
    assert (walk.open, walk.waiting) == (["a"], ["c"])
    walk.complete("a", n=4)
    assert (walk.open, walk.waiting) == (["b"], [])


@runs("Condition, boundary beside the task", "Once each time it becomes true.")
def test_a_beside_running_condition_goes_off_once_each_time_it_becomes_true() -> None:
    xml = document(start(), task("a"), end(), end("told"), xor("again", ""), task("b", choice("x"), choice("y")),
                   xor("g", "g-again"), both("s"), xor("h", "h-hold"), task("hold"),
                   border("c", "hold", told("condition", "b.n > 3"), interrupting=False),
                   path("begin", "s", "h", "hold", "done"), path("s", "again", "b", "g", "again"),
                   flow("g", "a", 'b.choice = "y"'), flow("h", "a", "filing.never = true"), path("a", "done"),
                   path("c", "told"))
    walk = Watched(xml)
    for n in (1, 4, 5, 2, 3, 9):
        walk.complete("b", "x", n=n)
    assert walk.trace.count("c") == 2
    assert sorted(walk.open) == ["b", "hold"]


@runs("Condition, boundary")
def test_an_interrupting_condition_breaks_off() -> None:
    xml = document(start(), both("s"), task("a"), task("b"), end(), end("x"), path("begin", "s", "a", "done"),
                   path("s", "b", "done"), border("c", "b", told("condition", "a.stop")), path("c", "x"))
    walk = Watched(xml)
    walk.complete("a", stop=True)
    assert walk.view.ended


@runs("Link", "By name, within one process or subprocess.")
def test_a_link_leads_to_its_other_end() -> None:
    xml = document(start(), task("a", choice("x"), choice("y")), xor("g", "g-b"), throw("go", told("link", "L")),
                   throw("go2", told("link", "L")), catch("come", told("link", "L")), task("b"), task("c"), end(),
                   path("begin", "a", "g", "b", "go"), flow("g", "go2", 'a.choice = "y"'), path("come", "c", "done"))
    for choice_, steps in (("x", ["b", "c"]), ("y", ["c"])):
        walk = Watched(xml)
        walk.complete("a", choice_)
        for step in steps:
            walk.complete(step)
        assert walk.view.ended
        assert "come" in walk.trace


def racing() -> str:
    return document(
        start(), element("eventBasedGateway", "g"), catch("paid", told("message", "paid")),
        catch("late", told("timeDuration", "P3D")), catch("storm", told("signal", "storm")),
        catch("many", told("condition", "other.n > 3")), receive("papers", "supplement").replace("m_s", "message_s"),
        *(task(f"after_{name}") for name in ("paid", "late", "storm", "many", "papers")), end(), both("s"),
        task("other"),
        path("begin", "s", "g"), path("s", "other", "done"),
        *(path("g", name, f"after_{name}", "done") for name in ("paid", "late", "storm", "many", "papers")),
        names=("message:paid", "message:supplement", "signal:storm"),
    )


@runs("Event-based gateway", "Messages, timers, signals, conditions, receive tasks; the first wins.")
@pytest.mark.parametrize("first", ["paid", "late", "storm", "many", "papers"])
def test_of_several_awaited_events_the_first_wins(first: str) -> None:
    walk = Watched(racing())
    assert sorted(walk.open) == ["other", "papers"]
    acts = {
        "paid": lambda: walk.deliver("paid", n=1), "late": lambda: walk.fire("late"),
        "storm": lambda: walk.signal("storm"), "many": lambda: walk.complete("other", n=4),
        "papers": lambda: walk.deliver("supplement", paper="x"),
    }
    acts[first]()
    assert [step for step in walk.open if step != "other"] == [f"after_{first}"]
    assert (walk.waiting, walk.view.timers) == ([], {})
    assert "g" in walk.trace
    assert f"g-{first}" in walk.view.flows


@runs("Event-based gateway")
def test_two_timers_after_one_gateway_each_keep_their_own_time() -> None:
    xml = document(start(), element("eventBasedGateway", "g"), catch("slow", told("timeDuration", "P9D")),
                   catch("quick", told("timeDuration", "PT1H")), task("a"), task("b"), end(),
                   path("begin", "g", "slow", "a", "done"), path("g", "quick", "b", "done"))
    walk = Watched(xml)
    walk.fire("quick")
    assert walk.open == ["b"]


@runs("Event subprocess, condition", "In a repeated subprocess each instance looks at its own values.")
def test_a_condition_starts_an_event_subprocess_with_the_values_of_its_own_scope() -> None:
    alarm = handler("alarm", told("condition", "a.n > item"), task("look"), end("seen"),
                    path("alarm_on", "look", "seen"), interrupting=False)
    inner = frame("f", start("i"), task("a"), task("b"), end("o"), path("i", "a", "b", "o"), alarm)
    each = inner[: inner.rindex("</bpmn:subProcess>")] + loop("filing.limits") + "</bpmn:subProcess>"
    walk = Watched(document(start(), each, end(), path("begin", "f", "done")), {"limits": [1, 5]})
    for _ in range(2):
        walk.complete("a", n=3)
    assert sorted(walk.open) == ["b", "b", "look"]
