"""Which dossiers the demonstration has: when they came, where, with which scenario, and how quickly they are worked."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from app.casework import Actor
from app.clock import LOCAL
from app.demonstration.names import STARTED, another_person, retold
from app.demonstration.province import Place, communes
from app.procedures.shipped import Shipped
from engine.clock.worktime import Calendar, add, between

DOSSIERS = 200
MAIN_WEIGHT = 5
ACTS = {"complete", "deliver", "fire", "withdraw"}
SHARES = {"household-business": 34, "construction-permit": 18, "land-change": 18, "judicial-record": 16,
          "electricity-supply": 14}
AGES = ((0, 3, 30), (3, 8, 27), (8, 20, 27), (20, 55, 16))
LYING = 0.15
# What each kind of step takes of its hours as a rule, against the dossier's pace; a dossier is slow at a desk,
# not at the counter.
HABITS = {"appraise": Decimal("1.7"), "consult": Decimal("1.2")}
QUICK = {"receive", "stamp", "sign", "return"}
PACES = ((0.25, 0.9, 86), (1.3, 2.2, 9), (3.0, 5.0, 5))


@dataclass(slots=True)
class Play:
    """One dossier on its way through its scenario; at the act `lies_at` it is left lying for days.

    `then` is when the next act follows while its step is yet to be claimed, `holder` who claimed it.
    """

    procedure: str
    channel: str
    receiving_unit: str
    competent_unit: str
    starts: datetime
    filing: dict[str, Any]
    steps: list[dict[str, Any]]
    components: Sequence[Mapping[str, Any]]
    chance: random.Random
    pace: Decimal
    code: str = ""
    lies_at: int | None = None
    position: int = field(default=0)
    then: datetime | None = None
    holder: Actor | None = None

    def pace_at(self, kind: str) -> Decimal:
        """How much of its hours a step of this kind takes."""
        return min(self.pace, Decimal("0.9")) if kind in QUICK else self.pace * HABITS.get(kind, 1)

    def upcoming(self) -> dict[str, Any] | None:
        """The scenario's next act, or None at its end."""
        return self.steps[self.position] if self.position < len(self.steps) else None


def plays(now: datetime, calendar: Calendar, shipped: Sequence[Shipped], count: int = DOSSIERS) -> Iterator[Play]:
    """The same dossiers for the same day, whatever the machine."""
    chance = random.Random(f"onedoor {now:%Y-%m-%d}")  # noqa: S311 - a story, not a secret
    weights = [SHARES.get(each.key, 10) for each in shipped]
    for each in chance.choices(shipped, weights, k=count):
        yield _play(random.Random(chance.random()), now, calendar, each)  # noqa: S311


def _play(chance: random.Random, now: datetime, calendar: Calendar, shipped: Shipped) -> Play:
    facts = shipped.bundle.procedure
    scenario = _scenario(chance, shipped.scenarios)
    place, receiving = _where(chance, facts)
    starts = _when(chance, now, calendar)
    changes = another_person(chance, _applicant(facts, scenario["filing"]))
    if "kinds" in facts["competent"]:
        changes |= _moved_to(place)
    days = (starts.astimezone(LOCAL).date() - STARTED).days
    return Play(
        procedure=shipped.code, channel=scenario["channel"], receiving_unit=receiving,
        competent_unit=_competent(facts, place), starts=starts, filing=retold(scenario["filing"], changes, days),
        steps=[retold(each, changes, days) for each in scenario["steps"] if ACTS & set(each)],
        components=facts["components"], chance=chance, pace=_pace(chance),
        lies_at=chance.randrange(len(scenario["steps"])) if chance.random() < LYING else None,
    )


def _scenario(chance: random.Random, scenarios: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Most dossiers simply succeed, some need a supplement, few end badly."""
    found = [scenarios[name] for name in sorted(scenarios)]
    weights = [_weight(each) for each in found]
    return chance.choices(found, weights)[0]


def _weight(scenario: Mapping[str, Any]) -> int:
    if scenario["expect"].get("status") in (3, 7, 8):
        return 2
    return 4 if any("deliver" in each for each in scenario["steps"]) else 7


def _where(chance: random.Random, facts: Mapping[str, Any]) -> tuple[Place, str]:
    """A commune, and the centre at which the applicant turns up: any one where the procedure allows it."""
    found = communes()
    place = chance.choices(found, [MAIN_WEIGHT] + [1] * (len(found) - 1))[0]
    if not facts.get("non_territorial") or chance.random() < 0.75:
        return place, f"{place.code}.1"
    return place, chance.choice([f"{found[0].code}.1", "H49.1"])


def _competent(facts: Mapping[str, Any], place: Place) -> str:
    units = facts["competent"].get("units")
    return str(units[0]) if units else place.code


def _moved_to(place: Place) -> dict[str, str]:
    first = communes()[0]
    return {first.code: place.code, first.vi: place.vi, _inside(first.vi): _inside(place.vi)}


def _inside(name: str) -> str:
    return name[0].lower() + name[1:]


def _applicant(facts: Mapping[str, Any], filing: Mapping[str, Any]) -> dict[str, str]:
    """The applicant's own values in the filing, "" for those that are not there."""
    paths = facts["applicant"]
    keys = {part: str(paths.get(part) or "").removeprefix("=").removeprefix("filing.") for part in
            ("name", "id", "phone", "email", "address")}
    return {part: str(filing.get(key) or "") for part, key in keys.items()}


def _when(chance: random.Random, now: datetime, calendar: Calendar) -> datetime:
    """A moment of a working day in the past, recent ones more often."""
    low, high, _ = chance.choices(AGES, [share for _, _, share in AGES])[0]
    day = now.astimezone(LOCAL).date() - timedelta(days=chance.uniform(low, high))
    while True:
        opening = datetime.combine(day, time(0), LOCAL).astimezone(UTC)
        hours = between(calendar, opening, min(opening + timedelta(days=1), now))
        if hours > 0:
            return add(calendar, opening, hours * chance.randrange(3, 97) / 100)
        day -= timedelta(days=1)


def _pace(chance: random.Random) -> Decimal:
    """How much of each step's hours is used; above one the dossier becomes late."""
    low, high, _ = chance.choices(PACES, [share for _, _, share in PACES])[0]
    return Decimal(f"{chance.uniform(low, high):.2f}")
