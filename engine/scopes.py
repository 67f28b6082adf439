"""Frames around tokens: entering one, emptying it, ending in it, and taking back what waits in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import branching, facts, waits
from engine.errors import Stuck
from engine.guards import Token
from engine.state import Place

if TYPE_CHECKING:
    from engine.moves import Run


def enter(run: Run, node: Any, token: Token) -> None:
    """Begin inside a subprocess."""
    place = run.wait(Place("", node.name, token.scope))
    waits.set_timers(run, node, place)
    run.park(token)
    for first in node.firsts:
        run.arrive(first, place.id)


def leave_empty(run: Run) -> bool:
    """Leave a subprocess with no token inside any more. Raises Stuck if a join in it still waits."""
    frames = [place for place in run.state.tokens.values() if place.at in run.definition.frames]
    for place in frames:
        if not run.state.parts_of(place.id):
            waiting = branching.arrivals_in(run, place.id)
            if waiting:
                raise Stuck(element=waiting[0])
            run.go_on(place)
            return True
    return False


def reach_end(run: Run, element: str, scope: str | None, terminate: bool) -> None:
    """A token has ended; a terminate end takes all others of its scope with it."""
    status = run.definition.end_status.get(element)
    if status:
        run.change_status(status, element)
    if scope is None:
        run.state.end = element
    if terminate:
        for place in [place for place in run.state.tokens.values() if place.scope == scope]:
            cancel(run, place, "terminated")
        _forget(run, scope)


def cancel(run: Run, place: Place, reason: str) -> None:
    """End a waiting token, and what is inside it, without going on."""
    cancel_parts(run, place, reason)
    waits.stop_timers(run, place.id)
    del run.state.tokens[place.id]
    if place.at in run.definition.steps and place.items is None:
        run.record(facts.StepCancelled(place.id, place.at, reason))


def cancel_all(run: Run, reason: str) -> None:
    """End every waiting token."""
    for place in [place for place in run.state.tokens.values() if place.scope is None]:
        cancel(run, place, reason)
    _forget(run, None)


def cancel_parts(run: Run, place: Place, reason: str) -> None:
    """End what is inside a subprocess or a repeated step."""
    for part in run.state.parts_of(place.id):
        cancel(run, part, reason)
    _forget(run, place.id)


def _forget(run: Run, scope: str | None) -> None:
    for token in [token for token in run.queue if token.scope == scope]:
        run.queue.remove(token)
    branching.forget_arrivals(run, scope)
