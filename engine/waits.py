"""What a token waits for beside people: timers on elements and between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import facts
from engine.errors import ExpressionFailed
from engine.guards import Token
from engine.state import Place, Timer
from engine.timing import due_at, text_of

if TYPE_CHECKING:
    from engine.moves import Run


def set_timers(run: Run, node: Any, place: Place) -> None:
    """Set the boundary timers of an element that a token has entered."""
    for event in node.events:
        set_timer(run, event, place)


def enter_timer(run: Run, node: Any, token: Token) -> None:
    """Wait on a timer between two elements."""
    run.park(token)
    set_timer(run, node, run.wait(Place("", node.name, token.scope)))


def set_timer(run: Run, node: Any, place: Place) -> None:
    """Compute when a timer is due, once."""
    event = node.event_definition
    value = run.values.literal(event.expression, node.name, place)
    try:
        due = text_of(due_at(event.kind, str(value), run.now))
    except ValueError as problem:
        reason = f"it gives no {event.kind}"
        raise ExpressionFailed(expression=event.expression, element=node.name, reason=reason) from problem
    timer = Timer(run.state.number(), node.name, due, place.id)
    run.state.timers[timer.id] = timer
    run.record(facts.TimerSet(timer.id, timer.element, timer.due_at))


def stop_timers(run: Run, token: str) -> None:
    """Stop what waits with a token."""
    for timer in [timer for timer in run.state.timers.values() if timer.token == token]:
        del run.state.timers[timer.id]
        run.record(facts.TimerCancelled(timer.id, timer.element))
