"""Errors, escalations, conditions, links, races, transactions, compensation: what each breaks off or adds."""

from __future__ import annotations

import pytest

from engine import compensation
from engine.commands import AnswerService
from engine.errors import BudgetExceeded, ErrorUncaught, ServiceNotAwaited
from engine.facts import ActivityCompensated, EventThrown, ServiceRequested, StepCancelled
from tests.engine.builders import both, choice, element, end, flow, frame, path, receive, script, start, task, xor
from tests.engine.happenings import (
    Watched,
    border,
    catch,
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


def test_an_error_leaves_the_subprocess_through_its_border() -> None:
    walk = Watched(failing(border("any", "f", told("error")), border("exact", "f", told("error", "E1")),
                           border("other_", "f", told("error", "E2")), task("mend"), end("mended"),
                           path("exact", "mend", "mended"), end("x"), path("any", "x"), path("other_", "x")))
    assert sorted(walk.open) == ["other", "try"]
    walk.complete("try", "no", note="torn")
    assert walk.open == ["mend"]
    assert [fact.step for fact in walk.last if isinstance(fact, StepCancelled)] == ["other"]
    assert walk.view.data["exact"] == {"why": "torn", "code": "E1"}


def test_an_error_without_a_code_is_caught_by_any() -> None:
    walk = Watched(failing(border("any", "f", told("error")), task("mend"), end("mended"),
                           path("any", "mend", "mended")))
    walk.complete("try", "no")
    assert walk.open == ["mend"]


def test_an_error_subprocess_inside_comes_before_the_border() -> None:
    inner = handler("h", told("error", "E1"), task("mend"), end("mended"), path("h_on", "mend", "mended"))
    walk = Watched(failing(border("any", "f", told("error")), end("x"), path("any", "x"), inner=inner))
    walk.complete("try", "no")
    assert walk.open == ["mend"]
    walk.complete("mend")
    assert walk.view.end == "done"


def test_an_error_inside_its_handler_goes_outwards() -> None:
    inner = handler("h", told("error", "E1"), finish("again", told("error", "E1")), path("h_on", "again"))
    walk = Watched(failing(border("any", "f", told("error", "E1")), task("mend"), end("x"), path("any", "mend", "x"),
                           inner=inner))
    walk.complete("try", "no")
    assert walk.open == ["mend"]


def test_an_error_handler_of_the_process_ends_everything_else() -> None:
    caught = handler("h", told("error"), task("mend"), end("mended"), path("h_on", "mend", "mended"))
    walk = Watched(failing(caught))
    walk.complete("try", "no")
    assert walk.open == ["mend"]
    walk.complete("mend")
    assert (walk.view.ended, walk.view.end) == (True, "mended")


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


def test_an_escalation_is_told_outside_while_the_work_goes_on() -> None:
    walk = Watched(escalating(border("t", "f", told("escalation", "late"), interrupting=False), task("look"), end("x"),
                              path("t", "look", "x")))
    walk.complete("a")
    assert sorted(walk.open) == ["b", "look"]


def test_an_interrupting_escalation_ends_the_token_that_threw_it() -> None:
    walk = Watched(escalating(border("t", "f", told("escalation", "late")), task("look"), end("x"),
                              path("t", "look", "x")))
    walk.complete("a")
    assert walk.open == ["look"]
    assert walk.view.visits.get("b", 0) == 0


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


def test_a_condition_lets_go_when_it_holds() -> None:
    xml = document(start(), both("s"), catch("c", told("condition", "a.n > 3")), task("a"), both("j"), end(), task("b"),
                   path("begin", "s", "c", "b", "j", "done"), path("s", "a", "j"))
    walk = Watched(xml)
    assert (walk.open, walk.waiting) == (["a"], ["c"])
    walk.complete("a", n=4)
    assert (walk.open, walk.waiting) == (["b"], [])


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


def test_an_interrupting_condition_breaks_off() -> None:
    xml = document(start(), both("s"), task("a"), task("b"), end(), end("x"), path("begin", "s", "a", "done"),
                   path("s", "b", "done"), border("c", "b", told("condition", "a.stop")), path("c", "x"))
    walk = Watched(xml)
    walk.complete("a", stop=True)
    assert walk.view.ended


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


def test_two_timers_after_one_gateway_each_keep_their_own_time() -> None:
    xml = document(start(), element("eventBasedGateway", "g"), catch("slow", told("timeDuration", "P9D")),
                   catch("quick", told("timeDuration", "PT1H")), task("a"), task("b"), end(),
                   path("begin", "g", "slow", "a", "done"), path("g", "quick", "b", "done"))
    walk = Watched(xml)
    walk.fire("quick")
    assert walk.open == ["b"]


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


def test_a_transaction_that_goes_well_takes_nothing_back() -> None:
    walk = Watched(booking())
    for step in ("hotel", "car"):
        walk.complete(step)
    walk.complete("pay", "ok")
    assert walk.open == ["after"]
    walk.complete("after")
    assert walk.view.ended


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


def test_an_error_handler_may_take_back_what_its_scope_did() -> None:
    mend = handler("h", told("error"), throw("back", told("compensate")), end("x"), path("h_on", "back", "x"))
    xml = document(start(), task("a"), finish("bad", told("error", "E1")), path("begin", "a", "bad"), mend, undo("a"),
                   names=E)
    walk = Watched(xml)
    walk.complete("a")
    assert walk.open == ["un_a"]
    walk.complete("un_a")
    assert walk.view.end == "x"


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


def test_a_service_that_fails_is_caught_on_its_border_or_fails_the_step() -> None:
    parts = (start(), service("ask"), task("a"), end(), path("begin", "ask", "a", "done"))
    walk = Watched(document(*parts, border("e", "ask", told("error", "E1")), task("mend"), end("x"),
                            path("e", "mend", "x"), names=E))
    with pytest.raises(ErrorUncaught):
        walk.answer("ask", error="E2")
    walk.answer("ask", error="E1")
    assert walk.open == ["mend"]
    assert walk.view.data["e"] == {"message": "because", "code": "E1"}


def test_terminate_inside_an_event_subprocess_ends_only_that() -> None:
    stop = handler("h", told("signal", "storm"), task("x"), finish("t", told("terminate")), path("h_on", "x", "t"),
                   interrupting=False)
    walk = Watched(document(start(), task("a"), end(), path("begin", "a", "done"), stop, names=("signal:storm",)))
    walk.signal("storm")
    walk.complete("x")
    assert walk.open == ["a"]
