"""Everything that can happen, in any order: the fold stays the state, loading changes nothing, every step repeats."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.clock.timing import moment_of
from engine.commands import AnswerService, BroadcastSignal, Command, DeliverMessage, FireTimer, WithdrawDossier
from engine.fold import View
from engine.running import catching, waits
from tests.engine.builders import both, choice, element, end, flow, frame, path, receive, start, task, xor
from tests.engine.happenings import Watched, border, catch, document, finish, handler, ours, service, throw, told

NAMES = ("message:paid", "message:papers", "signal:storm", "error:E1", "escalation:late")


def undoing(activity: str) -> str:
    undo = task(f"un_{activity}").replace("<bpmn:userTask ", '<bpmn:userTask isForCompensation="true" ')
    tie = element("association", f"tie_{activity}", sourceRef=f"undo_{activity}", targetRef=f"un_{activity}")
    return border(f"undo_{activity}", activity, told("compensate")) + undo + tie


WORK = frame(
    "work", start("w"), both("ws"), task("a", choice("ok"), choice("bad", "refuse"), choice("late")),
    xor("wg", "wg-wo"), throw("up", told("escalation", "late")), end("wo"),
    finish("werr", ours(why="=a.note"), told("error", "E1")), task("b"),
    path("w", "ws", "a", "wg", "wo"), flow("wg", "werr", 'a.choice = "bad"'),
    flow("wg", "up", 'a.choice = "late"'), path("up", "wo"), path("ws", "b", "wo"), undoing("b"),
    handler("calm", told("signal", "storm"), task("cover"), end("covered"), path("calm_on", "cover", "covered"),
            interrupting=False),
)
DEAL = element("transaction", "deal", "".join((
    start("d"), task("book"), undoing("book"), service("ask", "log", n="=1"), task("pay", choice("ok"), choice("no")),
    xor("dg", "dg-do"), end("do"), finish("stop", told("cancel")), path("d", "book", "ask", "pay", "dg", "do"),
    flow("dg", "stop", 'pay.choice = "no"'),
)))
EVERYTHING = document(
    start(), both("s"), WORK, border("failed", "work", told("error", "E1")), border("told", "work",
    told("escalation", "late"), interrupting=False), border("tick", "work", told("timeCycle", "R3/PT1H"),
    interrupting=False), task("mend"), end("t1"), end("t2"), DEAL, border("off", "deal", told("cancel")),
    border("many", "deal", told("condition", "book.n > 3"), interrupting=False), end("t3"), xor("m"), xor("j"),
    xor("k"), element("eventBasedGateway", "race"),
    catch("paid", ours(correlation="=filing.bill"), told("message", "paid")),
    catch("slow", told("timeDuration", "P2D")), receive("papers", "papers").replace("m_papers", "message_papers"),
    xor("r"), throw("go", told("link", "L")), catch("come", told("link", "L")), throw("back", told("compensate")),
    end(), path("begin", "s", "work", "j", "go"), path("failed", "mend", "j"), path("told", "t1"), path("tick", "t2"),
    path("come", "back", "done"), path("s", "deal", "k", "done"), path("off", "k"), path("many", "t3"),
    path("s", "m", "race", "paid", "r", "done"), path("race", "slow", "m"), path("race", "papers", "r"),
    handler("hurry", told("message", "papers"), task("look"), end("seen"), path("hurry_on", "look", "seen"),
            interrupting=False),
    handler("wreck", told("error"), throw("undo_all", told("compensate")), end("saved"),
            path("wreck_on", "undo_all", "saved")),
    names=NAMES,
)


def happening(view: View) -> Iterator[Command]:
    """Everything that could happen from outside now, steps of people apart."""
    yield from (FireTimer(number) for number in view.timers)
    for number, wait in view.waits.items():
        if wait.kind == "message":
            yield DeliverMessage(wait.name, {}, number, wait.key)
    yield from (BroadcastSignal(one.name) for one in view.waits.values() if one.kind == "signal")
    for token in view.services:
        yield from (AnswerService(token, {"n": 1}), AnswerService(token, None, "E1"), AnswerService(token, None, "E9"))
    yield from (DeliverMessage(one.message, {}, token) for token, one in view.open.items() if one.message)


def act(walk: Watched, draw: st.DataObject) -> None:
    steps = [token for token, one in walk.view.open.items() if not one.message]
    commands: list[Command | str] = [*happening(walk.view), *steps]
    chosen = draw.draw(st.sampled_from(commands)) if commands else WithdrawDossier("nothing left")
    if isinstance(chosen, str):
        name = walk.view.open[chosen].step
        choices = [one.id for one in walk.definition.steps[name].choices]
        walk.complete(name, draw.draw(st.sampled_from(choices)) if choices else None, n=draw.draw(st.integers(0, 6)))
        return
    if isinstance(chosen, FireTimer):
        walk.now = max(walk.now, moment_of(walk.view.timers[chosen.timer][1]))
    walk.do(chosen)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_happens_the_history_says_where_the_dossier_stands(draw: st.DataObject) -> None:
    walk = Watched(EVERYTHING, {"bill": 7})
    for _ in range(25):
        if walk.view.ended:
            break
        act(walk, draw)
    assert walk.view.ended or walk.view.open or walk.view.waits or walk.view.timers or walk.view.services


@pytest.mark.parametrize("defect", ["a wait outlives its task", "an event ends nothing"])
def test_a_guard_taken_out_is_noticed(defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk above would not pass without the two rules that keep waits and tokens together."""
    xml = document(start(), task("a"), end(), end("x"), path("begin", "a", "done"), path("t", "x"),
                   border("t", "a", told("message", "paid")), names=NAMES)
    if defect.startswith("a wait"):
        monkeypatch.setattr(waits, "stop", lambda run, token: None)
        walk = Watched(xml)
        with pytest.raises(AssertionError):
            walk.complete("a")
    else:
        monkeypatch.setattr(catching.scopes, "cancel", lambda run, place, reason: None)
        walk = Watched(xml)
        walk.deliver("paid")
        assert walk.open == ["a"]
