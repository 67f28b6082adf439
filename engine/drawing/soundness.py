"""Whether tokens always meet again, found by playing the diagram with all its choices and no values.

Values are not looked at, so a diagram whose conditions happen to agree is refused too; it can be drawn soundly. Each
frame is played alone; what is inside a subprocess is one activity from outside. Tokens that have nothing to do with
each other need not be tried in every order: what moves alone moves first, and orders are only tried where they can
make a difference, which is where ways merge, at inclusive joins and at ends that take all other tokens with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from engine.drawing import findings as f
from engine.drawing.diagram import read
from engine.drawing.findings import Finding
from engine.drawing.meeting import meets
from engine.drawing.net import MAX_TOKENS, Marking, Net
from engine.drawing.structure import Graph, draw

MAX_LOOKED_AT = 40_000
SHOWN = 12


@dataclass(slots=True)
class _Search:
    """The markings of one frame that were reached, each with the one before it and what moved."""

    net: Net
    budget: int
    seen: dict[Marking, tuple[Marking | None, str]] = field(default_factory=dict)
    deadlocks: dict[str, Marking] = field(default_factory=dict)
    merges: dict[str, Marking] = field(default_factory=dict)
    crowded: bool = False

    def run(self, first: Marking) -> bool:
        """Look at every marking; false if there are too many."""
        self.seen[first] = (None, "")
        pending: list[tuple[Marking, tuple[str, ...]]] = [(first, ())]
        while pending:
            marking, recent = pending.pop()
            self.budget -= 1 + len(marking)
            if self.budget < 0:
                return False
            pending += self._look(marking, recent)
        return True

    def _look(self, marking: Marking, recent: tuple[str, ...]) -> Iterator[tuple[Marking, tuple[str, ...]]]:
        for element in self.net.crowded(marking):
            self.merges.setdefault(element, marking)
        following = self.net.following(marking, recent)
        if marking and following is None:
            self.deadlocks.setdefault(self.net.waiting(marking), marking)
        for moved, after, places in following or ():
            if max((count for _, count in after), default=0) > MAX_TOKENS:
                self.crowded = True
            elif after not in self.seen:
                self.seen[after] = (marking, moved)
                yield after, places

    def path_to(self, marking: Marking) -> str:
        """The elements that moved on the way to a marking."""
        moved: list[str] = []
        at: Marking | None = marking
        while at is not None:
            at, element = self.seen[at]
            moved.append(element)
        path = [element for element in reversed(moved) if element]
        return " → ".join(path if len(path) <= SHOWN else ["…", *path[-SHOWN:]])


def stuck_from(xml: str, scope: str | None, standing: Iterable[str], arrived: Iterable[str]) -> list[str]:
    """The joins of a scope that may wait for ever when tokens stand at these elements and have come to joins over
    these flows; what cannot be decided counts as none."""
    root = read(xml).root
    graph = draw(root)[0] if root is not None else None
    if graph is None:
        return []
    net = Net(graph, scope, meets(graph))
    if not net.branches():
        return []
    search = _Search(net, MAX_LOOKED_AT)
    search.run(net.marking(standing, arrived))
    return list(search.deadlocks)


def check_joins(graph: Graph) -> list[Finding]:
    """A finding for each join that can wait for ever, each merge that two tokens can pass one after the other, each end
    that two tokens come to by different ways, and each frame with too many combinations to decide."""
    budget = MAX_LOOKED_AT
    found: list[Finding] = []
    awaited = meets(graph)
    for scope in [None, *(node.id for node in graph.nodes.values() if node.is_container)]:
        net = Net(graph, scope, awaited)
        if not net.branches():
            continue
        search = _Search(net, budget)
        decided = search.run(net.first()) and not search.crowded
        budget = max(search.budget, 0)
        found += [f.error("deadlock", at, path=search.path_to(marking)) for at, marking in search.deadlocks.items()]
        found += _met(search)
        if not (decided and net.complete):
            found.append(f.warning("not_decided", scope or graph.process.get("id")))
    return found


def _met(search: _Search) -> Iterator[Finding]:
    """Where tokens were not joined: merges, and those ends that lie behind none of them."""
    nodes = search.net.graph.nodes
    merges = [at for at in search.merges if nodes[at].type != "endEvent"]
    behind = {node for at in merges for node in search.net.reached_from(at)}
    for at, marking in search.merges.items():
        if nodes[at].type != "endEvent":
            yield f.warning("merge_twice", at, path=search.path_to(marking))
        elif at not in behind:
            yield f.warning("end_twice", at, path=search.path_to(marking))
