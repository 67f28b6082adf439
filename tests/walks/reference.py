"""A token game written from the BPMN 2.0 standard (chapter 13) and nothing else: what is enabled after each action.

It shares no code with the engine: it reads the drawing itself and decides expressions of a few plain shapes itself.
Where the standard leaves an order open, what has to wait does so at once, and whatever set out first comes first.
"""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tests.walks.reading import FRAMES, Node, holds, value

_STEPS = {"userTask", "manualTask", "receiveTask"}
_WORK = {*_STEPS, "serviceTask"}
_AWAITED = {"timer", "message", "signal", "conditional"}


class Thing:
    """What is at an element: a token that is `ready` to go on or has `arrived` at a join; work that is `open`; a
    `frame`, which is a process, subprocess or call; a `group`, which is a repeated activity around its instances, a
    gateway or event around what it waits for, or what takes back around that; or, not a token, a `wait` for an event.

    In `things` all are in the order in which they set out, in `data` are the values and visits that are seen from here,
    `course` goes on whenever nothing is inside, `done` is what was done inside, and of a token what it just did. Some
    have a `key` for messages, the `flow` they came by, an `index` among instances, or a condition that `held`."""

    def __init__(self, node: Node, scope: Any, state: str, **more: Any) -> None:
        self.node, self.scope, self.state, self.border, self.done = node, scope, state, node.border, []
        self.around = [scope, *scope.around] if scope else []
        self.things, self.data = (scope.things, scope.data) if scope else ([], ChainMap())
        self.index = self.key = self.held = self.flow = self.course = None
        self.__dict__.update(more)
        self.things.append(self)

    def inside(self) -> list[Thing]:
        """The tokens inside, however deep."""
        return [each for each in self.things if self in each.around and each.state != "wait"]

    def clear(self) -> None:
        """Take away what is inside; the events at the border are awaited on."""
        self.things[:] = [each for each in self.things if self not in each.around or each.node in self.border]

    def end(self) -> None:
        self.things[:] = [each for each in self.things if self is not each and self not in each.around]


