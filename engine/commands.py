"""What somebody wants of one dossier: imperative, frozen, free of clocks and ids of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class StartProcess:
    """Begin the process. `dossier` is the fixed context FEEL sees as `dossier`
    (code, procedure, channel, receiving_unit, competent_unit, received_at as ISO 8601 UTC);
    `form` is the checked filing form, seen as `filing`."""

    dossier: Mapping[str, Any]
    form: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClaimStep:
    """Take an open step for oneself."""

    token: str
    assignee: str


@dataclass(frozen=True, slots=True)
class ReleaseStep:
    """Give a claimed step back to its unit; `reason` says why somebody else than `assignee` does it."""

    token: str
    assignee: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CompleteStep:
    """Finish an open step with its checked form and the chosen way on (None where the step offers no choice).

    A step that nobody holds is claimed first; it must not be held by somebody else than `assignee`.
    """

    token: str
    assignee: str
    form: Mapping[str, Any] = field(default_factory=dict)
    choice: str | None = None


@dataclass(frozen=True, slots=True)
class DeliverMessage:
    """Hand an awaited message to the step or event that waits for it; `token` picks one of several.

    `correlation` is the value that tells one expected message from another of the same name.
    """

    message: str
    form: Mapping[str, Any] = field(default_factory=dict)
    token: str | None = None
    correlation: str | None = None


@dataclass(frozen=True, slots=True)
class BroadcastSignal:
    """Tell the dossier of a signal: everything in it that waits for `signal` catches it, with the values in `form`."""

    signal: str
    form: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AnswerService:
    """Say what came of a requested service: its `output`, or the code of a business `error` and a `message`."""

    token: str
    output: Any = None
    error: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class FireTimer:
    """Say that a set timer is due; `now` of the step must not lie before its due time."""

    timer: str


@dataclass(frozen=True, slots=True)
class WithdrawDossier:
    """The applicant takes the dossier back: every open step is cancelled, status 7."""

    reason: str


@dataclass(frozen=True, slots=True)
class RecomputeDeadlines:
    """Compute all dates anew after the working calendar was corrected; `reason` names the correction, `timers` are the
    new dates of timers in working time, by their numbers."""

    reason: str
    timers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GiveWarning:
    """Warn about an open step that takes long, or the "dossier"; `rung` counts from 0, `to` is whom it goes to."""

    token: str
    rung: int
    to: str


@dataclass(frozen=True, slots=True)
class Reappoint:
    """Apologise and promise a new date, `hours` working hours after the old one; a second time with an `override`."""

    due_at: str
    hours: str
    reason: str
    number: str = ""
    override: str = ""


@dataclass(frozen=True, slots=True)
class MigrateDossier:
    """Go on under the version with this digest; `mapping` names what takes the place of which element or flow of the
    version until now (an empty name lets a boundary event go), `reason` why the dossier is moved."""

    digest: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


Command = (
    StartProcess | ClaimStep | ReleaseStep | CompleteStep | DeliverMessage | BroadcastSignal | AnswerService
    | FireTimer | WithdrawDossier | RecomputeDeadlines | GiveWarning | Reappoint | MigrateDossier
)

KINDS: dict[str, type] = {kind.__name__: kind for kind in Command.__args__}


def to_json(command: Command) -> dict[str, Any]:
    """The command as plain data, for history and for re-execution."""
    return {"command": type(command).__name__, **{name: getattr(command, name) for name in command.__slots__}}


def from_json(data: Mapping[str, Any]) -> Command:
    """The inverse of `to_json`. Raises KeyError for a kind this release does not know."""
    values = {key: value for key, value in data.items() if key != "command"}
    built: Command = KINDS[data["command"]](**values)
    return built
