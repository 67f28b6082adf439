"""Mutants that behave as the module does, each with the reason: module, line of source and change.

Only what was looked at and argued stands here; `tests.bench.mutants` counts these apart and never leaves others out.
"""

from __future__ import annotations

_VISITS = "visits count from 1, so that the greater of the two is the same with 0 or 1"
_BOTH = "a frame has values and visits, or neither; asking for one of them is asking for both"
_NUMBERS = "the numbers of one command's tokens need only differ from one another"

_AT_RANDOM = "a token without a number is given a random one by the library, only more slowly"

_ONE_WAY = "from a value to itself there is one step, upwards or downwards"
_ANY_DAY = "two times of day are compared on the same day, whichever it is"
_AS_LONG = "a context has as many values as keys from the beginning"
_MORE = "more than there can be is left as it is by any greater number too"

EQUIVALENT: dict[tuple[str, str, str], str] = {
    ("engine/fold.py", "draft.visits[fact.step] = max(fact.visit, draft.visits.get(fact.step, 0))",
     "0 becomes 1"): _VISITS,
    ("engine/fold.py", "visits = {**frame.visits, name: max(fact.visit, frame.visits.get(name, 0))}",
     "0 becomes 1"): _VISITS,
    ("engine/feel/ranges.py", "step = Decimal(1) if end >= start else Decimal(-1)", "GtE becomes Gt"): _ONE_WAY,
    ("engine/feel/ranges.py", "step = timedelta(1 if end >= start else -1)", "GtE becomes Gt"): _ONE_WAY,
    ("engine/feel/temporal.py", "day = date(2000, 1, 1)", "1 becomes 2"): _ANY_DAY,
    ("engine/feel/temporal.py", "day = date(2000, 1, 1)", "2000 becomes 2001"): _ANY_DAY,
    ("engine/feel/evaluate.py", "for key, value in zip(node.keys, node.values, strict=True):",
     "True becomes False"): _AS_LONG,
    ("engine/feel/properties.py", "_ALL = 10**13", "13 becomes 14"): _MORE,
    ("engine/running/moves.py", "if frame.data is not None and frame.visits is not None:", "becomes Or"): _BOTH,
    ("engine/running/moves.py", "if frame.data is not None and frame.visits is not None:", "None becomes 1"): _BOTH,
    ("engine/running/guards.py", "workflow.created += 1", "without: workflow.created += 1"): _AT_RANDOM,
    ("engine/running/guards.py", "workflow.created += 1", "Add becomes Sub"): _NUMBERS,
    ("engine/running/guards.py", "workflow.created += 1", "1 becomes 2"): _NUMBERS,
}
