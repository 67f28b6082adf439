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
    draft = _Draft(onto or View())
    for fact in recorded:
        APPLY[type(fact)](draft, fact)
    return draft.view()


class _Draft:
    """A view being changed; only `fold` has it, so that folding a long history copies it once."""

    def __init__(self, view: View) -> None:
        self.base = view
        self.data = dict(view.data)
        self.visits = dict(view.visits)
        self.open = dict(view.open)
        self.timers = dict(view.timers)
        self.due = dict(view.due)
        self.passed = list(view.passed)
        self.flows = list(view.flows)
        self.decisions = list(view.decisions)

    def view(self) -> View:
        return replace(
            self.base, data=self.data, visits=self.visits, open=self.open, timers=self.timers, due=self.due,
            passed=tuple(self.passed), flows=tuple(self.flows), decisions=tuple(self.decisions),
        )


def _started(draft: _Draft, fact: facts.ProcessStarted) -> None:
    draft.base = replace(draft.base, digest=fact.digest, dossier=fact.dossier)
    draft.data["filing"] = fact.form


def _path(draft: _Draft, fact: facts.PathFollowed) -> None:
    draft.passed += fact.elements
    draft.flows += fact.flows


def _decided(draft: _Draft, fact: BranchDecided) -> None:
    draft.decisions.append(fact)


def _computed(draft: _Draft, fact: facts.ValueComputed) -> None:
    draft.data[fact.element] = fact.value


def _entered(draft: _Draft, fact: facts.StepEntered) -> None:
    draft.visits[fact.step] = max(fact.visit, draft.visits.get(fact.step, 0))
    draft.open[fact.token] = OpenStep(
        step=fact.step, visit=fact.visit, unit=fact.unit, role=fact.role, kind=fact.kind, hours=fact.hours,
        form=fact.form, message=fact.message, item=fact.item, index=fact.index,
    )


def _claimed(draft: _Draft, fact: facts.StepClaimed) -> None:
    draft.open[fact.token] = replace(draft.open[fact.token], assignee=fact.assignee)


def _released(draft: _Draft, fact: facts.StepReleased) -> None:
    draft.open[fact.token] = replace(draft.open[fact.token], assignee=None)


def _completed(draft: _Draft, fact: facts.StepCompleted) -> None:
    """An instance of a repeated step leaves its values to the list that is computed when all are done."""
    if draft.open.pop(fact.token).index is None:
        draft.data[fact.step] = {**fact.form, "choice": fact.choice}
    draft.passed.append(fact.step)


def _cancelled(draft: _Draft, fact: facts.StepCancelled) -> None:
    del draft.open[fact.token]


def _timer_set(draft: _Draft, fact: facts.TimerSet) -> None:
    draft.timers[fact.timer] = (fact.element, fact.due_at)


def _timer_over(draft: _Draft, fact: facts.TimerFired | facts.TimerCancelled) -> None:
    del draft.timers[fact.timer]


def _status(draft: _Draft, fact: facts.StatusChanged) -> None:
    draft.base = replace(draft.base, status=fact.new)


def _clock_stopped(draft: _Draft, fact: facts.ClockStopped) -> None:
    draft.base = replace(draft.base, clock=fact.reason)


def _clock_started(draft: _Draft, fact: facts.ClockStarted) -> None:
    draft.base = replace(draft.base, clock="running")


def _due(draft: _Draft, fact: facts.DueSet) -> None:
    draft.due[fact.scope] = fact.due_at


def _migrated(draft: _Draft, fact: facts.DossierMigrated) -> None:
    """Everything kept so far goes by its name in the new version."""
    def to(name: str) -> str:
        return fact.mapping.get(name) or name

    draft.base = replace(draft.base, digest=fact.new, end=draft.base.end and to(draft.base.end))
    draft.data = {to(name): value for name, value in draft.data.items()}
    draft.visits = {to(name): count for name, count in draft.visits.items()}
    draft.passed = [to(name) for name in draft.passed]
    draft.flows = [to(name) for name in draft.flows]
    draft.decisions = [
        replace(each, gateway=to(each.gateway), flows=tuple(to(name) for name in each.flows))
        for each in draft.decisions
    ]


def _step_moved(draft: _Draft, fact: facts.StepMoved) -> None:
    draft.open[fact.token] = replace(
        draft.open[fact.token], step=fact.step, kind=fact.kind, role=fact.role, form=fact.form, message=fact.message
    )


def _timer_moved(draft: _Draft, fact: facts.TimerMoved) -> None:
    draft.timers[fact.timer] = (fact.element, draft.timers[fact.timer][1])


def _ended(draft: _Draft, fact: facts.DossierEnded) -> None:
    draft.base = replace(draft.base, ended=True, status=fact.status, end=fact.end)


APPLY: dict[type, Callable[[_Draft, Any], None]] = {
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
    facts.DossierMigrated: _migrated,
    facts.StepMoved: _step_moved,
    facts.TimerMoved: _timer_moved,
    facts.DossierEnded: _ended,
}
