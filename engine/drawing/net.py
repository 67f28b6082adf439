"""One frame of a diagram as a net: where tokens stand, and which markings follow from one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import combinations

from engine.drawing.diagram import model
from engine.drawing.structure import Flow, Graph, Node

MAX_TOKENS = 2
MAX_SUBSETS = 8
_EXCLUSIVE = ("exclusiveGateway", "eventBasedGateway")
_ENDING = ("terminate", "error", "cancel")
_BUSY = "busy "

Marking = tuple[tuple[str, int], ...]
# What moved, the marking after it, and where the tokens went.
Moves = list[tuple[str, Marking, tuple[str, ...]]]


class Net:
    """The tokens of one frame: on flows, or busy in an activity with boundary events."""

    def __init__(self, graph: Graph, scope: str | None, awaited: Mapping[str, Mapping[str, frozenset[str]]]) -> None:
        self.graph = graph
        self.scope = scope
        self.awaited = awaited
        self.starts = [node.id for node in graph.starts(scope)]
        self.inside = graph.inside(scope)
        self.complete = True
        self.at = cache(self._at)
        self.reached_from = cache(self._reached_from)

    def branches(self) -> bool:
        """Whether more than one token can ever be about, or one is waited for that cannot come."""
        return len(self.starts) > 1 or any(self._branches(node) for node in self.inside)

    def _branches(self, node: Node) -> bool:
        ways = self.graph.outgoing.get(node.id, [])
        reminded = any(_goes_on(event) for event in self._borders(node.id))
        return self.is_join(node) or reminded or (len(ways) > 1 and node.type not in _EXCLUSIVE)

    def _borders(self, host: str) -> list[Node]:
        """The boundary events that tokens leave by; compensation is no way out."""
        return [event for event in self.graph.boundary.get(host, []) if event.id not in self.graph.handlers]

    def is_join(self, node: Node) -> bool:
        """Whether tokens wait for each other here."""
        gathers = node.type in ("parallelGateway", "inclusiveGateway")
        return bool(gathers and len(self.graph.incoming.get(node.id, [])) > 1)

    def is_merge(self, node: Node) -> bool:
        """Whether tokens from several flows go on, or end, one by one here."""
        several = len(self.graph.incoming.get(node.id, [])) > 1
        return several and not self.is_join(node) and not _ends_all(node)

    def first(self) -> Marking:
        """The marking after everything has begun."""
        begun: Counter[str] = Counter()
        for start in self.starts:
            begun += self._left(start)
        return _frozen(begun)

    def marking(self, standing: Iterable[str], arrived: Iterable[str]) -> Marking:
        """The marking of tokens that stand at elements, busy or about to be, and of some that have come over flows."""
        counts = Counter(arrived)
        for element in standing:
            into = self.graph.incoming.get(element)
            if self._borders(element) or not into:
                counts[_BUSY + element] += 1
            else:
                counts[into[0].id] += 1
        return _frozen(counts)

    def crowded(self, marking: Marking) -> list[str]:
        """The merges and joins at which a token arrives while an earlier one is still there."""
        at: dict[str, int] = {}
        for place, count in marking:
            if not place.startswith(_BUSY):
                node = self.graph.nodes[self.graph.flows[place].target]
                if self.is_merge(node):
                    at[node.id] = at.get(node.id, 0) + count
                elif self.is_join(node):
                    at[node.id] = max(at.get(node.id, 0), count)
        return [element for element, count in at.items() if count > 1]

    def waiting(self, marking: Marking) -> str:
        """The join at which something waits for ever."""
        return self.graph.flows[marking[0][0]].target

    def following(self, marking: Marking, recent: Iterable[str] = ()) -> Moves | None:
        """The markings after one move, or None if nothing can move.

        What moves alone goes first and in any one order; only choices, merges and ends of everything multiply. A token
        that has just moved to `recent` places goes on as far as it can before another one does.
        """
        late: list[str] = []
        here = [place for place, _ in marking]
        for place in [*(place for place in recent if place in here), *here]:
            moves = self.at(place)
            if moves is not None:
                return [(element, _changed(marking, [place], after), tuple(after)) for element, after in moves]
            if self._alone(marking, place):
                return self._merged(marking, place)
            late.append(place)
        joined = self._joined(marking, late)
        if joined and not joined[1]:
            return joined[0]
        moved = joined[0] if joined else []
        for place in dict.fromkeys(late):
            moved += self._merged(marking, place)
        return moved or None

    def _at(self, place: str) -> list[tuple[str, Counter[str]]] | None:
        """What a token here comes to by itself; None where it depends on others."""
        if place.startswith(_BUSY):
            host = place.removeprefix(_BUSY)
            return [(element, after) for element, after in self._finished(host)]
        node = self.graph.nodes[self.graph.flows[place].target]
        if self.is_join(node) or self.is_merge(node) or _ends_all(node):
            return None
        return self._passed(node)

    def _alone(self, marking: Marking, place: str) -> bool:
        """Whether a token stands at a merge to which no other token can come before it has gone on."""
        node = self.graph.nodes[self.graph.flows[place].target]
        if self.is_join(node) or _ends_all(node):
            return False
        others = [(other, count - 1 if other == place else count) for other, count in marking]
        return not any(count and node.id in self.reached_from(self._standing(other)) for other, count in others)

    def _reached_from(self, first: str) -> frozenset[str]:
        """The elements of the frame that a token at one of them can come to, itself among them."""
        seen: set[str] = set()
        pending = [first]
        while pending:
            node = pending.pop()
            if node not in seen:
                seen.add(node)
                pending += [way for way in self.graph.after(node) if self.graph.nodes[way].scope == self.scope]
        return frozenset(seen)

    def _matters(self, event: Node) -> bool:
        """Whether a token that leaves here can meet another one."""
        ways = (self.graph.nodes[way] for way in self.reached_from(event.id))
        return any(self.is_join(node) or self.is_merge(node) or _ends_all(node) for node in ways)

    def _passed(self, node: Node) -> list[tuple[str, Counter[str]]]:
        if node.type == "endEvent":
            return [(node.id, Counter())]
        if self._borders(node.id):
            return [(node.id, Counter([_BUSY + node.id]))]
        return [(node.id, after) for after in self._choices(node)]

    def _choices(self, node: Node) -> Iterator[Counter[str]]:
        ways = self.graph.outgoing.get(node.id, [])
        if ways and node.type in _EXCLUSIVE:
            yield from (Counter([flow.id]) for flow in ways)
        elif any(flow.condition for flow in ways) and node.type != "parallelGateway":
            yield from self._subsets(node, ways)
        else:
            yield self._left(node.id)

    def _subsets(self, node: Node, ways: list[Flow]) -> Iterator[Counter[str]]:
        default = node.xml.get("default")
        always = [flow.id for flow in ways if not flow.condition and flow.id != default]
        tested = [flow.id for flow in ways if flow.condition and flow.id != default]
        sizes: Iterable[int] = range(1, len(tested) + 1)
        if len(tested) > MAX_SUBSETS:
            sizes, self.complete = (1, 2, len(tested)), False
        for size in sizes:
            yield from (Counter([*always, *chosen]) for chosen in combinations(tested, size))
        if always:
            yield Counter(always)
        elif default:
            yield Counter([default])

    def _finished(self, host: str) -> Iterator[tuple[str, Counter[str]]]:
        """An activity with boundary events is completed or interrupted; reminders are given once, before either."""
        events = self._borders(host)
        reminded: Counter[str] = Counter()
        for event in events:
            if _goes_on(event) and self._matters(event):
                reminded += self._left(event.id)
        ends = [(host, after) for after in self._choices(self.graph.nodes[host])]
        ends += [(event.id, self._left(event.id)) for event in events if not _goes_on(event)]
        for before in [Counter[str](), reminded] if reminded else [Counter[str]()]:
            yield from ((element, before + after) for element, after in ends)

    def _left(self, element: str) -> Counter[str]:
        return Counter(flow.id for flow in self.graph.outgoing.get(element, []))

    def _merged(self, marking: Marking, place: str) -> Moves:
        node = self.graph.nodes[self.graph.flows[place].target]
        if _ends_all(node):
            return [(node.id, (), ())]
        if self.is_join(node):
            return []
        return [(element, _changed(marking, [place], after), tuple(after)) for element, after in self._passed(node)]

    def _joined(self, marking: Marking, late: list[str]) -> tuple[Moves, bool] | None:
        """The first join that can let go, and whether it makes a difference that something else moves before."""
        held = dict(marking)
        for join in dict.fromkeys(self.graph.flows[place].target for place in late):
            node = self.graph.nodes[join]
            if self.is_join(node):
                brought = [flow.id for flow in self.graph.incoming[join] if flow.id in held]
                racing = self._racing(node, held, brought)
                if racing is not None:
                    after = self._choices(node)
                    return [(join, _changed(marking, brought, left), tuple(left)) for left in after], racing
        return None

    def _racing(self, node: Node, held: Mapping[str, int], brought: list[str]) -> bool | None:
        """None while the join waits; else whether some token could still come to it."""
        if node.type == "parallelGateway":
            return False if len(brought) == len(self.graph.incoming[node.id]) else None
        awaited = self.awaited[node.id]
        others = [self._standing(place) for place in held]
        racing = False
        for at in others:
            reachable = [flow for flow, before in awaited.items() if at in before]
            if at != node.id and reachable:
                racing = True
                if not any(flow in brought for flow in reachable):
                    return None
        return racing

    def _standing(self, place: str) -> str:
        return place.removeprefix(_BUSY) if place.startswith(_BUSY) else self.graph.flows[place].target


def _goes_on(event: Node) -> bool:
    return bool(event.xml.get("cancelActivity") == "false")


def _ends_all(node: Node) -> bool:
    kinds = (node.xml.find(model(f"{kind}EventDefinition")) for kind in _ENDING)
    return node.type == "endEvent" and any(kind is not None for kind in kinds)


def _frozen(counts: Counter[str]) -> Marking:
    return tuple(sorted(counts.items()))


def _changed(marking: Marking, taken: Iterable[str], added: Counter[str]) -> Marking:
    counts = dict(marking)
    for place in taken:
        counts[place] -= 1
    for place, count in added.items():
        counts[place] = counts.get(place, 0) + count
    return tuple(sorted(item for item in counts.items() if item[1]))
