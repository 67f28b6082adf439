"""What commands about time do: variants of limits at the start, recomputed dates, warnings, new appointments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from engine import commands, facts
from engine.clock.ledger import DOSSIER, FINISHED
from engine.clock.worktime import limit_value
from engine.errors import ClockStandsStill, OneDoorError, StepNotOpen, VariantFailed
from engine.feel import compile_expression, to_plain
from engine.running.moves import Run

LIMITS = ("statutory", "reduced")


def set_limits(run: Run) -> None:
    """Record the variants of limits that hold for what was filed: of each limit the first whose condition is true."""
    limits = run.definition.procedure.get("limits") or {}
    for scope in LIMITS:
        own = limits.get(scope) or {}
        for variant in _conditional(own):
            if _holds(variant, scope, run.values.context(), run.now):
                limit_value(variant)
                run.record(facts.LimitSet(scope, variant["value"], variant.get("unit") or own["unit"], _text(variant)))
                break


def _conditional(limit: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The variants that a dossier's values decide on; those without a condition are told to readers only."""
    return [variant for variant in limit.get("variants") or () if _text(variant)]


def _text(variant: Mapping[str, Any]) -> str:
    return str(variant.get("condition") or "").strip().removeprefix("=").strip()


def _holds(variant: Mapping[str, Any], scope: str, context: Mapping[str, Any], now: datetime) -> bool:
    text = _text(variant)
    try:
        value = to_plain(compile_expression(text).evaluate(context, now))
    except OneDoorError as problem:
        reason = str(problem.details.get("reason", problem))
        raise VariantFailed(expression=text, limit=scope, reason=reason) from problem
    if not isinstance(value, bool):
        reason = "it is neither true nor false; perhaps a value is missing"
        raise VariantFailed(expression=text, limit=scope, reason=reason)
    return value


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


def unreadable_variants(limits: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(limit, reason) of every variant whose condition cannot be read."""
    for scope in LIMITS:
        for variant in _conditional(limits.get(scope) or {}):
            try:
                compile_expression(_text(variant))
            except OneDoorError as problem:
                yield scope, str(problem)
