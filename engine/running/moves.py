"""One command's movements: what is recorded, how tokens begin and go on, and when everything waits.

What happens at steps, branches, frames and waits stands in `stepping.py`, `branching.py`, `scopes.py` and `waits.py`;
each is functions of a run.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.util.task import TaskState

from engine import facts
from engine.clock.timing import Working
from engine.definition import Definition
from engine.drawing.naming import space_of
from engine.drawing.structure import Flow
from engine.errors import ExpressionFailed, ReopenedWithoutReason, StatusRefused
from engine.facts import Fact
from engine.feel import to_plain
from engine.running import branching, catching, scopes, waits
from engine.running.guards import Token, Tokens, Where
from engine.running.values import NoPython, Values
from engine.state import Place, State, short
from engine.statuses import REOPENING, WORKING, may_follow


class Home(NamedTuple):
    """The values and visits of a frame, or of the dossier where `frame` is None."""

    frame: str | None
    data: dict[str, Any]
    visits: dict[str, int]


class Run(Tokens):
    """One command's movements over a private copy of the state."""

    def __init__(
        self, definition: Definition, state: State, now: datetime, working: Working | None = None
    ) -> None:
        self.values = Values(definition, state, now)
        super().__init__(definition.spec, PythonScriptEngine(environment=NoPython()))
        self.definition = definition
        self.state = state
        self.now = now
        self.working = working
        self.dossier = Home(None, state.data, state.visits)
        self.facts: list[Fact] = []
        # Why the step that is finished sends the dossier back; None where it does not.
        self.sent_back: str | None = None
        self.elements: list[str] = []
        self.flows: list[str] = []

    # What is said

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

    def home(self, where: Place | Token) -> Home:
        """Where values and visits belong: to the nearest frame with values of its own, else to the dossier."""
        scope = where.scope
        while scope is not None:
            frame = self.state.tokens[scope]
            if frame.data is not None and frame.visits is not None:
                return Home(scope, frame.data, frame.visits)
            scope = frame.scope
        return self.dossier

    def compute(self, element: str, value: Any, where: Place | Token) -> None:
        """Keep a value under its element."""
        home = self.home(where)
        home.data[short(element)] = value
        self.record(facts.ValueComputed(element, value, home.frame))

    def decide(self, element: str, where: Where) -> Any:
        """The output of the element's decision table."""
        return to_plain(self.definition.decide(element, self.values.context(where), self.values.allowance))

    def change_status(self, text: str, element: str, place: Place | None = None) -> None:
        """Move the public status to what an attribute of an element says."""
        value = self.values.literal(text, element, place)
        if isinstance(value, bool) or str(value) not in self.definition.statuses:
            raise ExpressionFailed(expression=text, element=element, reason="it gives no status from 1 to 10")
        own = not space_of(element)
        if own or (int(value) in WORKING and may_follow(self.state.status, int(value))):
            self.set_status(int(value), element)

    def set_status(self, status: int, element: str) -> None:
        """Move the public status. Raises StatusRefused, ReopenedWithoutReason."""
        old = self.state.status
        if status == old:
            return
        if (old, status) == REOPENING and self.sent_back is not None:
            if not self.sent_back:
                raise ReopenedWithoutReason(element=element)
        elif not may_follow(old, status):
            raise StatusRefused(old=old, new=status, element=element)
        self.record(facts.StatusChanged(old, status))
        self.state.status = status

    # Beginning, waiting and going on

    def arrive(self, element: str, scope: str | None = None) -> None:
        """Put a token on an element where tokens begin; it may have to wait there."""
        spec = self.definition.spec.task_specs[element]
        spec._update(Token(self, spec, TaskState.FUTURE, scope))

    def begin(self, element: str, scope: str | None = None) -> None:
        """Put a token that needs no waiting on an element."""
        token = Token(self, self.definition.spec.task_specs[element], TaskState.FUTURE, scope)
        token._ready()

    def wait(self, place: Place) -> Place:
        """Keep a place between this command and the next, under a number of its own."""
        place.id = self.state.number()
        self.state.tokens[place.id] = place
        return place

    def go_on(self, place: Place) -> None:
        """Let a waiting token leave its element, as soon as the token that moves now has come to rest."""
        waits.stop(self, place.id)
        del self.state.tokens[place.id]
        token = Token(self, self.definition.spec.task_specs[place.at], TaskState.FUTURE, place.scope)
        token.place = place
        token._ready()

    def settle(self) -> None:
        """Move until everything waits, looking at conditions again whenever it does."""
        self._move()
        while self.state.waits and self.state.tokens and (wait := waits.fulfilled(self)) is not None:
            catching.caught(self, wait, {})
            self._move()

    def _move(self) -> None:
        """Joins that nothing can reach any more let go, empty frames are left."""
        self.drain()
        while branching.release(self) or scopes.leave_empty(self):
            self.drain()
