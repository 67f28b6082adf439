"""What expressions of a step's form see beside the form's own values: the dossier, earlier answers, visits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app import clock
from engine import state
from engine.definition import Definition
from engine.running.values import Values


def form_context(stored: bytes, definition: Definition, token: str) -> Mapping[str, Any]:
    """The same names as in conditions of the diagram where a step stands, from the dossier's stored state."""
    kept = state.load(stored)
    place = kept.tokens.get(token)
    if place is not None and place.scope is not None:
        return Values(definition, kept, clock.now()).context(place)
    return {**kept.data, "dossier": kept.dossier, "visits": kept.visits}
