"""Whether the public status can take a move that is not allowed, on a way through the diagram or between two ways.

Values are not looked at: a way counts as possible when it is drawn. What an expression gives, or a called process sets,
is not known here; it is checked when it is set.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import combinations, product

from engine.drawing import findings as f
from engine.drawing.findings import Finding
from engine.drawing.naming import space_of
from engine.drawing.structure import Graph, Node, onward
from engine.drawing.vocabulary import STATUSES, Step
from engine.statuses import REOPENING, may_follow

_EXCLUSIVE = ("exclusiveGateway", "eventBasedGateway")
_GATHERING = ("parallelGateway", "inclusiveGateway")


class _Statuses:
    """What sets the status, and where a token can be after what."""

    def __init__(self, graph: Graph, steps: Mapping[str, Step], ends: Mapping[str, str]) -> None:
        self.graph = graph
        told = {**{step.id: step.status for step in steps.values() if step.status}, **ends}
        self.setting = frozenset(told)
        self.literal = {
            element: int(status) for element, status in told.items() if status in STATUSES and not space_of(element)
        }
        self.returning = {step.id for step in steps.values() if any(one.kind == "return" for one in step.choices)}
        self.meeting = {node.id for node in graph.nodes.values() if _gathers(graph, node)}
        self.splitting = {graph.nodes[ways[0]].scope for ways in _splits(graph) if ways}
        by_event = [node for node in graph.nodes.values() if node.starts_by_event]
        self.after = {node.id: self._after(node, by_event) for node in graph.nodes.values()}

    def _after(self, node: Node, by_event: Iterable[Node]) -> list[str]:
        """Where a token can be next, what interrupts the frames around it included."""
        ways = onward(self.graph, node.id)
        if node.id in self.graph.handlers:
            ways.append(self.graph.handlers[node.id])
        at: Node | None = node
        while at is not None:
            ways += [event.id for event in self.graph.boundary.get(at.id, [])]
            ways += [other.id for other in by_event if other.scope == at.scope and other is not at]
            at = self.graph.nodes.get(at.scope or "")
        return ways

    def next_of(self, element: str) -> Iterator[tuple[str, bool]]:
        """What can set the status next, and whether somebody can have sent the dossier back on the way."""
        reached = _spread(self.after[element], self.after)
        seen: dict[str, bool] = {}
        pending = self._ways(element, element in self.returning)
        while pending:
            at, returned = pending.pop()
            if (at in seen and (seen[at] or not returned)) or not self._met(at, element, reached, seen):
                continue
            seen[at] = returned
            if at in self.setting:
                yield at, returned
            elif self._ended(at, reached, seen):
                pending += self._ways(at, returned or at in self.returning)

    def _ways(self, element: str, returned: bool) -> list[tuple[str, bool]]:
        return [(way, returned) for way in self.after[element]]

    def _met(self, at: str, source: str, reached: set[str], seen: Container[str]) -> bool:
        """Whether nothing that must come to a gathering gateway as well has set the status meanwhile."""
        if at not in self.meeting:
            return True
        coming = {flow.source for flow in self.graph.incoming[at]} & reached - {source}
        return all(each in seen and each not in self.setting for each in coming)

    def _ended(self, at: str, reached: set[str], seen: Container[str]) -> bool:
        """The same for a frame in which several ways are gone at once, when one of them ends."""
        frame = self.graph.nodes[at].scope
        if self.graph.outgoing.get(at) or frame not in self.splitting:
            return True
        ends = {node.id for node in self.graph.inside(frame) if not self.graph.outgoing.get(node.id)} & reached
        return all(each in seen and each not in self.setting for each in ends)


def check_statuses(graph: Graph, steps: Mapping[str, Step], ends: Mapping[str, str]) -> list[Finding]:
    """A finding for each element at which a forbidden move may come: errors on one way, warnings between two."""
    drawn = _Statuses(graph, steps, ends)
    found: dict[str, Finding] = {}
    for source, old in drawn.literal.items():
        for target, returned in drawn.next_of(source):
            new = drawn.literal.get(target)
            if new is None or may_follow(old, new) or ((old, new) == REOPENING and returned):
                continue
            found.setdefault(target, f.error("status_move", target, old=old, new=new, source=source))
    for one, other in _beside(drawn):
        for source, target in ((one, other), (other, one)):
            old, new = drawn.literal[source], drawn.literal[target]
            if not may_follow(old, new):
                found.setdefault(target, f.warning("status_beside", target, old=old, new=new, source=source))
    return list(found.values())


def _beside(drawn: _Statuses) -> Iterator[tuple[str, str]]:
    """Pairs of elements that set the status on ways that are gone at the same time; where these merge without being
    joined, two tokens come along one after the other."""
    for ways in _splits(drawn.graph):
        reached = [_reach(drawn, way, ways) for way in ways]
        for one, other in combinations(reached, 2):
            yield from product(one & drawn.literal.keys(), other & drawn.literal.keys())


def _splits(graph: Graph) -> Iterator[list[str]]:
    """Where several ways begin at once: at gateways, activities, ad-hoc subprocesses, events that do not interrupt."""
    for node in graph.nodes.values():
        targets = [flow.target for flow in graph.outgoing.get(node.id, [])]
        if len(targets) > 1 and node.type not in _EXCLUSIVE:
            yield targets
        if node.type == "adHocSubProcess":
            yield [inner.id for inner in graph.starts(node.id)]
        for event in graph.boundary.get(node.id, []):
            if event.xml.get("cancelActivity") == "false":
                yield [node.id, event.id]


def _reach(drawn: _Statuses, first: str, ways: Iterable[str]) -> set[str]:
    """What a way can come to before it meets one of the others at a gateway that gathers; what leaves an activity
    beside its work is a way of its own."""
    events = {way for way in ways if drawn.graph.nodes[way].type == "boundaryEvent"}
    return _spread([first], drawn.after, drawn.meeting | events - {first})


def _spread(first: Iterable[str], after: Mapping[str, Iterable[str]], without: Container[str] = ()) -> set[str]:
    seen: set[str] = set()
    pending = list(first)
    while pending:
        at = pending.pop()
        if at not in seen and at not in without:
            seen.add(at)
            pending += after[at]
    return seen


def _gathers(graph: Graph, node: Node) -> bool:
    return node.type in _GATHERING and len(graph.incoming.get(node.id, [])) > 1
