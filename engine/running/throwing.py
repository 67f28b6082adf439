"""What a process raises itself: messages, signals, errors, escalations, cancels; and who around it catches them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import facts
from engine.drawing.events import Event, Trigger
from engine.errors import ErrorUncaught
from engine.running import catching, compensation, repeating, scopes, waits
from engine.running.guards import Token
from engine.state import Place

if TYPE_CHECKING:
    from engine.running.moves import Run


@dataclass(frozen=True, slots=True)
class Thrown:
    """An error or escalation on its way outwards."""

    kind: str
    code: str
    values: Mapping[str, Any]


def throw(run: Run, event: Event, token: Token) -> None:
    """Throw what an event throws; afterwards the token may be dropped, because its scope was broken off."""
    for trigger in event.triggers:
        if trigger.kind in _THROWS and not token.dropped:
            _THROWS[trigger.kind](run, event, trigger, token)


def inputs(run: Run, event: Event, where: Token | Place) -> dict[str, Any]:
    """What an event or service task hands over, by name."""
    return {name: run.values.literal(value, event.id, where) for name, value in event.inputs}


def _send(run: Run, event: Event, trigger: Trigger, token: Token) -> None:
    values, key = inputs(run, event, token), waits.correlation(run, event, token)
    receiver = catching.receiver(run, trigger.name, key)
    run.record(facts.MessageSent(event.id, trigger.name, key, values, receiver is not None))
    if receiver is not None:
        catching.receive(run, receiver, values)


def _signal(run: Run, event: Event, trigger: Trigger, token: Token) -> None:
    values = inputs(run, event, token)
    run.record(facts.EventThrown(event.id, "signal", trigger.name, values))
    catching.signal(run, trigger.name, values)


def _escalate(run: Run, event: Event, trigger: Trigger, token: Token) -> None:
    values = inputs(run, event, token)
    run.record(facts.EventThrown(event.id, "escalation", trigger.name, values))
    _handled(run, Thrown("escalation", trigger.name, values), token.scope)


def _fail(run: Run, event: Event, trigger: Trigger, token: Token) -> None:
    raise_error(run, event.id, Thrown("error", trigger.name, inputs(run, event, token)), token.scope)


def _cancel(run: Run, event: Event, trigger: Trigger, token: Token) -> None:
    compensation.cancel_transaction(run, event.id, token.scope or "")


def raise_error(run: Run, element: str, thrown: Thrown, scope: str | None, at: Place | None = None) -> None:
    """Let an error go outwards until something catches it; `at` is the activity it comes from. Raises ErrorUncaught."""
    run.record(facts.EventThrown(element, "error", thrown.code, thrown.values))
    if at is not None and _crossed(run, thrown, repeating.body_of(run, at) or at):
        return
    if not _handled(run, thrown, scope):
        raise ErrorUncaught(code=thrown.code, element=element)


def _handled(run: Run, thrown: Thrown, scope: str | None) -> bool:
    """Whether a handler in this scope or one around it, or the border of one, has caught it."""
    from_handler = False
    while True:
        frame = run.state.tokens.get(scope or "")
        if not from_handler and _started(run, thrown, frame):
            return True
        if frame is None:
            return False
        if repeating.body_of(run, frame) is None and _crossed(run, thrown, frame):
            return True
        from_handler = run.definition.spec.task_specs[frame.at].starts_by_event
        scope = frame.scope


def _started(run: Run, thrown: Thrown, frame: Place | None) -> bool:
    """Whether an event subprocess of the scope has caught it."""
    if frame is not None and (frame.items is not None or frame.todo is not None):
        return False
    event = _catcher(thrown, scopes.handlers_in(run, frame))
    if event is None:
        return False
    scope = frame.id if frame else None
    _note(run, event, thrown, Place("", event.id, scope))
    catching.start_handler(run, event, scope)
    return True


def _crossed(run: Run, thrown: Thrown, place: Place) -> bool:
    """Whether a boundary event of the activity has caught it."""
    event = _catcher(thrown, (node.event for node in run.definition.spec.task_specs[place.at].events))
    if event is None:
        return False
    _note(run, event, thrown, place)
    catching.cross(run, event, place)
    return True


def _catcher(thrown: Thrown, events: Iterable[Event]) -> Event | None:
    """The event for exactly this code, else one for any."""
    fitting = [event for event in events if event.catches(thrown.kind, thrown.code)]
    exact = [event for event in fitting if any(one.name == thrown.code for one in event.triggers)]
    return next(iter([*exact, *fitting]), None)


def _note(run: Run, event: Event, thrown: Thrown, where: Place) -> None:
    values = {**thrown.values, "code": thrown.code}
    catching.note(run, event, facts.EventCaught(None, event.id, thrown.kind, thrown.code, values), where)


_THROWS: dict[str, Callable[[Run, Event, Trigger, Token], None]] = {
    "message": _send, "signal": _signal, "escalation": _escalate, "error": _fail, "cancel": _cancel,
}
