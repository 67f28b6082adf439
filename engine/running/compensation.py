"""Taking back what was done: which completed activities have a handler, and running these in reverse order.

A record of what was done is a list: the activity, its compensation event or None, the values as they were, and the
records of what was done inside it; and if it was done in a frame with values of its own, that frame and its values. A
place with `todo` runs the handlers one after another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from engine import facts
from engine.errors import BudgetExceeded
from engine.running import repeating, scopes, waits
from engine.running.guards import Token
from engine.state import Place, short

if TYPE_CHECKING:
    from engine.running.moves import Run

MAX_RECORDS = 10_000


def remember(run: Run, node: Any, token: Token) -> None:
    """An activity is done: keep what a compensation would need."""
    inside = run.state.done.pop(token.place.id, []) if token.place is not None else []
    if node.undo is None and not inside:
        return
    records = run.state.done.setdefault(token.scope or "", [])
    if len(records) >= MAX_RECORDS:
        raise BudgetExceeded(limit=MAX_RECORDS, unit="steps", element=node.name)
    if node.undo is None:
        records.append([node.name, None, {}, inside])
        return
    home = run.home(token)
    seen = {short(name): home.data[short(name)] for name in node.keeps if short(name) in home.data}
    apart = [] if home.frame is None else [[home.frame, _values_around(run, token)]]
    records.append([node.name, node.undo, seen, [], *apart])


def _values_around(run: Run, token: Token) -> dict[str, Any]:
    """What the frames around a token keep apart from the dossier, the innermost last."""
    values: dict[str, Any] = {}
    scope = token.scope
    while scope is not None:
        frame = run.state.tokens[scope]
        own = {} if frame.index is None else {run.definition.items[frame.at]: frame.item}
        values = {**own, **(frame.data or {}), **values}
        scope = frame.scope
    return values


def pass_on(run: Run, place: Place, body: Place) -> None:
    """An instance is done: what was done in it belongs to the repeated activity from now on."""
    inside = run.state.done.pop(place.id, [])
    if inside:
        run.state.done.setdefault(body.id, []).append([place.at, None, {}, inside])


def enter(run: Run, node: Any, token: Token) -> bool:
    """Begin to compensate, and wait until all is taken back; true if there is nothing to take back."""
    activity = node.event.triggers[0].name
    run.record(facts.EventThrown(node.name, "compensation", activity, {}))
    todo = [undo for scope in _scopes(run, token.scope) for undo in _taken(run, scope, activity)]
    if not todo:
        return True
    run.wait(Place("", node.name, token.scope, todo=todo))
    return False


def _scopes(run: Run, scope: str | None) -> Iterator[str]:
    """The scope of the throwing event and, around an event subprocess, the one it belongs to."""
    yield scope or ""
    frame = run.state.tokens.get(scope or "")
    while frame is not None and run.definition.spec.task_specs[frame.at].starts_by_event:
        yield frame.scope or ""
        frame = run.state.tokens.get(frame.scope or "")


def _taken(run: Run, scope: str, activity: str) -> list[list[Any]]:
    """What is to be undone in a scope, latest first; it is not done any more then."""
    records = run.state.done.pop(scope, [])
    left = [record for record in records if activity not in ("", record[0])]
    if left:
        run.state.done[scope] = left
    return list(_undoing(run, [record for record in records if activity in ("", record[0])]))


def _undoing(run: Run, records: Iterable[Any]) -> Iterator[list[Any]]:
    """The handlers of records, latest first; one that the dossier's version does not have any more is left out."""
    for activity, event, seen, inside, *apart in reversed(list(records)):
        if event is None:
            yield from _undoing(run, inside)
        elif event in run.definition.events:
            yield [activity, event, seen, *apart]


def go_on(run: Run, place: Place) -> None:
    """Run the next handler; after the last one let the throwing event, or the cancelled transaction, go on."""
    if place.todo:
        activity, event, place.seen, *apart = place.todo.pop(0)
        handler = run.definition.events[event].handler or ""
        run.record(facts.ActivityCompensated(activity, handler))
        run.passed(event)
        run.arrive(handler, _frame_again(run, place, event, apart))
        return
    run.state.done.pop(place.id, None)
    if place.at in run.definition.events and run.definition.events[place.at].handler:
        run.record(facts.FrameLeft(place.id, place.at))
        del run.state.tokens[place.id]
    elif place.at in run.definition.frames:
        _leave_cancelled(run, place)
    else:
        run.go_on(place)


def _frame_again(run: Run, place: Place, event: str, apart: list[Any]) -> str:
    """Where a handler runs: with the place that compensates, or in a frame with the values of the one that is gone."""
    home = run.home(Place("", event, place.id)).frame
    if not apart or apart[0][0] == home:
        return place.id
    values = apart[0][1]
    frame = run.wait(Place("", event, place.id, data=dict(values), visits={}, todo=[]))
    run.record(facts.FrameEntered(token=frame.id, element=event, values=values, frame=home))
    return frame.id


def cancel_transaction(run: Run, element: str, scope: str) -> None:
    """A transaction is cancelled: all in it ends, and what was done in it is taken back."""
    place = run.state.tokens[scope]
    run.record(facts.EventThrown(element, "cancel", "", {}))
    records = [*_of_others(run, place), *run.state.done.pop(scope, [])]
    scopes.empty(run, scope, "interrupted")
    waits.stop(run, scope)
    place.todo = list(_undoing(run, records))


def _of_others(run: Run, place: Place) -> list[Any]:
    """What was done in the other instances of a repeated transaction, which all end with this one."""
    body = repeating.body_of(run, place)
    if body is None:
        return []
    waits.stop(run, body.id)
    records = run.state.done.pop(body.id, [])
    for other in run.state.parts_of(body.id):
        if other is not place:
            records += run.state.done.pop(other.id, [])
            scopes.cancel(run, other, "interrupted")
    return records


def _leave_cancelled(run: Run, place: Place) -> None:
    """Leave a cancelled transaction through its cancel event."""
    place = repeating.body_of(run, place) or place
    borders = (node.event for node in run.definition.spec.task_specs[place.at].events)
    event = next(event for event in borders if "cancel" in event.kinds())
    run.record(facts.EventCaught(None, event.id, "cancel", "", {}))
    scopes.cancel(run, place, "interrupted")
    run.begin(event.id, place.scope)
