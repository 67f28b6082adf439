"""Does the diagram keep what the procedure promises? The longest way through it against the reduced time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.definition import Definition
from engine.drawing.findings import Finding, error

HOURS_OF_A_DAY = 8
# What stands before everything that begins with the dossier; no element has this id.
BEGINNING = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A way from the start to an end: its steps in order and their working hours together."""

    steps: tuple[str, ...]
    hours: Decimal


def hours_of(limit: Mapping[str, Any] | None) -> Decimal | None:
    """A limit in working hours; None when it is counted in calendar days (or absent)."""
    if not limit or limit.get("value") is None or limit.get("unit") == "calendar_day":
        return None
    return Decimal(str(limit["value"])) * (1 if limit.get("unit") == "hour" else HOURS_OF_A_DAY)


def longest_way(definition: Definition, *, online: bool = False) -> Way:
    """The way with the most working hours; ways back are gone once, waits count nothing."""
    return longest_ways(definition, online=online)[BEGINNING]


def longest_ways(definition: Definition, *, online: bool = False) -> dict[str, Way]:
    """The same from each element on."""
    onward = _onward(definition)
    best: dict[str, Way] = {}
    for node in _ends_first(BEGINNING, onward):
        rest = max((best[target] for target in onward[node]), key=lambda way: way.hours, default=Way((), Decimal(0)))
        hours = hours_at(definition, node, online=online)
        worked = node in definition.steps and definition.steps[node].clock != "stopped"
        best[node] = Way((node, *rest.steps) if worked else rest.steps, rest.hours + hours)
    return best


def hours_at(definition: Definition, element: str, *, online: bool = False) -> Decimal:
    """The working hours of a step; nothing for other elements and for hours that only a dossier decides."""
    step = definition.steps.get(element)
    if step is None:
        return Decimal(0)
    text = step.online_hours if online and step.online_hours else step.hours
    try:
        return Decimal(text or 0)
    except InvalidOperation:
        return Decimal(0)


def broken_promises(definition: Definition, facts: Mapping[str, Any]) -> Iterator[Finding]:
    """Findings where the times of diagram, decision and law do not fit together."""
    limits = facts.get("limits") or {}
    reduced, statutory = hours_of(limits.get("reduced")), _at_most(limits.get("statutory") or {})
    if reduced is not None and statutory is not None and reduced > statutory:
        yield error("reduced_longer", None, reduced=_plain(reduced), statutory=_plain(statutory))
    needed = max(longest_way(definition, online=online).hours for online in (False, True))
    promised = limits.get("reduced") or {}
    if promised.get("unit") == "calendar_day":
        yield error("reduced_in_days", None, needed=_plain(needed), reduced=promised.get("value"))
    if reduced is None:
        return
    if needed > reduced:
        yield error("hours_over", None, needed=_plain(needed), reduced=_plain(reduced))
    elif needed < reduced:
        yield error("hours_under", None, needed=_plain(needed), reduced=_plain(reduced))


def _at_most(limit: Mapping[str, Any]) -> Decimal | None:
    """The working hours that a limit can hold at most: none of its calendar days is more than a working day."""
    return hours_of({**limit, "unit": "working_day"} if limit.get("unit") == "calendar_day" else limit)


def _plain(hours: Decimal) -> str:
    """Hours without zeros at their end: 12, not 12.0."""
    text = f"{hours:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _onward(definition: Definition) -> dict[str, list[str]]:
    """The ways through the diagram without those that lead back."""
    targets: dict[str, Iterable[str]] = {**definition.onward, BEGINNING: definition.starts}
    onward: dict[str, list[str]] = {BEGINNING: []}
    under_way = {BEGINNING}
    open_nodes = [(BEGINNING, iter(targets[BEGINNING]))]
    while open_nodes:
        node, left = open_nodes[-1]
        target = next(left, None)
        if target is None:
            under_way.discard(node)
            open_nodes.pop()
        elif target not in under_way:
            onward[node].append(target)
            if target not in onward:
                onward[target] = []
                under_way.add(target)
                open_nodes.append((target, iter(targets.get(target, []))))
    return onward


def _ends_first(start: str, onward: Mapping[str, list[str]]) -> list[str]:
    """All elements that can be reached, each after everything that follows it."""
    order: list[str] = []
    seen = {start}
    open_nodes = [(start, iter(onward[start]))]
    while open_nodes:
        node, left = open_nodes[-1]
        target = next(left, None)
        if target is None:
            order.append(node)
            open_nodes.pop()
        elif target not in seen:
            seen.add(target)
            open_nodes.append((target, iter(onward[target])))
    return order
