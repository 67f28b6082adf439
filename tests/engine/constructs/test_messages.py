"""Messages and signals: who gets them, with which values, and who does not."""

from __future__ import annotations

import pytest

from engine.commands import DeliverMessage, WithdrawDossier
from engine.errors import ExpressionFailed, MessageNotAwaited, MessageNotMeant, SignalNotAwaited
from engine.facts import EventAwaited, EventCaught, EventDropped, MessageSent, TimerCancelled, TimerSet
from tests.engine.builders import both, element, end, loop, path, receive, script, start, task
from tests.engine.constructs.registry import runs
from tests.engine.happenings import (
    Watched,
    border,
    catch,
    document,
    finish,
    handler,
    ours,
    throw,
    told,
)

PAID = ("message:paid",)


def waiting_for(event: str, *more: str, names: tuple[str, ...] = PAID) -> str:
    return document(start(), event, script("sum", "got.amount + 1"), task("a"), end(),
                    path("begin", "got", "sum", "a", "done"), *more, names=names)


KEYED = waiting_for(catch("got", ours(correlation="=filing.bill"), told("message", "paid")))


@runs("Message, intermediate catch", "Its values are kept under the event's id.")
def test_a_message_between_two_elements_is_awaited_and_brings_its_values() -> None:
    walk = Watched(waiting_for(catch("got", told("message", "paid"))))
    assert walk.open == []
    assert [(one.kind, one.name) for one in walk.view.waits.values()] == [("message", "paid")]
    walk.deliver("paid", amount=41)
    assert walk.view.data["sum"] == 42
    assert walk.open == ["a"]
    with pytest.raises(MessageNotAwaited):
        walk.deliver("paid")


@runs("Message correlation", "`onedoor:correlation`; a wrong value is refused and changes nothing.")
def test_correlation_tells_messages_of_one_name_apart() -> None:
    walk = Watched(KEYED, {"bill": 7})
    assert [one.key for one in walk.view.waits.values()] == ["7"]
    with pytest.raises(MessageNotMeant, match="another one than \"8\""):
        walk.deliver("paid", "8", amount=1)
    with pytest.raises(MessageNotMeant):
        walk.deliver("paid", amount=1)
    walk.deliver("paid", "7", amount=1)
    assert walk.open == ["a"]


@runs("Message correlation")
def test_of_two_waits_the_one_that_is_meant_gets_the_message() -> None:
    xml = document(
        start(), both("s"), catch("x", ours(correlation="=filing.x"), told("message", "paid")),
        catch("y", ours(correlation="=filing.y"), told("message", "paid")), task("a"), task("b"), end(),
        path("begin", "s", "x", "a", "done"), path("s", "y", "b", "done"), names=PAID,
    )
    walk = Watched(xml, {"x": "one", "y": "two"})
    walk.deliver("paid", "two")
    assert walk.open == ["b"]
    token = next(iter(walk.view.waits))
    walk.do(DeliverMessage("paid", {}, token))
    assert walk.open == ["b", "a"]


@runs("Message, boundary", "Interrupting, or beside the task any number of times.")
def test_an_interrupting_message_breaks_the_task_off_and_another_only_reminds() -> None:
    parts = (start(), task("a"), end(), task("late"), end("over"), path("begin", "a", "done"),
             path("m", "late", "over"))
    walk = Watched(document(*parts, border("m", "a", told("message", "paid")), names=PAID))
    walk.deliver("paid")
    assert walk.open == ["late"]
    assert walk.waiting == []
    walk = Watched(document(*parts, border("m", "a", told("message", "paid"), interrupting=False), names=PAID))
    walk.deliver("paid", n=1)
    walk.deliver("paid", n=2)
    assert walk.open == ["a", "late", "late"]
    assert walk.view.data["m"] == {"n": 2}
    walk.complete("a")
    assert walk.waiting == []
    assert [fact for fact in walk.last if isinstance(fact, EventDropped)]


