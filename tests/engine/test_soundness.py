"""What is said about joins before publishing is what trying every order of every token finds, and is said in time."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest

from engine.drawing import soundness
from engine.drawing.diagram import read
from engine.drawing.soundness import check_joins
from engine.drawing.structure import Graph, Node, draw
from tests.engine.builders import both, diagram, end, flow, path, start, task, timer, xor
from tests.engine.constructs.drawing import any_of, sentence, warnings

MOST = 2


def graph_of(xml: str) -> Graph:
    root = read(xml).root
    assert root is not None
    graph, _ = draw(root)
    assert graph is not None
    return graph


def found(xml: str) -> dict[str, set[str | None]]:
    """Code to elements of what the check finds."""
    said: dict[str, set[str | None]] = {}
    for one in check_joins(graph_of(xml)):
        said.setdefault(one.code, set()).add(one.element)
    return said


def tangle(seed: int) -> str:
    """A small diagram, wired at random: sound ones, stuck ones, and ones whose tokens pass one after another."""
    rng = random.Random(seed)
    names = [f"n{number}" for number in range(rng.randint(4, 8))]
    kinds = {name: rng.choice("xxata+++") for name in names}
    ways = {(one, other) for one, other in pairwise(names)}
    ways |= {(rng.choice(names), rng.choice(names)) for _ in range(rng.randint(2, 6))}
    ways |= {(rng.choice(names[:-1]), "done")} if rng.random() < 0.5 else set()
    made = {"x": xor, "+": both, "a": task, "t": task}
    flows = [flow(one, other, "filing.x" if kinds[one] == "x" else "") for one, other in sorted(ways) if one != other]
    parts = [made[kinds[name]](name) for name in names]
    parts += [timer(f"b{name}", host=name) + flow(f"b{name}", "done") for name in names if kinds[name] == "t"]
    return diagram(start(), *parts, end(), flow("begin", names[0]), *flows, flow(names[-1], "done"))


class Everything:
    """Every order of every token, as long as no place holds more than two."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.stuck: set[frozenset[str]] = set()
        self.meeting: set[str] = set()
        self.ending: set[str] = set()
        self.cut = False
        seen, pending = set(), [Counter(flow_.id for flow_ in graph.outgoing["begin"])]
        while pending and not self.cut:
            marking = pending.pop()
            frozen = tuple(sorted(marking.items()))
            if frozen in seen:
                continue
            seen.add(frozen)
            self.cut = max(marking.values(), default=0) > MOST or len(seen) > 4_000
            after = [each for place in marking for each in self.moves(marking, place)]
            if marking and not after:
                self.stuck.add(frozenset(marking))
            self.crowds(marking)
            pending += after

    def crowds(self, marking: Counter[str]) -> None:
        at = Counter[str]()
        for place, count in marking.items():
            if place in self.graph.flows:
                at[self.graph.flows[place].target] += count
        for name, count in at.items():
            several = len(self.graph.incoming.get(name, [])) > 1
            kind = self.graph.nodes[name].type
            if count > 1 and several and kind != "parallelGateway":
                (self.ending if kind == "endEvent" else self.meeting).add(name)

    def moves(self, marking: Counter[str], place: str) -> Iterator[Counter[str]]:
        rest = marking - Counter([place])
        if place not in self.graph.flows:
            for leaving in (place[1:], *(event.id for event in self.graph.boundary[place[1:]])):
                yield rest + self.left(leaving)
            return
        node = self.graph.nodes[self.graph.flows[place].target]
        incoming = [flow_.id for flow_ in self.graph.incoming[node.id]]
        if node.type == "parallelGateway" and len(incoming) > 1:
            if all(marking[name] for name in incoming):
                yield marking - Counter(incoming) + self.left(node.id)
        else:
            yield from (rest + after for after in self.through(node))

    def through(self, node: Node) -> Iterator[Counter[str]]:
        if node.type == "exclusiveGateway":
            yield from (Counter([flow_.id]) for flow_ in self.graph.outgoing.get(node.id, []))
        elif self.graph.boundary.get(node.id):
            yield Counter([f"*{node.id}"])
        else:
            yield self.left(node.id)

    def left(self, name: str) -> Counter[str]:
        return Counter(flow_.id for flow_ in self.graph.outgoing.get(name, []))


@pytest.mark.parametrize("chunk", range(4))
def test_what_is_found_is_what_trying_everything_finds(chunk: int) -> None:
    decided = deadlocks = merges = ends = 0
    for seed in range(chunk * 80, chunk * 80 + 80):
        xml = tangle(seed)
        graph = graph_of(xml)
        said, every = found(xml), Everything(graph)
        if every.cut or "not_decided" in said:
            continue
        decided += 1
        assert bool(said.get("deadlock")) == bool(every.stuck), seed
        assert bool(said.get("merge_twice", set()) & every.meeting) == bool(every.meeting), seed
        assert "end_twice" not in said or every.ending >= said["end_twice"], seed
        assert every.meeting or bool(said.get("end_twice")) == bool(every.ending), seed
        deadlocks, merges = deadlocks + bool(every.stuck), merges + bool(every.meeting)
        ends += "end_twice" in said
    assert decided > 15
    assert deadlocks > 2
    assert merges > 0
    assert ends > 0


