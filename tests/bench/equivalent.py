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
_COUNTED = "that there are as many of both was asked before"
_NO_X = "no letter X stands there that could be taken off too"
_MORE = "more than there can be is left as it is by any greater number too"

EQUIVALENT: dict[tuple[str, str, str], str] = {
    ("engine/fold.py", "draft.visits[fact.step] = max(fact.visit, draft.visits.get(fact.step, 0))",
     "0 becomes 1"): _VISITS,
    ("engine/fold.py", "visits = {**frame.visits, name: max(fact.visit, frame.visits.get(name, 0))}",
     "0 becomes 1"): _VISITS,
    ("engine/feel/ranges.py", "step = Decimal(1) if end >= start else Decimal(-1)", "GtE becomes Gt"): _ONE_WAY,
    ("engine/feel/ranges.py", "step = timedelta(1 if end >= start else -1)", "GtE becomes Gt"): _ONE_WAY,
    ("engine/feel/temporal.py", "base = datetime.combine(date(2000, 1, 1), moment.replace(tzinfo=None))",
     "1 becomes 2"): _ANY_DAY,
    ("engine/feel/temporal.py", "base = datetime.combine(date(2000, 1, 1), moment.replace(tzinfo=None))",
     "2000 becomes 2001"): _ANY_DAY,
    ("engine/feel/temporal.py", "day = date(2000, 1, 1)", "1 becomes 2"): _ANY_DAY,
    ("engine/feel/temporal.py", "day = date(2000, 1, 1)", "2000 becomes 2001"): _ANY_DAY,
    ("engine/feel/evaluate.py", "for key, value in zip(node.keys, node.values, strict=True):",
     "True becomes False"): _AS_LONG,
    ("engine/feel/evaluate.py",
     "value = value_of(node.body, scope.within(dict(zip(node.parameters, arguments, strict=True))))",
     "True becomes False"): _COUNTED,
    ("engine/feel/evaluate.py", "given = dict(zip(node.names, arguments, strict=True))",
     "True becomes False"): _COUNTED,
    ("engine/feel/evaluate.py", "return items[int(index) - 1 if index > 0 else size + int(index)]",
     "Gt becomes GtE"): "there is no item 0, as was asked before",
    ("engine/feel/evaluate.py", "if kind is type(right) and (kind is Decimal or kind is str):",
     "becomes And"): "the way around it comes to the same, only more slowly",
    ("engine/feel/values.py",
     "return len(left) == len(right) and all(equal(a, b) is True for a, b in zip(left, right, strict=True))",
     "True becomes False"): _COUNTED,
    ("engine/feel/values.py", 'fraction = f".{micro:06d}".rstrip("0") if micro else ""', "'0' becomes another"): _NO_X,
    ("engine/feel/values.py", 'text = bare.rstrip("0") if "." in bare else bare', "'0' becomes another"): _NO_X,
    ("engine/feel/library/mathematics.py", "ends_in_zero = int(value.as_tuple().exponent) > 0",
     "0 becomes 1"): "a whole number that ends in one zero is even either way",
    ("engine/feel/properties.py", "_ALL = 10**13", "10 becomes 11"): _MORE,
    ("engine/feel/properties.py", "_ALL = 10**13", "13 becomes 14"): _MORE,
    ("engine/running/moves.py", "if frame.data is not None and frame.visits is not None:", "becomes Or"): _BOTH,
    ("engine/running/moves.py", "if frame.data is not None and frame.visits is not None:", "None becomes 1"): _BOTH,
    ("engine/running/guards.py", "workflow.created += 1", "without: workflow.created += 1"): _AT_RANDOM,
    ("engine/running/guards.py", "workflow.created += 1", "Add becomes Sub"): _NUMBERS,
    ("engine/running/guards.py", "workflow.created += 1", "1 becomes 2"): _NUMBERS,
}
