"""Facts become the dossier as it was at that moment; no engine runs, no diagram is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine import facts
from engine.facts import BranchDecided, Fact


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step that waits for a person or for somebody outside."""

    step: str
    visit: int
    unit: str
    role: str
    kind: str = ""
    hours: str | None = None
    form: str | None = None
    message: str | None = None
    item: Any = None
    index: int | None = None
    assignee: str | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A dossier at one moment."""

    digest: str = ""
    dossier: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    visits: Mapping[str, int] = field(default_factory=dict)
    status: int = 0
    clock: str = "running"
    open: Mapping[str, OpenStep] = field(default_factory=dict)
    timers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    passed: tuple[str, ...] = ()
    flows: tuple[str, ...] = ()
    decisions: tuple[BranchDecided, ...] = ()
    due: Mapping[str, str | None] = field(default_factory=dict)
    ended: bool = False
    end: str | None = None


def fold(recorded: Iterable[Fact], onto: View | None = None) -> View:
    """The view after all these facts, beginning with an empty one or with an earlier view."""
    view = onto or View()
    for fact in recorded:
        view = APPLY[type(fact)](view, fact)
    return view


def _with(mapping: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    return {**mapping, key: value}


def _without(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key}


def _started(view: View, fact: facts.ProcessStarted) -> View:
    return replace(view, digest=fact.digest, dossier=fact.dossier, data={"filing": fact.form})


def _path(view: View, fact: facts.PathFollowed) -> View:
    return replace(view, passed=(*view.passed, *fact.elements), flows=(*view.flows, *fact.flows))


def _decided(view: View, fact: BranchDecided) -> View:
    return replace(view, decisions=(*view.decisions, fact))


def _computed(view: View, fact: facts.ValueComputed) -> View:
    return replace(view, data=_with(view.data, fact.element, fact.value))


def _entered(view: View, fact: facts.StepEntered) -> View:
    opened = OpenStep(
        step=fact.step, visit=fact.visit, unit=fact.unit, role=fact.role, kind=fact.kind, hours=fact.hours,
        form=fact.form, message=fact.message, item=fact.item, index=fact.index,
    )
    visits = _with(view.visits, fact.step, fact.visit)
    return replace(view, open=_with(view.open, fact.token, opened), visits=visits)


def _claimed(view: View, fact: facts.StepClaimed) -> View:
    return _assigned(view, fact.token, fact.assignee)


def _released(view: View, fact: facts.StepReleased) -> View:
    return _assigned(view, fact.token, None)


def _assigned(view: View, token: str, assignee: str | None) -> View:
    return replace(view, open=_with(view.open, token, replace(view.open[token], assignee=assignee)))


def _completed(view: View, fact: facts.StepCompleted) -> View:
    """An instance of a repeated step leaves its values to the list computed when all are done."""
    data = view.data
    if view.open[fact.token].index is None:
        data = _with(data, fact.step, {**fact.form, "choice": fact.choice})
    return replace(view, data=data, open=_without(view.open, fact.token), passed=(*view.passed, fact.step))


def _cancelled(view: View, fact: facts.StepCancelled) -> View:
    return replace(view, open=_without(view.open, fact.token))


def _timer_set(view: View, fact: facts.TimerSet) -> View:
    return replace(view, timers=_with(view.timers, fact.timer, (fact.element, fact.due_at)))


def _timer_over(view: View, fact: facts.TimerFired | facts.TimerCancelled) -> View:
    return replace(view, timers=_without(view.timers, fact.timer))


def _status(view: View, fact: facts.StatusChanged) -> View:
    return replace(view, status=fact.new)


def _clock_stopped(view: View, fact: facts.ClockStopped) -> View:
    return replace(view, clock=fact.reason)


def _clock_started(view: View, fact: facts.ClockStarted) -> View:
    return replace(view, clock="running")


def _due(view: View, fact: facts.DueSet) -> View:
    return replace(view, due=_with(view.due, fact.scope, fact.due_at))


def _ended(view: View, fact: facts.DossierEnded) -> View:
    return replace(view, ended=True, status=fact.status, end=fact.end)


APPLY: dict[type, Callable[[View, Any], View]] = {
    facts.ProcessStarted: _started,
    facts.PathFollowed: _path,
    facts.BranchDecided: _decided,
    facts.ValueComputed: _computed,
    facts.StepEntered: _entered,
    facts.StepClaimed: _claimed,
    facts.StepReleased: _released,
    facts.StepCompleted: _completed,
    facts.StepCancelled: _cancelled,
    facts.TimerSet: _timer_set,
    facts.TimerFired: _timer_over,
    facts.TimerCancelled: _timer_over,
    facts.StatusChanged: _status,
    facts.ClockStopped: _clock_stopped,
    facts.ClockStarted: _clock_started,
    facts.DueSet: _due,
    facts.DossierEnded: _ended,
}
