"""The library's event classes with our meaning; what they wait for and throw is in `engine/running/`."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults

from engine.drawing.structure import Flow
from engine.running import compensation, races, scopes, services, throwing, waits
from engine.running.guards import Token
from engine.spiff.nodes import Element
from engine.state import Place


class StartEvent(Element, defaults.StartEvent):  # type: ignore[misc]
    """Where a process or a subprocess begins."""


class BoundaryEvent(Element):
    """What may happen to a task or subprocess while it lasts."""


class CatchEvent(Element):
    """A wait between two elements."""

    def arrive(self, run: Any, token: Token) -> bool:
        waits.enter(run, self, token)
        return False


class ThrowEvent(Element):
    """Throws something on the way; the token ends here if what it threw breaks off its own scope."""

    def arrive(self, run: Any, token: Token) -> bool:
        return "compensation" not in self.event.kinds() or compensation.enter(run, self, token)

    def leave(self, run: Any, token: Token) -> list[Flow]:
        throwing.throw(run, self.event, token)
        return [] if token.dropped else super().leave(run, token)


class EndEvent(ThrowEvent):
    """Where a token ends, or all tokens of its scope."""

    def leave(self, run: Any, token: Token) -> list[Flow]:
        throwing.throw(run, self.event, token)
        if not token.dropped:
            scopes.reach_end(run, self.name, token.scope, "terminate" in self.event.kinds())
        return []


class SendTask(ThrowEvent):
    """Sends a message."""

    is_activity = True


class ServiceTask(Element):
    """Asks a connector and waits for its answer."""

    is_activity = True

    def arrive(self, run: Any, token: Token) -> bool:
        return services.enter(run, self, token)

    def count(self, run: Any, body: Place) -> None:
        """Visits are counted of steps only."""

    def open(self, run: Any, place: Place) -> None:
        """One instance of a repeated task."""
        services.ask(run, self, place)


class EventGateway(Element):
    """Waits for several events; the way of the first is followed."""

    def arrive(self, run: Any, token: Token) -> bool:
        races.enter(run, self, token)
        return False
