"""A walk through a definition by whoever chooses: every open step, choice, message and timer is one way to go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from engine.clock.timing import moment_of, text_of
from engine.clock.worktime import Calendar, counted_in
from engine.commands import (
    AnswerService,
    BroadcastSignal,
    ClaimStep,
    Command,
    CompleteStep,
    DeliverMessage,
    FireTimer,
    StartProcess,
)
from engine.definition import Definition
from engine.errors import Failed, StepFailed
from engine.execute import offered, step
from engine.fold import View, fold

PERSON = "rehearsal"
WORKING = counted_in(Calendar())
MOST_ACTIONS = 50
@dataclass(frozen=True, slots=True)
class Walked:
    """How a walk went: "ended", "open" after so many actions, or the name of the error that the drawing leads to.

    `element` is where it could not go on.
    """

    ending: str
    actions: int
    element: str | None = None


def wander(
    definition: Definition, now: datetime, choose: Callable[[int], int], limit: int = MOST_ACTIONS
) -> Walked:
    """Go on until the end or for so many actions; `choose(n)` gives a number below n.

    Raises StepFailed, which is a fault of the engine and not of the drawing.
    """
    state: bytes | None = None
    view = View()
    actions = 0
    following: list[Command] = [StartProcess(_dossier(definition, now), {})]
    while following and actions < limit:
        try:
            for command in following:
                outcome = step(definition, state, command, now, working=WORKING)
                state, view = outcome.state, fold(outcome.facts, view)
        except StepFailed:
            raise
        except Failed as problem:
            return Walked(problem.code(), actions, str(problem.details.get("element") or "") or None)
        actions += 1
        ways = [] if view.ended else list(_ways(definition, state or b"", view, now))
        now, following = ways[choose(len(ways))] if ways else (now, [])
    return Walked("ended" if view.ended else "open", actions)


def _dossier(definition: Definition, now: datetime) -> dict[str, str]:
    return {
        "code": "H49.101.1-260302-0001", "procedure": str(definition.procedure.get("code", "")), "channel": "direct",
        "receiving_unit": "H49.101.1", "competent_unit": "H49.101", "received_at": text_of(now),
    }


def _ways(
    definition: Definition, state: bytes, view: View, now: datetime
) -> Iterator[tuple[datetime, list[Command]]]:
    for token, each in view.open.items():
        if each.message is not None:
            yield now, [DeliverMessage(each.message, {}, token)]
            continue
        choices: list[str | None] = [choice.id for choice in offered(definition, state, token, now)]
        for choice in choices or [None]:
            yield now, [ClaimStep(token, PERSON), CompleteStep(token, PERSON, {}, choice)]
    for timer, (_, due_at) in view.timers.items():
        yield max(now, moment_of(due_at)), [FireTimer(timer)]
    for wait, awaited in view.waits.items():
        if awaited.kind == "message":
            yield now, [DeliverMessage(awaited.name, {}, wait, awaited.key)]
        elif awaited.kind == "signal":
            yield now, [BroadcastSignal(awaited.name)]
    for token in view.services:
        yield now, [AnswerService(token)]
