"""A running dossier moves to another version of its procedure: who can, who cannot and why, and the move itself.

A mapping names, for elements and flows of the old version, what takes their place in the new one; what has the same id
in both needs no naming, and what lies ahead of the tokens none at all. Tokens, waits, repetitions and values keep
their numbers, holders and dates; only where they are changes its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine import facts, state
from engine.clock.timing import Working
from engine.definition import Definition
from engine.drawing import soundness
from engine.drawing.naming import space_of
from engine.drawing.vocabulary import Step
from engine.errors import MappingRefused, MigrationRefused
from engine.migration_waits import anew, named
from engine.running import waits
from engine.running.moves import Run
from engine.state import Place, State, Timer, Wait

DROPPED = ""
OBSTACLES: dict[str, str] = {
    "gone": "{element} is not in the new version; name what takes its place.",
    "kind": "{element} ({old}) cannot become {target} ({new}); only elements of one kind can be exchanged.",
    "scope": "{element} and {target} do not stand in the same subprocess.",
    "event": "Event {element} waits for something of another kind in the new version.",
    "host": "Event {element} does not hang on the same element in the new version.",
    "repetition": "{element} repeats in another way in the new version, so the place in the repetition would be lost.",
    "arrival": "A token has come to {element} over flow {flow}, which the new version does not have; name its place.",
    "undoing": "What was done before {element} is being taken back; wait until that is done.",
    "unreadable": "The dossier's state cannot be read: {reason}.",
    "waits": "{element} may wait for ever for a token that this dossier cannot send any more in the new version.",
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a dossier cannot be moved: a code, the element of the old version (for `waits` of the new one), details."""

    code: str
    element: str
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The English sentence with its places still empty."""
        return OBSTACLES[self.code]

    def __str__(self) -> str:
        return self.template.format_map({"element": self.element, **self.details})


@dataclass(frozen=True, slots=True)
class Way:
    """From one version to another; `names` has everything whose id changes, flows between renamed elements too."""

    old: Definition
    new: Definition
    names: Mapping[str, str]

    def to(self, identity: str) -> str:
        """What takes the place of an element or flow."""
        return state.follow(self.names, identity)

    def kept(self, identity: str) -> str:
        """The name under which something stays known; what is let go keeps its old one."""
        return self.to(identity) or identity

    def flow(self, identity: str) -> str | None:
        """What takes the place of a flow, if the new version has it between the same elements."""
        target = self.new.flows.get(self.to(identity))
        return target.id if target and target.target == self.to(self.old.flows[identity].target) else None


def way(old: Definition, new: Definition, mapping: Mapping[str, str]) -> Way:
    """The way between two versions. Raises MappingRefused if the mapping does not fit them."""
    known, there = {*old.elements, *old.flows}, {*new.elements, *new.flows}
    for source, target in mapping.items():
        if source not in known:
            raise MappingRefused(element=source, reason="the old version does not have it")
        if target not in there and not (target == DROPPED and _may_drop(old, source)):
            raise MappingRefused(element=source, reason=f'the new version has no "{target}"')
        if target != DROPPED and target != source and _is_taken(target, mapping, known):
            raise MappingRefused(element=source, reason=f'"{target}" already stands for something else')
    return Way(old, new, {**_flows(old, new, mapping), **{a: b for a, b in mapping.items() if a != b}})


def obstacles(to: Way, stored: bytes) -> tuple[Obstacle, ...]:
    """Everything that keeps a dossier from being moved."""
    return _obstacles(to, state.load(stored))


def move(to: Way, current: State, now: datetime, working: Working | None = None) -> Run:
    """The dossier in the new version, with the facts that say so. Raises MigrationRefused."""
    found = _obstacles(to, current)
    if found:
        raise MigrationRefused(count=len(found), first=found[0], obstacles=found)
    before = {place.id: place.at for place in current.tokens.values()}
    _rename(to, current)
    run = Run(to.new, current, now, working)
    run.record(facts.DossierMigrated(to.old.digest, to.new.digest, dict(to.names)))
    for place in current.tokens.values():
        if place.at in to.new.steps and place.items is None:
            _record_step(run, to.old.steps[before[place.id]], place)
    for one in _waiting(current):
        _move_wait(run, to, one)
    anew(run, to.old, to.to, before)
    return run


def _waiting(current: State) -> list[Timer | Wait]:
    """The timers that are set and the events that are awaited."""
    return [*current.timers.values(), *current.waits.values()]


def _may_drop(old: Definition, element: str) -> bool:
    return element in old.elements and old.elements[element].type == "boundaryEvent"


def _is_taken(target: str, mapping: Mapping[str, str], known: set[str]) -> bool:
    return list(mapping.values()).count(target) > 1 or (target in known and target not in mapping)


def _flows(old: Definition, new: Definition, mapping: Mapping[str, str]) -> dict[str, str]:
    """The flows that have another id between the same elements."""
    between: dict[tuple[str, str], list[str]] = {}
    for flow in new.flows.values():
        between.setdefault((flow.source, flow.target), []).append(flow.id)
    found = {}
    for flow in old.flows.values():
        ends = mapping.get(flow.source, flow.source), mapping.get(flow.target, flow.target)
        ways = between.get(ends, [])
        if len(ways) == 1 and flow.id not in mapping and ways[0] != flow.id:
            found[flow.id] = ways[0]
    return found


# What is in the way


def _obstacles(to: Way, current: State) -> tuple[Obstacle, ...]:
    found = [each for place in current.tokens.values() for each in _at_place(to, current, place)]
    found += [each for one in _waiting(current) for each in _at_wait(to, current, one)]
    found += [each for key in current.arrivals for each in _at_join(to, current, key)]
    found = found or list(_stuck(to, current))
    return tuple({(each.code, each.element): each for each in found}.values())


def _at_place(to: Way, current: State, place: Place) -> Iterator[Obstacle]:
    missing = _exchange(to, place.at)
    if missing is not None:
        yield missing
        return
    target = to.to(place.at)
    if place.todo is not None:
        yield Obstacle("undoing", place.at)
    around = None if place.scope is None else current.tokens[place.scope]
    if around is not None and to.old.elements[around.at].type == "eventBasedGateway":
        if not any((flow.source, flow.target) == (to.to(around.at), target) for flow in to.new.flows.values()):
            yield Obstacle("host", place.at)
        around = current.tokens.get(around.scope or "")
    inside = around is not None and (around.items is not None or around.todo is not None)
    if not inside and to.new.elements[target].scope != (to.to(around.at) if around else None):
        yield Obstacle("scope", place.at, {"target": target})
    if _repetition(to.old, place.at) != _repetition(to.new, target):
        yield Obstacle("repetition", place.at)


def _repetition(definition: Definition, element: str) -> str:
    loop = definition.spec.task_specs[element].loop
    if loop is None:
        return ""
    return "loop" if loop.standard else "in a row" if loop.sequential else "at once"


def _exchange(to: Way, element: str) -> Obstacle | None:
    target = to.new.elements.get(to.to(element))
    if target is None:
        return Obstacle("gone", element)
    old = to.old.elements[element].type
    details = {"target": target.id, "old": old, "new": target.type}
    return None if old == target.type else Obstacle("kind", element, details)


def _at_wait(to: Way, current: State, one: Timer | Wait) -> Iterator[Obstacle]:
    if to.to(one.element) == DROPPED:
        return
    missing = _exchange(to, one.element)
    if missing is not None:
        yield missing
    elif _named(to, one) is None:
        yield Obstacle("event", one.element)
    elif not _hangs(to, current, one):
        yield Obstacle("host", one.element)


def _named(to: Way, one: Timer | Wait) -> str | None:
    return named(to.old.events[one.element], to.new.events[to.to(one.element)], one)


def _hangs(to: Way, current: State, one: Timer | Wait) -> bool:
    """Whether an event is where it was: on the same host, in the same scope, or behind the same gateway."""
    holder, target = current.tokens.get(one.token), to.to(one.element)
    if holder is not None and holder.at == one.element:
        return True
    around = to.to(holder.at) if holder is not None else None
    if to.old.events[one.element].role == "start":
        frame = to.new.events[target].frame
        return frame is not None and to.new.elements[frame].scope == around
    drawn = to.new.spec.task_specs[around]
    return target in [event.name for event in drawn.events] or target in [flow.target for flow in drawn.ways]


def _at_join(to: Way, current: State, key: str) -> Iterator[Obstacle]:
    join = key.split("/", 1)[1]
    missing = _exchange(to, join)
    if missing is not None:
        yield missing
        return
    for flow in current.arrivals[key]:
        if to.flow(flow) is None:
            yield Obstacle("arrival", join, {"flow": flow})


def _stuck(to: Way, current: State) -> Iterator[Obstacle]:
    """Joins of the new version that the tokens of this dossier could leave waiting for ever."""
    frames = [place for place in current.tokens.values() if place.at in to.old.frames and place.items is None]
    for frame in (None, *frames):
        inside = frame.id if frame else None
        standing = [to.to(place.at) for place in current.tokens.values() if place.scope == inside]
        arrived = [
            to.to(flow) for key, counts in current.arrivals.items() if key.split("/", 1)[0] == (inside or "")
            for flow, count in counts.items() for _ in range(count)
        ]
        for join in soundness.stuck_from(to.new.xml, to.to(frame.at) if frame else None, standing, arrived):
            yield Obstacle("waits", join)


# The move


def _rename(to: Way, current: State) -> None:
    current.digest = to.new.digest
    current.data, current.visits = _renamed(to, "", current.data), _renamed(to, "", current.visits)
    current.end = None if current.end is None else to.to(current.end)
    for place in current.tokens.values():
        called = place.at in to.old.called
        if place.results is not None and place.at in to.old.frames and not called:
            kept = [None if each is None else _renamed(to, space_of(place.at), each) for each in place.results]
            place.results = kept
        space = f"{place.at}:" if called else space_of(place.at)
        place.at = to.to(place.at)
        place.data = None if place.data is None else _renamed(to, space, place.data)
        place.visits = None if place.visits is None else _renamed(to, space, place.visits)
    current.arrivals = {
        f"{scope}/{to.to(join)}": {to.to(flow): count for flow, count in counts.items()}
        for (scope, join), counts in ((key.split("/", 1), counts) for key, counts in current.arrivals.items())
    }
    current.done = {scope: [_record(to, each) for each in records] for scope, records in current.done.items()}


def _renamed(to: Way, space: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return state.follow_within(to.names, space, values)


def _record(to: Way, done: list[Any]) -> list[Any]:
    """What a compensation would take back, see `engine/running/compensation.py`."""
    activity, event, seen, inside, *apart = done
    space = space_of(activity)
    return [
        to.kept(activity), event and to.kept(event), _renamed(to, space, seen), [_record(to, each) for each in inside],
        *([frame, _renamed(to, space, values)] for frame, values in apart),
    ]


def _record_step(run: Run, old: Step, place: Place) -> None:
    """An open step keeps its unit, hours, holder and date; the rest is as the new version has it."""
    new = run.definition.steps[place.at]
    if [old.id, old.kind, old.role, old.form, old.message] != [new.id, new.kind, new.role, new.form, new.message]:
        run.record(facts.StepMoved(place.id, new.id, new.kind, new.role, new.form, new.message))


def _move_wait(run: Run, to: Way, one: Timer | Wait) -> None:
    """What is waited for keeps its number and date; what was let go is not waited for any more."""
    target = to.to(one.element)
    if target == DROPPED:
        waits.drop(run, one)
        return
    moved, name = target != one.element, _named(to, one)
    one.element = target
    if isinstance(one, Timer):
        if moved:
            run.record(facts.TimerMoved(one.id, target))
        return
    if name is not None and (moved or name != one.name):
        one.name = name
        run.record(facts.EventMoved(one.id, target, name))