@runs("Send task", "Whoever waits in the same dossier gets it; else it leaves as a letter.")
def test_what_is_sent_inside_a_dossier_reaches_who_waits_there() -> None:
    xml = document(
        start(), both("s"), catch("got", told("message", "paid")), task("a"), task("b"),
        element("sendTask", "tell", ours(amount="=filing.fee * 2", note="thanks"), messageRef="message_paid"),
        end(), path("begin", "s", "got", "a", "done"), path("s", "b", "tell", "done"), names=PAID,
    )
    walk = Watched(xml, {"fee": 5})
    walk.complete("b")
    sent = next(fact for fact in walk.last if isinstance(fact, MessageSent))
    assert (sent.message, sent.values, sent.inside) == ("paid", {"amount": 10, "note": "thanks"}, True)
    assert walk.view.data["got"] == {"amount": 10, "note": "thanks"}
    assert walk.open == ["a"]


@runs("Message, intermediate throw and end", "As a send task.")
def test_what_nobody_awaits_leaves_the_dossier() -> None:
    xml = document(start(), throw("tell", ours(correlation="=filing.id"), told("message", "paid")), task("a"),
                   finish("done", told("message", "paid")), path("begin", "tell", "a", "done"), names=PAID)
    walk = Watched(xml, {"id": "B7"})
    walk.complete("a")
    assert [(fact.key, fact.inside) for fact in walk.facts if isinstance(fact, MessageSent)] == [
        ("B7", False), (None, False)]
    assert walk.view.end == "done"


@runs("Receive task", "A step of somebody who records what was handed in; a message from inside completes it.")
def test_a_receive_task_is_fed_from_inside_too() -> None:
    xml = document(
        start(), both("s"), receive("wait", "paid").replace("m_paid", "message_paid"), task("a"),
        element("sendTask", "tell", ours(amount="=3"), messageRef="message_paid"),
        end(), path("begin", "s", "wait", "done"), path("s", "a", "tell", "done"), names=PAID,
    )
    walk = Watched(xml)
    walk.complete("a")
    assert walk.view.data["wait"] == {"amount": 3, "choice": None}
    assert walk.view.ended


@runs("Signal, throw, end, catch and boundary", "Within one dossier; `BroadcastSignal` brings one from outside.")
def test_a_signal_reaches_everybody_who_waits_for_it() -> None:
    xml = document(
        start(), both("s"), catch("x", told("signal", "storm")), task("a"), task("b"), task("c"), end(),
        border("y", "b", told("signal", "storm")), throw("z", told("signal", "storm")), task("d"),
        path("begin", "s", "x", "a", "done"), path("s", "b", "done"), path("y", "d", "done"),
        path("s", "c", "z", "done"), names=("signal:storm",),
    )
    walk = Watched(xml)
    walk.complete("c")
    assert sorted(walk.open) == ["a", "d"]
    with pytest.raises(SignalNotAwaited):
        walk.signal("storm")
    outside = Watched(xml)
    outside.signal("storm", force=9)
    assert sorted(outside.open) == ["a", "c", "d"]
    assert outside.view.data["x"] == {"force": 9}


@runs("Signal, boundary beside the task", "Any number of times.")
def test_a_beside_running_signal_is_caught_every_time() -> None:
    xml = document(start(), task("a"), end(), end("told"),
                   border("s", "a", told("signal", "storm"), interrupting=False), path("begin", "a", "done"),
                   path("s", "told"), names=("signal:storm",))
    walk = Watched(xml)
    for _ in range(3):
        walk.signal("storm")
    assert walk.trace.count("s") == 3
    assert walk.open == ["a"]


@runs(
    "Event subprocess, message",
    "Interrupting, or beside any number of times; waiting, it does not keep the process open.",
)
def test_a_message_starts_an_event_subprocess_beside_and_instead_of_the_process() -> None:
    def xml(interrupting: bool) -> str:
        hurry = handler("h", told("message", "paid"), task("look"), end("seen"), path("h_on", "look", "seen"),
                        interrupting=interrupting)
        return document(start(), task("a"), end(), path("begin", "a", "done"), hurry, names=PAID)

    beside = Watched(xml(False))
    beside.deliver("paid")
    beside.deliver("paid")
    assert beside.open == ["a", "look", "look"]
    beside.complete("a")
    assert not beside.view.ended
    beside.complete("look")
    beside.complete("look")
    assert (beside.view.ended, beside.waiting) == (True, [])
    instead = Watched(xml(True))
    instead.deliver("paid")
    assert instead.open == ["look"]
    instead.complete("look")
    assert (instead.view.ended, instead.view.end) == (True, "seen")
    unused = Watched(xml(True))
    unused.complete("a")
    assert (unused.view.ended, unused.view.end) == (True, "done")


