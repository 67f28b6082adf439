"""The library's task and workflow, bounded and without memory.

A `Token` is a library task that lives for one command only. The library keeps a tree of all past and predicted
tasks; here there is no tree, so nothing can get lost in its depth, a join cannot mistake one round of a loop for
another, and the cost of a step does not grow with the age of the dossier.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.drawing.structure import Flow
from engine.errors import BudgetExceeded, StepNotOpen
from engine.state import Place

MAX_STEPS = 1_000
MAX_INSTANCES = 500


class Token(Task):  # type: ignore[misc]
    """One token at one element."""

    workflow: Tokens

    def __init__(
        self, workflow: Tokens, spec: TaskSpec, state: int, scope: str | None, via: Flow | None = None
    ) -> None:
        workflow.created += 1
        super().__init__(workflow, spec, state=state, id=workflow.created)
        self.scope = scope
        self.via = via
        self.place: Any = None
        self.dropped = False

    def move(self, flow: Flow) -> None:
        """Go along a sequence flow: a new token at its target, in the same scope."""
        target = self.workflow.spec.task_specs[flow.target]
        child = Token(self.workflow, target, TaskState.FUTURE, self.scope, flow)
        self._child_added_notify(child)

    def run(self) -> None:
        """Only a token that is ready may run; the library would run finished and cancelled ones again."""
        if not self.has_state(TaskState.READY):
            raise StepNotOpen(step=self.task_spec.name)
        super().run()

    def _ready(self) -> None:
        super()._ready()
        self.workflow.queue.append(self)

    def _set_state(self, value: int) -> None:
        self._state = value

    def _inherit_data(self) -> None:
        """Values live in the dossier's state, never in a task, so a join has nothing to lose."""


# What stands somewhere: a token that moves, a place that waits; None is the dossier itself.
Where = Place | Token | None


class Tokens(BpmnWorkflow):  # type: ignore[misc]
    """The tokens that move during one command."""

    def __init__(self, spec: Any, script_engine: Any) -> None:
        super().__init__(spec, script_engine=script_engine, deserializing=True)
        self.queue: deque[Token] = deque()
        self.created = 0
        self.moved = 0
        self.instances = 0
        self.current = "?"
        self.running: Token | None = None

    def drain(self) -> None:
        """Run every ready automatic token until all wait. Raises BudgetExceeded rather than never end."""
        while self.queue:
            token = self.queue.popleft()
            self.moved += 1
            if self.moved > MAX_STEPS:
                raise BudgetExceeded(limit=MAX_STEPS, unit="steps", element=token.task_spec.name)
            self.moves(token)
            token.run()
        self.running = None

    def moves(self, token: Token) -> None:
        """A token moves now."""
        self.current = token.task_spec.name
        self.running = token

    def repeat(self, count: int, element: str) -> None:
        """Permit a step to be repeated so often besides what this command repeats already."""
        self.instances += count
        if self.instances > MAX_INSTANCES:
            raise BudgetExceeded(limit=MAX_INSTANCES, unit="instances", element=element)

    def _task_completed_notify(self, task: Token) -> None:
        """Nothing waits for a token to finish; the library would look at every task there is."""
