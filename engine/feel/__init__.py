"""FEEL (DMN 1.5): the closed expression language of diagrams, decision tables and forms.

Nothing here reaches Python: texts become trees of frozen nodes, and trees are evaluated within a budget.
"""

from __future__ import annotations

from engine.feel.budget import Budget
from engine.feel.expression import Expression, UnaryTests, compile_expression, names, unary_tests
from engine.feel.values import Months, Range, from_plain, to_plain

__all__ = [
    "Budget",
    "Expression",
    "Months",
    "Range",
    "UnaryTests",
    "compile_expression",
    "from_plain",
    "names",
    "to_plain",
    "unary_tests",
]