def test_a_withdrawal_ends_every_wait() -> None:
    walk = Watched(waiting_for(catch("got", told("message", "paid"))))
    walk.do(WithdrawDossier("no"))
    assert walk.view.ended
    assert walk.waiting == []


@runs("Several definitions in one event", "Any of them.")
def test_several_definitions_mean_any_of_them() -> None:
    either = catch("got", told("message", "paid"), told("signal", "storm"), told("timeDuration", "P1D"))
    xml = waiting_for(either, names=(*PAID, "signal:storm")).replace("got.amount + 1", "1")
    for act in (lambda w: w.deliver("paid"), lambda w: w.signal("storm"), lambda w: w.fire("got")):
        walk = Watched(xml)
        act(walk)
        assert walk.open == ["a"]
        assert (walk.waiting, walk.view.timers) == ([], {})


@runs("Message start event of the process", "It is the filing.")
def test_a_dossier_may_begin_with_a_message() -> None:
    begin = element("startEvent", "begin", told("message", "paid"))
    walk = Watched(document(begin, task("a"), end(), path("begin", "a", "done"), names=PAID), {"x": 1})
    assert walk.open == ["a"]
    assert not [fact for fact in walk.facts if isinstance(fact, EventCaught)]


@runs("Message correlation of a receive task", "Also of each instance of a repeated one, by its item.")
def test_a_receive_task_waits_for_the_message_that_is_meant() -> None:
    asked = receive("wait", "paid").replace("m_paid", "message_paid")
    keyed = asked.replace("<bpmn:extensionElements>", '<bpmn:extensionElements><onedoor:correlation value="=item"/>', 1)
    each = keyed.replace("</bpmn:receiveTask>", loop("filing.bills") + "</bpmn:receiveTask>")
    xml = document(start(), each, task("a"), end(), path("begin", "wait", "a", "done"), names=PAID)
    walk = Watched(xml, {"bills": ["one", "two"]})
    with pytest.raises(MessageNotMeant):
        walk.deliver("paid", "three")
    walk.deliver("paid", "two", n=2)
    walk.deliver("paid", "one", n=1)
    assert [result["n"] for result in walk.view.data["wait"]] == [1, 2]
    assert walk.open == ["a"]


@pytest.mark.parametrize(("bill", "key"), [("A7", "A7"), (7, "7"), (7.5, "7.5"), (0, "0")])
def test_a_text_or_a_number_tells_messages_apart(bill: object, key: str) -> None:
    walk = Watched(KEYED, {"bill": bill})
    with pytest.raises(MessageNotMeant):
        walk.deliver("paid", correlation="another")
    walk.deliver("paid", correlation=key, amount=1)
    assert walk.open == ["a"]


@pytest.mark.parametrize("bill", [None, "", True, False, ["A7"], {"no": 7}])
def test_nothing_else_tells_messages_apart(bill: object) -> None:
    with pytest.raises(ExpressionFailed, match=r"on element got failed: it gives no correlation value\.$"):
        Watched(KEYED, {"bill": bill})


def test_what_interrupts_is_not_awaited_again() -> None:
    """Nothing is said of waiting or of giving up between the event and what it leads to."""
    for definition, happens in ((told("message", "paid"), lambda walk: walk.deliver("paid")),
                                (told("timeCycle", "R3/PT1H"), lambda walk: walk.fire("b"))):
        walk = Watched(document(start(), task("a"), border("b", "a", definition), task("m"), end(), end("x"),
                                path("begin", "a", "done"), path("b", "m", "x"), names=("message:paid",)))
        happens(walk)
        again = (EventAwaited, EventDropped, TimerSet, TimerCancelled)
        assert not [fact for fact in walk.last if isinstance(fact, again)]
        assert walk.open == ["m"]
