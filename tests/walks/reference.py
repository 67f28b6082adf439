"""A token game written from the BPMN 2.0 standard (chapter 13) and nothing else: what is enabled after each action.

It shares no code with the engine: it reads the drawing itself and decides conditions of a few plain shapes itself.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.walks.reading import Drawing

_WORK = {"userTask", "manualTask", "receiveTask"}
_JOINS = {"parallelGateway", "inclusiveGateway"}
_COMPARED = re.compile(r'(\w+)\.(\w+) (=|<) "?(\w+)"?')


@dataclass(eq=False, slots=True)
class Active:
    """Something that waits: an activity, an instance of a repeated one, a subprocess or a catching event.

    `waits` are the events it waits for, numbered through. An instance of a repeated subprocess has `data` and `visits`
    of its own. `todo` are the instances of a repeated activity still to be opened, None for everything else.
    """

    node: str
    scope: Active | None
    index: int | None = None
    waits: dict[int, str] = field(default_factory=dict)
    todo: list[int] | None = None
    done: int = 0
    data: dict[str, Any] | None = None
    visits: Counter[str] = field(default_factory=Counter)


class Reference:
    """A process being played."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawn = drawing
        self.kind = drawing.kind
        self.root = Active(drawing.process, None, data={})
        self.active: list[Active] = []
        self.armed = 0
        self.moving: deque[tuple[str, str, Active]] = deque()
        self.arrived: dict[tuple[Active, str], Counter[str]] = {}
        self.told: dict[str, deque[tuple[str, ...]]] = {}

    def enabled(self) -> tuple[Counter[tuple[str, int | None]], Counter[str], bool]:
        """The work that can be done, the events that are awaited, and whether everything has ended."""
        work = Counter(
            (each.node, each.index) for each in self.active if self.kind[each.node] in _WORK and each.todo is None
        )
        return work, Counter(event for _, event, _ in self._awaited()), not self.active

    def _awaited(self) -> Iterator[tuple[int, str, Active]]:
        """Everything that waits for an event; nothing is awaited when all has ended."""
        if self.active:
            yield from ((at, event, each) for each in (self.root, *self.active) for at, event in each.waits.items())

    def _arm(self, host: Active, events: Iterable[str]) -> Active:
        for event in events:
            self.armed += 1
            host.waits[self.armed] = event
        return host

    def start(self, filing: Mapping[str, Any]) -> None:
        """Begin the process."""
        self._data(self.root)["filing"] = filing
        self._open(self.root)
        self._settle()

    def complete(self, node: str, index: int | None, nth: int, values: Mapping[str, Any]) -> None:
        """Finish the nth of the activities that are alike."""
        alike = [each for each in self.active if (each.node, each.index) == (node, index) and each.todo is None]
        done = alike[nth]
        if index is None:
            self._data(done)[node] = values
        self._finish(done)
        self._settle()

    def happen(self, event: str, nth: int) -> None:
        """Let the nth of the things happen that wait for this event."""
        alike = [(at, each) for at, name, each in self._awaited() if name == event]
        number, host = sorted(alike, key=lambda one: one[0])[nth]
        kind = self.kind[event]
        stays = kind != "intermediateCatchEvent" and not self.drawn.interrupts(event)
        del host.waits[number]
        if stays and self.drawn.event[event] == "message":
            self._arm(host, [event])
        if kind == "startEvent":
            self._handle(event, host)
        else:
            if kind == "intermediateCatchEvent":
                self.active.remove(host)
            elif not stays:
                self._cancel(host)
            self._leave(event, host.scope)
        self._settle()

    def _handle(self, start: str, scope: Active) -> None:
        """An event subprocess begins, beside the rest of its scope or instead of it."""
        if self.drawn.interrupts(start):
            self._clear(scope)
            handlers = {self.drawn.starts[each] for each in self.drawn.handlers[scope.node]}
            scope.waits = {at: each for at, each in scope.waits.items() if each not in handlers}
        frame = next(name for name, begin in self.drawn.starts.items() if begin == start)
        self._open(self._activate(Active(frame, scope)))

    def _activate(self, entered: Active) -> Active:
        self.active.append(entered)
        return entered

    def _open(self, frame: Active) -> None:
        """Begin inside a process or subprocess, and wait for what starts its event subprocesses."""
        self._arm(frame, [self.drawn.starts[each] for each in self.drawn.handlers.get(frame.node, [])])
        self._leave(self.drawn.starts[frame.node], frame)

    def _leave(self, node: str, scope: Active) -> None:
        """One token on every outgoing flow whose condition is true or that has none, else on the default."""
        ways, default = self.drawn.ways.get(node, []), self.drawn.said[node].get("default")
        taken = [flow for flow in ways if flow != default and self._holds(flow, scope)]
        self.moving.extend((node, flow, scope) for flow in taken or [flow for flow in ways if flow == default])

    def _settle(self) -> None:
        """Move until everything waits; a subprocess without a token in it is done."""
        while True:
            while self.moving:
                _, flow, scope = self.moving.popleft()
                self._arrive(self.drawn.said[flow]["targetRef"], flow, scope)
            if self._gather():
                continue
            empty = next((each for each in self.active if self.kind[each.node] == "subProcess" and each.todo is None
                          and not any(inner.scope is each for inner in self.active)), None)
            if empty is None:
                return
            if any(scope is empty for scope, _ in self.arrived):
                raise Deadlock(empty.node)
            self._finish(empty)

    def _arrive(self, node: str, flow: str, scope: Active) -> None:
        kind = self.kind[node]
        if kind in _WORK or kind == "subProcess":
            self._enter(node, scope)
        elif kind == "intermediateCatchEvent":
            self._arm(self._activate(Active(node, scope)), [node])
        elif kind == "eventBasedGateway":
            targets = [self.drawn.said[way]["targetRef"] for way in self.drawn.ways[node]]
            self._arm(self._activate(Active(node, scope)), targets)
        elif kind == "endEvent":
            self._end(node, scope)
        elif kind == "exclusiveGateway":
            self.moving.append((node, self._choose(node, scope), scope))
        elif kind in _JOINS and len(self.drawn.into[node]) > 1:
            self._synchronise(node, flow, scope)
        else:
            self._leave(node, scope)

    def _end(self, node: str, scope: Active) -> None:
        """A terminate end takes all of its scope away; an error breaks off the nearest activity that catches it."""
        if self.drawn.event[node] == "terminate":
            self._clear(scope)
        elif self.drawn.event[node] == "error":
            while not (caught := self._catching(scope)):
                scope = self._around(scope)
            while scope.index is not None:
                scope = self._around(scope)
            self._cancel(scope)
            self._leave(caught, self._around(scope))

    def _catching(self, scope: Active) -> str | None:
        return next((each for each in self.drawn.border.get(scope.node, []) if self.drawn.event[each] == "error"), None)

    def _around(self, inner: Active) -> Active:
        assert inner.scope is not None
        return inner.scope

    def _synchronise(self, node: str, flow: str, scope: Active) -> None:
        """A parallel gateway consumes one token of each incoming flow; more than one on a flow wait on."""
        here = self.arrived.setdefault((scope, node), Counter())
        here[flow] += 1
        if self.kind[node] == "parallelGateway" and all(here[each] for each in self.drawn.into[node]):
            self._consume(node, scope)

    def _gather(self) -> bool:
        """An inclusive gateway goes on when every token that could still come to a flow without a token could as well
        come to a flow with one."""
        for (scope, node), here in self.arrived.items():
            if self.kind[node] == "inclusiveGateway":
                others = [each.node for each in self.active if each.scope is scope]
                others += [join for around, join in self.arrived if around is scope and join != node]
                reached = [self.drawn.reach(other, node) for other in others]
                if all(not flows or flows & (+here).keys() for flows in reached):
                    self._consume(node, scope)
                    return True
        return False

    def _consume(self, node: str, scope: Active) -> None:
        here = self.arrived[scope, node]
        here.subtract([flow for flow in here if here[flow]])
        if not +here:
            del self.arrived[scope, node]
        self._leave(node, scope)

    def _data(self, at: Active) -> dict[str, Any]:
        """Where something that is done here is kept."""
        return at.data if at.data is not None else self._data(self._around(at))

    def _count(self, node: str, at: Active) -> None:
        if at.data is None:
            return self._count(node, self._around(at))
        at.visits[node] += 1

    def _seen(self, place: str, name: str, at: Active) -> Any:
        """A value, or how often a step was entered, from the inside outwards."""
        known = at.data is not None and (name in at.visits if place == "visits" else place in at.data)
        if not known and at.scope is not None:
            return self._seen(place, name, at.scope)
        return at.visits[name] if place == "visits" else self._data(at)[place][name]

    def _choose(self, node: str, scope: Active) -> str:
        """The first flow whose condition is true, else the default; or what the engine said where values are rich."""
        ways = self.drawn.ways[node]
        if len(ways) == 1:
            return ways[0]
        if self.told.get(node):
            [chosen] = self.told[node].popleft()
            return chosen
        default = self.drawn.said[node].get("default")
        return next((flow for flow in ways if flow != default and self._holds(flow, scope)), default)

    def _holds(self, flow: str, scope: Active) -> bool:
        text = self.drawn.tests.get(flow, "")
        return not text or all(self._compare(part, scope) for part in text.split(" and "))

    def _compare(self, text: str, scope: Active) -> bool:
        place, name, sign, value = _COMPARED.fullmatch(text).groups()  # type: ignore[union-attr]
        found = self._seen(place, name, scope)
        return found == value if sign == "=" else found < int(value)

    def _enter(self, node: str, scope: Active) -> None:
        waits, work = self.drawn.awaited(node), self.kind[node] in _WORK
        if node not in self.drawn.repeated:
            entered = self._arm(self._activate(Active(node, scope)), waits)
            return self._count(node, scope) if work else self._open(entered)
        times, sequential, _ = self.drawn.repeated[node]
        count = len(self.root.data["filing"]["x"]) if times is None else times  # type: ignore[index]
        if not count:
            return self._leave(node, scope)
        if work:
            self._count(node, scope)
        body = self._arm(self._activate(Active(node, scope, todo=list(range(count)))), waits)
        for _ in range(1 if sequential else count):
            self._next(body)

    def _next(self, body: Active) -> None:
        """Open the next instance."""
        assert body.todo is not None
        inner = self._activate(Active(body.node, body, body.todo.pop(0)))
        if self.kind[body.node] == "subProcess":
            inner.data = {}
            self._open(inner)

    def _instance_done(self, done: Active) -> None:
        body = self._around(done)
        body.done += 1
        _, sequential, until = self.drawn.repeated[body.node]
        enough = until is not None and body.done >= until
        if not enough and (body.todo or any(each.scope is body for each in self.active)):
            if body.todo and sequential:
                self._next(body)
            return
        self._finish(body)

    def _finish(self, done: Active) -> None:
        self._cancel(done)
        if done.index is not None:
            return self._instance_done(done)
        self._leave(done.node, self._around(done))

    def _cancel(self, host: Active) -> None:
        """Take a thing away with everything in it."""
        self._clear(host)
        self.active.remove(host)

    def _clear(self, scope: Active) -> None:
        for inner in [each for each in self.active if each.scope is scope]:
            self._cancel(inner)
        self.moving = deque(each for each in self.moving if each[2] is not scope)
        self.arrived = {key: counts for key, counts in self.arrived.items() if key[0] is not scope}


class Deadlock(Exception):
    """A join in a subprocess waits for ever."""
