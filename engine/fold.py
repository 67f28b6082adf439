"""Facts become the dossier as it was at that moment; no engine runs, no diagram is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine import facts
from engine.drawing.naming import space_of
from engine.facts import BranchDecided, Fact
from engine.state import follow, follow_within, short


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
    frame: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """A subprocess or call that keeps its values to itself; `frame` is the one around it."""

    element: str
    data: Mapping[str, Any]
    visits: Mapping[str, int] = field(default_factory=dict)
    frame: str | None = None
    name: str | None = None
    item: Any = None
    index: int | None = None
    called: bool = False


@dataclass(frozen=True, slots=True)
class Awaited:
    """An event that is awaited: a message, signal or condition (`kind`) of this name."""

    element: str
    kind: str
    name: str
    key: str | None = None


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
    frames: Mapping[str, Frame] = field(default_factory=dict)
    timers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    waits: Mapping[str, Awaited] = field(default_factory=dict)
    services: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    passed: tuple[str, ...] = ()
    flows: tuple[str, ...] = ()
    decisions: tuple[BranchDecided, ...] = ()
    due: Mapping[str, str | None] = field(default_factory=dict)
    ended: bool = False
    end: str | None = None


def in_sight(view: View, frame: str | None) -> dict[str, Any]:
    """The values and visits that a form or an expression sees in a frame, or in the dossier itself."""
    if frame is None:
        return {**view.data, "dossier": view.dossier, "visits": view.visits}
    here = view.frames[frame]
    if here.called:
        return {**here.data, "dossier": view.dossier, "visits": here.visits}
    around = in_sight(view, here.frame)
    own = {here.name: here.item} if here.name else {}
    return {**around, **here.data, **own, "visits": {**around["visits"], **here.visits}}


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
        self.frames = dict(view.frames)
        self.timers = dict(view.timers)
        self.waits = dict(view.waits)
        self.services = dict(view.services)
        self.due = dict(view.due)
        self.passed = list(view.passed)
        self.flows = list(view.flows)
        self.decisions = list(view.decisions)

    def keep(self, frame: str | None, element: str, value: Any) -> None:
        """Put a value where it belongs."""
        if frame is None:
            self.data[element] = value
        else:
            at = self.frames[frame]
            self.frames[frame] = replace(at, data={**at.data, short(element): value})

    def view(self) -> View:
        return replace(
            self.base, data=self.data, visits=self.visits, open=self.open, frames=self.frames, timers=self.timers,
            waits=self.waits, services=self.services, due=self.due, passed=tuple(self.passed),
            flows=tuple(self.flows), decisions=tuple(self.decisions),
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
    draft.keep(fact.frame, fact.element, fact.value)


def _frame_entered(draft: _Draft, fact: facts.FrameEntered) -> None:
    draft.frames[fact.token] = Frame(
        fact.element, fact.values, frame=fact.frame, name=fact.name, item=fact.item, index=fact.index,
        called=fact.called,
    )


def _frame_left(draft: _Draft, fact: facts.FrameLeft) -> None:
    del draft.frames[fact.token]


def _entered(draft: _Draft, fact: facts.StepEntered) -> None:
    if fact.frame is None:
        draft.visits[fact.step] = max(fact.visit, draft.visits.get(fact.step, 0))
    else:
        frame, name = draft.frames[fact.frame], short(fact.step)
        visits = {**frame.visits, name: max(fact.visit, frame.visits.get(name, 0))}
        draft.frames[fact.frame] = replace(frame, visits=visits)
    draft.open[fact.token] = OpenStep(
        step=fact.step, visit=fact.visit, unit=fact.unit, role=fact.role, kind=fact.kind, hours=fact.hours,
        form=fact.form, message=fact.message, item=fact.item, index=fact.index, frame=fact.frame,
    )


def _claimed(draft: _Draft, fact: facts.StepClaimed) -> None:
    draft.open[fact.token] = replace(draft.open[fact.token], assignee=fact.assignee)


def _released(draft: _Draft, fact: facts.StepReleased) -> None:
    draft.open[fact.token] = replace(draft.open[fact.token], assignee=None)


def _completed(draft: _Draft, fact: facts.StepCompleted) -> None:
    """An instance of a repeated step leaves its values to the list that is computed when all are done."""
    if draft.open.pop(fact.token).index is None:
        draft.keep(fact.frame, fact.step, {**fact.form, "choice": fact.choice})
    draft.passed.append(fact.step)


def _cancelled(draft: _Draft, fact: facts.StepCancelled) -> None:
    del draft.open[fact.token]


def _timer_set(draft: _Draft, fact: facts.TimerSet | facts.TimerDueMoved) -> None:
    draft.timers[fact.timer] = (fact.element, fact.due_at)


def _timer_over(draft: _Draft, fact: facts.TimerFired | facts.TimerCancelled) -> None:
    del draft.timers[fact.timer]


def _awaited(draft: _Draft, fact: facts.EventAwaited) -> None:
    draft.waits[fact.wait] = Awaited(fact.element, fact.kind, fact.name, fact.key)


def _caught(draft: _Draft, fact: facts.EventCaught) -> None:
    if fact.wait is not None:
        del draft.waits[fact.wait]
    if fact.kind in facts.BRINGING:
        draft.keep(fact.frame, fact.element, fact.values)


def _dropped(draft: _Draft, fact: facts.EventDropped) -> None:
    del draft.waits[fact.wait]


def _requested(draft: _Draft, fact: facts.ServiceRequested) -> None:
    draft.services[fact.token] = (fact.element, fact.connector)


def _answered(draft: _Draft, fact: facts.ServiceAnswered) -> None:
    del draft.services[fact.token]
    if not fact.several:
        draft.keep(fact.frame, fact.element, fact.output)


def _service_over(draft: _Draft, fact: facts.ServiceCancelled) -> None:
    del draft.services[fact.token]


def _told(draft: _Draft, fact: Fact) -> None:
    """What was thrown leaves its traces in what caught it."""


def _status(draft: _Draft, fact: facts.StatusChanged) -> None:
    draft.base = replace(draft.base, status=fact.new)


def _clock_stopped(draft: _Draft, fact: facts.ClockStopped) -> None:
    draft.base = replace(draft.base, clock=fact.reason)


def _clock_started(draft: _Draft, fact: facts.ClockStarted) -> None:
    draft.base = replace(draft.base, clock="running")


def _due(draft: _Draft, fact: facts.DueSet | facts.DueMoved) -> None:
    draft.due[fact.scope] = fact.due_at


def _migrated(draft: _Draft, fact: facts.DossierMigrated) -> None:
    """Everything kept so far goes by its name in the new version."""
    def to(name: str) -> str:
        return follow(fact.mapping, name) or name

    draft.base = replace(draft.base, digest=fact.new, end=draft.base.end and to(draft.base.end))
    draft.data = follow_within(fact.mapping, "", draft.data)
    draft.visits = follow_within(fact.mapping, "", draft.visits)
    draft.services = {token: (to(element), name) for token, (element, name) in draft.services.items()}
    for token, frame in draft.frames.items():
        space = f"{frame.element}:" if frame.called else space_of(frame.element)
        draft.frames[token] = replace(
            frame, element=to(frame.element), data=follow_within(fact.mapping, space, frame.data),
            visits=follow_within(fact.mapping, space, frame.visits),
        )
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


def _event_moved(draft: _Draft, fact: facts.EventMoved) -> None:
    draft.waits[fact.wait] = replace(draft.waits[fact.wait], element=fact.element, name=fact.name)


def _ended(draft: _Draft, fact: facts.DossierEnded) -> None:
    draft.base = replace(draft.base, ended=True, status=fact.status, end=fact.end)


APPLY: dict[type, Callable[[_Draft, Any], None]] = {
    facts.ProcessStarted: _started,
    facts.PathFollowed: _path,
    facts.BranchDecided: _decided,
    facts.ValueComputed: _computed,
    facts.FrameEntered: _frame_entered,
    facts.FrameLeft: _frame_left,
    facts.StepEntered: _entered,
    facts.StepClaimed: _claimed,
    facts.StepReleased: _released,
    facts.StepCompleted: _completed,
    facts.StepCancelled: _cancelled,
    facts.TimerSet: _timer_set,
    facts.TimerDueMoved: _timer_set,
    facts.TimerFired: _timer_over,
    facts.TimerCancelled: _timer_over,
    facts.EventAwaited: _awaited,
    facts.EventCaught: _caught,
    facts.EventDropped: _dropped,
    facts.EventThrown: _told,
    facts.MessageSent: _told,
    facts.ServiceRequested: _requested,
    facts.ServiceAnswered: _answered,
    facts.ServiceFailed: _told,
    facts.ServiceCancelled: _service_over,
    facts.ActivityCompensated: _told,
    facts.StatusChanged: _status,
    facts.ClockStopped: _clock_stopped,
    facts.ClockStarted: _clock_started,
    facts.DueSet: _due,
    facts.LimitSet: _told,
    facts.ReceptionDeferred: _told,
    facts.PromiseKept: _told,
    facts.DeadlinesRecomputed: _told,
    facts.DueMoved: _due,
    facts.WarningGiven: _told,
    facts.Reappointed: _told,
    facts.DossierMigrated: _migrated,
    facts.StepMoved: _step_moved,
    facts.TimerMoved: _timer_moved,
    facts.EventMoved: _event_moved,
    facts.DossierEnded: _ended,
}
