"""Frames around tokens: entering one, emptying it, ending in it, and taking back what waits in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import facts
from engine.drawing.events import Event
from engine.errors import Stuck
from engine.running import branching, compensation, repeating, waits
from engine.running.guards import Token
from engine.state import Place

if TYPE_CHECKING:
    from engine.running.moves import Run


def enter(run: Run, node: Any, token: Token) -> bool:
    """Begin inside a subprocess, or in all instances of a repeated one; true if there is nothing to do."""
    if node.loop is not None:
        return repeating.enter(run, node, token)
    place = open_frame(run, node, Place("", node.name, token.scope))
    waits.attend(run, node, place)
    begin(run, node, place)
    return False


def begin(run: Run, node: Any, place: Place) -> None:
    """Put tokens where a subprocess begins."""
    for first in node.firsts:
        run.arrive(first, place.id)


def open_frame(run: Run, node: Any, place: Place) -> Place:
    """A frame that waits for what its event subprocesses wait for."""
    run.wait(place)
    if node.call is not None:
        handed = {name: run.values.evaluate(text, node.name, place) for name, text in node.call.inputs}
        _keep_apart(run, node, place, {"filing": handed})
    elif place.index is not None:
        _keep_apart(run, node, place, {})
    for event in node.handlers:
        waits.arm(run, event, place.id, Place("", event.id, place.id))
    return place


def _keep_apart(run: Run, node: Any, place: Place, values: dict[str, Any]) -> None:
    """Give a frame values and visits of its own."""
    outer = run.home(place).frame
    place.data, place.visits = values, {}
    item = node.loop.item if place.index is not None else None
    run.record(facts.FrameEntered(
        token=place.id, element=node.name, values=dict(values), frame=outer, name=item, item=place.item,
        index=place.index, called=node.call is not None,
    ))


def handlers_in(run: Run, frame: Place | None) -> tuple[Event, ...]:
    """The start events of the event subprocesses directly in a frame, or in the process."""
    if frame is None:
        return run.definition.handlers
    handlers: tuple[Event, ...] = run.definition.spec.task_specs[frame.at].handlers
    return handlers


def leave_empty(run: Run) -> bool:
    """Let a subprocess with no token inside go on; false if there is none. Raises Stuck if a join in it waits."""
    frames = [place for place in run.state.tokens.values() if _is_frame(run, place)]
    for place in frames:
        if not run.state.parts_of(place.id):
            waiting = branching.arrivals_in(run, place.id)
            if waiting:
                raise Stuck(element=waiting[0])
            if place.todo is None:
                _leave(run, place)
            else:
                compensation.go_on(run, place)
            return True
    return False


def _is_frame(run: Run, place: Place) -> bool:
    return (place.at in run.definition.frames and place.items is None) or place.todo is not None


def _leave(run: Run, place: Place) -> None:
    body, node, value = repeating.body_of(run, place), run.definition.spec.task_specs[place.at], place.data
    if node.call is not None:
        inside = Place("", place.at, place.id)
        value = {name: run.values.evaluate(text, place.at, inside) for name, text in node.call.outputs}
    if place.data is not None:
        run.record(facts.FrameLeft(place.id, place.at))
    if node.call is not None and place.index is None:
        run.compute(place.at, value, place)
    if body is None:
        run.go_on(place)
    else:
        repeating.end_instance(run, place, body, value)


def reach_end(run: Run, element: str, scope: str | None, terminate: bool) -> None:
    """A token has ended; a terminate end takes all others of its scope with it."""
    status = run.definition.end_status.get(element)
    if status:
        run.change_status(status, element, Place("", element, scope))
    if _is_outermost(run, scope):
        run.state.end = element
    if terminate:
        for place in [place for place in run.state.tokens.values() if place.scope == scope]:
            cancel(run, place, "terminated")
        _forget(run, scope)


def _is_outermost(run: Run, scope: str | None) -> bool:
    """Whether a scope is the process or an event subprocess of it: then what ends there ends the dossier."""
    while scope is not None:
        frame = run.state.tokens[scope]
        if not run.definition.spec.task_specs[frame.at].starts_by_event:
            return False
        scope = frame.scope
    return True


def cancel(run: Run, place: Place, reason: str) -> None:
    """End a waiting token, and what is inside it, without going on."""
    cancel_parts(run, place, reason)
    waits.stop(run, place.id)
    run.state.done.pop(place.id, None)
    del run.state.tokens[place.id]
    if place.data is not None:
        run.record(facts.FrameLeft(place.id, place.at, reason))
    if place.items is not None:
        return
    if place.visit:
        run.record(facts.StepCancelled(place.id, place.at, reason))
    elif place.at in run.definition.services:
        run.record(facts.ServiceCancelled(place.id, place.at, reason))


def empty(run: Run, scope: str | None, reason: str) -> None:
    """End everything in a scope and everything that it waits for, but not the scope itself."""
    for place in [place for place in run.state.tokens.values() if place.scope == scope]:
        cancel(run, place, reason)
    waits.stop_handlers(run, scope or "")
    _forget(run, scope)


def cancel_all(run: Run, reason: str) -> None:
    """End every waiting token."""
    empty(run, None, reason)
    run.state.done.clear()


def cancel_parts(run: Run, place: Place, reason: str) -> None:
    """End what is inside a subprocess or a repeated step."""
    for part in run.state.parts_of(place.id):
        cancel(run, part, reason)
    _forget(run, place.id)


def _forget(run: Run, scope: str | None) -> None:
    if run.running is not None and run.running.scope == scope:
        run.running.dropped = True
    for token in [token for token in run.queue if token.scope == scope]:
        run.queue.remove(token)
    branching.forget_arrivals(run, scope)
