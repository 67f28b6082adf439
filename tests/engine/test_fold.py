"""Facts and their fold."""

from __future__ import annotations

from datetime import timedelta

from engine import facts
from engine.commands import ClaimStep, DeliverMessage, FireTimer, ReleaseStep
from engine.facts import KINDS, from_json, to_json
from engine.fold import APPLY, Awaited, Frame, OpenStep, View, fold, in_sight
from tests.engine.builders import (
    NOW,
    Walk,
    both,
    choice,
    diagram,
    end,
    flow,
    loop,
    path,
    receive,
    script,
    start,
    task,
    timer,
    xor,
)

XML = diagram(
    start(), task("a", choice("ok"), choice("more", "supplement")), timer("remind", host="a", interrupting=False),
    end("e"),
    xor("g", "g-fee"), receive("supplement", "supplement"), script("fee", "1"), task("m", inside=loop("filing.x")),
    end(),
    path("begin", "a", "g", "fee", "m", "done"), flow("g", "supplement", 'a.choice = "more"'), path("supplement", "a"),
    path("remind", "e"), messages=("supplement",),
)


def walked() -> Walk:
    walk = Walk(XML, {"x": ["p", "q"]})
    walk.do(ClaimStep("1", "lan"))
    walk.do(ReleaseStep("1", "lan"))
    walk.do(FireTimer("2"), NOW + timedelta(days=3))
    walk.complete("a", "more")
    walk.do(DeliverMessage("supplement", {"paper": 1}))
    walk.complete("a", "ok")
    walk.complete("m", index=1)
    return walk


def test_every_kind_of_fact_is_folded() -> None:
    assert set(APPLY) == set(KINDS.values())


def test_folding_in_parts_or_at_once_or_from_stored_facts_is_the_same() -> None:
    walk = walked()
    assert fold(walk.facts) == walk.view
    assert fold([from_json(to_json(fact)) for fact in walk.facts]) == walk.view
    for cut in range(len(walk.facts)):
        assert fold(walk.facts[cut:], fold(walk.facts[:cut])) == walk.view


def test_a_fold_changes_no_earlier_view() -> None:
    walk = walked()
    early = fold(walk.facts[:3])
    copy = fold(walk.facts[:3])
    fold(walk.facts[3:], early)
    assert early == copy


def test_what_a_view_says() -> None:
    view = walked().view
    assert view.visits == {"a": 2, "supplement": 1, "m": 1}
    assert view.data["fee"] == 1
    assert [(each.step, each.item, each.assignee) for each in view.open.values()] == [("m", "p", None)]
    assert [fact.flows for fact in view.decisions] == [("g-supplement",), ("g-fee",)]
    assert view.flows[:4] == ("begin-a", "remind-e", "a-g", "g-supplement")
    assert (view.status, view.clock, view.ended) == (5, "running", False)


def test_a_later_instance_of_an_earlier_visit_does_not_turn_the_count_back() -> None:
    """Two tokens repeat the same step at once, one instance after another."""
    twice = task("a", inside=loop(cardinality="2", sequential=True))
    walk = Walk(diagram(start(), both("s"), xor("m"), script("c", "1"), twice, end(),
                        path("begin", "s", "m", "a", "done"), path("s", "c", "m")))
    assert walk.view.visits == {"a": 2}
    walk.complete("a")
    assert [(opened.visit, opened.index) for opened in walk.view.open.values()] == [(2, 0), (1, 1)]
    assert walk.view.visits == {"a": 2}


def test_due_dates_are_folded() -> None:
    view = fold([facts.DueSet("dossier", "2026-03-04T10:00:00+00:00"), facts.DueSet("1", None)])
    assert view.due == {"dossier": "2026-03-04T10:00:00+00:00", "1": None}
    assert fold([]) == View()


DECIDED = facts.BranchDecided("g", ("g-a", "g-b"), "filing.x > 1", {"filing.x": 2})
FRAMED = (
    facts.ProcessStarted("one", {"code": "d"}, {"x": 1}), facts.ValueComputed("s", 1),
    facts.FrameEntered("2", "f", {"own": 1}, None, "room", "kitchen", 0),
    facts.FrameEntered("3", "f:call", {"inner": 2}, "2", called=True),
    facts.StepEntered("4", "a", 2, "appraise", "specialist", "H49", "4", "form"),
    facts.StepEntered("5", "f:b", 1, "appraise", "specialist", "H49", None, None, frame="2"),
    facts.StepEntered("6", "f:call:c", 3, "appraise", "specialist", "H49", None, None, "paper", "i", 1, "3"),
)


