"""Which names an expression takes from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engine.feel import nodes as n
from engine.feel.library import BUILTINS

Bound = frozenset[str]
Dotted = tuple[str, ...]


def free_paths(tree: n.Node) -> frozenset[Dotted]:
    """Every free name with the dotted way after it: ("filing", "owner", "age").

    A bare name inside a filter may belong to the filtered items and is left out.
    """
    return frozenset(_paths(tree, frozenset(), False))


def _paths(node: n.Node, bound: Bound, filtered: bool) -> Iterator[Dotted]:
    rule = _RULES.get(type(node))
    if rule is not None:
        yield from rule(node, bound, filtered)
        return
    for below in n.children(node):
        yield from _paths(below, bound, filtered)


def _name(node: n.Name, bound: Bound, filtered: bool) -> Iterator[Dotted]:
    if not filtered and node.name not in bound and node.name not in BUILTINS:
        yield (node.name,)


def _path(node: n.Path, bound: Bound, filtered: bool) -> Iterator[Dotted]:
    dotted, base = [node.name], node.base
    while isinstance(base, n.Path):
        dotted.append(base.name)
        base = base.base
    if not isinstance(base, n.Name):
        yield from _paths(base, bound, filtered)
    elif not filtered and base.name not in bound:
        yield (base.name, *reversed(dotted))



def _filter(node: n.Filter, bound: Bound, filtered: bool) -> Iterator[Dotted]:
    yield from _paths(node.base, bound, filtered)
    yield from _paths(node.test, bound, True)


def _bindings(node: n.For | n.Quantified, bound: Bound, filtered: bool) -> Iterator[Dotted]:
    inner = bound
    for binding in node.bindings:
        yield from _paths(binding.source, inner, filtered)
        if binding.end is not None:
            yield from _paths(binding.end, inner, filtered)
        inner |= {binding.name}
    yield from _paths(node.body, inner | {"partial"} if isinstance(node, n.For) else inner, filtered)


def _test(node: n.Test, bound: Bound, filtered: bool) -> Iterator[Dotted]:
    yield from _paths(node.body, bound | {"?"}, filtered)


def _context(node: n.ContextOf, bound: Bound, filtered: bool) -> Iterator[Dotted]:
    inner = bound
    for key, value in zip(node.keys, node.values, strict=True):
        yield from _paths(value, inner, filtered)
        inner |= {key}


def _function(node: n.FunctionOf, bound: Bound, filtered: bool) -> Iterator[Dotted]:
    yield from _paths(node.body, bound | set(node.parameters), filtered)


_RULES: dict[type, Callable[[Any, Bound, bool], Iterator[Dotted]]] = {
    n.Name: _name,
    n.Path: _path,
    n.Filter: _filter,
    n.For: _bindings,
    n.Quantified: _bindings,
    n.Test: _test,
    n.ContextOf: _context,
    n.FunctionOf: _function,
}
