"""Limits of a procedure that depend on what was filed: the first variant whose condition is true holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from engine.errors import OneDoorError, VariantFailed
from engine.feel import compile_expression, to_plain

LIMITS = ("statutory", "reduced")
Variant = Mapping[str, Any]


def chosen_variants(
    limits: Mapping[str, Any], context: Mapping[str, Any], now: datetime
) -> Iterator[tuple[str, Variant]]:
    """(limit, variant) of every limit that has a variant for these values. Raises VariantFailed."""
    for limit in LIMITS:
        variants = _conditional(limits.get(limit) or {})
        found = next((variant for variant in variants if _holds(variant, limit, context, now)), None)
        if found is not None:
            yield limit, found


def unreadable_variants(limits: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(limit, reason) of every variant whose condition cannot be read."""
    for limit in LIMITS:
        for variant in _conditional(limits.get(limit) or {}):
            try:
                compile_expression(condition_of(variant))
            except OneDoorError as problem:
                yield limit, str(problem)


def condition_of(variant: Variant) -> str:
    """The FEEL of a variant, without the equals sign that people write before it."""
    return str(variant.get("condition") or "").strip().removeprefix("=").strip()


def _conditional(limit: Mapping[str, Any]) -> list[Variant]:
    """The variants that a dossier's values decide on; those without a condition are told to readers only."""
    return [variant for variant in limit.get("variants") or () if condition_of(variant)]


def _holds(variant: Variant, limit: str, context: Mapping[str, Any], now: datetime) -> bool:
    text = condition_of(variant)
    try:
        value = to_plain(compile_expression(text).evaluate(context, now))
    except OneDoorError as problem:
        reason = str(problem.details.get("reason", problem))
        raise VariantFailed(expression=text, limit=limit, reason=reason) from problem
    if not isinstance(value, bool):
        reason = "it is neither true nor false; perhaps a value is missing"
        raise VariantFailed(expression=text, limit=limit, reason=reason)
    return value