def test_what_a_form_sees_in_the_dossier_a_frame_and_a_call() -> None:
    view = fold(FRAMED)
    assert in_sight(view, None) == {
        "filing": {"x": 1}, "s": 1, "dossier": {"code": "d"}, "visits": {"a": 2}}
    assert in_sight(view, "2") == {
        "filing": {"x": 1}, "s": 1, "own": 1, "room": "kitchen", "dossier": {"code": "d"}, "visits": {"a": 2, "b": 1}}
    assert in_sight(view, "3") == {"inner": 2, "dossier": {"code": "d"}, "visits": {"c": 3}}


def test_everything_that_is_known_of_an_open_step() -> None:
    view = fold([*FRAMED, facts.StepClaimed("4", "a", "lan")])
    assert view.open["4"] == OpenStep(
        "a", 2, "H49", "specialist", "appraise", "4", "form", None, None, None, "lan", None)
    assert view.open["6"] == OpenStep(
        "f:call:c", 3, "H49", "specialist", "appraise", None, None, "paper", "i", 1, None, "3")
    assert fold([facts.StepReleased("4", "a", "lan")], view).open["4"].assignee is None
    assert OpenStep("a", 1, "u", "r") == OpenStep("a", 1, "u", "r", "", None, None, None, None, None, None, None)


def test_everything_that_is_known_of_a_frame_and_a_wait() -> None:
    view = fold(FRAMED)
    assert view.frames["2"] == Frame("f", {"own": 1}, {"b": 1}, None, "room", "kitchen", 0, False)
    assert view.frames["3"] == Frame("f:call", {"inner": 2}, {"c": 3}, "2", None, None, None, True)
    assert Frame("f", {}) == Frame("f", {}, {}, None, None, None, None, False)
    assert Awaited("e", "signal", "s") == Awaited("e", "signal", "s", None)
    assert set(fold([facts.FrameLeft("3", "f:call")], view).frames) == {"2"}


def test_an_empty_view_knows_nothing() -> None:
    assert View() == View("", {}, {}, {}, 0, "running", {}, {}, {}, {}, {}, (), (), (), {}, False, None)


def test_a_dossier_goes_by_its_names_in_the_version_it_moved_to() -> None:
    view = fold([
        *FRAMED, facts.PathFollowed(("g", "x"), ("g-a",)), DECIDED, facts.TimerSet("7", "t", "2026-03-04"),
        facts.ServiceRequested("8", "service", "log", {}), facts.EventAwaited("9", "e", "message", "paper", "k"),
    ])
    to = {"a": "a2", "s": "s2", "g": "g2", "g-a": "g2-a", "f": "f2", "service": "service2", "own": "own2"}
    moved = fold([
        facts.DossierMigrated("one", "two", to), facts.StepMoved("4", "a2", "approve", "leader", "other", "note"),
        facts.TimerMoved("7", "t2"), facts.EventMoved("9", "e2", "slip"),
    ], view)
    assert (moved.digest, moved.end, moved.ended) == ("two", None, False)
    assert moved.data == {"filing": {"x": 1}, "s2": 1}
    assert moved.visits == {"a2": 2}
    assert (moved.passed, moved.flows) == (("g2", "x"), ("g2-a",))
    assert moved.decisions == (facts.BranchDecided("g2", ("g2-a", "g-b"), "filing.x > 1", {"filing.x": 2}),)
    assert (moved.frames["2"].element, moved.frames["3"].element) == ("f2", "f2:call")
    assert moved.frames["2"].data == {"own2": 1}
    assert moved.services == {"8": ("service2", "log")}
    assert moved.timers == {"7": ("t2", "2026-03-04")}
    assert moved.waits == {"9": Awaited("e2", "message", "slip", "k")}
    opened = moved.open["4"]
    assert (opened.step, opened.kind, opened.role, opened.form, opened.message, opened.unit, opened.hours) == (
        "a2", "approve", "leader", "other", "note", "H49", "4")


def test_an_end_goes_by_its_new_name_too() -> None:
    ended = fold([facts.DossierEnded(10, "done")])
    assert (ended.ended, ended.status, ended.end) == (True, 10, "done")
    assert fold([facts.DossierMigrated("one", "two", {"done": "finished"})], ended).end == "finished"


def test_what_is_over_is_gone() -> None:
    begun = fold([
        facts.ServiceRequested("8", "s", "log", {}), facts.ServiceRequested("9", "s", "log", {}),
        facts.EventAwaited("1", "e", "message", "m"), facts.EventAwaited("2", "e", "signal", "s"),
    ])
    over = fold([facts.ServiceCancelled("8", "s", "withdrawn"), facts.EventDropped("2", "e")], begun)
    assert (set(over.services), set(over.waits)) == ({"9"}, {"1"})
