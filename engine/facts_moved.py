"""What happened to a dossier when it went over to another version; part of `engine/facts.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DossierMigrated:
    """The dossier went on under another version: digests of both, and everything whose id changed."""

    old: str
    new: str
    mapping: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StepMoved:
    """An open step is now this step of the version that the dossier went over to; unit, hours and holder stay."""

    token: str
    step: str
    kind: str
    role: str
    form: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class TimerMoved:
    """A set timer now belongs to this element of the new version; it is due when it was."""

    timer: str
    element: str


@dataclass(frozen=True, slots=True)
class EventMoved:
    """An awaited event now belongs to this element of the new version, which calls it by this name."""

    wait: str
    element: str
    name: str