def test_the_way_into_a_deadlock_is_shown() -> None:
    xml = diagram(start(), xor("g", "g-a"), task("a"), task("b"), both("j"), end(),
                  path("begin", "g", "a", "j", "done"), flow("g", "b", "filing.x"), path("b", "j"))
    assert sentence(xml, "deadlock") in {
        f"Gateway j may wait for ever, for example after g → {name}; join only what was split together."
        for name in "ab"
    }


def test_a_merge_after_a_fork_is_a_warning_and_a_reminder_is_none() -> None:
    merged = diagram(start(), both("s"), task("a"), task("b"), xor("m"), task("z"), end(),
                     path("begin", "s", "a", "m", "z", "done"), path("s", "b", "m"))
    assert warnings(merged)["merge_twice"] == "m"
    reminded = diagram(start(), task("a"), timer("t", host="a", interrupting=False), end("late"), path("t", "late"),
                       end(), path("begin", "a", "done"))
    assert "merge_twice" not in warnings(reminded)


def test_tokens_that_end_at_the_same_end_are_a_warning_unless_they_were_told_before() -> None:
    """BPMN lets each of them end; where they could have been joined, the end and a way to it are named."""
    forked = diagram(start(), both("s"), task("a"), task("b"), end(), path("begin", "s", "a", "done"),
                     path("s", "b", "done"))
    assert warnings(forked)["end_twice"] == "done"
    assert sentence(forked, "end_twice") in {
        f"Two tokens can end at done one after another, for example after s → {way}; join them unless meant."
        for way in ("a → b", "b → a")
    }
    merged = diagram(start(), both("s"), task("a"), task("b"), xor("m"), end(), task("c"),
                     path("begin", "s", "a", "m", "done"), path("s", "b", "m"), path("s", "c", "done"))
    assert found(merged) == {"merge_twice": {"m"}}
    apart = diagram(start(), both("s"), task("a"), task("b"), end("one"), end("two"), path("begin", "s", "a", "one"),
                    path("s", "b", "two"))
    chosen = diagram(start(), xor("g", "g-b"), task("a"), task("b"), end(), path("begin", "g"),
                     flow("g", "a", "filing.x"), flow("g", "b"), path("a", "done"), path("b", "done"))
    joined = diagram(start(), both("s"), task("a"), task("b"), both("j"), end(), path("begin", "s", "a", "j", "done"),
                     path("s", "b", "j"))
    late = diagram(start(), task("a"), timer("t", host="a", interrupting=False), end(), path("t", "done"),
                   path("begin", "a", "done"))
    assert [found(each) for each in (apart, chosen, joined)] == [{}, {}, {}]
    assert found(late) == {"end_twice": {"done"}}
    stopped = late.replace('<bpmn:endEvent id="done">', '<bpmn:endEvent id="done"><bpmn:terminateEventDefinition/>')
    assert found(stopped) == {}


def test_inclusive_joins_that_wait_for_each_other_are_found() -> None:
    """Each can still be reached from where the other one waits, so that neither lets go."""
    xml = diagram(start(), both("s"), any_of("j"), any_of("k"), task("a"), task("b"), xor("g", "g-done"),
                  xor("h", "h-done"), end(), path("begin", "s", "a", "j", "g", "done"),
                  path("s", "b", "k", "h", "done"),
                  flow("g", "k", "filing.x"), flow("h", "j", "filing.x"))
    assert found(xml).get("deadlock", set()) <= {"j", "k"}
    assert found(xml)["deadlock"]


def wide(count: int) -> str:
    """So many branches with a loop and a reminder each."""
    parts = [start(), both("s"), both("j"), end(), path("begin", "s"), path("j", "done")]
    for n in range(count):
        parts += [xor(f"x{n}"), xor(f"y{n}", f"y{n}-j"), task(f"b{n}"), path("s", f"x{n}", f"b{n}", f"y{n}"),
                  flow(f"y{n}", "j"), flow(f"y{n}", f"x{n}", "filing.x"), end(f"e{n}"),
                  timer(f"t{n}", host=f"b{n}", interrupting=False), path(f"t{n}", f"e{n}")]
    return diagram(*parts)


def knot(count: int) -> str:
    """So many branches that can all go over into each other."""
    parts = [start(), both("s"), both("j"), end(), path("begin", "s"), path("j", "done")]
    for n in range(count):
        parts += [xor(f"m{n}"), task(f"a{n}"), xor(f"g{n}", f"g{n}-j"), path("s", f"m{n}", f"a{n}", f"g{n}"),
                  flow(f"g{n}", "j"), flow(f"g{n}", f"m{(n + 1) % count}", "filing.x")]
    return diagram(*parts)


def test_many_independent_branches_are_decided() -> None:
    assert found(wide(60)) == {}


def test_the_check_is_over_in_time_and_says_what_it_did_not_decide() -> None:
    for xml in (wide(60), knot(60)):
        began = time.process_time()
        said = found(xml)
        assert time.process_time() - began < 2
    assert said.keys() >= {"not_decided", "merge_twice"}


def test_without_the_bound_it_would_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    few = found(knot(5))
    monkeypatch.setattr(soundness, "MAX_LOOKED_AT", 50)
    assert "not_decided" in found(knot(5))
    assert few.keys() >= {"merge_twice"}
