"""The engine's one act: a command on a dossier's state gives facts and a new state, or an error and nothing.

`step` is pure: the same definition, state, command and time give the same bytes and the same facts, on any machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from SpiffWorkflow.exceptions import SpiffWorkflowException

from engine import commands, facts, migration, state
from engine.clock.timing import Working, moment_of, text_of
from engine.commands import Command
from engine.definition import Definition
from engine.drawing.vocabulary import Choice, Step
from engine.errors import (
    AlreadyEnded,
    AlreadyStarted,
    BudgetExceeded,
    Invalid,
    NotClaimed,
    NotStarted,
    SignalNotAwaited,
    StateUnreadable,
    StepAwaitsMessage,
    StepFailed,
    StepNotOpen,
    StepTaken,
    Stuck,
    TimerNotDue,
    TimerNotSet,
    TimeRunsBackwards,
    TooLateToWithdraw,
)
from engine.facts import Fact
from engine.running import branching, catching, choosing, dates, offering, scopes, services, stepping, waits
from engine.running.moves import Run
from engine.running.values import Values
from engine.state import Place, State
from engine.statuses import WITHDRAWN, may_follow

SUPPLEMENT = "supplement"
# What the library may raise besides its own errors when something in it gives way.
_BROKEN = (SpiffWorkflowException, RecursionError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command led to."""

    state: bytes
    facts: tuple[Fact, ...]


def step(
    definition: Definition, stored: bytes | None, command: Command, now: datetime, onto: Definition | None = None,
    working: Working | None = None,
) -> Outcome:
    """Carry out one command. Raises an error of `engine.errors`; the old state is then as good as before.

    `onto` is the version that MigrateDossier names; `working` says what working time in timers comes to.
    """
    if now.tzinfo is None:
        raise Invalid(reason="the time of a command needs a zone")
    current = _at(now, _state(definition, stored, command))
    way = _way(definition, onto, command)
    run = migration.move(way, current, now, working) if way else Run(definition, current, now, working)
    try:
        _HANDLERS[type(command)](run, command)
    except BudgetExceeded as problem:
        problem.details["element"] = problem.details["element"] or run.current
        raise
    except _BROKEN as problem:
        raise StepFailed(element=run.current, reason=f"{type(problem).__name__}: {problem}") from problem
    return Outcome(_kept(run), tuple(run.facts))


def _way(definition: Definition, onto: Definition | None, command: Command) -> migration.Way | None:
    """How the dossier goes over to another version, if it is told to."""
    if not isinstance(command, commands.MigrateDossier):
        return None
    if onto is None or onto.digest != command.digest:
        raise Invalid(reason="the version to go over to is not the one that was brought")
    return migration.way(definition, onto, command.mapping)


def _migrate(run: Run, command: commands.MigrateDossier) -> None:
    """The tokens have moved; an open step of the new version may stop the clock or let it run."""
    _set_clock(run)


def _kept(run: Run) -> bytes:
    """The new state, if it is not too large to be read and written at every command."""
    kept = state.dump(run.state)
    if len(kept) > state.LARGEST:
        raise BudgetExceeded(limit=state.LARGEST, unit="bytes", element=run.current)
    return kept


def offered(definition: Definition, stored: bytes, token: str, now: datetime) -> tuple[Choice, ...]:
    """The choices of an open step whose condition holds now."""
    current = state.load(stored)
    place = _open_place(definition, current, token)
    return choosing.offered(Values(definition, current, now), definition.steps[place.at], place)


def _state(definition: Definition, stored: bytes | None, command: Command) -> State:
    if isinstance(command, commands.StartProcess):
        if stored is not None:
            raise AlreadyStarted()
        return State(definition.digest, state.plain(command.dossier))
    if stored is None:
        raise NotStarted()
    current = state.load(stored)
    if current.digest != definition.digest:
        raise StateUnreadable(reason="it belongs to another version")
    if current.ended:
        raise AlreadyEnded(status=current.status)
    return current


def _at(now: datetime, current: State) -> State:
    """The state as it begins to change; time never runs backwards in a dossier."""
    if current.at is not None and now < moment_of(current.at):
        raise TimeRunsBackwards(now=text_of(now), last=current.at)
    current.at = text_of(now)
    return current


def _open_place(definition: Definition, current: State, token: str) -> Place:
    place = current.tokens.get(token)
    if place is None or place.at not in definition.steps or place.items is not None:
        raise StepNotOpen(step=token)
    return place


def _start(run: Run, command: commands.StartProcess) -> None:
    form = state.plain(command.form)
    run.state.data["filing"] = form
    run.record(facts.ProcessStarted(run.definition.digest, run.state.dossier, form))
    dates.set_limits(run)
    for element in run.definition.starts:
        run.arrive(element)
    for event in run.definition.handlers:
        waits.arm(run, event, "")
    _rest(run)


