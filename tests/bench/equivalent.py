"""Mutants that behave as the module does, each with the reason: module, line of source and change.

Only what was looked at and argued stands here; `tests.bench.mutants` counts these apart and never leaves others out.
"""

from __future__ import annotations

_VISITS = "visits count from 1, so that the greater of the two is the same with 0 or 1"
_BOTH = "a frame has values and visits, or neither; asking for one of them is asking for both"
_NUMBERS = "the numbers of one command's tokens need only differ from one another"

EQUIVALENT: dict[tuple[str, str, str], str] = {
    ("engine/fold.py", "draft.visits[fact.step] = max(fact.visit, draft.visits.get(fact.step, 0))",
     "0 becomes 1"): _VISITS,
    ("engine/fold.py", "visits = {**frame.visits, name: max(fact.visit, frame.visits.get(name, 0))}",
     "0 becomes 1"): _VISITS,
    ("engine/running/moves.py", "if frame.data is not None and frame.visits is not None:", "becomes Or"): _BOTH,
    ("engine/running/moves.py", "if frame.data is not None and frame.visits is not None:", "None becomes 1"): _BOTH,
    ("engine/running/guards.py", "workflow.created += 1", "Add becomes Sub"): _NUMBERS,
    ("engine/running/guards.py", "workflow.created += 1", "1 becomes 2"): _NUMBERS,
}
