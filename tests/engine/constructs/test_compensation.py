"""Transactions and compensation: what was done is taken back, latest first, seen as it was."""

from __future__ import annotations

import pytest

from engine.commands import WithdrawDossier
from engine.errors import BudgetExceeded
from engine.facts import ActivityCompensated, StepCancelled, ValueComputed
from engine.running import compensation
from engine.state import load
from tests.engine.builders import both, choice, element, end, flow, frame, loop, path, script, start, task, xor
from tests.engine.constructs.registry import runs
from tests.engine.happenings import (
    Watched,
    border,
    document,
    finish,
    handler,
    throw,
    told,
)

E = ("error:E1", "error:E2")


def booking(*around: str) -> str:
    """A trip booked in a transaction: hotel and car, each with its way back."""
    inner = element(
        "transaction", "trip", "".join((
            start("i"), task("hotel"), task("car"), task("pay", choice("ok"), choice("no", "refuse")), xor("g", "g-o"),
            end("o"), finish("stop", told("cancel")), path("i", "hotel", "car", "pay", "g", "o"),
            flow("g", "stop", 'pay.choice = "no"'), undo("hotel"), undo("car"),
        )))
    return document(start(), inner, task("after"), end(), path("begin", "trip", "after", "done"),
                    border("cancelled", "trip", told("cancel")), task("sorry"), end("x"),
                    path("cancelled", "sorry", "x"), *around)


def undo(activity: str, *, by: str = "") -> str:
    own = by or task(f"un_{activity}").replace("<bpmn:userTask ", '<bpmn:userTask isForCompensation="true" ')
    tie = element("association", f"tie_{activity}", sourceRef=f"undo_{activity}", targetRef=f"un_{activity}")
    return border(f"undo_{activity}", activity, told("compensate")) + own + tie


@runs(
    "Transaction, cancel end and boundary",
    "What was done is taken back, latest first; then the way of the cancel event.",
)
def test_a_cancelled_transaction_takes_back_in_reverse_and_leaves_by_its_cancel_event() -> None:
    walk = Watched(booking())
    for step in ("hotel", "car"):
        walk.complete(step)
    walk.complete("pay", "no")
    assert walk.open == ["un_car"]
    walk.complete("un_car")
    assert walk.open == ["un_hotel"]
    walk.complete("un_hotel")
    assert walk.open == ["sorry"]
    walk.complete("sorry")
    assert walk.view.end == "x"


@runs("Transaction", "As a subprocess, unless it is cancelled.")
def test_a_transaction_that_goes_well_takes_nothing_back() -> None:
    walk = Watched(booking())
    for step in ("hotel", "car"):
        walk.complete(step)
    walk.complete("pay", "ok")
    assert walk.open == ["after"]
    walk.complete("after")
    assert walk.view.ended


@runs("Compensation of a whole scope", "Latest first; the handler sees the values as they were.")
def test_compensation_sees_the_values_of_the_round_it_takes_back() -> None:
    seen = script("un_a", "a.n * 10").replace("<bpmn:scriptTask ", '<bpmn:scriptTask isForCompensation="true" ')
    xml = document(
        start(), xor("m", ""), task("a", choice("again"), choice("on")), xor("g", "g-m"),
        throw("back", told("compensate")), task("b"), end(), path("begin", "m", "a", "g", "m"),
        flow("g", "back", 'a.choice = "on"'), path("back", "b", "done"), undo("a", by=seen),
    )
    walk = Watched(xml)
    for n in (1, 2):
        walk.complete("a", "again", n=n)
    walk.complete("a", "on", n=3)
    values = [fact.value for fact in walk.facts if type(fact).__name__ == "ValueComputed"]
    assert values == [30, 20, 10]
    assert walk.open == ["b"]
    assert walk.view.data["a"]["n"] == 3


@runs("Compensation of one activity", "Throw and end events; each is done only once.")
def test_compensation_of_one_activity_leaves_the_others_done() -> None:
    xml = document(start(), task("a"), task("b"), throw("back", told("compensate", "a")), task("c"),
                   finish("done", told("compensate")), path("begin", "a", "b", "back", "c", "done"), undo("a"),
                   undo("b"))
    walk = Watched(xml)
    walk.complete("a")
    walk.complete("b")
    assert walk.open == ["un_a"]
    walk.complete("un_a")
    assert walk.open == ["c"]
    walk.complete("c")
    assert walk.open == ["un_b"]
    walk.complete("un_b")
    assert (walk.view.ended, walk.view.end) == (True, "done")
    done = [(fact.activity, fact.handler) for fact in walk.facts if isinstance(fact, ActivityCompensated)]
    assert done == [("a", "un_a"), ("b", "un_b")]


