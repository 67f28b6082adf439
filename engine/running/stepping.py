"""Steps: how one opens, for whom, and what is kept when it is finished."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import facts
from engine.drawing.vocabulary import Step
from engine.errors import ExpressionFailed
from engine.running import races, repeating, waits
from engine.running.guards import Token
from engine.state import Place, short

if TYPE_CHECKING:
    from engine.running.moves import Run


def enter(run: Run, node: Any, token: Token) -> bool:
    """Open a step, or all instances of a repeated one; true if there is nothing to wait for."""
    if node.loop is not None:
        return repeating.enter(run, node, token)
    place = Place("", node.name, token.scope)
    begin(run, node, place)
    waits.attend(run, node, place)
    return False


def count(run: Run, node: Any, place: Place) -> None:
    """Number the visit; all instances of a multi-instance step belong to one."""
    visits = run.home(place).visits
    name = short(node.name)
    place.visit = visits[name] = visits.get(name, 0) + 1


def begin(run: Run, node: Any, place: Place) -> None:
    """Make a step, or one instance of it, work for somebody."""
    if not place.visit:
        count(run, node, place)
    if node.event is not None:
        place.key = waits.correlation(run, node.event, place)
    run.wait(place)
    _open(run, run.definition.steps[node.name], place)


def finish(run: Run, place: Place, values: dict[str, Any], choice: str | None) -> None:
    """Keep what a step was finished with, and let its token go on."""
    body = repeating.body_of(run, place)
    home = run.home(place)
    run.record(facts.StepCompleted(place.id, place.at, values, choice, home.frame))
    kept = {**values, "choice": choice}
    if place.index is None:
        home.data[short(place.at)] = kept
    if body is None:
        races.leave(run, place)
        run.go_on(place)
    else:
        repeating.end_instance(run, place, body, kept)


def _open(run: Run, step: Step, place: Place) -> None:
    online = run.state.dossier.get("channel") == "online" and step.online_hours
    run.record(facts.StepEntered(
        token=place.id, step=step.id, visit=place.visit, kind=step.kind, role=step.role,
        unit=_unit(run, step, place), hours=step.online_hours if online else step.hours, form=step.form,
        message=step.message, item=place.item, index=place.index, frame=run.home(place).frame,
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
