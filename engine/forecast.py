"""When a dossier will be done, from how long the steps on its way have taken before. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Usual:
    """What a step usually takes, in working hours: the median, the 90th percentile, out of so many."""

    median: Decimal
    ninetieth: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """Working hours that a dossier still needs: as a rule, and at worst in nine of ten cases for every step."""

    usual: Decimal
    slow: Decimal


def usual_of(taken: Sequence[Decimal], planned: Decimal) -> Usual:
    """What a step usually takes; with too little experience, what is planned for it."""
    if len(taken) < ENOUGH:
        return Usual(planned, planned, len(taken))
    return spread(taken)


def spread(taken: Sequence[Decimal]) -> Usual:
    """The median and the 90th percentile of what was taken, at least once."""
    ordered = sorted(taken)
    return Usual(_share(ordered, Decimal("0.5")), _share(ordered, Decimal("0.9")), len(ordered))


def _share(ordered: Sequence[Decimal], share: Decimal) -> Decimal:
    """The value below which that share of the others lies, between two neighbours where it falls between them."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def ahead_of(way: Iterable[str], usual: Mapping[str, Usual], used: Decimal) -> Ahead:
    """What lies ahead on the way, whose first step has used so many hours already."""
    steps = [usual[step] for step in way if step in usual]
    if not steps:
        return Ahead(Decimal(0), Decimal(0))
    first, rest = steps[0], steps[1:]
    return Ahead(
        max(first.median - used, Decimal(0)) + sum((step.median for step in rest), Decimal(0)),
        max(first.ninetieth - used, Decimal(0)) + sum((step.ninetieth for step in rest), Decimal(0)),
    )
