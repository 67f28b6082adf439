"""The library's event classes with our meaning; what they wait for is in `engine/waits.py`."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.event_definitions.simple import TerminateEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

from engine import scopes, waits
from engine.guards import Token
from engine.nodes import Element
from engine.structure import Flow


class OneDoorTimer(TimerEventDefinition):  # type: ignore[misc]
    """A timer whose due time is computed once and kept outside; it never looks at a clock."""

    def __init__(self, name: str, expression: str, kind: str) -> None:
        super().__init__(name, expression)
        self.kind = kind

    def has_fired(self, my_task: Token) -> bool:
        return False


class StartEvent(Element, defaults.StartEvent):  # type: ignore[misc]
    """Where a process or a subprocess begins."""


class EndEvent(Element, defaults.EndEvent):  # type: ignore[misc]
    """Where a token ends, or all tokens of its scope."""

    def leave(self, run: Any, token: Token) -> list[Flow]:
        scopes.reach_end(run, self.name, token.scope, isinstance(self.event_definition, TerminateEventDefinition))
        return []


class BoundaryEvent(Element, defaults.BoundaryEvent):  # type: ignore[misc]
    """A timer on a step or a subprocess."""


class CatchEvent(Element, defaults.IntermediateCatchEvent):  # type: ignore[misc]
    """A timer between two elements."""

    def arrive(self, run: Any, token: Token) -> bool:
        waits.enter_timer(run, self, token)
        return False
