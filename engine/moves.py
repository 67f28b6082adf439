"""What happens to the dossier while tokens move: steps open, timers are set, joins wait, frames close."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine import facts
from engine.definition import Definition
from engine.errors import BudgetExceeded, ExpressionFailed, NoBranchHolds, Stuck
from engine.facts import Fact
from engine.feel import to_plain
from engine.guards import MAX_INSTANCES, Token, Tokens
from engine.state import Place, State, Timer
from engine.structure import Flow
from engine.timing import due_at, text_of
from engine.values import FeelEngine, Values
from engine.vocabulary import Step


class Run(Tokens):
    """One command's movements over a private copy of the state."""

    def __init__(self, definition: Definition, state: State, now: datetime) -> None:
        self.values = Values(definition, state, now)
        super().__init__(definition.spec, FeelEngine(self.values))
        self.definition = definition
        self.state = state
        self.now = now
        self.facts: list[Fact] = []
        self.elements: list[str] = []
        self.flows: list[str] = []

    def record(self, *facts_: Fact) -> None:
        """Say that something happened."""
        self.facts += facts_

    def passed(self, element: str) -> None:
        """A token went over an element by itself."""
        self.elements.append(element)

    def follow(self, flows: list[Flow]) -> None:
        """A token left along flows."""
        self.flows += [flow.id for flow in flows]

    def record_path(self) -> None:
        """Say where tokens went by themselves."""
        if self.elements or self.flows:
            self.record(facts.PathFollowed(tuple(self.elements), tuple(self.flows)))

    # Beginning and going on

    def begin(self, element: str, scope: str | None = None) -> None:
        """Put a token that needs no waiting on an element."""
        token = Token(self, self.definition.spec.task_specs[element], TaskState.FUTURE, scope)
        token._ready()

    def go_on(self, place: Place) -> None:
        """Let a waiting token leave its element."""
        self.stop_timers(place.id)
        del self.state.tokens[place.id]
        token = Token(self, self.definition.spec.task_specs[place.at], TaskState.READY, place.scope)
        token.place = place
        token.run()

    def settle(self) -> None:
        """Move until everything waits, closing frames that have emptied."""
        self.drain()
        while (frame := self._empty_frame()) is not None:
            self.go_on(frame)
            self.drain()

    def _empty_frame(self) -> Place | None:
        frames = [place for place in self.state.tokens.values() if place.at in self.definition.frames]
        for place in frames:
            if not self.state.parts_of(place.id):
                waiting = self.arrivals_in(place.id)
                if waiting:
                    raise Stuck(element=waiting[0])
                return place
        return None

    # Steps

    def enter_step(self, node: Any, token: Token) -> bool:
        """Open a step, or all instances of a repeated one; true if there is nothing to wait for."""
        step = self.definition.steps[node.name]
        visit = self.state.visits.get(step.id, 0) + 1
        if step.loop is None:
            self.state.visits[step.id] = visit
            place = self._place(Place("", step.id, token.scope, visit))
            self._open(step, place)
            self.set_timers(node, place)
            return False
        items = self._items(step)
        if not items:
            self.compute(step.id, [])
            return True
        self.state.visits[step.id] = visit
        body = self._place(Place("", step.id, token.scope, visit, items=items, results=[None] * len(items)))
        self.set_timers(node, body)
        for index in range(1 if step.loop.sequential else len(items)):
            self.open_instance(step, body, index)
        return False

    def open_instance(self, step: Step, body: Place, index: int) -> None:
        """Open one instance of a repeated step."""
        item = (body.items or [])[index]
        self._open(step, self._place(Place("", step.id, body.id, body.visit, index=index, item=item)))

    def _place(self, place: Place) -> Place:
        place.id = self.state.number()
        self.state.tokens[place.id] = place
        return place

    def _items(self, step: Step) -> list[Any]:
        loop = step.loop
        if loop is None:
            return []
        if loop.collection:
            value = self.values.evaluate(loop.collection, step.id)
            items = value if isinstance(value, list) else [] if value is None else None
        else:
            value = self.values.evaluate(loop.cardinality, step.id)
            whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
            items = list(range(1, min(value, MAX_INSTANCES + 1) + 1)) if whole else None
        if items is None:
            expected = "a list" if loop.collection else "a whole number"
            text = loop.collection or loop.cardinality
            raise ExpressionFailed(expression=text, element=step.id, reason=f"it is not {expected}")
        if len(items) > MAX_INSTANCES:
            raise BudgetExceeded(limit=MAX_INSTANCES, unit="instances", element=step.id)
        return items

    def _open(self, step: Step, place: Place) -> None:
        online = self.state.dossier.get("channel") == "online" and step.online_hours
        self.record(facts.StepEntered(
            token=place.id, step=step.id, visit=place.visit, kind=step.kind, role=step.role,
            unit=self._unit(step, place), hours=step.online_hours if online else step.hours, form=step.form,
            message=step.message, item=place.item, index=place.index,
        ))
        if step.status:
            self.change_status(self._status(step.status, step.id, place))

    def _unit(self, step: Step, place: Place) -> str:
        if step.unit in ("receiving", "competent"):
            unit = self.state.dossier.get(f"{step.unit}_unit")
        else:
            unit = self.values.literal(step.unit, step.id, place)
        if not isinstance(unit, str) or not unit:
            raise ExpressionFailed(expression=step.unit, element=step.id, reason="it gives no unit")
        return unit

    def _status(self, text: str, element: str, place: Place | None = None) -> int:
        value = self.values.literal(text, element, place)
        if isinstance(value, bool) or str(value) not in self.definition.statuses:
            raise ExpressionFailed(expression=text, element=element, reason="it gives no status from 1 to 10")
        return int(value)

    def change_status(self, status: int) -> None:
        """Move the public status."""
        if status != self.state.status:
            self.record(facts.StatusChanged(self.state.status, status))
            self.state.status = status

    def end_instance(self, place: Place, values: dict[str, Any]) -> None:
        """One instance of a repeated step is done; perhaps the whole step is."""
        body = self.state.tokens[place.scope or ""]
        step = self.definition.steps[place.at]
        del self.state.tokens[place.id]
        results, items = body.results or [], body.items or []
        results[place.index or 0] = values
        following = (place.index or 0) + 1
        if self._enough(step, results) or not (self.state.parts_of(body.id) or self._more(step, items, following)):
            self._cancel_parts(body, "enough")
            self.compute(step.id, results)
            self.go_on(body)
        elif self._more(step, items, following):
            self.open_instance(step, body, following)

    def _more(self, step: Step, items: list[Any], following: int) -> bool:
        return step.loop is not None and step.loop.sequential and following < len(items)

    def _enough(self, step: Step, results: list[Any]) -> bool:
        condition = step.loop.condition if step.loop else ""
        done = {step.id: [result for result in results if result is not None]}
        return bool(condition) and self.values.holds(condition, step.id, None, **done)

    # Values and branches

    def compute(self, element: str, value: Any) -> None:
        """Keep a value under its element."""
        self.state.data[element] = value
        self.record(facts.ValueComputed(element, value))

    def decide(self, element: str, token: Token) -> Any:
        """The output of the element's decision table."""
        return to_plain(self.definition.decide(element, self.values.context(), self.now))

    def choose(self, node: Any, token: Token) -> Flow:
        """The first flow of an exclusive gateway whose condition holds, else its default."""
        because: dict[str, Any] = {}
        ways: list[Flow] = node.ways
        for flow in ways:
            if flow.condition:
                because |= self.values.looked_at(flow.condition)
                if self.values.decided(flow.condition, flow.id):
                    self.record(facts.BranchDecided(node.name, (flow.id,), flow.condition, because))
                    return flow
        default = next((flow for flow in ways if not flow.condition), None)
        if default is None:
            raise NoBranchHolds(element=node.name)
        self.record(facts.BranchDecided(node.name, (default.id,), "", because))
        return default

    def join(self, node: Any, token: Token) -> bool:
        """Count the token in on its flow; true when every incoming flow has brought one."""
        key = f"{token.scope or ''}/{node.name}"
        counts = self.state.arrivals.setdefault(key, {})
        via = token.via.id if token.via else ""
        counts[via] = counts.get(via, 0) + 1
        if any(flow not in counts for flow in node.incoming):
            self.tasks.pop(token.id, None)
            return False
        left = {flow: count - 1 for flow, count in counts.items() if count > 1}
        self.state.arrivals[key] = left
        if not left:
            del self.state.arrivals[key]
        return True

    def arrivals_in(self, scope: str | None) -> list[str]:
        """The joins of a scope that still wait."""
        return [key.split("/", 1)[1] for key in self.state.arrivals if key.split("/", 1)[0] == (scope or "")]

    # Frames and ends

    def enter_subprocess(self, node: Any, token: Token) -> None:
        """Begin inside a subprocess."""
        place = self._place(Place("", node.name, token.scope))
        self.set_timers(node, place)
        self.tasks.pop(token.id, None)
        self.begin(node.first.name, place.id)

    def reach_end(self, element: str, scope: str | None, terminate: bool) -> None:
        """A token has ended; a terminate end takes all others of its scope with it."""
        status = self.definition.end_status.get(element)
        if status:
            self.change_status(self._status(status, element))
        if scope is None:
            self.state.end = element
        if terminate:
            for place in [place for place in self.state.tokens.values() if place.scope == scope]:
                self.cancel(place, "terminated")
            self._forget(scope)

    def _forget(self, scope: str | None) -> None:
        for token in [token for token in self.queue if token.scope == scope]:
            self.queue.remove(token)
        for key in [key for key in self.state.arrivals if key.split("/", 1)[0] == (scope or "")]:
            del self.state.arrivals[key]

    def cancel(self, place: Place, reason: str) -> None:
        """End a waiting token, and what is inside it, without going on."""
        self._cancel_parts(place, reason)
        self.stop_timers(place.id)
        del self.state.tokens[place.id]
        if place.at in self.definition.steps and place.items is None:
            self.record(facts.StepCancelled(place.id, place.at, reason))

    def cancel_all(self, reason: str) -> None:
        """End every waiting token."""
        for place in [place for place in self.state.tokens.values() if place.scope is None]:
            self.cancel(place, reason)
        self._forget(None)

    def _cancel_parts(self, place: Place, reason: str) -> None:
        for part in self.state.parts_of(place.id):
            self.cancel(part, reason)
        self._forget(place.id)

    # Timers

    def set_timers(self, node: Any, place: Place) -> None:
        """Set the boundary timers of an element that a token has entered."""
        for event in node.events:
            self.set_timer(event, place)

    def wait_for_timer(self, node: Any, token: Token) -> None:
        """Wait on a timer between two elements."""
        self.tasks.pop(token.id, None)
        self.set_timer(node, self._place(Place("", node.name, token.scope)))

    def set_timer(self, node: Any, place: Place) -> None:
        """Compute when a timer is due, once."""
        event = node.event_definition
        value = self.values.literal(event.expression, node.name, place)
        try:
            due = text_of(due_at(event.kind, str(value), self.now))
        except ValueError as problem:
            reason = f"it gives no {event.kind}"
            raise ExpressionFailed(expression=event.expression, element=node.name, reason=reason) from problem
        timer = Timer(self.state.number(), node.name, due, place.id)
        self.state.timers[timer.id] = timer
        self.record(facts.TimerSet(timer.id, timer.element, timer.due_at))

    def stop_timers(self, token: str) -> None:
        """Stop what waits with a token."""
        for timer in [timer for timer in self.state.timers.values() if timer.token == token]:
            del self.state.timers[timer.id]
            self.record(facts.TimerCancelled(timer.id, timer.element))
