"""Why our FEEL and feelin differ: each rule names the forms and values it is about, and what the standard says.

References are to sections of DMN 1.5, or to a set of the OMG's test kit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

Said = dict[str, Any]


class Case(NamedTuple):
    """An innermost difference: its form, the values of what was put into it, and what each of the two says."""

    form: str
    parts: list[Any]
    we: Said
    they: Said

    @property
    def null_here(self) -> bool:
        """Whether we say null."""
        return "value" in self.we and self.we["value"] is None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    return "number" if _number(value) else type(value).__name__


def _mixed(parts: list[Any]) -> bool:
    """Whether the parts are of different kinds, or a null is among them."""
    return len({_kind(part) for part in parts}) > 1 or None in parts


def _numbers(parts: list[Any]) -> bool:
    return all(map(_number, parts))


def _inexact(case: Case) -> bool:
    """Whether a fraction is shown, or two numbers differ only in digits that a binary number does not have."""
    fractions = any(isinstance(part, float) for part in case.parts)
    return fractions or (_numbers(case.parts) and math.isclose(case.parts[0], case.parts[-1], rel_tol=1e-12))


RULES: tuple[tuple[str, str, Callable[[Case], bool]], ...] = (
    (r"instance of", "feelin 6.1 refuses or denies every `instance of` a simple type; 10.3.2.9",
     lambda case: True),
    (r"\)\.days$", "feelin gives 0 days between two dates; their difference is a days and time duration, 10.3.2.3",
     lambda case: case.they == {"value": 0}),
    (r"^during\(", "feelin knows `during` of two ranges only, not of a point and a range; 10.3.4.9",
     lambda case: case.they == {"value": None}),
    (r"^substring\(", "A start position outside the text gives null (kit: 1103-feel-substring-function)",
     lambda case: case.null_here),
    (r"^(sublist|insert before|remove|list replace)\(", "A position outside the list gives null; 10.3.4.4",
     lambda case: case.null_here and (not isinstance(case.parts[0], list) or len(case.parts[0]) < 2)),
    (r"^concatenate\(", "null is no list, so that the call gives null; 10.3.4.4",
     lambda case: case.null_here and None in case.parts),
    (r"^if ", "A condition that is not true, false or null gives null (kit: 1150-boxed-conditional)",
     lambda case: case.null_here and not isinstance(case.parts[0], bool | None)),
    (r"^(some|every) ", "A quantifier is a row of `or` or `and`, where a comparison that is null leaves null; 10.3.2.4",
     lambda case: case.null_here),
    (r"^some ", "Nothing is among no items: false; 10.3.2.4",
     lambda case: case.we == {"value": False} and [] in case.parts),
    (r" in \[<N>\.\.<N>\]$| in \(1\.\.<N>\)$| between ",
     "feelin turns a range round whose end lies before its start; such a range holds nothing, 10.3.2.7",
     lambda case: _numbers(case.parts)),
    (r" in \[?\(?|between ", "What cannot be compared gives null, not false; 10.3.2.4",
     lambda case: case.null_here and (_mixed(case.parts) or not _numbers(case.parts)
                                      or case.form.startswith("<T>"))),
    (r'^<T> in \["a"\.\."c"\]$', "Texts lie in a range by their order; feelin misses longer ones, 10.3.2.7",
     lambda case: isinstance(case.parts[0], str)),
    (r"^<N> in <L>$", "A list is in a list that equals it, and nothing but null equals null; 10.3.2.2",
     lambda case: case.parts[1] is None or case.parts[0] == case.parts[1]),
    (r"^<.> (=|!=|<|<=|>|>=) <.>$", "Values of different kinds are neither equal nor ordered: null; 10.3.2.2",
     lambda case: case.null_here),
    (r"^[a-z]\[[a-z]+ .*\]$|^<L>\[item", "A filter keeps what is true, not what cannot be compared; 10.3.2.5",
     lambda case: isinstance(case.we.get("value"), list)),
    (r"^<L> = <L>$", "Lists of different lengths or items are different, not incomparable; 10.3.2.2",
     lambda case: case.we == {"value": False}),
    (r"^(max|min)\(", "The greatest and the least of texts follow from their order; 10.3.4.4",
     lambda case: isinstance(case.we.get("value"), str)),
    (r"^(max|min|mean|median|mode|sum|product|stddev)\(", "An item that is no number gives null; 10.3.4.4",
     lambda case: case.null_here),
    (r"^(median|mode)\(", "feelin sorts numbers as if they were texts; 10.3.4.4",
     lambda case: isinstance(case.we.get("value"), int | float | list)),
    (r"^string\(<N>\)$|^<N> (=|!=|<|<=|>|>=) <N>$|^(round|decimal|floor|ceiling|modulo)",
     "Numbers are decimals of 34 digits, feelin's are binary; 10.3.2.3.1", _inexact),
    (r"^string\(<.>\)$", "How a context is written as a text is not laid down; feelin quotes long names",
     lambda case: isinstance(case.parts[0], dict)),
    (r"^for |^some |^every ", "A single value stands for the list of it; feelin gives null, 10.3.2.9",
     lambda case: any(not isinstance(part, list) for part in case.parts) and case.they == {"value": None}),
    (r"^(union|sort)\(", "feelin breaks off where it meets a value that is no list or cannot be ordered; 10.3.4.4",
     lambda case: "error" in case.they),
    (r"^sort\(", "Values that cannot be ordered keep their places; feelin moves them, 10.3.4.4",
     lambda case: _mixed(case.parts[0] or [])),
    (r"^number\(", "A text that is no number gives null; feelin reads the empty text as 0, 10.3.4.1",
     lambda case: case.null_here),
    (r"^(overlaps|before|includes)\(", "A range or point that is null gives null; 10.3.4.9",
     lambda case: case.null_here and not _numbers(case.parts)),
    (r"^l\[<N>\]$", "A filter that is null keeps nothing, one that is no number and neither true nor false "
     "gives null; 10.3.2.5", lambda case: case.null_here or case.parts == [None]),
)


def rule_of(form: str, parts: list[Any], we: Said, they: Said) -> str:
    """The rule that explains the difference; empty where none does."""
    case = Case(form, parts, we, they)
    return next((why for pattern, why, holds in RULES if re.search(pattern, form) and holds(case)), "")
