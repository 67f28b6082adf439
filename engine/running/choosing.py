"""Which ways on a step offers now."""

from __future__ import annotations

from engine.drawing.vocabulary import Choice, Step
from engine.errors import ChoiceUnknown, SupplementsSpent
from engine.running.values import Values
from engine.state import Place

SUPPLEMENT = "supplement"


def offered(values: Values, work: Step, place: Place) -> tuple[Choice, ...]:
    """The choices whose condition holds; a supplement only while the procedure allows one more."""
    spent = _spent(values)
    return tuple(one for one in work.choices if not (spent and one.kind == SUPPLEMENT)
                 and (not one.when or values.holds(one.when, work.id, place)))


def check(values: Values, work: Step, place: Place, choice: str | None) -> None:
    """Raises SupplementsSpent or ChoiceUnknown unless the step offers the choice (None where it offers none)."""
    allowed = [one.id for one in offered(values, work, place)]
    if (not work.choices and choice is None) or choice in allowed:
        return
    if _spent(values) and any(one.id == choice and one.kind == SUPPLEMENT for one in work.choices):
        raise SupplementsSpent(step=work.id, most=most(values))
    raise ChoiceUnknown(step=work.id, choice=choice or "", offered=", ".join(allowed) or "-")


def most(values: Values) -> int | None:
    """How often the procedure lets a supplement be asked for; None where it does not say."""
    found = values.definition.procedure.get("supplement", {}).get("max")
    return found if isinstance(found, int) else None


def _spent(values: Values) -> bool:
    """Whether as many supplements were awaited as the procedure allows."""
    limit = most(values)
    if limit is None:
        return False
    waits = [step.id for step in values.definition.steps.values() if step.message == SUPPLEMENT]
    homes = [values.state.visits, *(place.visits for place in values.state.tokens.values() if place.visits)]
    return sum(visits.get(wait, 0) for visits in homes for wait in waits) >= limit
