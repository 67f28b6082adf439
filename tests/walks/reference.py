"""A token game written from the BPMN 2.0 standard (chapter 13) and nothing else: what is enabled after each action.

It shares no code with the engine: it reads the drawing itself and decides expressions of a few plain shapes itself.
Where the standard leaves an order open, what has to wait does so at once, and whatever set out first comes first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from operator import attrgetter
from typing import Any

from tests.walks.reading import BPMN, FRAMES, Node

_STEPS = {"userTask", "manualTask", "receiveTask"}
_WORK = {*_STEPS, "serviceTask"}
_TOKENS = ("ready", "open", "arrived")
_NUMBER = attrgetter("number")
_COMPARED = re.compile(r'([\w.]+) (=|<) "?(\w+)"?')


class Thing:
    """A token that is `ready` to go on or has `arrived` at a join; a `wait` for an event, inside what waits; or `open`:
    an activity, an instance of one, an event or gateway that waits, a throw that takes back what was done.

    A repeated activity has instances `todo`. What keeps values to itself has `data`. `done` is what could be taken
    back: each with what does that, what was done inside, and where; `undoing` is what is being taken back."""

    numbers = count()

    def __init__(self, node: Node, scope: Any, state: str = "open", **more: Any) -> None:
        self.node, self.scope, self.state, self.number = node, scope, state, next(self.numbers)
        self.inner, self.done, self.enough, self.visits = [], [], 0, Counter()
        self.index = self.todo = self.data = self.undoing = self.key = self.held = self.flow = None
        self.__dict__.update(more)
        if scope is not None:
            scope.inner.append(self)

    def all(self, *states: str) -> list[Thing]:
        """Everything inside in one of these states, the first first."""
        found = [*self.inner]
        for each in found:
            found += each.inner
        return sorted((each for each in found if each.state in states), key=_NUMBER)

    def clear(self, *kept: str) -> None:
        """Take away what is inside, but for waits of these kinds."""
        for each in self.inner:
            each.clear()
        self.inner = [each for each in self.inner if each.state == "wait" and each.node.kind in kept]

    def end(self) -> None:
        self.clear()
        self.scope.inner.remove(self)

    @property
    def home(self) -> Thing:
        """Where what is done here is kept."""
        return self if self.data is not None else self.scope.home

    @property
    def whole(self) -> Thing:
        """The repeated activity that it is an instance of, or itself."""
        return self.scope if self.scope is not None and self.scope.todo is not None else self


class Reference:
    """A process being played: `play` does one thing and lets everything move until all waits."""

    def __init__(self, process: Node) -> None:
        self.root = Thing(process, None)
        self.passed: list[str] = []

    def enabled(self) -> tuple[Counter[tuple[str, int | None]], Counter[str], bool]:
        """The work that can be done, the events that are awaited, and whether everything has ended."""
        work = [each for each in self.root.all("open") if each.todo is each.undoing is None and each.node.kind in _WORK]
        found = Counter((each.node.id, each.index if each.node.kind in _STEPS else None) for each in work)
        going = bool(self.root.all(*_TOKENS))
        return found, Counter(each.node.id for each in self.root.all("wait") if going), not going

    def find(self, state: str, name: str, nth: int, index: int | None = None) -> Thing:
        """The nth of the open steps and services, or of the waits, that are alike."""
        alike = [each for each in self.root.all(state) if each.node.id == name and each.todo is each.undoing is None]
        return [each for each in alike if each.index == index or each.node.kind == "serviceTask"][nth]

    def play(self, action: Callable[..., object], *said: object) -> None:
        action(*said)
        while self._pass() or self._gather() or self._leave() or self._fulfil():
            pass

    def start(self, filing: Mapping[str, Any]) -> None:
        self.root.data = {"filing": filing}
        self._open(self.root)

    def finish(self, done: Thing, value: Any) -> None:
        """An activity, or one instance of it, is done; one that an event-based gateway awaited has won."""
        body, node = done.whole, done.node
        if done.index is None and node.kind in _WORK | {"callActivity"}:
            done.scope.home.data[node.called] = value
        done.end()
        if done is body:
            scope = self._won(done.scope) if done.scope.node.kind == "eventBasedGateway" else done.scope
            Thing(node, scope, "ready", done=done.done, held=True)
            return
        body.done += [(node, None, done.done, body)] if done.done else []
        body.enough -= 1
        if body.enough == 0:
            body.todo = body.clear() or iter(())
        self._next(body)

    def caught(self, wait: Thing) -> None:
        """An awaited event happens; it is awaited on where it does not end what it waits with."""
        wait.end()
        if not wait.node.interrupts and wait.node.event != "timer":
            self._await(wait.scope, wait.node, held=wait.held)
        self._catch(wait.node, wait.scope)

    def _catch(self, event: Node, host: Thing) -> None:
        """The way of an event: out of its host, or into an event subprocess; beside the rest or instead of it."""
        if event.kind == "startEvent":
            if event.interrupts:
                host.clear("boundaryEvent")
            frame = Thing(event.around, host)
            self._await(frame, *event.around.handlers())
            Thing(event, frame, "ready")
        else:
            if event.interrupts:
                self._won(host) if host.node.kind == "eventBasedGateway" else host.end()
            Thing(event, host.scope, "ready")

    def _won(self, race: Thing) -> Thing:
        race.end()
        self.passed.append(race.node.id)
        return race.scope

    def signal(self, name: str) -> None:
        """Everything that waits for a signal catches it."""
        for wait in self.root.all("wait"):
            if (wait.node.event, wait.node.name) == ("signal", name) and wait in wait.scope.inner:
                self.caught(wait)

    def send(self, name: str, key: str | None, values: Mapping[str, Any]) -> None:
        """A message is for what waits for its key, else for what waits for any; of these for the first."""
        waiting = [each for each in self.root.all("open", "wait") if each.todo is None and each.key in (None, key) and
                   (each.node.event, each.node.name) == ("message", name)]
        able = [each for each in waiting if each.state == "wait" or each.node.kind == "receiveTask"]
        for one in sorted(able, key=lambda each: each.key is None)[:1]:
            self.caught(one) if one.state == "wait" else self.finish(one, {**values, "choice": None})

    def throw(self, kind: str, code: str, at: Thing | None, beside: bool = False) -> None:
        """An error or escalation goes outwards to an event subprocess of a scope, else to the border of an activity; an
        event subprocess is no help to what comes out of one beside it."""
        while at is not None:
            inside = [] if beside or at.todo is not None or at.undoing is not None else at.node.handlers()
            events = [*inside, *(at.node.border if at.whole is at else [])]
            fitting = [each for each in events if each.event == kind and each.name in ("", code)]
            if fitting:
                return self._catch(min(fitting, key=lambda each: (each.kind != "startEvent", not each.name)), at)
            at, beside = at.scope, at.node.by_event

    def _fulfil(self) -> bool:
        """Let the first condition happen that is true and was not."""
        for wait in self.root.all("wait") if self.root.all(*_TOKENS) else []:
            if wait.node.event == "conditional":
                at = wait.scope if wait.node.kind == "startEvent" else wait.scope.scope
                before, wait.held = wait.held, self._holds(wait.node.says["condition"], at)
                if wait.held and not before:
                    self.caught(wait)
                    return True
        return False

    def _await(self, host: Thing, *events: Node, held: Any = None) -> None:
        for event in [each for each in events if each.event in ("timer", "message", "signal", "conditional")]:
            key = self._key(event, host if event.kind == "startEvent" else host.scope)
            Thing(event, host, "wait", key=key, held=held)

    def _arrive(self, node: Node, scope: Thing, flow: Node | None = None) -> None:
        waits = node.kind == "intermediateCatchEvent" and node.event != "link"
        if node.kind in _WORK | FRAMES:
            self._enter(node, scope)
        elif waits or node.kind == "eventBasedGateway":
            here, events = Thing(node, scope), [node] if waits else [way.ends[1] for way in node.ways]
            for event in events:
                self._enter(event, here) if event.kind == "receiveTask" else self._await(here, event)
        elif node.event == "compensate" and (todo := self._taken(node.name, scope)):
            Thing(node, scope, undoing=todo)
        elif node.kind in ("parallelGateway", "inclusiveGateway") and len(node.into) > 1:
            Thing(node, scope, "arrived", flow=flow)
            self._consume(node, scope, len(node.into) if node.kind == "parallelGateway" else len(node.into) + 1)
        else:
            Thing(node, scope, "ready")

    def _consume(self, node: Node, scope: Thing, least: int) -> None:
        """Take one token off each flow into a join, if there are at least so many."""
        here = {each.flow: each for each in reversed(scope.inner) if each.state == "arrived" and each.node is node}
        if len(here) >= least:
            scope.inner = [each for each in scope.inner if each not in here.values()]
            Thing(node, scope, "ready")

    def _gather(self) -> bool:
        """An inclusive gateway goes on when every token that could still come to a flow without a token could as well
        come to a flow with one."""
        for one in [each for each in self.root.all("arrived") if each.node.kind == "inclusiveGateway"]:
            beside = [each for each in one.scope.inner if each.state in _TOKENS and each.node is not one.node]
            here = {each.flow for each in one.scope.inner if each.node is one.node}
            reached = [each.node.reach(one.node, {one.node}) for each in beside]
            if all(not flows or flows & here for flows in reached):
                self._consume(one.node, one.scope, 1)
                return True
        return False

    def _enter(self, node: Node, scope: Thing) -> None:
        """Begin an activity, or a repeated one with its first instance or all."""
        if node.many is node.loop is None:
            return self._begin(Thing(node, scope))
        until = "" if node.many is None else node.many.findtext(BPMN + "completionCondition")
        body = Thing(node, scope, todo=self._rounds(node, scope), enough=int(until.split()[-1]) if until else 0)
        self._await(body, *node.border)
        self._next(body)

    def _rounds(self, node: Node, scope: Thing) -> Iterator[int | None]:
        """The instances of a repeated activity, those of a standard loop for as long as its condition holds."""
        if node.many is not None:
            yield from range(int(node.many.findtext(BPMN + "loopCardinality") or len(self._value("filing.x", scope))))
            return
        before, most = node.loop.get("testBefore") == "true", int(node.loop.get("loopMaximum", 99))
        text = node.loop.findtext(BPMN + "loopCondition") or ""
        for done in range(most):
            if (before or done) and not self._holds(text.replace("loopCounter", str(done)), scope):
                return
            yield None

    def _next(self, body: Thing) -> None:
        """Begin the next instance, or all of them; without any the repeated activity is done."""
        for index in body.todo:
            body.held = True
            self._begin(Thing(body.node, body, index=index))
            if index is None or body.node.many.get("isSequential") == "true":
                return
        if not body.all(*_TOKENS):
            body.end()
            Thing(body.node, body.scope, "ready", done=body.done, held=body.held)

    def _begin(self, thing: Thing) -> None:
        node, scope = thing.node, thing.scope
        if node.kind == "callActivity":
            thing.data = {"filing": self._said(node, "in", scope)}
        elif node.kind in FRAMES and thing.index is not None:
            thing.data = {}
        scope.home.visits[node.called] += node.kind in _STEPS and not thing.index
        thing.key = self._key(node, scope)
        self._open(thing)

    def _open(self, frame: Thing) -> None:
        self._await(frame, *frame.node.handlers(), *(frame.node.border if frame.whole is frame else []))
        for first in frame.node.firsts():
            self._arrive(first, frame)

    def _pass(self) -> bool:
        """The first token goes on: what is done is kept, thrown or over, and the flows are followed."""
        for token in self.root.all("ready")[:1]:
            node, scope = token.node, token.scope
            self.passed += [node.id] if node.kind not in _STEPS else []
            if node.kind == "scriptTask":
                scope.home.data[node.called] = self._value(node.says["script"], scope)
            if node.undo or token.done:
                scope.done.append((node, node.undo, token.done, scope.home))
            self._offer(token, node, scope)
            if token in scope.inner and node.kind in ("intermediateThrowEvent", "endEvent", "sendTask"):
                self._throw(node, scope)
            if token in scope.inner:
                scope.inner.remove(token)
                for way in self._chosen(node, scope):
                    self._arrive(way.ends[1], scope, way)
            return True
        return False

    def _throw(self, node: Node, scope: Thing) -> None:
        if node.event == "signal":
            self.signal(node.name)
        elif node.event == "terminate":
            scope.clear("boundaryEvent", "startEvent")
        elif node.event == "cancel":
            scope.undoing, scope.done = _undone(scope.done), []
            scope.clear()
        elif node.event == "message":
            self.send(node.name, self._key(node, scope), self._said(node, "input", scope))
        elif node.event in ("error", "escalation"):
            self.throw(node.event, node.name, scope)

    def _offer(self, token: Thing, node: Node, scope: Thing) -> None:
        """What somebody has done in an ad-hoc subprocess is offered again, until it is enough."""
        text, activity = scope.node.says.get("completionCondition"), node.kind in FRAMES or "Task" in node.kind
        if scope.node.kind == "adHocSubProcess" and text and activity and not node.by_event:
            if self._holds(text, scope):
                scope.clear("boundaryEvent", "startEvent")
            elif token.held and node in scope.node.firsts():
                self._arrive(node, scope)

    def _leave(self) -> bool:
        """A subprocess without a token in it is done; where something is taken back, the next is."""
        for each in self.root.all("open"):
            frame = each.undoing is not None or (each.node.kind in FRAMES and each.todo is None)
            if frame and not each.all(*_TOKENS):
                if each.undoing is None:
                    self.finish(each, self._said(each.node, "out", each))
                else:
                    self._take_back(each)
                return True
        return False

    def _take_back(self, thing: Thing) -> None:
        """Do the next of what takes back; after the last go on, out of a transaction by its cancel event."""
        if thing.undoing:
            done, undo, _, home = thing.undoing.pop(0)
            self.passed += [each.id for each in done.border if each.event == "compensate"]
            return self._arrive(undo, thing if home is thing.home else Thing(undo, thing, data={}, undoing=[]))
        thing.whole.end()
        cancels = [each for each in thing.node.border if each.event == "cancel"]
        if cancels or thing.node.event == "compensate":
            Thing((cancels or [thing.node])[0], thing.whole.scope, "ready")

    def _taken(self, name: str, scope: Thing) -> list[Any]:
        """What is to be taken back in a scope, and around an event subprocess; it is not done any more then."""
        mine = [each for each in scope.done if name in ("", each[0].called)]
        scope.done = [each for each in scope.done if each not in mine]
        return _undone(mine) + (self._taken(name, scope.scope) if scope.node.by_event else [])

    def _chosen(self, node: Node, scope: Thing) -> list[Node]:
        """The flows whose condition is true or that have none, of an exclusive gateway the first; else the default."""
        usual = [way for way in node.ways if way.called == node.says.get("default")]
        tested = [way for way in node.ways if way not in usual]
        taken = [way for way in tested if self._holds(way.says.get("conditionExpression"), scope)]
        return taken[: 1 if node.kind == "exclusiveGateway" else None] or usual

    def _holds(self, text: str | None, at: Thing) -> bool:
        """Whether a condition holds; what compares with nothing does not."""
        compared = [_COMPARED.fullmatch(part).groups() for part in text.split(" and ")] if text else []
        found = [(self._value(name, at), sign, value) for name, sign, value in compared]
        return all(left is not None and (str(left) == value if sign == "=" else int(left) < int(value))
                   for left, sign, value in found)

    def _said(self, node: Node, tag: str, at: Thing) -> dict[str, Any]:
        return {each.get("name", ""): self._value(each["value"], at) for kind, each in node.own if kind == tag}

    def _key(self, node: Node, at: Thing) -> str | None:
        return next(map(str, self._said(node, "correlation", at).values()), None)

    def _value(self, text: str, at: Any) -> Any:
        """A number, a value, or how often a step was entered, from the inside outwards as far as the called process."""
        place, _, name = text.removeprefix("=").partition(".")
        while not place.isdecimal() and at is not None:
            known = {**(at.data or {}), "visits": at.visits}
            if place in known and (place != "visits" or name in known[place]):
                return known[place][name] if name else known[place]
            at = None if at.node.kind == "callActivity" and at.data is not None else at.scope
        return int(place) if place.isdecimal() else 0 if place == "visits" else None


def _undone(records: list[Any]) -> list[Any]:
    """What takes back what was done, the latest first; what has no way of its own is taken back from inside."""
    return [one for each in reversed(records) for one in ([each] if each[1] else _undone(each[2]))]
