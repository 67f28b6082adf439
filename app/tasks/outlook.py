"""What would come next: the engine tries each choice on a copy, nothing of it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.dossiers.named import Names
from app.runaways import watched
from engine.clock.timing import Working
from engine.commands import Command, CompleteStep, DeliverMessage
from engine.definition import Choice, Definition
from engine.errors import OneDoorError
from engine.execute import offered, step
from engine.facts import DossierEnded, Fact, StepEntered

NOBODY = "-"


@dataclass(frozen=True)
class AheadStep:
    """A step that the dossier would go to."""

    name: Names
    unit: str
    waits: bool
    hours: str | None
    unit_name: Names | None = None


@dataclass(frozen=True)
class Ahead:
    """Where a choice leads: steps, or the end with a status, or (both empty) others are waited for."""

    steps: tuple[AheadStep, ...]
    ended: int | None

    def with_units(self, names: Mapping[str, Names]) -> Ahead:
        """The same, with the units' names."""
        return replace(self, steps=tuple(replace(each, unit_name=names.get(each.unit)) for each in self.steps))


def outlook(definition: Definition, state: bytes, task: Any, form: Mapping[str, Any],
            at: tuple[datetime, Working]) -> tuple[tuple[Choice | None, Ahead | None], ...]:
    """Every choice of the task with what it leads to; None where that depends on answers not given yet.

    `at` is the time, and what working time comes to.
    """
    if task.message:
        return ((None, _try(definition, state, DeliverMessage(task.message, form, task.token), (task.code, *at))),)
    choices: tuple[Choice | None, ...] = offered(definition, state, task.token, at[0]) or (None,)
    return tuple((each, _try(definition, state, _finish(task, form, each), (task.code, *at))) for each in choices)


def _finish(task: Any, form: Mapping[str, Any], choice: Choice | None) -> Command:
    person = str(task.assignee) if task.assignee is not None else NOBODY
    return CompleteStep(task.token, person, form, choice.id if choice else None)


def _try(definition: Definition, state: bytes, command: Command, where: tuple[str, datetime, Working]) -> Ahead | None:
    code, now, working = where
    try:
        with watched(code):
            outcome = step(definition, state, command, now, working=working)
    except OneDoorError:
        return None
    return ahead_of(definition, outcome.facts)


def ahead_of(definition: Definition, facts: tuple[Fact, ...]) -> Ahead:
    """The steps entered and the end reached by these facts."""
    steps = tuple(_step(definition, fact) for fact in facts if isinstance(fact, StepEntered))
    return Ahead(steps, next((fact.status for fact in facts if isinstance(fact, DossierEnded)), None))


def _step(definition: Definition, fact: StepEntered) -> AheadStep:
    found = definition.steps[fact.step]
    names = {"vi": found.name, "en": found.name_en or found.name}
    return AheadStep(names, fact.unit, fact.message is not None, fact.hours)
