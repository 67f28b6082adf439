"""What commands about dates do: limits set at the start, dates counted again, warnings, new appointments."""

from __future__ import annotations

from datetime import datetime

from engine import commands, facts, state
from engine.clock.ledger import DOSSIER
from engine.clock.limits import chosen_variants, condition_of
from engine.clock.timing import Working, due_at, is_working, moment_of, next_of_cycle, text_of
from engine.clock.worktime import limit_value
from engine.errors import ClockStandsStill, StepNotOpen, TimerNotSet
from engine.running.moves import Run
from engine.state import Timer
from engine.statuses import FINISHED


def set_limits(run: Run) -> None:
    """Record the variants of limits that hold for what was filed."""
    limits = run.definition.procedure.get("limits") or {}
    for limit, variant in chosen_variants(limits, run.values.context(), run.now):
        limit_value(variant)
        unit = variant.get("unit") or limits[limit]["unit"]
        run.record(facts.LimitSet(limit, variant["value"], unit, condition_of(variant)))


def recompute(run: Run, command: commands.RecomputeDeadlines) -> None:
    """Nothing moves in the diagram; the dates follow from the ledger and the corrected calendar, timers are told."""
    run.record(facts.DeadlinesRecomputed(command.reason))
    for unknown in sorted(set(command.timers) - set(run.state.timers)):
        raise TimerNotSet(timer=unknown)
    for timer in run.state.timers.values():
        if timer.id in command.timers:
            old, timer.due_at = timer.due_at, text_of(moment_of(command.timers[timer.id]))
            run.record(facts.TimerDueMoved(timer.id, timer.element, old, timer.due_at))


def recounted(stored: bytes, working: Working, now: datetime) -> dict[str, str]:
    """The set timers in working time that a corrected calendar moves, with their new dates; none lies in the past."""
    found: dict[str, str] = {}
    for timer in state.load(stored).timers.values():
        due = _counted(timer, working)
        if due is not None and max(due, now) != max(moment_of(timer.due_at), now):
            found[timer.id] = text_of(max(due, now))
    return found


def _counted(timer: Timer, working: Working) -> datetime | None:
    """When a timer in working time is due, counted from when it was set; None for any other."""
    if is_working(timer.cycle):
        return next_of_cycle(timer.cycle, moment_of(timer.base), timer.fired, working)
    if not timer.working:
        return None
    form = "date" if "/" in timer.working else "duration"
    return due_at(form, timer.working, moment_of(timer.base), working)


def warn(run: Run, command: commands.GiveWarning) -> None:
    """A warning changes nothing but that it was given."""
    place = run.state.tokens.get(command.token)
    if command.token != DOSSIER and (place is None or place.at not in run.definition.steps):
        raise StepNotOpen(step=command.token)
    run.record(facts.WarningGiven(command.token, place.at if place else "", command.rung, command.to))


def reappoint(run: Run, command: commands.Reappoint) -> None:
    """A new date can be promised while the clock runs."""
    if run.state.clock != "running" or run.state.status in FINISHED:
        raise ClockStandsStill()
    given = command.due_at, command.hours, command.reason, command.number, command.override
    run.record(facts.Reappointed(*given))
