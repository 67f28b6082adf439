"""What is waited for beside people: timers, messages, signals and conditions, on elements and between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import facts
from engine.clock.timing import due_at, is_working, moment_of, next_of_cycle, text_of
from engine.drawing.events import Event, Trigger
from engine.errors import ExpressionFailed
from engine.running.guards import Token
from engine.state import Place, Timer, Wait

if TYPE_CHECKING:
    from engine.running.moves import Run

_AWAITED = ("message", "signal", "condition")


def attend(run: Run, node: Any, place: Place) -> None:
    """Wait for the boundary events of an element that a token has entered."""
    for event in node.events:
        arm(run, event.event, place.id, place)


def enter(run: Run, node: Any, token: Token) -> None:
    """Wait for an event between two elements."""
    place = run.wait(Place("", node.name, token.scope))
    arm(run, node.event, place.id, place)


def arm(run: Run, event: Event, token: str, place: Place | None = None) -> None:
    """Begin to wait for whatever an event waits for; it waits with `token`, empty for the dossier as a whole."""
    for trigger in event.triggers:
        if trigger.kind == "timer":
            _set_timer(run, event, trigger, (token, place))
        elif trigger.kind in _AWAITED:
            key = correlation(run, event, place) if trigger.kind == "message" else None
            name = trigger.text if trigger.kind == "condition" else trigger.name
            await_(run, Wait("", event.id, trigger.kind, name, token, key))


def await_(run: Run, wait: Wait) -> None:
    """Begin to wait, under a number of its own."""
    wait.id = run.state.number()
    run.state.waits[wait.id] = wait
    run.record(facts.EventAwaited(wait.id, wait.element, wait.kind, wait.name, wait.key))


def correlation(run: Run, event: Event, where: Token | Place | None) -> str | None:
    """The value that a message must have, or that it has; None where the diagram asks for none."""
    if not event.key:
        return None
    value = run.values.literal(event.key, event.id, where)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        raise ExpressionFailed(expression=event.key, element=event.id, reason="it gives no correlation value")
    return str(value)


def _set_timer(run: Run, event: Event, trigger: Trigger, waiting: tuple[str, Place | None]) -> None:
    """Compute when a timer is due, once; a repetition that lies behind us altogether is not waited for."""
    token, place = waiting
    value = str(run.values.literal(trigger.text, event.id, place))
    try:
        if trigger.form == "cycle":
            timer = Timer("", event.id, "", token, value.strip(), text_of(run.now))
            return _start_cycle(run, timer)
        due = text_of(due_at(trigger.form, value, run.now, run.working))
    except ValueError as problem:
        reason = f"it gives no {trigger.form}"
        raise ExpressionFailed(expression=trigger.text, element=event.id, reason=reason) from problem
    timer = Timer("", event.id, due, token)
    if is_working(value):
        timer.base, timer.working = text_of(run.now), value.strip()
    _start(run, timer, value)


def _start_cycle(run: Run, timer: Timer) -> None:
    due = next_of_cycle(timer.cycle, moment_of(timer.base), timer.fired, run.working)
    if due is not None:
        timer.due_at = text_of(due)
        _start(run, timer, timer.cycle)


def _start(run: Run, timer: Timer, value: str) -> None:
    """Begin to wait; that the value was in working time is kept with the moment that it came to."""
    timer.id = run.state.number()
    run.state.timers[timer.id] = timer
    run.record(facts.TimerSet(
        timer.id, timer.element, timer.due_at, value.strip() if is_working(value) else None))


def repeat(run: Run, timer: Timer) -> None:
    """Set a repeated timer that has gone off for its next time, if there is one."""
    if timer.cycle:
        _start_cycle(run, Timer("", timer.element, "", timer.token, timer.cycle, timer.base, timer.fired + 1))


def stop(run: Run, token: str) -> None:
    """Stop waiting for what waits with a token."""
    for timer in [timer for timer in run.state.timers.values() if timer.token == token]:
        drop(run, timer)
    if run.state.waits:
        for wait in [wait for wait in run.state.waits.values() if wait.token == token]:
            drop(run, wait)


def stop_handlers(run: Run, scope: str) -> None:
    """Stop waiting for what would start the event subprocesses of a scope; its border is still watched."""
    waiting: list[Timer | Wait] = [*run.state.timers.values(), *run.state.waits.values()]
    for one in waiting:
        if one.token == scope and run.definition.events[one.element].role == "start":
            drop(run, one)


def drop(run: Run, one: Timer | Wait) -> None:
    """Stop waiting for one thing."""
    if isinstance(one, Timer):
        del run.state.timers[one.id]
        run.record(facts.TimerCancelled(one.id, one.element))
    else:
        del run.state.waits[one.id]
        run.record(facts.EventDropped(one.id, one.element))


def place_of(run: Run, wait: Wait) -> Place:
    """Where an event is awaited: at its activity, or in the scope whose event subprocess it starts."""
    if run.definition.events[wait.element].role == "start":
        return Place("", wait.element, wait.token or None)
    return run.state.tokens[wait.token]


def fulfilled(run: Run) -> Wait | None:
    """The first condition that holds now and did not when last looked at."""
    for wait in list(run.state.waits.values()):
        if wait.kind == "condition":
            place = place_of(run, wait)
            before, wait.held = wait.held, run.values.holds(wait.name, wait.element, place)
            if wait.held and not before:
                return wait
    return None
