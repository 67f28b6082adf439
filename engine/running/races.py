"""Event-based gateways: several events are waited for, and the first to happen wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from engine.running import catching, waits
from engine.running.guards import Token
from engine.state import Place

if TYPE_CHECKING:
    from engine.running.moves import Run


def enter(run: Run, node: Any, token: Token) -> None:
    """Wait for everything that the gateway leads to."""
    place = run.wait(Place("", node.name, token.scope))
    for flow in node.ways:
        target = run.definition.spec.task_specs[flow.target]
        if target.name in run.definition.steps:
            waiting = Token(run, target, TaskState.FUTURE, place.id, flow)
            target.arrive(run, waiting)
        else:
            waits.arm(run, target.event, place.id, place)


def leave(run: Run, place: Place) -> None:
    """A step that an event-based gateway waited for is done: it stands in the gateway's place from now on."""
    gateway = run.state.tokens.get(place.scope or "")
    if gateway is not None and run.definition.elements[gateway.at].type == "eventBasedGateway":
        place.scope = gateway.scope
        catching.win(run, gateway, place.at)