class Reference:
    """A process being played: `play` does one thing and lets everything move until all waits. The `root` is around the
    process as a repeated activity is around its instances."""

    def __init__(self, process: Node) -> None:
        self.root = Thing(process, None, "group")
        self.things, self.passed = self.root.things, []

    def enabled(self) -> tuple[Counter[tuple[str, int | None]], Counter[str], bool]:
        """The work that can be done, the events that are awaited, and whether everything has ended."""
        work = Counter((each.node.id, each.index) for each in self._all("open"))
        return work, Counter(each.node.id for each in self._all("wait")), not self.root.inside()

    def find(self, state: str, name: str, nth: int, index: int | None = None) -> Thing:
        """The nth of the open steps and services, or of the waits, that are alike."""
        return [each for each in self._all(state) if (each.node.id, each.index) == (name, index)][nth]

    def play(self, action: Callable[..., object], *said: object) -> None:
        action(*said)
        while self._pass() or self._gather("inclusiveGateway") or self._leave() or self._fulfil():
            pass

    def start(self, filing: Mapping[str, Any]) -> None:
        self.root.data["filing"] = filing
        self._begin(self.root.node, self.root)

    def finish(self, done: Thing, result: Any) -> None:
        """An activity is done, or one of its instances; so many of these may be enough."""
        node, scope = done.node, done.scope
        if node.kind in _WORK | {"callActivity"} and not node.many:
            scope.data[node.called] = result
        if scope.node is not node:
            return self._go_on(node, done, [done])
        done.end()
        scope.done.append(done)
        if len(scope.done) == node.enough:
            scope.clear()

    def caught(self, wait: Thing) -> None:
        """An awaited event happens; it is awaited anew where it does not end what it waits with."""
        self.things.remove(wait)
        if wait.node.event != "timer":
            self.things.append(wait)
        self._catch(wait.node, wait.scope)

    def _catch(self, event: Node, host: Thing) -> None:
        """The way of an event: into an event subprocess, or out of its host; instead of the rest or beside it."""
        if event.kind == "startEvent":
            if event.interrupts:
                host.clear()
            self._begin(event.around, host)
        else:
            self._go_on(event, host)

    def signal(self, name: str) -> None:
        """Everything that waits for a signal catches it."""
        for wait in self._waiting("signal", name):
            if wait in self.things:
                self.caught(wait)

    def send(self, name: str, key: str | None, values: Mapping[str, Any]) -> None:
        """A message is for what waits for its key, else for what waits for any; of these for the first."""
        able = [each for each in self._waiting("message", name) if each.key in (None, key)]
        for one in sorted(able, key=lambda each: each.key is None)[:1]:
            self.caught(one) if one.state == "wait" else self.finish(one, {**values, "choice": None})

    def throw(self, kind: str, code: str, at: Thing, beside: bool = False) -> None:
        """An error or escalation goes outwards to an event subprocess of a scope, else to the border of an activity; an
        event subprocess is no help to what comes out of one beside it."""
        inside = at.node.handlers() if at.state == "frame" and not beside else []
        fitting = [each for each in (*inside, *at.border) if each.event == kind and each.name in ("", code)]
        if fitting:
            self._catch(min(fitting, key=lambda each: (each.kind != "startEvent", not each.name)), at)
        elif at.scope is not None:
            self.throw(kind, code, at.scope, at.node.by_event)

    def _all(self, *states: str) -> list[Thing]:
        return [each for each in self.things if each.state in states]

    def _waiting(self, event: str, name: str) -> list[Thing]:
        return [each for each in self._all("open", "wait") if (each.node.event, each.node.name) == (event, name)]

    def _await(self, host: Thing, *events: Node) -> None:
        for event in [each for each in events if each.event in _AWAITED]:
            data = host.data if event.kind == "startEvent" else host.scope.data
            Thing(event, host, "wait", data=data, key=event.key(data))

    def _fulfil(self) -> bool:
        """Let the first condition happen that is true and was not."""
        for wait in [each for each in self._all("wait") if each.node.event == "conditional"]:
            before, wait.held = wait.held, holds(wait.node.says["condition"], wait.data)
            if wait.held and not before:
                self.caught(wait)
                return True
        return False

    # Tokens

    def _arrive(self, node: Node, scope: Thing, flow: Node | None = None) -> None:
        """A token comes to an element, and works or waits there, or is ready to go on."""
        if node.loop is not None:
            self._follow(self._repeated, Thing(node, scope, "group"))
        elif node.kind in _WORK | FRAMES:
            self._begin(node, scope)
        elif node.kind == "eventBasedGateway":
            race = Thing(node, scope, "group")
            for way in node.ways:
                self._arrive(way.ends[1], race)
        elif node.kind == "intermediateCatchEvent" and node.event in _AWAITED:
            self._await(Thing(node, scope, "group"), node)
        elif node.event == "compensate" and (todo := self._taken(node.name, scope)):
            self._follow(self._take_back, Thing(node, scope, "group"), todo)
        elif node.kind in ("parallelGateway", "inclusiveGateway") and len(node.into) > 1:
            Thing(node, scope, "arrived", flow=flow)
            self._gather("parallelGateway")
        else:
            Thing(node, scope, "ready")

    def _gather(self, kind: str) -> bool:
        """A join goes on when every flow has a token; an inclusive one already when every token that could still come
        to a flow without a token could as well come to a flow with one. It takes one token off each flow."""
        arrived = [each for each in self._all("arrived") if each.node.kind == kind]
        for one in arrived:
            here = {each.flow: each for each in reversed(arrived) if each.node is one.node and each.scope is one.scope}
            reached = (each.node.reach(one.node, {one.node}) for each in one.scope.inside() if each.scope is one.scope)
            inclusive = kind == "inclusiveGateway" and all(not flows or flows & here.keys() for flows in reached)
            if inclusive or len(here) == len(one.node.into):
                self.things[:] = [each for each in self.things if each not in here.values()]
                Thing(one.node, one.scope, "ready")
                return True
        return False

    def _go_on(self, node: Node, host: Thing, done: Sequence[Thing] = ()) -> None:
        """A token sets out behind what was awaited or done, or beside it; where a gateway awaited that, it is over."""
        scope = host.scope
        if node.interrupts:
            host.end()
        if scope.node.kind == "eventBasedGateway":
            self.passed.append(scope.node.id)
            scope.end()
            scope = scope.scope
        Thing(node, scope, "ready", done=done)

    def _pass(self) -> bool:
        """The first token goes on: what is done is kept, thrown or over, and the flows are followed."""
        ready = self._all("ready")
        for token in ready[:1]:
            node, scope = token.node, token.scope
            self.passed += [node.id] if node.kind not in _STEPS else []
            if node.kind == "scriptTask":
                scope.data[node.called] = value(node.says["script"], scope.data)
            scope.done.append(token)
            if "completionCondition" in scope.node.says and (node.kind in FRAMES or "Task" in node.kind):
                self._offer(token, node, scope)
            if node.kind in ("intermediateThrowEvent", "endEvent", "sendTask"):
                self._throw(node, scope)
            if token in self.things:
                token.end()
                for way in node.chosen(scope.data):
                    self._arrive(way.ends[1], scope, way)
        return bool(ready)

    def _throw(self, node: Node, scope: Thing) -> None:
        if node.event == "signal":
            self.signal(node.name)
        elif node.event == "message":
            self.send(node.name, node.key(scope.data), node.said("input", scope.data))
        elif node.event in ("error", "escalation"):
            self.throw(node.event, node.name, scope)
        elif node.event == "terminate":
            scope.clear()
        elif node.event == "cancel":
            scope.end()
            host = Thing(scope.node, scope.scope, "group", border=scope.border)
            self._follow(self._take_back, host, self._taken("", scope))

    def _offer(self, token: Thing, node: Node, scope: Thing) -> None:
        """What somebody has done in an ad-hoc subprocess is offered again, until it is enough."""
        if holds(scope.node.says["completionCondition"], scope.data):
            scope.clear()
        elif token.done and node in scope.node.firsts():
            self._arrive(node, scope)

    # What has tokens inside

    def _begin(self, node: Node, scope: Thing, **more: Any) -> None:
        """Begin an activity, or one instance of it; a called process and each of several instances have own values."""
        data = scope.data.new_child() if node.many else scope.data
        data = ChainMap({"filing": node.said("in", data)}) if node.kind == "callActivity" else data
        begun = Thing(node, scope, "frame" if node.kind in FRAMES else "open", data=data, key=node.key(data), **more)
        if node.kind in _STEPS and not begun.index:
            visits = f"visits.{node.called}"
            scope.data[visits] = scope.data.maps[0].get(visits, 0) + 1
        self._await(begun, *node.handlers(), *begun.border)
        if begun.state == "frame":
            self._follow(self._framed, begun)

    def _follow(self, course: Callable[..., Iterator[None]], thing: Thing, *said: object) -> None:
        """Set out on a course; it stops until nothing is inside."""
        thing.course = course(thing, *said)
        next(thing.course, None)

    def _leave(self) -> bool:
        """The first that has nothing inside takes the next step of its course."""
        able = [each for each in self.things if each.course and not each.inside()]
        for each in able[:1]:
            next(each.course, None)
        return bool(able)

    def _framed(self, frame: Thing) -> Iterator[None]:
        """A process or subprocess is done when nothing is inside any more."""
        for first in frame.node.firsts():
            self._arrive(first, frame)
        yield
        self.finish(frame, frame.node.said("out", frame.data))

    def _repeated(self, body: Thing) -> Iterator[None]:
        """The instances of a repeated activity, one after the other or at once, until no more are wanted."""
        node = body.node
        self._await(body, *node.border)
        for index in node.rounds(body.data, body.done):
            self._begin(node, body, index=index if node.many and node.kind in _STEPS else None, border=[])
            if not node.many or node.loop.get("isSequential") == "true":
                yield
        if body.inside():
            yield
        self._go_on(node, body, body.done)

    def _take_back(self, host: Thing, todo: list[Thing]) -> Iterator[None]:
        """Take back what was done, one after the other, where it was done; then a transaction has been cancelled."""
        for done in todo:
            yield
            host.data = done.data
            self.passed += [each.id for each in done.node.border if each.event == "compensate"]
            self._arrive(done.node.undo, host)
        yield
        host.end()
        if host.node.kind == "transaction":
            self.throw("cancel", "", host)
        else:
            self._go_on(host.node, host)

    def _taken(self, name: str, scope: Thing) -> list[Thing]:
        """What is to be taken back in a scope, and around an event subprocess; it is not done any more then."""
        mine = [each for each in scope.done if name in ("", each.node.called)]
        scope.done = [each for each in scope.done if each not in mine]
        return _undoing(mine) + (self._taken(name, scope.scope) if scope.node.by_event else [])


def _undoing(done: Sequence[Thing]) -> list[Thing]:
    """What takes back what was done, the latest first; what has no way of its own is taken back from inside."""
    return [one for each in reversed(done) for one in ([each] if each.node.undo else _undoing(each.done))]
