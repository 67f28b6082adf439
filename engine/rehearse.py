"""Walks a scenario through a definition, on the same `step` that runs real dossiers.

A scenario names its channel, its filing, what everybody does, and what must have come of it. Everything an analyst
may write wrongly in it becomes a failure with a sentence; nothing here raises on bad input.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engine.clock.timing import moment_of, text_of
from engine.clock.worktime import Calendar, counted_in
from engine.commands import (
    AnswerService,
    BroadcastSignal,
    ClaimStep,
    Command,
    CompleteStep,
    DeliverMessage,
    FireTimer,
    StartProcess,
    WithdrawDossier,
)
from engine.definition import Definition
from engine.errors import OneDoorError
from engine.execute import offered, step
from engine.facts import Fact, StepEntered, TimerFired
from engine.fold import View, fold, in_sight
from engine.forms import validate

CHANNELS = ("direct", "online", "postal")
PERSON = "rehearsal"
# Working time in timers counts by the usual hours without holidays, so that a rehearsal always goes the same way.
WORKING = counted_in(Calendar())
USUAL_HOURS = 1
MOST_HOURS = 100_000
SENTENCES: dict[str, str] = {
    "shape": "{at}: the scenario is not written properly: {reason}.",
    "channel": "{at}: the channel \"{channel}\" is not one of: {allowed}.",
    "action": "{at}: a step must have one of: {allowed}.",
    "not_open": "{at}: step {step} is not open; open are: {open}.",
    "not_set": "{at}: timer {timer} is not set; set are: {set}.",
    "not_asked": "{at}: service {service} is not asked; asked are: {asked}.",
    "field": "{at}: field {path} of form {form} is refused: {reason}",
    "refused": "{at}: the engine refuses it: {reason}",
    "offered": "{at}: step {step} offers {offered}, not {expected}.",
    "status": "{at}: the status is {found}, not {expected}.",
    "not_ended": "{at}: the dossier has not ended; open are: {open}.",
    "end": "{at}: the dossier ended at {found}, not at {expected}.",
    "visits": "{at}: step {step} was entered {found} time(s), not {expected}.",
    "data": "{at}: {path} is {found}, not {expected}.",
    "expectation": "{at}: \"{name}\" cannot be expected; possible are: {allowed}.",
}
PLACES: dict[str, str] = {
    "start": "start",
    "step": "step {number}",
    "act": "step {number} ({act} {object})",
    "end": "end",
}
_PART = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)((?:\[[0-9]{1,4}\])*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A part of a sentence that is a sentence of its own, for `app` to translate."""

    template: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format_map(_Lenient(self.details))


