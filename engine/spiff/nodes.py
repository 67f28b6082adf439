"""The library's task, gateway and subprocess classes with our meaning: arriving, running and leaving.

What is not decided by an element alone is asked of `engine/running/`; events are in `event_nodes.py`.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec

from engine.drawing.calling import Call
from engine.drawing.events import Event
from engine.drawing.loops import Loop
from engine.drawing.structure import Flow
from engine.running import branching, compensation, offering, repeating, scopes, stepping
from engine.running.guards import Token, Where
from engine.state import Place


class Element(BpmnTaskSpec):  # type: ignore[misc]
    """What all elements share: no prediction, no data of their own, leaving along drawn flows."""

    is_activity = False
    # Said of every element when all are there
    conditional: bool
    starts_by_event: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ways: list[Flow] = []
        self.default: Flow | None = None
        self.incoming: list[str] = []
        self.events: list[Any] = []
        self.firsts: list[str] = []
        self.event: Any = None
        self.handlers: tuple[Event, ...] = ()
        self.undo: str | None = None
        self.keeps: tuple[str, ...] = ()
        self.loop: Loop | None = None
        self.call: Call | None = None

    def test(self) -> None:
        """The definition was checked as a whole before it came here."""

    def _predict(self, my_task: Token, *args: Any, **kwargs: Any) -> None:
        """What is not reached is not stored, so there is nothing to predict."""

    def _update_hook(self, my_task: Token) -> bool:
        return bool(self.arrive(my_task.workflow, my_task))

    def _run_hook(self, my_task: Token) -> bool:
        self.act(my_task.workflow, my_task)
        return True

    def _on_complete_hook(self, my_task: Token) -> None:
        if my_task.workflow.definition.compensates:
            compensation.remember(my_task.workflow, self, my_task)
        if offering.done(my_task.workflow, self, my_task):
            return
        for flow in self.leave(my_task.workflow, my_task):
            my_task.move(flow)

    def arrive(self, run: Any, token: Token) -> bool:
        """Whether the token may go on at once."""
        return True

    def act(self, run: Any, token: Token) -> None:
        """What the element does when it runs."""
        run.passed(self.name)

    def leave(self, run: Any, token: Token) -> list[Flow]:
        """The flows that are followed."""
        flows = branching.choose_several(run, self, token) if self.conditional else self.ways
        if not flows:
            scopes.reach_end(run, self.name, token.scope, False)
        run.follow(flows)
        return flows


class _Work(Element):
    """Work for a person or a wait for somebody outside; nothing moves on until a command says so."""

    is_activity = True

    def arrive(self, run: Any, token: Token) -> bool:
        return stepping.enter(run, self, token)

    def count(self, run: Any, body: Place) -> None:
        """Number the visit of a multi-instance step."""
        stepping.count(run, self, body)

    def open(self, run: Any, place: Place) -> None:
        """One instance of a repeated step."""
        stepping.begin(run, self, place)

    def act(self, run: Any, token: Token) -> None:
        """The fact that it was completed says enough."""


class AbstractTask(_Work, defaults.NoneTask):  # type: ignore[misc]
    """Work of no particular type: somebody does it."""


class UserTask(_Work, defaults.UserTask):  # type: ignore[misc]
    """A form to fill in."""


class ManualTask(_Work, defaults.ManualTask):  # type: ignore[misc]
    """Work outside the platform."""


class ReceiveTask(_Work, defaults.ReceiveTask):  # type: ignore[misc]
    """A wait for a message."""


class _Value(Element):
    """A value that is computed at once and kept under the element's id."""

    is_activity = True

    def act(self, run: Any, token: Token) -> None:
        super().act(run, token)
        if self.loop is None:
            run.compute(self.name, self.value(run, token), token)
        else:
            repeating.values(run, self, token)

    @abstractmethod
    def value(self, run: Any, where: Where) -> Any:
        """The value as of now, for a token or one instance."""


class ScriptTask(_Value, defaults.ScriptTask):  # type: ignore[misc]
    """A FEEL expression."""

    def value(self, run: Any, where: Where) -> Any:
        return run.values.evaluate(self.script, self.name, where)


class DecisionTask(_Value, defaults.NoneTask):  # type: ignore[misc]
    """A decision."""

    def value(self, run: Any, where: Where) -> Any:
        return run.decide(self.name, where)


class ExclusiveGateway(Element, defaults.ExclusiveGateway):  # type: ignore[misc]
    """Exactly one way, the first whose condition holds, else the default."""

    def leave(self, run: Any, token: Token) -> list[Flow]:
        if not self.conditional:
            return super().leave(run, token)
        flow = branching.choose(run, self, token)
        run.follow([flow])
        return [flow]


class ParallelGateway(Element, defaults.ParallelGateway):  # type: ignore[misc]
    """Waits for one token on each incoming flow, then sends one along each outgoing flow."""

    def arrive(self, run: Any, token: Token) -> bool:
        return len(self.incoming) < 2 or bool(branching.join(run, self, token))


class InclusiveGateway(Element, defaults.InclusiveGateway):  # type: ignore[misc]
    """Every way whose condition holds, else the default; waits while a further token can still come."""

    def arrive(self, run: Any, token: Token) -> bool:
        return len(self.incoming) < 2 or branching.gather(run, self, token)


class SubProcess(Element, defaults.SubWorkflowTask):  # type: ignore[misc]
    """Steps in a frame: it is left when no token is inside any more."""

    is_activity = True

    def arrive(self, run: Any, token: Token) -> bool:
        return scopes.enter(run, self, token)

    def count(self, run: Any, body: Place) -> None:
        """Visits are counted of steps only."""

    def open(self, run: Any, place: Place) -> None:
        """One instance of a repeated subprocess."""
        scopes.begin(run, self, scopes.open_frame(run, self, place))

    def leave(self, run: Any, token: Token) -> list[Flow]:
        return [] if self.starts_by_event else super().leave(run, token)


class AdHocSubProcess(SubProcess):
    """Activities that people begin in any order."""


class CallActivity(SubProcess):
    """A process of its own: it gets what it is handed, and gives back what it is asked for."""
