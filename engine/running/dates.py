"""What commands about dates do: limits set at the start, dates counted again, warnings, new appointments."""

from __future__ import annotations

from engine import commands, facts
from engine.clock.ledger import DOSSIER
from engine.clock.limits import chosen_variants, condition_of
from engine.clock.worktime import limit_value
from engine.errors import ClockStandsStill, StepNotOpen
from engine.running.moves import Run
from engine.statuses import FINISHED


def set_limits(run: Run) -> None:
    """Record the variants of limits that hold for what was filed."""
    limits = run.definition.procedure.get("limits") or {}
    for limit, variant in chosen_variants(limits, run.values.context(), run.now):
        limit_value(variant)
        unit = variant.get("unit") or limits[limit]["unit"]
        run.record(facts.LimitSet(limit, variant["value"], unit, condition_of(variant)))


def recompute(run: Run, command: commands.RecomputeDeadlines) -> None:
    """Nothing moves in the diagram; the dates follow from the ledger and the corrected calendar."""
    run.record(facts.DeadlinesRecomputed(command.reason))


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
