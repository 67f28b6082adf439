"""Small defects, each one change of a module's syntax tree.

Changed are comparisons, boolean and arithmetic operators, conditions, numbers, texts and truth values, returned values,
and whole statements are left out; docstrings, annotations and `__slots__` stay as they are.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

LEFT_OUT = (ast.Expr, ast.Assign, ast.AugAssign, ast.Raise, ast.Delete, ast.Continue, ast.Break)

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.Pow: ast.Mult,
}


@dataclass(frozen=True)
class Mutant:
    """One change: the whole tree after it, and where and what it is."""

    tree: ast.Module
    line: int
    text: str
    what: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    tree, lines = ast.parse(source), source.splitlines()
    places = list(_places(tree))
    for index, node in enumerate(places):
        for what, change, at in _changes(node):
            fresh = copy.deepcopy(tree)
            change(list(_places(fresh))[index])
            line = at or getattr(node, "lineno", 1)
            yield Mutant(ast.fix_missing_locations(fresh), line, lines[line - 1].strip(), what)


def _places(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that may be changed, without what has no meaning at run time."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list", "bases"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _silent(child):
                yield child
                yield from _places(child)


def _silent(node: ast.AST) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return True
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return True
    return isinstance(node, ast.Assign) and any(_declares(getattr(each, "id", ""), node) for each in node.targets)


def _declares(name: str, node: ast.Assign) -> bool:
    """Whether it only says something to the reader, or to the type checker."""
    kind = isinstance(node.value, ast.Subscript | ast.BinOp) and node.col_offset == 0
    return name == "__slots__" or (kind and name[:1].isupper() and not name.isupper())


# What it is, how to do it, and its line where it is not the node's own.
Change = tuple[str, Callable[[Any], object], int]


def _changes(node: ast.AST) -> Iterator[Change]:
    yield from ((what, change, 0) for what, change in (*_operators(node), *_values(node)))
    yield from _statements(node)


def _operators(node: ast.AST) -> Iterator[tuple[str, Callable[[Any], object]]]:
    if isinstance(node, ast.Compare):
        for at, old in enumerate(node.ops):
            new = _COMPARED[type(old)]
            yield f"{type(old).__name__} becomes {new.__name__}", partial(_compared, at=at, by=new)
    if isinstance(node, ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield f"becomes {other.__name__}", lambda n: setattr(n, "op", other())
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _COMPUTED:
        op = _COMPUTED[type(node.op)]
        yield f"{type(node.op).__name__} becomes {op.__name__}", lambda n: setattr(n, "op", op())
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "condition turned round", lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield "sign left out", _unsigned


def _compared(node: ast.Compare, at: int, by: type[ast.cmpop]) -> None:
    node.ops[at] = by()


def _unsigned(node: ast.UnaryOp) -> None:
    if isinstance(node.op, ast.USub):
        node.op = ast.UAdd()
    else:
        node.operand = ast.UnaryOp(ast.Not(), node.operand)


def _values(node: ast.AST) -> Iterator[tuple[str, Callable[[Any], object]]]:
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield f"{value} becomes {not value}", lambda n: setattr(n, "value", not value)
    elif isinstance(value, int):
        yield f"{value} becomes {value + 1}", lambda n: setattr(n, "value", value + 1)
    elif isinstance(value, str) and value:
        yield f"{value!r} becomes another", lambda n: setattr(n, "value", value + "XX")
    elif value is None:
        yield "None becomes 1", lambda n: setattr(n, "value", 1)


def _statements(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield "returns None", _nothing, 0
    if isinstance(node, ast.ClassDef):
        return
    for block in ("body", "orelse", "finalbody"):
        body = getattr(node, block, None)
        for at, statement in enumerate(body if isinstance(body, list) else ()):
            if isinstance(statement, LEFT_OUT) and not _silent(statement):
                words = ast.unparse(statement).split("\n")[0][:50]
                yield f"without: {words}", partial(_left_out, block=block, at=at), statement.lineno


def _nothing(node: ast.Return) -> None:
    node.value = ast.Constant(None)


def _left_out(node: ast.AST, block: str, at: int) -> None:
    getattr(node, block)[at] = ast.Pass()