@runs("Compensation of a subprocess", "By its own handler, else from inside.")
def test_a_completed_subprocess_is_taken_back_from_inside_or_by_its_own_handler() -> None:
    def xml(*own: str) -> str:
        inner = frame("f", start("i"), task("a"), task("b"), end("o"), path("i", "a", "b", "o"), undo("a"), undo("b"))
        return document(start(), inner, throw("back", told("compensate", "f")), end(),
                        path("begin", "f", "back", "done"), *own)

    whole = Watched(xml(undo("f")))
    whole.complete("a")
    whole.complete("b")
    assert whole.open == ["un_f"]
    inside = Watched(xml())
    inside.complete("a")
    inside.complete("b")
    assert inside.open == ["un_b"]
    inside.complete("un_b")
    assert inside.open == ["un_a"]
    inside.complete("un_a")
    assert inside.view.ended


@runs("Compensation from an event subprocess", "Of the scope that it belongs to.")
def test_an_error_handler_may_take_back_what_its_scope_did() -> None:
    mend = handler("h", told("error"), throw("back", told("compensate")), end("x"), path("h_on", "back", "x"))
    xml = document(start(), task("a"), finish("bad", told("error", "E1")), path("begin", "a", "bad"), mend, undo("a"),
                   names=E)
    walk = Watched(xml)
    walk.complete("a")
    assert walk.open == ["un_a"]
    walk.complete("un_a")
    assert walk.view.end == "x"


@runs("Compensation of what was done in a loop", "Every round is remembered and taken back; 10,000 at most.")
def test_rounds_that_could_be_taken_back_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compensation, "MAX_RECORDS", 3)
    xml = document(start(), xor("m", ""), script("a", "1"), xor("g", "g-m"), end(),
                   border("undo_a", "a", told("compensate")), task("un_a").replace(
                       "<bpmn:userTask ", '<bpmn:userTask isForCompensation="true" '),
                   element("association", "tie", sourceRef="undo_a", targetRef="un_a"), task("b", choice("x")),
                   path("begin", "m", "a", "b", "g", "m"), flow("g", "done", "filing.never = true"))
    walk = Watched(xml)
    with pytest.raises(BudgetExceeded):
        for _ in range(4):
            walk.complete("b", "x")


@runs("Compensation inside a repeated subprocess", "Each instance is taken back with its own item and values.")
def test_each_instance_is_taken_back_as_it_was() -> None:
    seen = script("un_a", 'item + a.n').replace("<bpmn:scriptTask ", '<bpmn:scriptTask isForCompensation="true" ')
    inner = frame("f", start("i"), task("a"), end("o"), path("i", "a", "o"), undo("a", by=seen))
    each = inner[: inner.rindex("</bpmn:subProcess>")] + loop("filing.x") + "</bpmn:subProcess>"
    walk = Watched(document(start(), each, throw("back", told("compensate", "f")), task("z"), end(),
                            path("begin", "f", "back", "z", "done")), {"x": [10, 20]})
    walk.complete("a", index=None, n=1)
    walk.complete("a", index=None, n=2)
    values = [fact.value for fact in walk.facts if type(fact).__name__ == "ValueComputed" and fact.element == "un_a"]
    assert values == [22, 11]
    assert walk.open == ["z"]
    assert "un_a" not in walk.view.data
    assert walk.view.frames == {}


def taking_back(script_: str) -> str:
    """A computed value that takes something back."""
    return script_.replace("<bpmn:scriptTask ", '<bpmn:scriptTask isForCompensation="true" ')


def test_a_handler_inside_a_handler_takes_back_what_the_process_did() -> None:
    deep = handler("k", told("error", "E2"), throw("back", told("compensate")), end("y"), path("k_on", "back", "y"))
    mend = handler("h", told("error", "E1"), task("look"), finish("worse", told("error", "E2")),
                   path("h_on", "look", "worse"), deep)
    xml = document(start(), task("a"), finish("bad", told("error", "E1")), path("begin", "a", "bad"), mend, undo("a"),
                   names=E)
    walk = Watched(xml)
    walk.complete("a")
    walk.complete("look")
    assert walk.open == ["un_a"]
    walk.complete("un_a")
    assert walk.view.ended


def test_what_was_done_to_take_back_is_not_taken_back_itself() -> None:
    """The handler is a subprocess whose own step could be taken back; a second compensation leaves it alone."""
    inside = frame("un_a", start("i"), task("b"), end("o"), path("i", "b", "o"), undo("b")).replace(
        '<bpmn:subProcess id="un_a"', '<bpmn:subProcess id="un_a" isForCompensation="true"')
    xml = document(start(), task("a"), throw("back", told("compensate")), task("c"), throw("again", told("compensate")),
                   end(), path("begin", "a", "back", "c", "again", "done"), undo("a", by=inside))
    walk = Watched(xml)
    walk.complete("a")
    walk.complete("b")
    assert walk.open == ["c"]
    walk.complete("c")
    assert walk.view.ended
    assert [fact.activity for fact in walk.facts if isinstance(fact, ActivityCompensated)] == ["a"]


