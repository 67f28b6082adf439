"""How two ranges, or a point and a range, lie to each other."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.feel.budget import Run
from engine.feel.library.registry import BUILTINS, builtin, text
from engine.feel.temporal import parse_temporal
from engine.feel.values import NUMBERS, IllTyped, Range, Value, comparable

_RANGE = re.compile(r"([\[(\]])(.{0,200}?)\.\.(.{0,200}?)([\])\[])", re.DOTALL)
_CALL = re.compile(r'(date and time|date|time|duration)\s*\(\s*"([^"]{0,100})"\s*\)')
# What comparing the four ends of two ranges takes in steps.
COMPARING = 8
Relation = Callable[[Range, Range], bool]


def _as_range(value: Value) -> Range:
    if value is None:
        raise IllTyped
    return value if type(value) is Range else Range(value, value, True, True)


def _ends(left: Range, right: Range) -> None:
    ends = [end for end in (left.low, left.high, right.low, right.high) if end is not None]
    if not all(comparable(end, ends[0]) for end in ends):
        raise IllTyped


def _below(left: Range, right: Range) -> bool:
    """left ends before right begins."""
    if left.high is None or right.low is None:
        return False
    apart = not (left.high_included and right.low_included)
    return bool(left.high < right.low or (apart and left.high == right.low))


def _low_key(value: Range, other: Range) -> int:
    """-1, 0, 1: value begins before, with or after the other."""
    if value.low is None or other.low is None:
        return (value.low is not None) - (other.low is not None)
    if value.low != other.low:
        return -1 if value.low < other.low else 1
    return other.low_included - value.low_included


def _high_key(value: Range, other: Range) -> int:
    """-1, 0, 1: value ends before, with or after the other."""
    if value.high is None or other.high is None:
        return (other.high is not None) - (value.high is not None)
    if value.high != other.high:
        return -1 if value.high < other.high else 1
    return value.high_included - other.high_included


def _meets(left: Range, right: Range) -> bool:
    return left.high is not None and left.high == right.low and left.high_included and right.low_included


def _apart(left: Range, right: Range) -> bool:
    return _below(left, right) or _below(right, left)


def _includes(left: Range, right: Range) -> bool:
    return _low_key(left, right) <= 0 and _high_key(left, right) >= 0


def _starts(left: Range, right: Range) -> bool:
    return _low_key(left, right) == 0 and _high_key(left, right) <= 0


def _finishes(left: Range, right: Range) -> bool:
    return _high_key(left, right) == 0 and _low_key(left, right) >= 0


def _overlaps_before(left: Range, right: Range) -> bool:
    begins, ends = _low_key(left, right), _high_key(left, right)
    return begins < 0 and ends <= 0 and not _apart(left, right)


def _swapped(relation: Relation) -> Relation:
    return lambda left, right: relation(right, left)


_RELATIONS: dict[str, Relation] = {
    "before": _below,
    "after": _swapped(_below),
    "meets": _meets,
    "met by": _swapped(_meets),
    "overlaps": lambda left, right: not _apart(left, right),
    "overlaps before": _overlaps_before,
    "overlaps after": _swapped(_overlaps_before),
    "includes": _includes,
    "during": _swapped(_includes),
    "starts": _starts,
    "started by": _swapped(_starts),
    "finishes": _finishes,
    "finished by": _swapped(_finishes),
    "coincides": lambda left, right: _low_key(left, right) == 0 == _high_key(left, right),
}
# Those that have a meaning only between two ranges.
_PAIRS = frozenset({"meets", "met by", "overlaps", "overlaps before", "overlaps after"})


def _declare(name: str, relation: Relation) -> None:
    @builtin(name, "range1, range2", "point1, point2", "point, range", "range, point", runs=True)
    def _related(run: Run, left: Value, right: Value) -> Value:
        run.spend(COMPARING)
        if name in _PAIRS and not (type(left) is Range and type(right) is Range):
            raise IllTyped
        first, second = _as_range(left), _as_range(right)
        _ends(first, second)
        return relation(first, second)


for _name, _relation in _RELATIONS.items():
    _declare(_name, _relation)


@builtin("range", "from")
def _range(value: Value) -> Value:
    match = _RANGE.fullmatch(text(value).strip())
    if match is None:
        raise IllTyped
    low, high = _end(match[2]), _end(match[3])
    if not comparable(low, high) or low > high:
        raise IllTyped
    return Range(low, high, match[1] == "[", match[4] == "]")


def _end(content: str) -> Value:
    content = content.strip()
    if content.startswith('"') and content.endswith('"') and len(content) > 1:
        return content[1:-1]
    if content.startswith('@"') and content.endswith('"'):
        return parse_temporal(content[2:-1])
    called = _CALL.fullmatch(content)
    if called is not None:
        return BUILTINS[called[1]].implementation(called[2])
    return NUMBERS.create_decimal(content)
