"""What happened to one dossier: past tense, frozen, versioned. History lists these; every view is a fold of them.

Times inside facts are ISO 8601 UTC texts; hours are working hours (8 h = 1 working day).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.facts_dated import DeadlinesRecomputed as DeadlinesRecomputed
from engine.facts_dated import DueMoved as DueMoved
from engine.facts_dated import DueSet as DueSet
from engine.facts_dated import LimitSet as LimitSet
from engine.facts_dated import PromiseKept as PromiseKept
from engine.facts_dated import Reappointed as Reappointed
from engine.facts_dated import ReceptionDeferred as ReceptionDeferred
from engine.facts_dated import TimerDueMoved as TimerDueMoved
from engine.facts_dated import WarningGiven as WarningGiven
from engine.facts_moved import DossierMigrated as DossierMigrated
from engine.facts_moved import EventMoved as EventMoved
from engine.facts_moved import StepMoved as StepMoved
from engine.facts_moved import TimerMoved as TimerMoved

VERSION = 1


@dataclass(frozen=True, slots=True)
class ProcessStarted:
    """The dossier was received under the version with this digest."""

    digest: str
    dossier: Mapping[str, Any]
    form: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PathFollowed:
    """Tokens moved by themselves over these elements and sequence flows, in this order."""

    elements: tuple[str, ...]
    flows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BranchDecided:
    """A gateway chose these flows; `condition` is the FEEL text that held ("" for the default flow) and
    `because` the values it looked at."""

    gateway: str
    flows: tuple[str, ...]
    condition: str
    because: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ValueComputed:
    """A script or business rule task computed a value, kept under the element's id."""

    element: str
    value: Any
    frame: str | None = None


@dataclass(frozen=True, slots=True)
class FrameEntered:
    """A subprocess or call with `values` of its own began; what is computed in it belongs to it alone.

    `frame` is the frame around it. An instance of a repeated one has its `index` and `item`, seen inside as `name`;
    what is `called` sees nothing of its caller.
    """

    token: str
    element: str
    values: Mapping[str, Any]
    frame: str | None = None
    name: str | None = None
    item: Any = None
    index: int | None = None
    called: bool = False


@dataclass(frozen=True, slots=True)
class FrameLeft:
    """A subprocess or call with values of its own ended; `reason` as of a cancelled step, or empty when it is done."""

    token: str
    element: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StepEntered:
    """A step became work for somebody (or a wait, when `message` is set).

    `visit` counts from 1. `item` and `index` belong to one instance of a multi-instance step, else None. `frame` is the
    subprocess or call that keeps its values to itself and in which the step is, else None.
    """

    token: str
    step: str
    visit: int
    kind: str
    role: str
    unit: str
    hours: str | None
    form: str | None
    message: str | None = None
    item: Any = None
    index: int | None = None
    frame: str | None = None


@dataclass(frozen=True, slots=True)
class StepClaimed:
    """Somebody took the step."""

    token: str
    step: str
    assignee: str


@dataclass(frozen=True, slots=True)
class StepReleased:
    """Somebody gave the step back to its unit."""

    token: str
    step: str
    assignee: str


@dataclass(frozen=True, slots=True)
class StepCompleted:
    """The step was finished with these values, kept under the step's id."""

    token: str
    step: str
    form: Mapping[str, Any]
    choice: str | None = None
    frame: str | None = None


@dataclass(frozen=True, slots=True)
class StepCancelled:
    """The step ended without being done; `reason` is interrupted, withdrawn, terminated or enough."""

    token: str
    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class TimerSet:
    """A timer event started to wait; `working` is the working time that came to `due_at` by the calendar of then."""

    timer: str
    element: str
    due_at: str
    working: str | None = None


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer event went off."""

    timer: str
    element: str


@dataclass(frozen=True, slots=True)
class TimerCancelled:
    """A timer event stopped waiting without going off."""

    timer: str
    element: str


@dataclass(frozen=True, slots=True)
class EventAwaited:
    """A message, signal or condition (`kind`) of this name started to be awaited; `key` is a message's correlation."""

    wait: str
    element: str
    kind: str
    name: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class EventCaught:
    """An event happened at this element. `wait` ended with it; errors, escalations and cancels were not waited for.

    The values that a message, signal, error or escalation brought are kept under the element's id.
    """

    wait: str | None
    element: str
    kind: str
    name: str
    values: Mapping[str, Any]
    frame: str | None = None