class _Lenient(dict[str, Any]):
    """A sentence must never fail for want of a detail."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that did not go as the scenario says; `app` translates the template."""

    code: str
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The English sentence with its places still empty."""
        return SENTENCES[self.code]

    def __str__(self) -> str:
        return self.template.format_map(dict(self.details))


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How a scenario went: the facts up to the end or to the first thing that could not be done."""

    passed: bool
    failures: tuple[Failure, ...]
    facts: tuple[Fact, ...]
    view: View
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Coverage:
    """What no rehearsal has come past, in the diagram's order."""

    elements: tuple[str, ...]
    flows: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is left."""
        return not self.elements and not self.flows


class _Stopped(Exception):
    """The scenario cannot go on; its failure is already recorded."""


@dataclass(slots=True)
class _Walk:
    """The dossier of a scenario while it is walked."""

    definition: Definition
    now: datetime
    at: Phrase = Phrase(PLACES["start"])
    state: bytes | None = None
    facts: list[Fact] = field(default_factory=list)
    view: View = field(default_factory=View)
    failures: list[Failure] = field(default_factory=list)

    def note(self, code: str, **details: Any) -> None:
        """Something is not as expected; the walk goes on."""
        self.failures.append(Failure(code, {"at": self.at, **details}))

    def stop(self, code: str, **details: Any) -> _Stopped:
        """Something makes it senseless to go on."""
        self.note(code, **details)
        return _Stopped()

    def act(self, command: Command) -> None:
        """One command, as a person or the clock would give it."""
        try:
            outcome = step(self.definition, self.state, command, self.now, working=WORKING)
        except OneDoorError as problem:
            raise self.stop("refused", reason=Phrase(problem.template(), problem.details)) from problem
        self.state = outcome.state
        self.facts += outcome.facts
        self.view = fold(outcome.facts, self.view)

    def checked(self, form: str | None, values: Any, context: Mapping[str, Any]) -> dict[str, Any]:
        """The values as the server would keep them."""
        if form is None:
            return {}
        checked = validate(self.definition.forms[form], values, context, self.now)
        for error in checked.errors:
            self.note("field", path=error.path, form=form, reason=Phrase(error.template, error.details))
        if checked.errors:
            raise _Stopped()
        return checked.values

    def context(self, token: str | None) -> dict[str, Any]:
        """What the form of an open step sees beside its own values."""
        opened = self.view.open.get(token or "")
        return in_sight(self.view, opened.frame if opened else None)

    def open_steps(self) -> str:
        """The open steps for a sentence."""
        return ", ".join(sorted({each.step for each in self.view.open.values()})) or "-"


def rehearse(definition: Definition, scenario: Mapping[str, Any], now: datetime) -> Rehearsal:
    """Walk the scenario from its filing, received at `now`, to its end and compare with what it expects."""
    walk = _Walk(definition, now)
    try:
        _start(walk, scenario)
        for number, action in enumerate(_listed(walk, scenario, "steps"), 1):
            _act(walk, action, number)
        walk.at = Phrase(PLACES["end"])
        _compare(walk, _mapped(walk, scenario, "expect"))
    except _Stopped:
        pass
    return Rehearsal(not walk.failures, tuple(walk.failures), tuple(walk.facts), walk.view, walk.now)


def coverage(definition: Definition, rehearsals: Iterable[Rehearsal]) -> Coverage:
    """The elements and flows of the diagram that none of these rehearsals has passed."""
    elements: set[str] = set()
    flows: set[str] = set()
    for rehearsal in rehearsals:
        elements.update(rehearsal.view.passed, _touched(rehearsal.facts))
        flows.update(rehearsal.view.flows)
    return Coverage(
        tuple(each for each in definition.elements if each not in elements),
        tuple(each for each in definition.flows if each not in flows),
    )


def _touched(facts: Iterable[Fact]) -> Iterable[str]:
    for fact in facts:
        if isinstance(fact, StepEntered):
            yield fact.step
        elif isinstance(fact, TimerFired):
            yield fact.element


# The scenario as it is written


def _mapped(walk: _Walk, holder: Any, name: str) -> Mapping[str, Any]:
    found = holder.get(name, {}) if isinstance(holder, Mapping) else None
    if not isinstance(found, Mapping):
        raise walk.stop("shape", reason=f'"{name}" must be an object')
    return found


def _listed(walk: _Walk, holder: Mapping[str, Any], name: str) -> list[Any]:
    found = holder.get(name, [])
    if not isinstance(found, list | tuple):
        raise walk.stop("shape", reason=f'"{name}" must be a list')
    return list(found)


def _start(walk: _Walk, scenario: Mapping[str, Any]) -> None:
    filing = _mapped(walk, scenario, "filing")
    channel = scenario.get("channel", "direct")
    if channel not in CHANNELS:
        raise walk.stop("channel", channel=channel, allowed=", ".join(CHANNELS))
    dossier = {
        "code": "H49.101.1-260302-0001", "procedure": str(walk.definition.procedure.get("code", "")),
        "channel": channel, "receiving_unit": "H49.101.1",
        "competent_unit": _competent(walk.definition.procedure), "received_at": text_of(walk.now),
    }
    form = walk.checked(walk.definition.start_form, filing, {"dossier": dossier})
    walk.act(StartProcess(dossier, form))


def _competent(procedure: Mapping[str, Any]) -> str:
    units = procedure.get("competent")
    listed = units.get("units") if isinstance(units, Mapping) else None
    return str(listed[0]) if isinstance(listed, list) and listed else "H49.101"


def _act(walk: _Walk, action: Any, number: int) -> None:
    walk.at = Phrase(PLACES["step"], {"number": number})
    words = [word for word in _ACTIONS if isinstance(action, Mapping) and word in action]
    if len(words) != 1:
        raise walk.stop("action", allowed=", ".join(_ACTIONS))
    walk.at = Phrase(PLACES["act"], {"number": number, "act": words[0], "object": action[words[0]]})
    walk.now += timedelta(hours=_hours(walk, action))
    _ACTIONS[words[0]](walk, action)


def _hours(walk: _Walk, action: Mapping[str, Any]) -> float:
    hours = action.get("after", USUAL_HOURS)
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 <= hours <= MOST_HOURS:
        raise walk.stop("shape", reason=f'"after" must be a number of hours from 0 to {MOST_HOURS}')
    return float(hours)


# What people do


def _token(walk: _Walk, identity: Any, index: Any) -> str:
    for token, each in walk.view.open.items():
        if each.step == identity and index in (None, each.index):
            return token
    raise walk.stop("not_open", step=identity, open=walk.open_steps())


def _complete(walk: _Walk, action: Mapping[str, Any]) -> None:
    token = _token(walk, action["complete"], action.get("index"))
    form = walk.checked(walk.view.open[token].form, action.get("form", {}), walk.context(token))
    walk.act(ClaimStep(token, PERSON))
    walk.act(CompleteStep(token, PERSON, form, action.get("choice")))


def _deliver(walk: _Walk, action: Mapping[str, Any]) -> None:
    message = str(action["deliver"])
    waiting = [token for token, each in walk.view.open.items() if each.message == message]
    if not waiting:
        key = action.get("correlation")
        return walk.act(DeliverMessage(message, _mapped(walk, action, "form"), None, None if key is None else str(key)))
    form = walk.checked(walk.view.open[waiting[0]].form, action.get("form", {}), walk.context(waiting[0]))
    walk.act(DeliverMessage(message, form, waiting[0]))


def _signal(walk: _Walk, action: Mapping[str, Any]) -> None:
    walk.act(BroadcastSignal(str(action["signal"]), _mapped(walk, action, "form")))


def _answer(walk: _Walk, action: Mapping[str, Any]) -> None:
    """What a connector would say: an output, or the code of an error."""
    for token, (element, _) in walk.view.services.items():
        if element == action["answer"]:
            error = action.get("error")
            return walk.act(AnswerService(token, action.get("output"), None if error is None else str(error)))
    listed = ", ".join(sorted(element for element, _ in walk.view.services.values())) or "-"
    raise walk.stop("not_asked", service=action["answer"], asked=listed)


def _fire(walk: _Walk, action: Mapping[str, Any]) -> None:
    for timer, (element, due_at) in walk.view.timers.items():
        if element == action["fire"]:
            walk.now = max(walk.now, moment_of(due_at))
            return walk.act(FireTimer(timer))
    listed = ", ".join(sorted(element for element, _ in walk.view.timers.values())) or "-"
    raise walk.stop("not_set", timer=action["fire"], set=listed)


def _withdraw(walk: _Walk, action: Mapping[str, Any]) -> None:
    walk.act(WithdrawDossier(str(action["withdraw"])))


# What must be so on the way


def _offered(walk: _Walk, action: Mapping[str, Any]) -> None:
    token = _token(walk, action["offered"], action.get("index"))
    found = [choice.id for choice in offered(walk.definition, walk.state or b"", token, walk.now)]
    expected = [str(choice) for choice in _listed(walk, action, "choices")]
    if found != expected:
        walk.note(
            "offered", step=action["offered"], offered=", ".join(found) or "-", expected=", ".join(expected) or "-",
        )


def _status(walk: _Walk, action: Mapping[str, Any]) -> None:
    if walk.view.status != action["status"]:
        walk.note("status", found=walk.view.status, expected=action["status"])


_ACTIONS: dict[str, Callable[[_Walk, Mapping[str, Any]], None]] = {
    "complete": _complete, "deliver": _deliver, "signal": _signal, "answer": _answer, "fire": _fire,
    "withdraw": _withdraw, "offered": _offered, "status": _status,
}


# What must have come of it


def _compare(walk: _Walk, expected: Mapping[str, Any]) -> None:
    for name in expected:
        if name not in _EXPECTED:
            walk.note("expectation", name=name, allowed=", ".join(_EXPECTED))
    for name, look in _EXPECTED.items():
        if name in expected:
            look(walk, expected)


def _expect_end(walk: _Walk, expected: Mapping[str, Any]) -> None:
    if not walk.view.ended:
        walk.note("not_ended", open=walk.open_steps())
    elif walk.view.end != expected["end"]:
        walk.note("end", found=walk.view.end or "-", expected=expected["end"] or "-")


def _expect_visits(walk: _Walk, expected: Mapping[str, Any]) -> None:
    for identity, count in _mapped(walk, expected, "visits").items():
        found = walk.view.visits.get(identity, 0)
        if found != count:
            walk.note("visits", step=identity, found=found, expected=count)


def _expect_data(walk: _Walk, expected: Mapping[str, Any]) -> None:
    for path, value in _mapped(walk, expected, "data").items():
        found = _at(walk.view.data, path)
        if found != value or isinstance(found, bool) != isinstance(value, bool):
            walk.note("data", path=path, found=found, expected=value)


def _at(data: Any, path: str) -> Any:
    """The value at `step.field` or `step[0].field`, or None."""
    for part in str(path).split("."):
        match = _PART.fullmatch(part)
        data = data.get(match.group(1)) if match and isinstance(data, Mapping) else None
        for index in re.findall("[0-9]+", match.group(2)) if match else []:
            data = data[int(index)] if isinstance(data, list | tuple) and int(index) < len(data) else None
    return data


_EXPECTED: dict[str, Callable[[_Walk, Mapping[str, Any]], None]] = {
    "status": _status, "end": _expect_end, "visits": _expect_visits, "data": _expect_data,
}