def _claim(run: Run, command: commands.ClaimStep) -> None:
    place = _open_place(run.definition, run.state, command.token)
    if place.assignee is not None and place.assignee != command.assignee:
        raise StepTaken(step=place.at, assignee=place.assignee)
    _take(run, place, command.assignee)


def _take(run: Run, place: Place, person: str) -> None:
    """Give the step to the person, unless somebody has it."""
    if place.assignee is None:
        offering.check_turn(run, place)
        place.assignee = person
        run.record(facts.StepClaimed(place.id, place.at, person))


def _release(run: Run, command: commands.ReleaseStep) -> None:
    place = _held(run, command.token, command.assignee)
    place.assignee = None
    run.record(facts.StepReleased(place.id, place.at, command.assignee))


def _held(run: Run, token: str, person: str) -> Place:
    place = _open_place(run.definition, run.state, token)
    if place.assignee != person:
        raise NotClaimed(step=place.at, person=person)
    return place


def _complete(run: Run, command: commands.CompleteStep) -> None:
    place = _open_place(run.definition, run.state, command.token)
    work = run.definition.steps[place.at]
    if work.message is not None:
        raise StepAwaitsMessage(step=work.id, message=work.message)
    _take(run, place, command.assignee)
    _held(run, command.token, command.assignee)
    choosing.check(run.values, work, place, command.choice)
    if any(one.id == command.choice and one.kind == "return" for one in work.choices):
        run.sent_back = str(command.form.get("reason") or "").strip()
    _finish(run, place, command.form, command.choice)


def _deliver(run: Run, command: commands.DeliverMessage) -> None:
    values = state.plain(command.form)
    catching.deliver(run, command.message, values, (command.token, command.correlation))
    _rest(run)


def _broadcast(run: Run, command: commands.BroadcastSignal) -> None:
    if not catching.signal(run, command.signal, state.plain(command.form)):
        raise SignalNotAwaited(signal=command.signal)
    _rest(run)


def _answer(run: Run, command: commands.AnswerService) -> None:
    services.answer(run, command)
    _rest(run)


def _finish(run: Run, place: Place, form: Any, choice: str | None) -> None:
    stepping.finish(run, place, state.plain(form), choice)
    _rest(run)


def _fire(run: Run, command: commands.FireTimer) -> None:
    timer = run.state.timers.get(command.timer)
    if timer is None:
        raise TimerNotSet(timer=command.timer)
    if run.now < moment_of(timer.due_at):
        raise TimerNotDue(timer=command.timer, due_at=timer.due_at)
    catching.fire(run, timer)
    _rest(run)


def _withdraw(run: Run, command: commands.WithdrawDossier) -> None:
    if not may_follow(run.state.status, WITHDRAWN):
        raise TooLateToWithdraw(status=run.state.status)
    scopes.cancel_all(run, "withdrawn")
    run.set_status(WITHDRAWN, "")
    run.state.ended = True
    run.state.end = None
    run.record(facts.DossierEnded(WITHDRAWN, None))


def _rest(run: Run) -> None:
    """Move on until everything waits, then say what the dossier as a whole has come to."""
    run.settle()
    _set_clock(run)
    run.record_path()
    current = run.state
    if not current.tokens:
        waiting = branching.arrivals_in(run, None)
        if waiting or current.end is None:
            raise Stuck(element=waiting[0] if waiting else run.current)
        waits.stop(run, "")
        current.done.clear()
        current.ended = True
        run.record(facts.DossierEnded(current.status, current.end))


def _set_clock(run: Run) -> None:
    """The legal clock stands while any open step is a wait that stops it; of several the supplement is the reason."""
    current = run.state
    stopping = [place for place in current.tokens.values() if _stops(run.definition, place)]
    reasons = [_reason(run.definition.steps[place.at]) for place in stopping]
    reason = next((each for each in (SUPPLEMENT, current.clock) if each in reasons), reasons[0] if reasons else "")
    if reason and reason != current.clock:
        current.clock = reason
        run.record(facts.ClockStopped(reason))
    elif not reasons and current.clock != "running" and current.tokens:
        run.record(facts.ClockStarted(current.clock))
        current.clock = "running"


def _stops(definition: Definition, place: Place) -> bool:
    return place.at in definition.steps and definition.steps[place.at].clock == "stopped"


def _reason(work: Step) -> str:
    if work.kind == "wait_financial":
        return "financial"
    return SUPPLEMENT if work.message == SUPPLEMENT else "applicant"


_HANDLERS: dict[type, Callable[[Run, Any], None]] = {
    commands.StartProcess: _start,
    commands.ClaimStep: _claim,
    commands.ReleaseStep: _release,
    commands.CompleteStep: _complete,
    commands.DeliverMessage: _deliver,
    commands.BroadcastSignal: _broadcast,
    commands.AnswerService: _answer,
    commands.FireTimer: _fire,
    commands.WithdrawDossier: _withdraw,
    commands.RecomputeDeadlines: dates.recompute,
    commands.GiveWarning: dates.warn,
    commands.Reappoint: dates.reappoint,
    commands.MigrateDossier: _migrate,
}
