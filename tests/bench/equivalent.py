"""Mutants that behave as the module does, each with the reason: module, line of source and change.

Only what was looked at and argued stands here; `tests.bench.mutants` counts these apart and never leaves others out.
"""

from __future__ import annotations

_VISITS = "visits count from 1, so that the greater of the two is the same with 0 or 1"
_BOTH = "a frame has values and visits, or neither; asking for one of them is asking for both"
_NUMBERS = "the numbers of one command's tokens need only differ from one another"

_TAKEN_OUT = "nobody looks at what is taken out"
_AT_RANDOM = "a token without a number is given a random one by the library, only more slowly"

_ONE_WAY = "from a value to itself there is one step, upwards or downwards"
_ANY_DAY = "two times of day are compared on the same day, whichever it is"
_AS_LONG = "a context has as many values as keys from the beginning"
_LONG = "where there is no most, the least is not looked at"
_NO_TIME = "a length of nothing is refused either way"
_NEITHER = "nothing at all has neither sign"
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
    ("engine/feel/values.py",
     "return len(left) == len(right) and all(equal(a, b) is True for a, b in zip(left, right, strict=True))",
     "True becomes False"): _COUNTED,
    ("engine/feel/values.py", 'fraction = f".{micro:06d}".rstrip("0") if micro else ""', "'0' becomes another"): _NO_X,
    ("engine/feel/values.py", 'text = bare.rstrip("0") if "." in bare else bare', "'0' becomes another"): _NO_X,
    ("engine/feel/library/mathematics.py", "ends_in_zero = int(value.as_tuple().exponent) > 0",
     "0 becomes 1"): "a whole number that ends in one zero is even either way",
    ("engine/feel/patterns.py", 'for sign, low, high in (("*", 0, None), ("+", 1, None), ("?", 0, 1)):',
     "1 becomes 2"): _LONG,
    ("engine/feel/patterns.py", 'for sign, low, high in (("*", 0, None), ("+", 1, None), ("?", 0, 1)):',
     "0 becomes 1"): _LONG,
    ("engine/feel/library/strings.py", "begin = first - 1 if first > 0 else len(content) + first",
     "Gt becomes GtE"): "there is no character 0, as was asked before",
    ("engine/feel/library/conversion.py",
     "if (first.year, first.month, first.day) > (last.year, last.month, last.day):",
     "Gt becomes GtE"): "from a day to itself there are no months, in either direction",
    ("engine/feel/library/lists.py", "return wanted - 1 if wanted > 0 else size + wanted",
     "Gt becomes GtE"): "there is no item 0, as was asked before",
    ("engine/feel/library/lists.py", "most = max(counts.values(), default=0)",
     "0 becomes 1"): "of nothing there is no mode, however often it should be there",
    ("engine/feel/library/lists.py",
     "return [item if hit else old for old, hit in zip(found, chosen, strict=True)]", "True becomes False"): _COUNTED,
    ("engine/feel/library/lists.py", "return -1 if precedes.call([left, right]) is True else 0",
     "1 becomes 2"): "sorting asks for the sign only",
    ("engine/feel/library/mathematics.py", "if int(value.as_tuple().exponent) >= -scale:",
     "GtE becomes Gt"): "a number that has just so many digits is rounded to itself",
    ("engine/feel/library/intervals.py", "if not all(comparable(end, ends[0]) for end in ends):",
     "0 becomes 1"): "what can be compared with one of them can be compared with any",
    ("engine/feel/library/dates.py",
     "if not LEAST <= abs(length) <= MOST or (start is None and length < 0):", "Lt becomes LtE"): _NO_TIME,
    ("engine/feel/library/dates.py",
     """words = f"working {'-' if length < 0 else ''}{pattern.format(said)}\"""", "Lt becomes LtE"): _NO_TIME,
    ("engine/feel/patterns.py", 'return 1, 1, ""', "1 becomes 2"): "where nothing repeats, bounds are not looked at",
    ("engine/feel/patterns.py", "if max(low, high or 0) > MOST_REPEATS or (high is not None and high < low):",
     "0 becomes 1"): "one time is never too often either",
    ("engine/feel/patterns.py", '"IsBasicLatin": r"\\x00-\\x7f",', "'\\\\x00-\\\\x7f' becomes another"):
        "the letter X is in the block already",
    ("engine/feel/properties.py",
     "return abs(value) // timedelta(seconds=1) * (-1 if value < timedelta(0) else 1)",
     "Mult becomes FloorDiv"): "dividing by 1 and by -1 is multiplying by them",
    ("engine/feel/properties.py",
     "return abs(value) // timedelta(seconds=1) * (-1 if value < timedelta(0) else 1)",
     "Lt becomes LtE"): _NEITHER,
    ("engine/feel/properties.py", "return Decimal(-part if total < 0 else part)", "Lt becomes LtE"): _NEITHER,
    ("engine/feel/properties.py", "return Decimal(-part if total < 0 else part)", "0 becomes 1"): _NEITHER,
    ("engine/feel/instances.py", "pairs = zip(wanted.keys, wanted.parts, strict=True)",
     "True becomes False"): "a type of a context has as many parts as keys from the beginning",
    ("engine/feel/properties.py", "_ALL = 10**13", "10 becomes 11"): _MORE,
    ("engine/feel/properties.py", "_ALL = 10**13", "13 becomes 14"): _MORE,
    ("engine/running/moves.py", "if frame.data is not None and frame.visits is not None:", "becomes Or"): _BOTH,
    ("engine/running/moves.py", "if frame.data is not None and frame.visits is not None:", "None becomes 1"): _BOTH,
    ("engine/running/compensation.py", "run.state.done.pop(place.id, None)", "None becomes 1"): _TAKEN_OUT,
    ("engine/running/scopes.py", "run.state.done.pop(place.id, None)", "None becomes 1"): _TAKEN_OUT,
    ("engine/running/guards.py", "workflow.created += 1", "without: workflow.created += 1"): _AT_RANDOM,
    ("engine/running/guards.py", "workflow.created += 1", "Add becomes Sub"): _NUMBERS,
    ("engine/running/guards.py", "workflow.created += 1", "1 becomes 2"): _NUMBERS,
}
