"""A running dossier goes over to another version: what stays as it is, who cannot and why, and that nothing is lost."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine import facts, rehearse
from engine.commands import ClaimStep, Command, DeliverMessage, FireTimer, MigrateDossier
from engine.definition import Bundle, Definition, compile_definition
from engine.errors import Invalid, MappingRefused, MigrationRefused
from engine.execute import step
from engine.facts import Fact, to_json
from engine.fold import fold
from engine.migration import OBSTACLES, obstacles, way
from engine.state import load
from tests.builders_procedures import RECEIVED, definition_of, every_scenario, scenarios_of, shipped
from tests.engine.builders import (
    NOW,
    Walk,
    both,
    diagram,
    element,
    end,
    flow,
    frame,
    loop,
    path,
    receive,
    row,
    script,
    start,
    task,
    timer,
    xor,
)
from tests.engine.happenings import Watched, border, catch, document, handler, service, throw, told
from tests.walks.blocks import grow
from tests.walks.drawing import draw
from tests.walks.renaming import Renaming
from tests.walks.walker import Prover, agree

Played = list[tuple[Command, datetime]]


def compiled(xml: str) -> Definition:
    return compile_definition(Bundle(xml))


def undoing(event: str, activity: str) -> str:
    """The association between a compensation event and its handler."""
    return element("association", "undoes", sourceRef=event, targetRef=activity)


def migrate(walk: Walk, xml: str, mapping: dict[str, str] | None = None, now: datetime = NOW) -> tuple[Fact, ...]:
    """Let a walk go over to a new diagram."""
    new = compiled(xml)
    outcome = step(walk.definition, walk.state, MigrateDossier(new.digest, mapping or {}), now, new)
    walk.definition, walk.state, walk.last = new, outcome.state, outcome.facts
    walk.facts += outcome.facts
    walk.view = fold(outcome.facts, walk.view)
    agree(outcome.state, walk.view)
    assert fold(walk.facts) == walk.view
    return outcome.facts


def why_not(walk: Walk, xml: str, mapping: dict[str, str] | None = None) -> dict[str, str]:
    """The reasons by code, each with its element; the command refuses for the first of them."""
    new = compiled(xml)
    found = obstacles(way(walk.definition, new, mapping or {}), walk.state or b"")
    with pytest.raises(MigrationRefused) as refused:
        step(walk.definition, walk.state, MigrateDossier(new.digest, mapping or {}), NOW, new)
    assert str(found[0]) in str(refused.value)
    assert all("{" not in str(each) for each in found)
    return {each.code: each.element for each in found}


class TestWhoCan:
    def test_what_lies_ahead_needs_nothing(self) -> None:
        walk = Walk(row("a", "b"))
        walk.do(ClaimStep("1", "lan"))
        assert migrate(walk, row("a", "x", "y")) == (
            facts.DossierMigrated(compiled(row("a", "b")).digest, walk.definition.digest, {}),)
        walk.complete("a")
        assert walk.open == ["x"]

    def test_an_open_step_keeps_its_holder_number_and_hours_and_takes_form_and_role_from_the_new_version(self) -> None:
        walk = Walk(row("a", "b"))
        walk.do(ClaimStep("1", "lan"))
        xml = diagram(start(), task("z", role="leader", hours="9", form="f"), end(), path("begin", "z", "done"))
        new = compile_definition(Bundle(xml, {"f": {"type": "default", "components": []}}))
        outcome = step(walk.definition, walk.state, MigrateDossier(new.digest, {"a": "z"}), NOW, new)
        assert outcome.facts[1] == facts.StepMoved("1", "z", "appraise", "leader", "f", None)
        opened = fold(outcome.facts, walk.view).open["1"]
        assert (opened.step, opened.assignee, opened.hours) == ("z", "lan", "4")
        assert (opened.role, opened.form) == ("leader", "f")

    def test_values_and_visits_go_by_their_new_names(self) -> None:
        walk = Walk(row("a", "b"))
        walk.complete("a", v=5)
        back = flow("g", "first", "first.v = 5 and visits.first < 2")
        again = diagram(start(), task("first"), task("b"), xor("g", "g-done"), end(),
                        path("begin", "first", "b", "g", "done"), back)
        migrate(walk, again, {"a": "first"})
        assert walk.view.data["first"] == {"v": 5, "choice": None}
        assert "first" in walk.view.passed
        walk.complete("b")
        assert walk.open == ["first"]
        assert walk.view.visits == {"first": 2, "b": 1}

    def test_timers_keep_number_and_date_are_let_go_and_set_anew(self) -> None:
        def drawn(*events: str) -> str:
            ends = "".join(end(f"e_{name}") + flow(name, f"e_{name}") for name in events)
            hung = "".join(timer(name, host="a", interrupting=False) for name in events)
            return diagram(start(), task("a"), hung, end(), path("begin", "a", "done"), ends)

        walk = Walk(drawn("t", "u", "v"))
        walk.do(FireTimer(walk.timer("v")), NOW + timedelta(days=3))
        due = dict(walk.view.timers)
        migrate(walk, drawn("t2", "v", "w"), {"t": "t2", "u": ""}, NOW + timedelta(days=4))
        assert walk.view.timers == {
            "2": ("t2", due["2"][1]), "5": ("w", (NOW + timedelta(days=7)).isoformat())}
        assert facts.TimerMoved("2", "t2") in walk.last
        assert facts.TimerCancelled("3", "u") in walk.last

    def test_repetitions_keep_their_place(self) -> None:
        def drawn(name: str) -> str:
            return diagram(start(), task(name, inside=loop(cardinality="3", sequential=True)), end(),
                           path("begin", name, "done"))

        walk = Walk(drawn("a"))
        walk.complete("a", v=1)
        migrate(walk, drawn("b"), {"a": "b"})
        assert [(each.step, each.index) for each in walk.view.open.values()] == [("b", 1)]
        walk.complete("b", v=2)
        walk.complete("b", v=3)
        assert [each["v"] for each in walk.view.data["b"]] == [1, 2, 3]
        assert walk.view.ended

    def test_joins_keep_what_has_come(self) -> None:
        def drawn(ending: str) -> str:
            a, b, c, j = (f"{name}{ending}" for name in ("a", "b", "c", "j"))
            return diagram(start(), both("s"), task(a), task(b), task(c), both(j), task("d"), end(),
                           path("begin", "s", a, j, "d", "done"), path("s", b, j), path("s", c, j))

        walk = Walk(drawn(""))
        walk.complete("b")
        migrate(walk, drawn("2"), {name: f"{name}2" for name in "abcj"})
        walk.complete("c2")
        assert walk.open == ["a2"]
        walk.complete("a2")
        assert walk.open == ["d"]

    def test_the_clock_follows_the_new_version(self) -> None:
        walk = Walk(diagram(start(), receive("w", "tax"), end(), path("begin", "w", "done"), messages=("tax",)))
        migrate(walk, diagram(start(), receive("w", "money", clock="", kind="wait_financial"), end(),
                              path("begin", "w", "done"), messages=("money",)))
        assert facts.ClockStarted("applicant") in walk.last
        walk.do(DeliverMessage("money"))
        assert walk.view.ended

    def test_messages_signals_and_conditions_are_awaited_under_their_new_names(self) -> None:
        def drawn(ending: str, message: str, limit: int) -> str:
            m, c, s = (f"{name}{ending}" for name in ("m", "c", "s"))
            return document(
                start(), both("f"), catch(m, told("message", message)), task("a"),
                border(c, "a", told("condition", f"filing.n > {limit}"), interrupting=False), end("e1"),
                handler(s, told("signal", "all"), task("b"), end("e2"), path(f"{s}_on", "b", "e2"), interrupting=False),
                end(), path("begin", "f", m, "done"), path("f", "a", "done"), path(c, "e1"),
                names=("message:paid", "message:settled", "signal:all"))

        walk = Watched(drawn("", "paid", 3), {"n": 1})
        before = dict(walk.view.waits)
        migrate(walk, drawn("2", "settled", 5), {"m": "m2", "c": "c2", "s": "s2", "s_on": "s2_on"})
        assert list(walk.view.waits) == list(before)
        assert {(each.element, each.name) for each in walk.view.waits.values()} == {
            ("m2", "settled"), ("c2", "filing.n > 5"), ("s2_on", "all")}
        walk.signal("all")
        assert walk.open == ["a", "b"]
        walk.deliver("settled")
        walk.complete("a")
        walk.complete("b")
        assert walk.view.ended

    def test_the_first_of_several_events_still_wins(self) -> None:
        def drawn(late: str, *more: str) -> str:
            return document(
                start(), element("eventBasedGateway", "g"), catch("m", told("message", "paid")),
                catch(late, told("timeDuration", "P3D")), end(), path("begin", "g", "m", "done"),
                path("g", late, "done"), *more, names=("message:paid",))

        walk = Watched(drawn("t"))
        migrate(walk, drawn("t2"), {"t": "t2"})
        walk.fire("t2")
        assert (walk.view.ended, walk.view.waits) == (True, {})

    def test_handlers_that_only_the_new_version_has_are_awaited(self) -> None:
        late = handler("h", told("timeDuration", "P3D"), task("b"), end("e2"), path("h_on", "b", "e2"))
        walk = Watched(row("a"))
        migrate(walk, document(start(), task("a"), late, end(), path("begin", "a", "done")))
        walk.fire("h_on")
        assert walk.open == ["b"]

    def test_services_and_frames_go_by_their_new_names(self) -> None:
        def drawn(name: str) -> str:
            inner = (start("i"), task(f"{name}_in"), script(f"{name}_sum", "item"), end("o"),
                     path("i", f"{name}_in", f"{name}_sum", "o"))
            many = loop(cardinality="2")
            return document(start(), service(name), element("subProcess", f"{name}_f", many + "".join(inner)), end(),
                            path("begin", name, f"{name}_f", "done"))

        walk = Watched(drawn("ask"))
        names = {"ask": "call", "ask_f": "call_f", "ask_in": "call_in", "ask_sum": "call_sum"}
        migrate(walk, drawn("call"), names)
        walk.answer("call", 1)
        assert walk.open == ["call_in", "call_in"]
        walk.complete("call_in", index=None)
        migrate(walk, drawn("ask"), {new: old for old, new in names.items()})
        walk.complete("ask_in")
        assert walk.view.ended
        assert [each["ask_sum"] for each in walk.view.data["ask_f"]] == [1, 2]

    def test_again_and_back(self) -> None:
        walk = Walk(row("a", "b"))
        migrate(walk, row("x", "b"), {"a": "x"})
        migrate(walk, row("a", "b"), {"x": "a"})
        walk.complete("a")
        assert walk.open == ["b"]


FORK = (start(), both("s"), task("a"), task("b"), both("j"), end(), path("begin", "s", "a", "j", "done"),
        path("s", "b", "j"))


class TestWhoCannot:
    def test_its_element_is_gone(self) -> None:
        assert why_not(Walk(row("a", "b")), row("x", "b")) == {"gone": "a"}

    def test_its_element_is_of_another_kind(self) -> None:
        new = diagram(start(), task("a", tag="manualTask"), end(), path("begin", "a", "done"))
        assert why_not(Walk(row("a")), new) == {"kind": "a"}

    def test_its_element_is_in_another_subprocess(self) -> None:
        new = diagram(start(), frame("f", start("i"), task("a"), end("o"), path("i", "a", "o")), end(),
                      path("begin", "f", "done"))
        assert why_not(Walk(row("a")), new) == {"scope": "a"}

    def test_its_timer_is_gone_or_hangs_elsewhere(self) -> None:
        walk = Walk(diagram(start(), task("a"), timer("t", host="a"), end("late"), end(), path("begin", "a", "done"),
                            path("t", "late")))
        assert why_not(walk, row("a")) == {"gone": "t"}
        new = diagram(start(), task("a"), task("b"), timer("t", host="b"), end("late"), end(),
                      path("begin", "a", "b", "done"), path("t", "late"))
        assert why_not(walk, new) == {"host": "t"}

    def test_it_repeats_otherwise(self) -> None:
        def drawn(inside: str) -> str:
            return diagram(start(), task("a", inside=inside), end(), path("begin", "a", "done"))

        parallel, row_ = drawn(loop(cardinality="2")), drawn(loop(cardinality="2", sequential=True))
        for old, new in ((parallel, row_), (row_, drawn("")), (drawn(""), parallel)):
            assert why_not(Walk(old), new) == {"repetition": "a"}

    def test_a_token_has_come_over_a_flow_that_is_gone(self) -> None:
        walk = Walk(diagram(*FORK))
        walk.complete("b")
        new = diagram(start(), both("s"), task("a"), task("b"), script("c", "1"), both("j"), end(),
                      path("begin", "s", "a", "j", "done"), path("s", "b", "c", "j"))
        assert why_not(walk, new) == {"arrival": "j"}
        migrate(walk, new, {"b-j": "c-j"})
        walk.complete("a")
        assert walk.view.ended

    def test_a_join_would_wait_for_a_branch_that_was_never_taken(self) -> None:
        walk = Walk(diagram(*FORK))
        third = diagram(*FORK, task("c"), path("s", "c", "j"))
        assert why_not(walk, third) == {"waits": "j"}
        walk.complete("b")
        assert why_not(walk, third) == {"waits": "j"}
        early = Walk(diagram(start(), task("z"), *FORK[1:-2], path("begin", "z", "s", "a", "j", "done"), FORK[-1]))
        migrate(early, diagram(start(), task("z"), *FORK[1:-2], path("begin", "z", "s", "a", "j", "done"), FORK[-1],
                               task("c"), path("s", "c", "j")))

    def test_a_join_inside_a_subprocess_too(self) -> None:
        def drawn(*more: str) -> str:
            inner = (start("i"), both("s"), task("a"), task("b"), both("j"), end("o"), path("i", "s", "a", "j", "o"),
                     path("s", "b", "j"), *more)
            return diagram(start(), frame("f", *inner), end(), path("begin", "f", "done"))

        assert why_not(Walk(drawn()), drawn(task("c"), path("s", "c", "j"))) == {"waits": "j"}

    def test_it_waits_for_something_of_another_kind(self) -> None:
        def drawn(*inside: str) -> str:
            return document(start(), catch("c", *inside), end(), path("begin", "c", "done"),
                            names=("message:paid", "signal:all"))

        assert why_not(Walk(drawn(told("message", "paid"))), drawn(told("signal", "all"))) == {"event": "c"}
        assert why_not(Walk(drawn(told("timeDuration", "P1D"))), drawn(told("message", "paid"))) == {"event": "c"}

    def test_something_is_being_taken_back(self) -> None:
        xml = document(start(), task("a"), border("b", "a", told("compensate")), task("undo"), throw("t",
                       told("compensate")), end(), path("begin", "a", "t", "done"), undoing("b", "undo"))
        walk = Walk(xml.replace('id="undo"', 'id="undo" isForCompensation="true"'))
        walk.complete("a")
        assert walk.open == ["undo"]
        assert why_not(walk, walk.definition.xml.replace('name="undo"', 'name="back"')) == {"undoing": "t"}

    def test_every_reason_has_been_shown(self) -> None:
        """What cannot be read is found by the application, which keeps the states."""
        assert set(OBSTACLES) == {
            "gone", "kind", "scope", "host", "event", "repetition", "arrival", "undoing", "waits", "unreadable"}


class TestMapping:
    @pytest.mark.parametrize("mapping", [
        {"zz": "b"}, {"a": "zz"}, {"a": ""}, {"a": "b"}, {"a": "x", "b": "x"},
    ])
    def test_a_mapping_that_does_not_fit_is_refused(self, mapping: dict[str, str]) -> None:
        with pytest.raises(MappingRefused):
            way(compiled(row("a", "b")), compiled(row("x", "b")), mapping)

    def test_two_may_change_places(self) -> None:
        walk = Walk(row("a", "b"))
        migrate(walk, row("b", "a"), {"a": "b", "b": "a"})
        assert walk.open == ["b"]

    def test_the_version_must_be_the_one_that_is_named(self) -> None:
        walk = Walk(row("a"))
        for onto in (None, compiled(row("b"))):
            with pytest.raises(Invalid):
                step(walk.definition, walk.state, MigrateDossier(compiled(row("a", "b")).digest), NOW, onto)


def recorded(monkeypatch: pytest.MonkeyPatch, key: str, name: str) -> Played:
    """The commands of a scenario."""
    played: Played = []

    def listen(definition: Definition, stored: bytes | None, command: Command, now: datetime, **more: Any) -> Any:
        outcome = step(definition, stored, command, now, **more)
        played.append((command, now))
        return outcome

    monkeypatch.setattr(rehearse, "step", listen)
    rehearse.rehearse(definition_of(key), scenarios_of(key)[name], RECEIVED)
    return played


def played_on(definition: Definition, stored: bytes | None, played: Sequence[tuple[Command, datetime]]
              ) -> list[tuple[bytes, tuple[Fact, ...]]]:
    found = []
    for command, now in played:
        outcome = step(definition, stored, command, now)
        stored = outcome.state
        found.append((outcome.state, outcome.facts))
    return found


def same_after_moving(old: Definition, new: Definition, renaming: Renaming, played: Played) -> int:
    """Moving at every wait, but while nothing is taken back, gives the same facts by other names; how many waits."""
    plain = played_on(old, None, played)
    for at in range(1, len(played)):
        stored, now = plain[at - 1][0], played[at - 1][1]
        if any(place.todo is not None for place in load(stored).tokens.values()):
            continue
        moved = step(old, stored, MigrateDossier(new.digest, renaming.moved), now, new)
        rest = played_on(new, moved.state, played[at:])
        expected = [[renaming.fact(fact) for fact in found] for _, found in plain[at:]]
        assert [[to_json(fact) for fact in found] for _, found in rest] == expected
        whole = [fact for _, found in plain[:at] for fact in found]
        whole += [*moved.facts, *(fact for _, found in rest for fact in found)]
        agree(rest[-1][0], fold(whole))
        last, unmoved = load(rest[-1][0]), load(plain[-1][0])
        assert (last.data, last.next) == (renaming.data(unmoved.data), unmoved.next)
    return len(played) - 1


@pytest.mark.parametrize(("key", "name"), every_scenario())
def test_a_shipped_procedure_under_other_ids_goes_on_as_it_would_have(
    key: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = definition_of(key)
    renaming = Renaming(old)
    new = compile_definition(renaming.bundle(shipped(key)))
    assert same_after_moving(old, new, renaming, recorded(monkeypatch, key, name)) > 1


@pytest.mark.parametrize("seed", range(40))
def test_a_random_diagram_under_other_ids_goes_on_as_it_would_have(seed: int) -> None:
    bundle = Bundle(draw(grow(seed)))
    old = compile_definition(bundle)
    renaming = Renaming(old)
    new = compile_definition(renaming.bundle(bundle))
    prover = Prover(bundle.xml, (old, old), True, True)
    for number in range(3):
        trail = list(prover._trail(random.Random(f"{seed} {number}")))
        same_after_moving(old, new, renaming, [(stand.command, stand.now) for stand in trail])
