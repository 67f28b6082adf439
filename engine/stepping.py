"""Steps: how one opens, for whom, and how a repeated one counts its instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import facts, races, scopes, waits
from engine.errors import ExpressionFailed
from engine.guards import MAX_INSTANCES, Token
from engine.state import Place
from engine.vocabulary import Step

if TYPE_CHECKING:
    from engine.moves import Run


def enter(run: Run, node: Any, token: Token) -> bool:
    """Open a step, or all instances of a repeated one; true if there is nothing to wait for."""
    step = run.definition.steps[node.name]
    visit = run.state.visits.get(step.id, 0) + 1
    if step.loop is None:
        run.state.visits[step.id] = visit
        place = run.wait(Place("", step.id, token.scope, visit))
        _open(run, step, place)
        waits.attend(run, node, place)
        return False
    items = _items(run, step, token)
    if not items:
        run.compute(step.id, [])
        return True
    run.state.visits[step.id] = visit
    body = run.wait(Place("", step.id, token.scope, visit, items=items, results=[None] * len(items)))
    waits.attend(run, node, body)
    for index in range(1 if step.loop.sequential else len(items)):
        open_instance(run, step, body, index)
    return False


def open_instance(run: Run, step: Step, body: Place, index: int) -> None:
    """Open one instance of a repeated step."""
    item = (body.items or [])[index]
    _open(run, step, run.wait(Place("", step.id, body.id, body.visit, index=index, item=item)))


def finish(run: Run, place: Place, values: dict[str, Any], choice: str | None) -> None:
    """Keep what a step was finished with, and let its token go on."""
    run.record(facts.StepCompleted(place.id, place.at, values, choice))
    kept = {**values, "choice": choice}
    if place.index is not None:
        end_instance(run, place, kept)
        return
    run.state.data[place.at] = kept
    races.leave(run, place)
    run.go_on(place)


def end_instance(run: Run, place: Place, values: dict[str, Any]) -> None:
    """One instance of a repeated step is done; perhaps the whole step is."""
    body = run.state.tokens[place.scope or ""]
    step = run.definition.steps[place.at]
    del run.state.tokens[place.id]
    results, items = body.results or [], body.items or []
    results[place.index or 0] = values
    following = (place.index or 0) + 1
    if _enough(run, step, body) or not (run.state.parts_of(body.id) or _more(step, items, following)):
        scopes.cancel_parts(run, body, "enough")
        run.compute(step.id, results)
        run.go_on(body)
    elif _more(step, items, following):
        open_instance(run, step, body, following)


def _items(run: Run, step: Step, token: Token) -> list[Any]:
    loop = step.loop
    if loop is None:
        return []
    if loop.collection:
        value = run.values.evaluate(loop.collection, step.id, token)
        items = value if isinstance(value, list) else [] if value is None else None
    else:
        value = run.values.evaluate(loop.cardinality, step.id, token)
        whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        items = list(range(1, min(value, MAX_INSTANCES + 1) + 1)) if whole else None
    if items is None:
        expected = "a list" if loop.collection else "a whole number"
        text = loop.collection or loop.cardinality
        raise ExpressionFailed(expression=text, element=step.id, reason=f"it is not {expected}")
    run.repeat(len(items), step.id)
    return items


def _open(run: Run, step: Step, place: Place) -> None:
    online = run.state.dossier.get("channel") == "online" and step.online_hours
    run.record(facts.StepEntered(
        token=place.id, step=step.id, visit=place.visit, kind=step.kind, role=step.role,
        unit=_unit(run, step, place), hours=step.online_hours if online else step.hours, form=step.form,
        message=step.message, item=place.item, index=place.index,
    ))
    if step.status:
        run.change_status(step.status, step.id, place)


def _unit(run: Run, step: Step, place: Place) -> str:
    if step.unit in ("receiving", "competent"):
        unit = run.state.dossier.get(f"{step.unit}_unit")
    else:
        unit = run.values.literal(step.unit, step.id, place)
    if not isinstance(unit, str) or not unit:
        raise ExpressionFailed(expression=step.unit, element=step.id, reason="it gives no unit")
    return unit


def _more(step: Step, items: list[Any], following: int) -> bool:
    return step.loop is not None and step.loop.sequential and following < len(items)


def _enough(run: Run, step: Step, body: Place) -> bool:
    condition = step.loop.condition if step.loop else ""
    done = {step.id: [result for result in body.results or [] if result is not None]}
    return bool(condition) and run.values.holds(condition, step.id, body, **done)
