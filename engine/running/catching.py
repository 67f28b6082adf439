"""What follows when an awaited event happens: a token goes on, an activity breaks off, a handler starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine import facts
from engine.drawing.events import Event
from engine.errors import MessageNotAwaited, MessageNotMeant
from engine.running import scopes, stepping, waits
from engine.state import Place, Timer, Wait, short

if TYPE_CHECKING:
    from engine.running.moves import Run


def fire(run: Run, timer: Timer) -> None:
    """A timer goes off; a repeated one is set again where going off does not end what it waits with."""
    del run.state.timers[timer.id]
    run.record(facts.TimerFired(timer.id, timer.element))
    event = run.definition.events[timer.element]
    if _stays(event):
        waits.repeat(run, timer)
    happen(run, event, timer.token)


def caught(run: Run, wait: Wait, values: Mapping[str, Any]) -> None:
    """An awaited event happens, and is awaited again where it does not end what it waits with."""
    del run.state.waits[wait.id]
    event = run.definition.events[wait.element]
    where = waits.place_of(run, wait)
    note(run, event, facts.EventCaught(wait.id, wait.element, wait.kind, wait.name, values), where)
    if _stays(event):
        waits.await_(run, Wait("", wait.element, wait.kind, wait.name, wait.token, wait.key, wait.held))
    happen(run, event, wait.token)


def note(run: Run, event: Event, fact: facts.EventCaught, where: Place) -> None:
    """Say that an event happened, and keep the values it brought where it happened."""
    home = run.home(where)
    run.record(replace(fact, frame=home.frame))
    if fact.kind in facts.BRINGING:
        home.data[short(event.id)] = dict(fact.values)


def _stays(event: Event) -> bool:
    return not event.interrupting and event.role in ("boundary", "start")


def happen(run: Run, event: Event, waited_with: str) -> None:
    """Let an event that waited with this token (or with the dossier as a whole) take its course."""
    if event.role == "start":
        start_handler(run, event, waited_with or None)
        return
    holder = run.state.tokens[waited_with]
    if holder.at == event.id:
        run.go_on(holder)
    elif event.role == "boundary":
        cross(run, event, holder)
    else:
        win(run, holder, event.id)
        run.begin(event.id, holder.scope)


def cross(run: Run, event: Event, host: Place) -> None:
    """Leave an activity at its border, breaking it off or beside it."""
    if event.interrupting:
        scopes.cancel(run, host, "interrupted")
    run.begin(event.id, host.scope)


def start_handler(run: Run, event: Event, scope: str | None) -> None:
    """Begin an event subprocess in a scope, instead of everything else there or beside it."""
    if event.interrupting:
        scopes.empty(run, scope, "interrupted")
    node = run.definition.spec.task_specs[event.frame]
    run.begin(event.id, scopes.open_frame(run, node, Place("", node.name, scope)).id)


def win(run: Run, gateway: Place, element: str) -> None:
    """One of the events that an event-based gateway waited for came first; the others are given up."""
    node = run.definition.spec.task_specs[gateway.at]
    scopes.cancel(run, gateway, "interrupted")
    run.passed(gateway.at)
    run.follow([flow for flow in node.ways if flow.target == element])


# Messages and signals


def awaiting(run: Run, message: str) -> list[Place | Wait]:
    """The steps and events that wait for a message, longest first."""
    steps = run.definition.steps
    opened = [place for place in run.state.tokens.values() if place.visit and place.items is None]
    places = [place for place in opened if steps[place.at].message == message]
    events = [wait for wait in run.state.waits.values() if (wait.kind, wait.name) == ("message", message)]
    return sorted([*places, *events], key=lambda one: int(one.id))


def receiver(run: Run, message: str, key: str | None) -> Place | Wait | None:
    """Who gets a message: the one that waits for exactly this correlation, else one that waits for any."""
    waiting = awaiting(run, message)
    meant = [one for one in waiting if one.key == key]
    return next((one for one in [*meant, *waiting] if one.key in (None, key)), None)


def deliver(run: Run, message: str, values: dict[str, Any], picked: tuple[str | None, str | None]) -> None:
    """Hand a message over. Raises MessageNotAwaited or MessageNotMeant."""
    token, key = picked
    waiting = awaiting(run, message)
    if token is not None:
        waiting = [one for one in waiting if one.id == token]
    if not waiting:
        raise MessageNotAwaited(message=message)
    found = receiver(run, message, key) if token is None else _picked(waiting[0], key)
    if found is None:
        raise MessageNotMeant(message=message, correlation=key or "-")
    receive(run, found, values)


def _picked(one: Place | Wait, key: str | None) -> Place | Wait | None:
    """Who is picked by its token needs no correlation, but must not contradict one."""
    return one if key is None or one.key in (None, key) else None


def receive(run: Run, found: Place | Wait, values: dict[str, Any]) -> None:
    """Let a step or an event have the values of a message."""
    if isinstance(found, Place):
        stepping.finish(run, found, values, None)
    else:
        caught(run, found, values)


def signal(run: Run, name: str, values: Mapping[str, Any]) -> bool:
    """Let everything that waits for a signal catch it; false when nothing did."""
    listening = [wait for wait in run.state.waits.values() if (wait.kind, wait.name) == ("signal", name)]
    for wait in listening:
        if wait.id in run.state.waits:
            caught(run, wait, values)
    return bool(listening)