def test_what_is_taken_back_within_an_instance_leaves_its_value_there() -> None:
    """The instance still lasts, so its handler computes among the values of the instance, not in a frame apart."""
    inner = frame("f", start("i"), task("a"), throw("back", told("compensate")), script("after", "un_a + 1"), end("o"),
                  path("i", "a", "back", "after", "o"), undo("a", by=taking_back(script("un_a", "item + a.n"))))
    each = inner[: inner.rindex("</bpmn:subProcess>")] + loop("filing.x") + "</bpmn:subProcess>"
    walk = Watched(document(start(), each, task("z"), end(), path("begin", "f", "z", "done")), {"x": [10, 20]})
    walk.complete("a", index=None, n=1)
    walk.complete("a", index=None, n=2)
    assert [one["after"] for one in walk.view.data["f"]] == [12, 23]


def test_a_cancelled_transaction_breaks_off_its_other_instances() -> None:
    inner = element("transaction", "trip", "".join((
        start("i"), task("pay", choice("ok"), choice("no", "refuse")), xor("g", "g-o"), end("o"),
        finish("stop", told("cancel")), path("i", "pay", "g", "o"), flow("g", "stop", 'pay.choice = "no"'),
        loop("filing.x"))))
    walk = Watched(document(start(), inner, end(), path("begin", "trip", "done"),
                            border("cancelled", "trip", told("cancel")), task("sorry"), end("x"),
                            path("cancelled", "sorry", "x")), {"x": [1, 2]})
    _, second = walk.view.open
    walk.complete("pay", "no")
    assert walk.open == ["sorry"]
    assert [(fact.token, fact.reason) for fact in walk.facts if isinstance(fact, StepCancelled)] == [
        (second, "interrupted")]


@runs("Cancel in one instance of a repeated transaction", "All instances end; what was done in any is taken back.")
def test_a_cancelled_transaction_takes_back_what_its_other_instances_did() -> None:
    inner = element("transaction", "trip", "".join((
        start("i"), task("book"), task("pay", choice("ok"), choice("no", "refuse")), xor("g", "g-o"), end("o"),
        finish("stop", told("cancel")), path("i", "book", "pay", "g", "o"), flow("g", "stop", 'pay.choice = "no"'),
        undo("book", by=script("un_book", "book.n").replace(
            "<bpmn:scriptTask ", '<bpmn:scriptTask isForCompensation="true" ')), loop("filing.x"))))
    walk = Watched(document(start(), inner, end(), path("begin", "trip", "done"),
                            border("cancelled", "trip", told("cancel")), task("sorry"), end("x"),
                            path("cancelled", "sorry", "x")), {"x": [1, 2, 3, 4]})
    for n in range(3):
        walk.complete("book", index=None, n=n)
    walk.complete("pay", "ok")
    walk.complete("pay", "no")
    assert walk.open == ["sorry"]
    assert [fact.activity for fact in walk.facts if isinstance(fact, ActivityCompensated)] == ["book"] * 3
    undone = [fact.value for fact in walk.facts if isinstance(fact, ValueComputed) and fact.element == "un_book"]
    assert sorted(undone) == [0, 1, 2]
    assert not load(walk.state or b"").done


def test_a_dossier_that_is_withdrawn_keeps_nothing_to_take_back_and_no_join_that_waits() -> None:
    xml = document(start(), both("s"), task("a"), task("b"), both("j"), end(), path("begin", "s", "a", "j", "done"),
                   path("s", "b", "j"), undo("a"))
    walk = Watched(xml)
    walk.complete("a")
    state = load(walk.state or b"")
    assert state.done
    assert state.arrivals
    walk.do(WithdrawDossier("Không cần nữa"))
    assert walk.view.ended


def test_what_interrupts_a_scope_leaves_no_join_waiting_in_it() -> None:
    """Otherwise the join would take a token of the handler's scope, which is the same, for one of its own."""
    mend = handler("h", told("message", "paid"), task("m"), end("y"), path("h_on", "m", "y"))
    inner = frame("f", start("i"), both("s"), task("a"), task("b"), both("j"), end("o"), mend,
                  path("i", "s", "a", "j", "o"), path("s", "b", "j"))
    walk = Watched(document(start(), inner, end(), path("begin", "f", "done"), names=("message:paid",)))
    walk.complete("a")
    walk.deliver("paid")
    assert load(walk.state or b"").arrivals == {}
    walk.complete("m")
    assert walk.view.ended
