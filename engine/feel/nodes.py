"""The parts an expression is made of: frozen, free of behaviour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """Any part of an expression."""


@dataclass(frozen=True, slots=True)
class Literal(Node):
    value: Any


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    base: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    base: Node
    test: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`names` are the parameters' names when they were given, else empty."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Negate(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Compare(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class AllOf(Node):
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf(Node):
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Between(Node):
    operand: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Test(Node):
    """One unary test; `asks` says that it speaks of the tested value as `?`."""

    body: Node
    asks: bool


@dataclass(frozen=True, slots=True)
class In(Node):
    operand: Node
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Type(Node):
    """A type's name with the types of its elements: list<T>, range<T>, context<a: T>, function<T> -> T.

    `allowed` are the tests that a value of the type must pass besides.
    """

    name: str
    parts: tuple[Type, ...] = ()
    keys: tuple[str, ...] = ()
    allowed: tuple[Test, ...] = ()


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    operand: Node
    type: Type


@dataclass(frozen=True, slots=True)
class If(Node):
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Binding(Node):
    """`name in source`, or `name in source..end`."""

    name: str
    source: Node
    end: Node | None


@dataclass(frozen=True, slots=True)
class For(Node):
    bindings: tuple[Binding, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    every: bool
    bindings: tuple[Binding, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextOf(Node):
    keys: tuple[str, ...]
    values: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class RangeOf(Node):
    low: Node | None
    high: Node | None
    low_included: bool
    high_included: bool


@dataclass(frozen=True, slots=True)
class FunctionOf(Node):
    """`types` are those of the parameters, Any where none is given; a call goes down so many `levels`."""

    parameters: tuple[str, ...]
    body: Node
    types: tuple[Type, ...] = ()
    levels: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", height(self.body) + 1)


@dataclass(frozen=True, slots=True)
class Typed(Node):
    """A part whose value must have a type, or become one; else it is null."""

    operand: Node
    type: Type


@dataclass(frozen=True, slots=True)
class Embedded(Node):
    """A part that is no expression, such as a decision table: how to evaluate it in a scope, and its expressions."""

    body: Callable[[Any], Any]
    parts: tuple[Node, ...]


def children(node: Node) -> Iterator[Node]:
    """The parts directly below a node; a type is no part of an expression."""
    for place in fields(node):
        value = object.__getattribute__(node, place.name)
        if isinstance(value, Type):
            continue
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Node) and not isinstance(item, Type))


def height(node: Node) -> int:
    """How deep the tree is, found without recursion."""
    level, deep = [node], 0
    while level:
        deep += 1
        level = [below for above in level for below in children(above)]
    return deep
