"""What expressions of a step's form see beside the form's own values: the dossier, earlier answers, visits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import state


def form_context(stored: bytes) -> Mapping[str, Any]:
    """The same names as in conditions of the diagram, from the dossier's stored state."""
    kept = state.load(stored)
    return {**kept.data, "dossier": kept.dossier, "visits": kept.visits}