@dataclass(frozen=True, slots=True)
class EventDropped:
    """An awaited event is not awaited any more, without having happened."""

    wait: str
    element: str


@dataclass(frozen=True, slots=True)
class EventThrown:
    """The process itself raised a signal, error, escalation, cancel or compensation (`kind`); `name` is its name
    or code, or the activity to compensate."""

    element: str
    kind: str
    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MessageSent:
    """The process sent a message; `inside` says that this very dossier awaited and got it."""

    element: str
    message: str
    key: str | None
    values: Mapping[str, Any]
    inside: bool


@dataclass(frozen=True, slots=True)
class ServiceRequested:
    """A service task asked the connector of this name for something and waits for the answer."""

    token: str
    element: str
    connector: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ServiceAnswered:
    """The connector answered; its output is kept under the element's id, unless it is one of `several` of a
    multi-instance task."""

    token: str
    element: str
    output: Any
    frame: str | None = None
    several: bool = False


@dataclass(frozen=True, slots=True)
class ServiceFailed:
    """The connector answered with the code of a business error."""

    token: str
    element: str
    error: str
    message: str


@dataclass(frozen=True, slots=True)
class ServiceCancelled:
    """The answer is not awaited any more; `reason` as of a cancelled step."""

    token: str
    element: str
    reason: str


@dataclass(frozen=True, slots=True)
class ActivityCompensated:
    """What an activity had done began to be taken back by its handler."""

    activity: str
    handler: str


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The public status (1-10 of the national portal) moved; `old` is 0 at the beginning."""

    old: int
    new: int


@dataclass(frozen=True, slots=True)
class ClockStopped:
    """The legal clock stopped while somebody outside is awaited (`reason`: supplement, financial or applicant)."""

    reason: str


@dataclass(frozen=True, slots=True)
class ClockStarted:
    """The legal clock runs (again)."""

    reason: str


@dataclass(frozen=True, slots=True)
class DossierEnded:
    """No token is left; `end` is the end event reached, or None after a withdrawal."""

    status: int
    end: str | None


Fact = (
    ProcessStarted | PathFollowed | BranchDecided | ValueComputed | FrameEntered | FrameLeft | StepEntered | StepClaimed
    | StepReleased | StepCompleted | StepCancelled | TimerSet | TimerFired | TimerCancelled | EventAwaited | EventCaught
    | EventDropped | EventThrown | MessageSent | ServiceRequested | ServiceAnswered | ServiceFailed | ServiceCancelled
    | ActivityCompensated | StatusChanged | ClockStopped | ClockStarted | DueSet | LimitSet
    | ReceptionDeferred | DeadlinesRecomputed | DueMoved | WarningGiven | Reappointed | DossierMigrated | StepMoved
    | TimerMoved | EventMoved | PromiseKept | TimerDueMoved | DossierEnded
)

KINDS: dict[str, type] = {kind.__name__: kind for kind in Fact.__args__}
BRINGING = ("message", "signal", "error", "escalation")
_TUPLES = {"elements", "flows"}
# What later releases added is written only where it says something, so that old histories stay what they were.
_LATER = {"frame", "working"}


def to_json(fact: Fact) -> dict[str, Any]:
    """The fact as plain data, as history keeps it."""
    values = ((name, getattr(fact, name)) for name in fact.__slots__)
    said = {name: value for name, value in values if value is not None or name not in _LATER}
    return {"fact": type(fact).__name__, "v": VERSION, **said}


def from_json(data: Mapping[str, Any]) -> Fact:
    """The inverse of `to_json`. Raises KeyError for a kind this release does not know."""
    values = {
        key: tuple(value) if key in _TUPLES else value
        for key, value in data.items()
        if key not in ("fact", "v")
    }
    built: Fact = KINDS[data["fact"]](**values)
    return built
