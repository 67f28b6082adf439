"""Service tasks: something is asked of a connector by its name, and the answer is awaited.

The engine calls nobody. What was asked is a fact that the application carries, and its answer comes back as a command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import facts, state, throwing, waits
from engine.commands import AnswerService
from engine.errors import ServiceNotAwaited
from engine.guards import Token
from engine.state import Place

if TYPE_CHECKING:
    from engine.moves import Run


def enter(run: Run, node: Any, token: Token) -> None:
    """Ask, and wait for the answer."""
    run.park(token)
    place = run.wait(Place("", node.name, token.scope))
    asked = throwing.inputs(run, node.event, place)
    run.record(facts.ServiceRequested(place.id, node.name, node.event.connector, asked))
    waits.attend(run, node, place)


def answer(run: Run, command: AnswerService) -> None:
    """Go on with the connector's output, or let its error go outwards. Raises ServiceNotAwaited, ErrorUncaught."""
    place = run.state.tokens.get(command.token)
    event = run.definition.events.get(place.at) if place is not None else None
    if place is None or event is None or event.role != "service":
        raise ServiceNotAwaited(token=command.token)
    if command.error is None:
        output = state.plain({"output": command.output})["output"]
        run.record(facts.ServiceAnswered(place.id, place.at, output))
        run.state.data[place.at] = output
        run.go_on(place)
        return
    run.record(facts.ServiceFailed(place.id, place.at, command.error, command.message))
    thrown = throwing.Thrown("error", command.error, {"message": command.message})
    throwing.raise_error(run, place.at, thrown, place.scope, at=place)
