"""Random ways through one diagram, and everything that has to hold on each of them."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine import commands as do
from engine import execute, facts
from engine.clock.timing import moment_of
from engine.definition import Definition
from engine.errors import BudgetExceeded, ErrorUncaught, OneAtATime, OneDoorError, StepFailed, Stuck
from engine.fold import View, fold
from engine.running.moves import Run
from engine.state import State, dump, load
from tests.engine.builders import DOSSIER, NOW
from tests.walks.reading import read
from tests.walks.reference import Reference

LONGEST = 60
CLOSING = 400
LONG_ENOUGH = 30
MOST_OPEN = 12
VALUES = (1, 5, 9)
HOUR = timedelta(hours=1)


class Disagreement(Exception):
    """Something does not hold; `kind` names the property."""

    def __init__(self, kind: str, said: str) -> None:
        super().__init__(f"{kind}: {said}")
        self.kind = kind


@dataclass(eq=False, slots=True)
class Stand:
    """A dossier after some commands; ways with the same beginning share it."""

    command: do.Command
    now: datetime
    state: bytes
    facts: tuple[facts.Fact, ...]
    view: View
    depth: int = 0
    next: dict[do.Command | str, Stand] = field(default_factory=dict)
    able: list[tuple[str, str | None]] | None = None


@dataclass(slots=True)
class Tally:
    """What was done and what came of it."""

    diagrams: int = 0
    walks: int = 0
    distinct: int = 0
    commands: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Both together."""
        for name in ("diagrams", "walks", "distinct", "commands"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.seen += other.seen


class Prover:
    """One diagram, walked many times. `sound` diagrams must reach their end whatever is done; `decided` ones, of which
    the gate could say that they are sound, never get stuck. Of `foreign` ones the values are unknown: a step may fail
    for want of them, and the reference is not asked."""

    def __init__(
        self, xml: str, definitions: tuple[Definition, Definition], sound: bool, decided: bool, foreign: bool = False
    ) -> None:
        self.definition, self.fresh = definitions
        self.sound, self.decided, self.foreign = sound, decided, foreign
        self.drawing = None if foreign else read(xml)
        self.first: dict[str, Stand] = {}
        self.proved: set[Stand] = set()
        self.tally = Tally(diagrams=1)
        self.fingerprints = False
        self.digest = hashlib.sha256()

    def walk(self, seed: str) -> None:
        """One random way, then everything that has to hold on it."""
        trail = list(self._trail(random.Random(seed)))
        self.tally.walks += 1
        self.tally.commands += len(trail)
        if trail:
            self._prove(trail)

    def every_order(self, filing: Mapping[str, object]) -> int:
        """Every order in which people can do what is open, each finishing what he has in hand; how many there are."""
        start = self._go(self.first, json.dumps(filing), None, do.StartProcess(DOSSIER, filing), NOW)
        orders, pending = 0, [[start] if start is not None else []]
        while pending:
            trail = pending.pop()
            if trail[-1].view.ended:
                self._prove(trail)
                orders += 1
                continue
            able = list(dict.fromkeys(self._able(trail[-1])))
            for what, which in [each for each in able if each[1] != "claim"] or able:
                command, now = self._command(trail[-1], what, which, VALUES[1])
                further = self._go(trail[-1].next, f"{what} {which}", trail[-1], command, now)
                pending += [[*trail, further]] if further is not None else []
        return orders

    def _prove(self, trail: list[Stand]) -> None:
        if trail[-1] in self.proved:
            return
        self.proved.add(trail[-1])
        self.tally.distinct += 1
        self._compare(trail)
        self._repeat(trail)
        if fold(fact for stand in trail for fact in stand.facts) != trail[-1].view:
            raise Disagreement("fold", "folding all facts at once gives another view than folding them in parts")
        if self.fingerprints:
            self.digest.update(trail[-1].state + told(trail).encode())

    # Going at random

    def _trail(self, rng: random.Random) -> Iterator[Stand]:
        filing = {"n": rng.choice(VALUES), "x": ["p", "q", "r"][: rng.randint(0, 3)]}
        start = do.StartProcess(DOSSIER, filing)
        stand = self._go(self.first, json.dumps(filing), None, start, NOW)
        while stand is not None:
            yield stand
            if stand.view.ended:
                self.tally.seen["ended" if stand.view.end else "withdrawn"] += 1
                return
            if self._enough(stand):
                return
            stand = self._next(stand, rng)

    def _enough(self, stand: Stand) -> bool:
        if not self.sound and (stand.depth > LONG_ENOUGH or len(stand.view.open) > MOST_OPEN):
            self.tally.seen["cut off"] += 1
            return True
        if stand.depth > LONGEST + CLOSING:
            raise Disagreement("end", f"not ended after {stand.depth} commands; open: {_open(stand.view)}")
        return False

    def _next(self, stand: Stand, rng: random.Random) -> Stand | None:
        if rng.random() < 0.004 and stand.view.status < 9:
            return self._go(stand.next, "withdraw", stand, do.WithdrawDossier("x"), stand.now)
        if stand.able is None:
            stand.able = self._able(stand)
        if not stand.able and self.foreign and (stand.view.waits or stand.view.services):
            self.tally.seen["waits for what nobody sends"] += 1
            return None
        if not stand.able:
            raise Disagreement("stuck", "nothing can be done and it has not ended")
        closing = stand.depth > LONGEST
        what, which = stand.able[0] if closing else rng.choice(stand.able)
        value = rng.choice(VALUES)
        command, now = self._command(stand, what, which, value)
        return self._go(stand.next, f"{what} {which} {value}", stand, command, now)

    def _able(self, stand: Stand) -> list[tuple[str, str | None]]:
        """What can be done: a token and a choice, or a timer. What is asked is likelier than what happens."""
        found: list[tuple[str, str | None]] = []
        for token, opened in stand.view.open.items():
            step = self.definition.steps[opened.step]
            choices: list[str | None] = [None]
            if any(one.when for one in step.choices):
                choices = [one.id for one in execute.offered(self.definition, stand.state, token, stand.now)]
            elif step.choices:
                choices = [one.id for one in step.choices]
            if opened.message is None and opened.assignee is None:
                choices = ["claim"] if self._turn(stand, token) else []
            found += [(f"step {token}", one) for one in choices]
        messages = [number for number, one in stand.view.waits.items() if one.kind == "message"]
        signals = sorted({one.name for one in stand.view.waits.values() if one.kind == "signal"})
        found += [(f"service {token}", code) for token, (at, _) in stand.view.services.items()
                  for code in (None, *self._fails(at))]
        return [*found, *found, *((f"timer {number}", None) for number in stand.view.timers),
                *((f"message {number}", None) for number in messages), *(("signal", name) for name in signals)]

    def _turn(self, stand: Stand, token: str) -> bool:
        """Whether a step can be taken in hand; in a sequential ad-hoc subprocess only one is at a time."""
        if not any(each.sequential for each in self.definition.ad_hocs.values()):
            return True
        try:
            return bool(execute.step(self.definition, stand.state, do.ClaimStep(token, "lan"), stand.now))
        except OneAtATime:
            return False

    def _fails(self, element: str) -> list[str]:
        """The codes of the errors that a boundary event of a service task catches."""
        events = [node.event for node in self.definition.spec.task_specs[element].events]
        return [each.name for event in events for each in event.triggers if each.kind == "error" and each.name]

    def _command(self, stand: Stand, what: str, which: str | None, value: int) -> tuple[do.Command, datetime]:
        kind, _, number = what.partition(" ")
        if kind == "signal":
            return do.BroadcastSignal(which or "", {"v": value}), stand.now + HOUR
        if kind == "service":
            return do.AnswerService(number, None if which else value, which), stand.now + HOUR
        if kind == "timer":
            return do.FireTimer(number), max(stand.now, moment_of(stand.view.timers[number][1]))
        now = stand.now + HOUR
        if kind == "message":
            wait = stand.view.waits[number]
            return self._delivered(stand, wait.name, wait.key, number, value), now
        opened = stand.view.open[number]
        if opened.message:
            return self._delivered(stand, opened.message, load(stand.state).tokens[number].key, number, value), now
        if which == "claim":
            return do.ClaimStep(number, "lan"), now
        if value == VALUES[0] and stand.depth % 7 == 3:
            return do.ReleaseStep(number, "lan"), now
        return do.CompleteStep(number, "lan", {"v": value}, which), now

    def _delivered(self, stand: Stand, message: str, key: str | None, number: str, value: int) -> do.Command:
        """A message for one of those who wait for it, named or found by its key."""
        if stand.depth % 3:
            return do.DeliverMessage(message, {"v": value}, number)
        return do.DeliverMessage(message, {"v": value}, None, key)

    def _go(
        self, known: dict[str, Stand], key: str, stand: Stand | None, command: do.Command, now: datetime
    ) -> Stand | None:
        """One command on the stored bytes, as far as no way has done so before."""
        if key not in known:
            try:
                outcome = execute.step(self.definition, stand and bytes(stand.state), command, now)
            except OneDoorError as problem:
                self._refused(problem)
                return None
            view = fold(outcome.facts, stand.view if stand else None)
            known[key] = Stand(command, now, outcome.state, outcome.facts, view, stand.depth + 1 if stand else 0)
            agree(outcome.state, view, self.definition.services)
        return known[key]

    def _refused(self, problem: OneDoorError) -> None:
        """Only a diagram wired at random may ask for more than there is, or get stuck if that was not decided before;
        then the element is named."""
        allowed = isinstance(problem, BudgetExceeded | ErrorUncaught)
        allowed = allowed or (isinstance(problem, Stuck) and not self.decided)
        allowed = allowed or (self.foreign and not isinstance(problem, StepFailed | Stuck))
        if self.sound or not allowed or not problem.details.get("element"):
            raise Disagreement(type(problem).__name__, str(problem)) from problem
        self.tally.seen[type(problem).__name__] += 1

    # What has to hold

    def _repeat(self, trail: list[Stand]) -> None:
        """Another compiled definition and a state that is never stored give the same facts and bytes."""
        state: State | None = None
        for stand in trail:
            if state is None:
                state = State(self.fresh.digest, dict(DOSSIER))
            run = Run(self.fresh, execute._at(stand.now, state), stand.now)
            execute._HANDLERS[type(stand.command)](run, stand.command)
            if tuple(run.facts) != stand.facts:
                raise Disagreement("reload", f"{stand.command}: {run.facts} without reloading, {stand.facts} with")
        if state is not None and dump(state) != trail[-1].state:
            raise Disagreement("reload", "the state that was never reloaded ends with other bytes")

    def _compare(self, trail: list[Stand]) -> None:
        """The reference interpreter has the same enabled after every action."""
        if self.drawing is None:
            return
        reference = Reference(self.drawing)
        before = View()
        for stand in trail:
            if isinstance(stand.command, do.WithdrawDossier):
                return
            act(reference, stand.command, before)
            ours, theirs = enabled(stand.view), reference.enabled()
            if ours != theirs:
                raise Disagreement("reference", f"after {stand.command}: engine {ours}, reference {theirs}")
            known = dict(reference.root.data)
            passed = [each for each in stand.view.passed if each not in self.definition.steps]
            visits = {f"visits.{name}": times for name, times in stand.view.visits.items()}
            ours = [passed, {name: stand.view.data.get(name) for name in known} | visits]
            theirs = [reference.passed, known]
            if ours != theirs:
                raise Disagreement("reference", f"after {stand.command}: engine has {ours}, reference {theirs}")
            before = stand.view


def enabled(view: View) -> tuple[Counter[tuple[str, int | None]], Counter[str], bool]:
    """What the engine's facts say can be done."""
    work = Counter((opened.step, opened.index) for opened in view.open.values())
    work.update((element, None) for element, _ in view.services.values())
    awaited = [element for element, _ in view.timers.values()] + [one.element for one in view.waits.values()]
    return work, Counter(awaited), view.ended


def act(reference: Reference, command: do.Command, before: View) -> None:
    """The same action on the reference; of things that are alike the engine's nth is the reference's nth."""

    def alike(number: str, elements: Mapping[str, str]) -> tuple[str, int]:
        named = elements[number]
        return named, [each for each, element in elements.items() if element == named].index(number)

    waits = {number: one.element for number, one in before.waits.items()}
    if isinstance(command, do.StartProcess):
        reference.play(reference.start, command.form)
    elif isinstance(command, do.FireTimer):
        timers = {number: element for number, (element, _) in before.timers.items()}
        reference.play(reference.caught, reference.find("wait", *alike(command.timer, timers)))
    elif isinstance(command, do.BroadcastSignal):
        reference.play(reference.signal, command.signal)
    elif isinstance(command, do.AnswerService):
        services = {one: element for one, (element, _) in before.services.items()}
        found = reference.find("open", *alike(command.token, services))
        if command.error is None:
            reference.play(reference.finish, found, command.output)
        else:
            reference.play(reference.throw, "error", command.error, found)
    elif isinstance(command, do.DeliverMessage) and command.token in before.waits:
        reference.play(reference.caught, reference.find("wait", *alike(command.token, waits)))
    elif isinstance(command, do.DeliverMessage) and command.token is None:
        reference.play(reference.send, command.message, command.correlation, command.form)
    elif isinstance(command, do.CompleteStep | do.DeliverMessage):
        opened = before.open[command.token or ""]
        steps = {name: one.step for name, one in before.open.items() if one.index == opened.index}
        found = reference.find("open", *alike(command.token or "", steps), opened.index)
        choice = command.choice if isinstance(command, do.CompleteStep) else None
        reference.play(reference.finish, found, {**command.form, "choice": choice})


def agree(stored: bytes, view: View, services: Container[str] = ()) -> None:
    """The folded facts and the engine's own state say the same, and what has not ended waits visibly."""
    state = load(stored)
    ours: Mapping[str, object] = {
        "open": {token: each.step for token, each in view.open.items()},
        "assignees": {token: each.assignee for token, each in view.open.items()},
        "waits": {wait: (one.element, one.kind, one.name, one.key) for wait, one in view.waits.items()},
        "frames": {token: (one.data, one.visits) for token, one in view.frames.items()},
        "services": {token: element for token, (element, _) in view.services.items() if element in services},
        "timers": view.timers, "data": view.data, "visits": view.visits, "status": view.status,
        "clock": view.clock, "ended": view.ended, "end": view.end if view.ended else None,
    }
    theirs: Mapping[str, object] = {
        "open": {each.id: each.at for each in state.tokens.values() if each.visit and each.items is None},
        "assignees": {token: state.tokens[token].assignee for token in view.open if token in state.tokens},
        "waits": {each.id: (each.element, each.kind, each.name, each.key) for each in state.waits.values()},
        "frames": {each.id: (each.data, each.visits) for each in state.tokens.values() if each.data is not None},
        "services": {each.id: each.at for each in state.tokens.values() if each.at in services and each.items is None},
        "timers": {each.id: (each.element, each.due_at) for each in state.timers.values()},
        "data": state.data, "visits": state.visits, "status": state.status, "clock": state.clock,
        "ended": state.ended, "end": state.end if state.ended else None,
    }
    if ours != theirs:
        wrong = [f"{name} {ours[name]} is {theirs[name]}" for name in ours if ours[name] != theirs[name]]
        raise Disagreement("fold", f"folded and kept: {'; '.join(wrong)}")


def told(trail: list[Stand]) -> str:
    """The trace as text."""
    return json.dumps([facts.to_json(fact) for stand in trail for fact in stand.facts], ensure_ascii=False)


def _open(view: View) -> str:
    return ", ".join(each.step for each in view.open.values()) or "-"
