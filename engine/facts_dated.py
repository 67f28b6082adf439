"""What happened to a dossier's limits and dates; part of `engine/facts.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class DueSet:
    """A due date was computed. `scope` is "dossier", "statutory" or a step's token; None while the clock stands."""

    scope: str
    due_at: str | None


@dataclass(frozen=True, slots=True)
class LimitSet:
    """A variant of a limit holds for this dossier: `scope` is "statutory" or "reduced", `value` a number in `unit`
    (hour, working_day, calendar_day), `condition` the FEEL text that held."""

    scope: str
    value: float
    unit: str
    condition: str


@dataclass(frozen=True, slots=True)
class PromiseKept:
    """The dossier went over to a version with other limits: until its clock next stops or starts, its dates are counted
    by those of the version before. `limits` are these, with value and unit; `policy` is what a supplement does."""

    limits: Mapping[str, Any]
    policy: str


@dataclass(frozen=True, slots=True)
class ReceptionDeferred:
    """The dossier came after the receiving unit's cut-off hour `after` ("15:00"): its time runs from the opening of the
    next working day."""

    after: str


@dataclass(frozen=True, slots=True)
class DeadlinesRecomputed:
    """The working calendar was corrected, which moved dates of this dossier; `reason` is the correction."""

    reason: str


@dataclass(frozen=True, slots=True)
class DueMoved:
    """A due date moved from `old` to `due_at` by a corrected calendar; `scope` as in DueSet."""

    scope: str
    old: str | None
    due_at: str | None


@dataclass(frozen=True, slots=True)
class TimerDueMoved:
    """A set timer in working time is due at `due_at` instead of `old` by a corrected calendar."""

    timer: str
    element: str
    old: str
    due_at: str


@dataclass(frozen=True, slots=True)
class WarningGiven:
    """A warning was given about an open step (or, with the token "dossier", that an apology is to be thought of).

    `rung` counts from 0; `to` is officer, head or unit.
    """

    token: str
    step: str
    rung: int
    to: str


@dataclass(frozen=True, slots=True)
class Reappointed:
    """An apology was signed and promises a new date, `hours` working hours after the old one; `number` is the
    letter's, `override` the reason for a further one."""

    due_at: str
    hours: str
    reason: str
    number: str
    override: str
