"""Mutants that behave as the module does, each with the reason: module, line of source and change.

Only what was looked at and argued stands here; `tests.bench.mutants` counts these apart and never leaves others out.
"""

from __future__ import annotations

EQUIVALENT: dict[tuple[str, str, str], str] = {
}
