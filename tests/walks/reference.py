"""A token game written from the BPMN 2.0 standard (chapter 13) and nothing else: what is enabled after each action.

It shares no code with the engine: it reads the drawing itself and decides conditions of a few plain shapes itself.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

_B = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_OUR = "{urn:onedoor:bpmn:1}"
_WORK = {"userTask", "manualTask", "receiveTask"}
_CATCH = {"intermediateCatchEvent"}
_JOINS = {"parallelGateway", "inclusiveGateway"}
_COMPARED = re.compile(r'(\w+)\.(\w+) (=|<) "?(\w+)"?')
_COUNTED = re.compile(r"count\(\w+\) >= (\d+)")


@dataclass(eq=False, slots=True)
class Active:
    """Something that waits: an activity, an instance of a repeated one, a subprocess or a catching event."""

    node: str
    scope: Active | None
    index: int | None = None
    timers: list[str] = field(default_factory=list)
    todo: list[int] = field(default_factory=list)
    done: int = 0


class Drawing:
    """What the file says, read once."""

    def __init__(self, xml: str) -> None:
        root = etree.fromstring(xml.encode())
        process = next(each for each in root.iter(_B + "process") if each.get("isExecutable") == "true")
        self.process = process.get("id")
        drawn = {each.get("id"): each for each in root.iter(_B + "*") if each.get("id")}
        self.kind = {name: etree.QName(each).localname for name, each in drawn.items()}
        self.said = {name: dict(each.attrib) for name, each in drawn.items()}
        self.starts = {each.getparent().get("id"): each.get("id") for each in process.iter(_B + "startEvent")}
        self.final = {each.getparent().get("id") for each in process.iter(_B + "terminateEventDefinition")}
        self.tests = {each.getparent().get("id"): "".join(each.itertext())
                      for each in process.iter(_B + "conditionExpression")}
        self.repeated = {each.getparent().get("id"): _repetition(each)
                         for each in process.iter(_B + "multiInstanceLoopCharacteristics")}
        self.ways: dict[str, list[str]] = {}
        self.into: dict[str, list[str]] = {}
        self.border: dict[str, list[str]] = {}
        self.known: dict[tuple[str, str], frozenset[str]] = {}
        for name, said in self.said.items():
            if self.kind[name] == "sequenceFlow":
                self.ways.setdefault(said["sourceRef"], []).append(name)
                self.into.setdefault(said["targetRef"], []).append(name)
            elif self.kind[name] == "boundaryEvent":
                self.border.setdefault(said["attachedToRef"], []).append(name)


    def reach(self, node: str, join: str) -> frozenset[str]:
        """The flows into a join that a token at a node can come to without passing the join."""
        if (node, join) not in self.known:
            seen, pending, found = {join}, [node], set()
            while pending:
                at = pending.pop()
                if at not in seen or at == node != join:
                    seen.add(at)
                    ways = [way for each in (at, *self.border.get(at, [])) for way in self.ways.get(each, [])]
                    found |= {way for way in ways if self.said[way]["targetRef"] == join}
                    pending += [self.said[way]["targetRef"] for way in ways if self.said[way]["targetRef"] not in seen]
            self.known[node, join] = frozenset(found)
        return self.known[node, join]


def _repetition(xml: etree._Element) -> tuple[int | None, bool, int | None]:
    """How many times (None: once for each of the collection), one after another, and after how many it is enough."""
    count = xml.findtext(_B + "loopCardinality")
    until = _COUNTED.fullmatch(xml.findtext(_B + "completionCondition") or "")
    return int(count) if count else None, xml.get("isSequential") == "true", int(until.group(1)) if until else None


class Reference:
    """A process being played."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawn = drawing
        self.kind = drawing.kind
        self.active: list[Active] = []
        self.moving: deque[tuple[str, str, Active | None]] = deque()
        self.arrived: dict[tuple[Active | None, str], Counter[str]] = {}
        self.visits: Counter[str] = Counter()
        self.data: dict[str, Mapping[str, Any]] = {}
        self.told: dict[str, deque[tuple[str, ...]]] = {}

    # What is enabled

    def enabled(self) -> tuple[Counter[tuple[str, int | None]], Counter[str], bool]:
        """The work that can be done, the timers that wait, and whether everything has ended."""
        work = Counter(
            (each.node, each.index) for each in self.active if self.kind[each.node] in _WORK and not each.todo
        )
        return work, Counter(timer for each in self.active for timer in each.timers), not self.active

    # Actions from outside

    def start(self, filing: Mapping[str, Any]) -> None:
        """Begin the process."""
        self.data["filing"] = filing
        self._begin(self.drawn.process, None)
        self._settle()

    def complete(self, node: str, index: int | None, nth: int, values: Mapping[str, Any]) -> None:
        """Finish the nth of the activities that are alike."""
        alike = [each for each in self.active if (each.node, each.index) == (node, index) and not each.todo]
        done = alike[nth]
        if index is None:
            self.data[node] = values
            self._finish(done)
        else:
            self.active.remove(done)
            self._instance_done(done)
        self._settle()

    def fire(self, timer: str, nth: int) -> None:
        """Let the nth timer of this event go off."""
        host = [each for each in self.active for name in each.timers if name == timer][nth]
        host.timers.remove(timer)
        if self.kind[timer] == "boundaryEvent" and self.drawn.said[timer].get("cancelActivity") != "false":
            self._cancel(host)
        elif self.kind[timer] in _CATCH:
            self.active.remove(host)
        self._leave(timer, host.scope)
        self._settle()

    # Tokens

    def _begin(self, container: str, scope: Active | None) -> None:
        self._leave(self.drawn.starts[container], scope)

    def _leave(self, node: str, scope: Active | None) -> None:
        """One token on every outgoing flow whose condition is true or that has none, else on the default."""
        ways, default = self.drawn.ways.get(node, []), self.drawn.said[node].get("default")
        taken = [flow for flow in ways if flow != default and (flow not in self.drawn.tests or self._holds(flow))]
        self.moving.extend((node, flow, scope) for flow in taken or [flow for flow in ways if flow == default])

    def _settle(self) -> None:
        """Move until everything waits; a subprocess without a token in it is done."""
        while True:
            while self.moving:
                _, flow, scope = self.moving.popleft()
                self._arrive(self.drawn.said[flow]["targetRef"], flow, scope)
            if self._gather():
                continue
            empty = next((each for each in self.active if self.kind[each.node] == "subProcess"
                          and not any(inner.scope is each for inner in self.active)), None)
            if empty is None:
                return
            if any(scope is empty for scope, _ in self.arrived):
                raise Deadlock(empty.node)
            self._finish(empty)

    def _arrive(self, node: str, flow: str, scope: Active | None) -> None:
        kind = self.kind[node]
        if kind in _WORK or kind == "subProcess":
            self._enter(node, scope)
        elif kind in _CATCH:
            self.active.append(Active(node, scope, timers=[node]))
        elif kind == "endEvent":
            if node in self.drawn.final:
                self._clear(scope)
        elif kind == "exclusiveGateway":
            self.moving.append((node, self._choose(node), scope))
        elif kind in _JOINS and len(self.drawn.into[node]) > 1:
            self._synchronise(node, flow, scope)
        else:
            self._leave(node, scope)

    def _synchronise(self, node: str, flow: str, scope: Active | None) -> None:
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

    def _consume(self, node: str, scope: Active | None) -> None:
        here = self.arrived[scope, node]
        here.subtract([flow for flow in here if here[flow]])
        if not +here:
            del self.arrived[scope, node]
        self._leave(node, scope)

    def _choose(self, node: str) -> str:
        """The first flow whose condition is true, else the default; or what the engine said where values are rich."""
        ways = self.drawn.ways[node]
        if len(ways) == 1:
            return ways[0]
        if self.told.get(node):
            [chosen] = self.told[node].popleft()
            return chosen
        default = self.drawn.said[node].get("default")
        return next((flow for flow in ways if flow != default and self._holds(flow)), default)

    def _holds(self, flow: str) -> bool:
        return all(self._compare(part) for part in self.drawn.tests[flow].split(" and "))

    def _compare(self, text: str) -> bool:
        place, name, sign, value = _COMPARED.fullmatch(text).groups()  # type: ignore[union-attr]
        found: Any = self.visits[name] if place == "visits" else self.data[place][name]
        return found == value if sign == "=" else found < int(value)

    # Activities

    def _enter(self, node: str, scope: Active | None) -> None:
        timers = list(self.drawn.border.get(node, []))
        if node not in self.drawn.repeated:
            entered = Active(node, scope, timers=timers)
            self.active.append(entered)
            if self.kind[node] == "subProcess":
                self._begin(node, entered)
            else:
                self.visits[node] += 1
            return
        times, sequential, _ = self.drawn.repeated[node]
        count = len(self.data["filing"]["x"]) if times is None else times
        if not count:
            return self._leave(node, scope)
        self.visits[node] += 1
        body = Active(node, scope, timers=timers, todo=list(range(count)))
        self.active.append(body)
        for _ in range(1 if sequential else count):
            self._next(body)

    def _next(self, body: Active) -> None:
        """Open the next instance; a body keeps one more to do than it has opened, so that it is never work itself."""
        index = body.todo.pop(0)
        body.todo += [] if body.todo else [-1]
        self.active.append(Active(body.node, body, index))

    def _instance_done(self, done: Active) -> None:
        body = done.scope
        assert body is not None
        body.done += 1
        _, sequential, until = self.drawn.repeated[body.node]
        enough = until is not None and body.done >= until
        left = [each for each in self.active if each.scope is body]
        if not enough and (left or body.todo != [-1]):
            if body.todo != [-1] and sequential:
                self._next(body)
            return
        self._finish(body)

    def _finish(self, done: Active) -> None:
        self._cancel(done)
        self._leave(done.node, done.scope)

    def _cancel(self, host: Active) -> None:
        """Take a thing away with everything in it."""
        self._clear(host)
        self.active.remove(host)

    def _clear(self, scope: Active | None) -> None:
        for inner in [each for each in self.active if each.scope is scope]:
            self._cancel(inner)
        self.moving = deque(each for each in self.moving if each[2] is not scope)
        self.arrived = {key: counts for key, counts in self.arrived.items() if key[0] is not scope}


class Deadlock(Exception):
    """A join in a subprocess waits for ever."""
