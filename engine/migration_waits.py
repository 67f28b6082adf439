"""What a dossier waits for after it has moved: what was awaited under its new name, and what only the new version has.

What the old version had at the same place is not awaited again: it may have happened already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.definition import Definition
from engine.drawing.events import Event, Trigger
from engine.running import waits
from engine.running.guards import Token
from engine.running.moves import Run
from engine.state import Place, Timer, Wait

_AWAITED = ("timer", "message", "signal", "condition")


def named(old: Event, new: Event, one: Timer | Wait) -> str | None:
    """The name or condition that an event of the new version waits for in the same way; None if it does not.

    One that is named in both stays; another one is known by its place among those of its kind.
    """
    kind = "timer" if isinstance(one, Timer) else one.kind
    before, after = _names(old, kind), _names(new, kind)
    said = "" if isinstance(one, Timer) else one.name
    if kind == "timer":
        return "" if after else None
    if said in after:
        return said
    place = before.index(said) if said in before else 0
    return after[place] if place < len(after) else None


def _names(event: Event, kind: str) -> list[str]:
    return [each.text if kind == "condition" else each.name for each in event.triggers if each.kind == kind]


def anew(run: Run, old: Definition, to: Callable[[str], str], before: Mapping[str, str]) -> None:
    """Wait from now on for what only the new version has on the elements where the dossier stands.

    `to` leads from an element of the old version to what has taken its place, `before` says where each token stood.
    """
    _handlers(run, run.definition.handlers, _by_name(old.handlers, to), "")
    for place in list(run.state.tokens.values()):
        drawn, was = run.definition.spec.task_specs[place.at], old.spec.task_specs[before[place.id]]
        around = run.state.tokens.get(place.scope or "")
        if around is None or around.items is None:
            known = _by_name((each.event for each in was.events), to)
            for each in drawn.events:
                _arm(run, each.event, known.get(each.name), place.id, place)
        if place.at in run.definition.frames and place.items is None:
            _handlers(run, drawn.handlers, _by_name(was.handlers, to), place.id)
        if drawn.event is not None and drawn.event.role == "catch":
            _arm(run, drawn.event, was.event, place.id, place)
        if run.definition.elements[place.at].type == "eventBasedGateway":
            _branches(run, drawn, {to(flow.target) for flow in was.ways}, place)


def _by_name(events: Iterable[Event], to: Callable[[str], str]) -> dict[str, Event]:
    return {to(event.id): event for event in events}


def _handlers(run: Run, handlers: Iterable[Event], known: Mapping[str, Event], scope: str) -> None:
    """Event subprocesses of a scope that one of them has not taken over."""
    if any(_has_interrupted(run, place) for place in run.state.tokens.values() if (place.scope or "") == scope):
        return
    for event in handlers:
        _arm(run, event, known.get(event.id), scope, Place("", event.id, scope) if scope else None)


def _has_interrupted(run: Run, place: Place) -> bool:
    events = run.definition.events.values()
    return any(event.frame == place.at and event.interrupting for event in events)


def _arm(run: Run, event: Event, old: Event | None, token: str, place: Place | None) -> None:
    """Wait for what the event did not wait for in the old version."""
    added = tuple(_added(old, event)) if old is not None else event.triggers
    if added:
        waits.arm(run, replace(event, triggers=added), token, place)


def _added(old: Event, event: Event) -> Iterator[Trigger]:
    for kind in _AWAITED:
        ours = [each for each in event.triggers if each.kind == kind]
        before, after = _names(old, kind), _names(event, kind)
        left = [each for each, name in zip(ours, after, strict=True) if kind == "timer" or name not in before]
        kept = len(before) if kind == "timer" else sum(name not in after for name in before)
        yield from left[kept:]


def _branches(run: Run, gateway: Any, known: set[str], place: Place) -> None:
    """The ways that an event-based gateway did not have."""
    for flow in gateway.ways:
        target = run.definition.spec.task_specs[flow.target]
        if target.name in known:
            continue
        if target.name in run.definition.steps:
            target.arrive(run, Token(run, target, TaskState.FUTURE, place.id, flow))
        else:
            waits.arm(run, target.event, place.id, place)
