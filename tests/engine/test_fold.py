"""Facts and their fold."""

from __future__ import annotations

from datetime import timedelta

from engine import facts
from engine.commands import ClaimStep, DeliverMessage, FireTimer, ReleaseStep
from engine.facts import KINDS, from_json, to_json
from engine.fold import APPLY, View, fold
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
