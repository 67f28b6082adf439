"""Service tasks: something is asked of a connector by its name, and the answer is awaited.

The engine calls nobody. What was asked is a fact that the application carries, and its answer comes back as a command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import facts, state
from engine.commands import AnswerService
from engine.errors import ServiceNotAwaited
from engine.running import repeating, throwing, waits
from engine.running.guards import Token
from engine.state import Place

if TYPE_CHECKING:
    from engine.running.moves import Run


def enter(run: Run, node: Any, token: Token) -> bool:
    """Ask, and wait for the answer; true if a repeated task has nothing to ask."""
    if node.loop is not None:
        return repeating.enter(run, node, token)
    place = Place("", node.name, token.scope)
    ask(run, node, place)
    waits.attend(run, node, place)
    return False


def ask(run: Run, node: Any, place: Place) -> None:
    """Ask once, or for one instance."""
    run.wait(place)
    asked = throwing.inputs(run, node.event, place)
    run.record(facts.ServiceRequested(place.id, node.name, node.event.connector, asked))


def answer(run: Run, command: AnswerService) -> None:
    """Go on with the connector's output, or let its error go outwards. Raises ServiceNotAwaited, ErrorUncaught."""
    place = run.state.tokens.get(command.token)
    event = run.definition.events.get(place.at) if place is not None else None
    if place is None or event is None or event.role != "service" or place.items is not None:
        raise ServiceNotAwaited(token=command.token)
    if command.error is None:
        output = state.plain({"output": command.output})["output"]
        _answered(run, place, output)
        return
    run.record(facts.ServiceFailed(place.id, place.at, command.error, command.message))
    thrown = throwing.Thrown("error", command.error, {"message": command.message})
    throwing.raise_error(run, place.at, thrown, place.scope, at=place)


def _answered(run: Run, place: Place, output: Any) -> None:
    """Keep an answer; the list of all answers of a multi-instance task comes when all are there."""
    home, body = run.home(place), repeating.body_of(run, place)
    several = place.index is not None
    run.record(facts.ServiceAnswered(place.id, place.at, output, home.frame, several))
    if not several:
        home.data[state.short(place.at)] = output
    if body is None:
        run.go_on(place)
    else:
        repeating.end_instance(run, place, body, output)
