"""Does the diagram keep what the procedure promises? The longest way through it against the reduced time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.clock.limits import condition_of
from engine.definition import Definition
from engine.drawing.findings import Finding, error

HOURS_OF_A_DAY = 8
Limit = Mapping[str, Any]
# What stands before everything that begins with the dossier; no element has this id.
BEGINNING = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A way from the start to an end: its steps in order and their working hours together."""

    steps: tuple[str, ...]
    hours: Decimal


def hours_of(limit: Limit | None) -> Decimal | None:
    """A limit in working hours; None when it is counted in calendar days (or absent)."""
    if not limit or limit.get("value") is None or limit.get("unit") == "calendar_day":
        return None
    return Decimal(str(limit["value"])) * (1 if limit.get("unit") == "hour" else HOURS_OF_A_DAY)


def longest_way(definition: Definition, *, online: bool = False, under: str = "") -> Way:
    """The way with the most working hours; ways back are gone once, waits count nothing.

    `under` is a condition that is true: a gateway that asks for just that does not go on by its default then.
    """
    return longest_ways(definition, online=online, under=under)[BEGINNING]


def longest_ways(definition: Definition, *, online: bool = False, under: str = "") -> dict[str, Way]:
    """The same from each element on."""
    onward = _onward(definition, under)
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
    yield from (each for name, pair in _pairs(limits) for each in _over_the_law(name, *pair))
    promised = limits.get("reduced") or {}
    reduced, needed = hours_of(promised), _needed(definition)
    if promised.get("unit") == "calendar_day":
        yield error("reduced_in_days", None, needed=_plain(needed), reduced=promised.get("value"))
    if reduced is not None and needed > reduced:
        yield error("hours_over", None, needed=_plain(needed), reduced=_plain(reduced))
    elif reduced is not None and needed < reduced:
        yield error("hours_under", None, needed=_plain(needed), reduced=_plain(reduced))
    for variant in _variants(promised).values():
        yield from _over_the_variant(definition, variant)


def _needed(definition: Definition, under: str = "") -> Decimal:
    """The hours of the longest way, at the counter or online."""
    return max(longest_way(definition, online=online, under=under).hours for online in (False, True))


def _pairs(limits: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Limit, Limit]]]:
    """(variant, (reduced, statutory)): the limits that hold together, "" for those that hold without a variant."""
    told: list[Limit] = [limits.get(name) or {} for name in ("reduced", "statutory")]
    promised, law = map(_variants, told)
    for name in dict.fromkeys(["", *promised, *law]):
        yield name, (promised.get(name, told[0]), law.get(name, told[1]))


def _variants(limit: Limit) -> dict[str, Limit]:
    """A limit's variants by their condition, or by what readers are told of those that only they are told."""
    found: dict[str, Limit] = {}
    for variant in limit.get("variants") or ():
        told = variant.get("when") or {}
        name = condition_of(variant) or told.get("vi") or told.get("en") or str(len(found) + 1)
        found.setdefault(name, {**variant, "unit": variant.get("unit") or limit.get("unit")})
    return found


def _over_the_law(name: str, reduced: Limit, statutory: Limit) -> Iterator[Finding]:
    """What is promised for longer than the law allows."""
    promised, allowed = hours_of(reduced), _at_most(statutory)
    if promised is None or allowed is None or promised <= allowed:
        return
    found = {"reduced": _plain(promised), "statutory": _plain(allowed)}
    yield error("variant_longer", None, variant=name, **found) if name else error("reduced_longer", None, **found)


def _over_the_variant(definition: Definition, variant: Limit) -> Iterator[Finding]:
    """A variant that the steps cannot keep; one that readers are only told holds for no dossier."""
    under, reduced = condition_of(variant), hours_of(variant)
    needed = _needed(definition, under)
    if variant.get("unit") == "calendar_day":
        yield error("reduced_in_days", None, needed=_plain(needed), reduced=variant.get("value"))
    elif under and reduced is not None and needed > reduced:
        yield error("variant_over", None, variant=under, needed=_plain(needed), reduced=_plain(reduced))


def _at_most(limit: Limit) -> Decimal | None:
    """The working hours that a limit can hold at most: none of its calendar days is more than a working day."""
    return hours_of({**limit, "unit": "working_day"} if limit.get("unit") == "calendar_day" else limit)


def _plain(hours: Decimal) -> str:
    """Hours without zeros at their end: 12, not 12.0."""
    text = f"{hours:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _onward(definition: Definition, under: str) -> dict[str, list[str]]:
    """The ways through the diagram without those that lead back."""
    targets: dict[str, Iterable[str]] = {**definition.onward, BEGINNING: definition.starts, **_asked(definition, under)}
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


def _asked(definition: Definition, under: str) -> dict[str, list[str]]:
    """Where the gateways that ask for a condition can lead while it is true: never on by their default."""
    flows = definition.flows.values() if under else ()
    gateways = {flow.source for flow in flows if condition_of({"condition": flow.condition}) == under}
    return {
        gateway: [flow.target for flow in flows if flow.source == gateway and flow.condition]
        for gateway in gateways if definition.elements[gateway].type == "exclusiveGateway"
    }


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
