"""Repetition: a standard loop does an activity until its condition no longer holds, a multi-instance activity does it
once per item. Whatever is repeated (a step, a computed value, a subprocess, a call), it is counted here.

A repeated activity is a place, the body, with one place inside for each instance that is open. Each instance of a
multi-instance subprocess keeps its values to itself; they become one entry of the list of results.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.drawing.loops import Loop
from engine.errors import ExpressionFailed
from engine.running import compensation, scopes, waits
from engine.running.guards import Token, Where
from engine.state import Place, short

if TYPE_CHECKING:
    from engine.running.moves import Run


def enter(run: Run, node: Any, token: Token) -> bool:
    """Open a repeated activity with its first instance, or all of them; true if there is nothing to do."""
    loop: Loop = node.loop
    if loop.standard:
        return _enter_loop(run, node, token)
    items = _items(run, node, token)
    if not items:
        run.compute(node.name, [], token)
        return True
    body = Place("", node.name, token.scope, items=items, results=[None] * len(items))
    node.count(run, body)
    run.wait(body)
    waits.attend(run, node, body)
    for index in range(1 if loop.sequential else len(items)):
        _open(run, node, body, index)
    return False


def _enter_loop(run: Run, node: Any, token: Token) -> bool:
    if node.loop.test_before and not _again(run, node, token, 0):
        return True
    body = run.wait(Place("", node.name, token.scope, items=[], round=1))
    waits.attend(run, node, body)
    node.open(run, Place("", node.name, body.id, round=1))
    return False


def _open(run: Run, node: Any, body: Place, index: int) -> None:
    item = (body.items or [])[index]
    node.open(run, Place("", node.name, body.id, body.visit, index=index, item=item))


def body_of(run: Run, place: Place) -> Place | None:
    """The repeated activity of which a place is one instance."""
    around = run.state.tokens.get(place.scope or "")
    return around if around is not None and around.items is not None else None


def end_instance(run: Run, place: Place, body: Place, value: Any) -> None:
    """One instance is done with this value; perhaps the whole activity is."""
    node = run.definition.spec.task_specs[place.at]
    waits.stop(run, place.id)
    compensation.pass_on(run, place, body)
    del run.state.tokens[place.id]
    if node.loop.standard:
        _end_round(run, node, body)
    else:
        _end_item(run, node, body, (place.index or 0, value))


def _end_round(run: Run, node: Any, body: Place) -> None:
    if not _again(run, node, body, body.round):
        run.go_on(body)
        return
    body.round += 1
    node.open(run, Place("", node.name, body.id, round=body.round))


def _end_item(run: Run, node: Any, body: Place, done: tuple[int, Any]) -> None:
    results, items = body.results or [], body.items or []
    index, value = done
    results[index] = value
    more = node.loop.sequential and index + 1 < len(items)
    finished = index + 1 if node.loop.sequential else len(items) - len(run.state.parts_of(body.id))
    if _enough(run, node, body, finished) or not (run.state.parts_of(body.id) or more):
        scopes.cancel_parts(run, body, "enough")
        run.compute(node.name, results, body)
        run.go_on(body)
    elif more:
        _open(run, node, body, index + 1)


def values(run: Run, node: Any, token: Token) -> None:
    """Compute a repeated value: all instances at once, as nobody is waited for."""
    if node.loop.standard:
        _values_while(run, node, token)
        return
    items = _items(run, node, token)
    body = Place("", node.name, token.scope, items=items, results=[None] * len(items))
    for index, item in enumerate(items):
        found = node.value(run, Place("", node.name, token.scope, index=index, item=item))
        (body.results or [])[index] = found
        if _enough(run, node, body, index + 1):
            break
    run.compute(node.name, body.results, token)


def _values_while(run: Run, node: Any, token: Token) -> None:
    done = 0
    while (done == 0 and not node.loop.test_before) or _again(run, node, token, done):
        run.repeat(1, node.name)
        run.compute(node.name, node.value(run, token), token)
        done += 1


def _again(run: Run, node: Any, where: Where, done: int) -> bool:
    """Whether a loop goes on after so many rounds."""
    loop: Loop = node.loop
    if loop.maximum is not None and done >= loop.maximum:
        return False
    return not loop.condition or run.values.holds(loop.condition, node.name, where, loopCounter=done)


def _enough(run: Run, node: Any, body: Place, finished: int) -> bool:
    """Whether so many instances are enough; one that is done with nothing to show is done too."""
    loop: Loop = node.loop
    if not loop.condition:
        return False
    results = [result for result in body.results or [] if result is not None]
    seen = {
        short(node.name): results, "numberOfInstances": len(body.items or []),
        "numberOfCompletedInstances": finished,
        "numberOfActiveInstances": len(run.state.parts_of(body.id)) if body.id else 0,
        "numberOfTerminatedInstances": 0,
    }
    return run.values.holds(loop.condition, node.name, body, **seen)


def _items(run: Run, node: Any, token: Token) -> list[Any]:
    loop: Loop = node.loop
    text = loop.collection or loop.cardinality
    value = run.values.evaluate(text, node.name, token)
    if loop.collection and (value is None or isinstance(value, list)):
        run.repeat(len(value or ()), node.name)
        return value or []
    if not loop.collection and isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        run.repeat(value, node.name)
        return list(range(1, value + 1))
    expected = "a list" if loop.collection else "a whole number"
    raise ExpressionFailed(expression=text, element=node.name, reason=f"it is not {expected}")
