"""Events inside what is called: they reach the caller as those of a subprocess do, and keep their values apart."""

from __future__ import annotations

from engine.facts import ActivityCompensated, ServiceRequested
from tests.engine.builders import HEAD, choice, element, end, flow, path, script, start, task, xor
from tests.engine.constructs.registry import runs
from tests.engine.constructs.test_calls import call, process
from tests.engine.happenings import (
    Watched,
    border,
    catch,
    declared,
    finish,
    handler,
    ours,
    service,
    throw,
    told,
)

NAMES = ("message:paid", "signal:storm", "error:E1", "escalation:late")


def calling(*called: str, around: str = "", after: str = "", back: str = "") -> str:
    """A process that calls another one."""
    mine = process("p", start(), call("c", "work", bill="filing.bill", back=back), task("z"), end(),
                   path("begin", "c", "z", "done") if not after else path("begin", "c", after, "z", "done"), around,
                   executable=True)
    return f"{HEAD}{declared(*NAMES)}{mine}{process('work', *called)}</bpmn:definitions>"


@runs("Events inside a called process", "As inside a subprocess; what they bring belongs to the call.")
def test_what_a_called_process_waits_for_and_asks_is_its_own() -> None:
    walk = Watched(calling(
        start("i"), catch("pay", ours(correlation="=filing.bill"), told("message", "paid")),
        service("ask", "log", n="=pay.amount + 1"), throw("go", told("link", "L")), catch("come", told("link", "L")),
        catch("enough", told("condition", "ask.n > 3")), end("o"), path("i", "pay", "ask", "go"),
        path("come", "enough", "o"), back="n=ask.n",
    ), {"bill": "B7"})
    assert [(one.element, one.key) for one in walk.view.waits.values()] == [("c:pay", "B7")]
    walk.deliver("paid", "B7", amount=4)
    asked = next(fact for fact in walk.last if isinstance(fact, ServiceRequested))
    assert (asked.element, asked.inputs) == ("c:ask", {"n": 5})
    walk.answer("c:ask", {"n": 9})
    assert walk.open == ["z"]
    assert walk.view.data["c"] == {"n": 9}
    assert walk.view.data.keys() == {"filing", "c"}


@runs("Error and escalation out of a called process", "The call activity's boundary events and the caller's event "
      "subprocesses catch them.")
def test_an_error_leaves_a_called_process_through_the_border_of_the_call() -> None:
    walk = Watched(calling(
        start("i"), task("try", choice("ok"), choice("no", "refuse")), xor("g", "g-o"), end("o"),
        throw("up", told("escalation", "late")), finish("bad", told("error", "E1")), path("i", "try", "g", "o"),
        flow("g", "up", 'try.choice = "no"'), path("up", "bad"),
        around=border("b", "c", told("error", "E1")) + border("e", "c", told("escalation", "late"), interrupting=False)
        + task("mend") + task("look") + end("x") + path("b", "mend", "x") + path("e", "look", "x"),
    ), {"bill": 1})
    walk.complete("c:try", "no")
    assert sorted(walk.open) == ["look", "mend"]


@runs("Event subprocess in a called process")
def test_a_signal_starts_an_event_subprocess_of_the_called_process() -> None:
    walk = Watched(calling(
        start("i"), task("a"), end("o"), path("i", "a", "o"),
        handler("h", told("signal", "storm"), script("note", "filing.bill"), task("calm"), end("q"),
                path("h_on", "note", "calm", "q"), interrupting=False),
    ), {"bill": 5})
    walk.signal("storm")
    walk.signal("storm")
    assert walk.open == ["c:a", "c:calm", "c:calm"]


@runs("Compensation of a call activity", "From inside, or by a handler of its own.")
def test_what_a_called_process_did_is_taken_back() -> None:
    undo = task("un_a").replace("<bpmn:userTask ", '<bpmn:userTask isForCompensation="true" ')
    tie = element("association", "tie", sourceRef="undo_a", targetRef="un_a")
    walk = Watched(calling(
        start("i"), task("a"), end("o"), path("i", "a", "o"), border("undo_a", "a", told("compensate")), undo, tie,
        around=throw("back", told("compensate", "c")), after="back",
    ), {"bill": 5})
    walk.complete("c:a", n=3)
    assert walk.open == ["c:un_a"]
    walk.complete("c:un_a")
    assert walk.open == ["z"]
    done = [(fact.activity, fact.handler) for fact in walk.facts if isinstance(fact, ActivityCompensated)]
    assert done == [("c:a", "c:un_a")]
