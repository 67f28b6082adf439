"""Boxed expressions → the tree of one FEEL expression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from engine.dmn.hits import evaluate_table
from engine.dmn.reading import Read, Words, attribute, child, children, name_of, text
from engine.dmn.tables import Table, read_table
from engine.dmn.types import Types
from engine.drawing.xmlsafe import local
from engine.feel import nodes as n
from engine.feel.scope import Scope
from engine.feel.values import Value

NULL = n.Literal(None)
# The entry of a context that is its value; no entry of a file can have this name.
_RESULT = ""
_DEEPEST = 25
_MOST_ENTRIES = 500


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the logic of one decision or knowledge model; `words` may be used in it."""

    found: Read
    types: Types
    title: str
    words: Words
    depth: int = 0

    def knowing(self, *names: str) -> Reader:
        """The same with more names."""
        return Reader(self.found, self.types, self.title, self.words.knowing(*names), self.depth + 1)

    def typed(self, tree: n.Node, element: etree._Element | None) -> n.Node:
        """The tree, held to the type of an element."""
        wanted = self.types.of(element)
        return tree if wanted.name == "Any" else n.Typed(tree, wanted)

    def logic(self, parent: etree._Element | None) -> n.Node | None:
        """The expression directly below an element."""
        for each in parent if parent is not None else ():
            if local(each) in _KINDS:
                return self.tree(each)
        return None

    def required(self, parent: etree._Element | None) -> n.Node:
        """The same; where there is none, a finding and null."""
        tree = self.logic(parent)
        if tree is None:
            self.found.error("decision_kind")
        return tree or NULL

    def tree(self, xml: etree._Element) -> n.Node:
        """The tree of one boxed expression."""
        if self.depth > _DEEPEST:
            self.found.error("decision_kind")
            return NULL
        return self.typed(_KINDS[local(xml)](self, xml), xml)


@dataclass(frozen=True, slots=True)
class TableLogic:
    """A decision table as a part of an expression."""

    table: Table
    title: str

    def __call__(self, scope: Scope) -> Value:
        return evaluate_table(self.table, scope, self.title)


def table_of(tree: n.Node) -> Table | None:
    """The table that a tree is, if it is one."""
    inner = tree.operand if isinstance(tree, n.Typed) else tree
    logic = inner.body if isinstance(inner, n.Embedded) else None
    return logic.table if isinstance(logic, TableLogic) else None


def _literal(reader: Reader, xml: etree._Element) -> n.Node:
    return reader.found.expression(text(xml), reader.words, "decision_input", cell=1).tree


def _table(reader: Reader, xml: etree._Element) -> n.Node:
    table = read_table(reader.found, xml, reader.types, reader.words)
    return NULL if table is None else n.Embedded(TableLogic(table, reader.title), tuple(table.parts()))


def _context(reader: Reader, xml: etree._Element) -> n.Node:
    keys: list[str] = []
    values: list[n.Node] = []
    entries = children(xml, "contextEntry")
    if len(entries) > _MOST_ENTRIES:
        reader.found.error("decision_items", count=len(entries), limit=_MOST_ENTRIES)
        return NULL
    for entry in entries:
        variable = child(entry, "variable")
        keys.append(_RESULT if variable is None else name_of(variable))
        values.append(reader.typed(reader.required(entry), variable))
        reader = reader.knowing(*keys[-1:])
    built = n.ContextOf(tuple(keys), tuple(values))
    return n.Path(built, _RESULT) if _RESULT in keys else built


def _list(reader: Reader, xml: etree._Element) -> n.Node:
    return n.ListOf(tuple(reader.knowing().tree(each) for each in xml if local(each) in _KINDS))


def _relation(reader: Reader, xml: etree._Element) -> n.Node:
    columns = children(xml, "column")
    names = tuple(name_of(column) for column in columns)
    rows = []
    for row in children(xml, "row"):
        cells = [reader.knowing().tree(each) for each in row if local(each) in _KINDS]
        if len(cells) != len(names):
            reader.found.error("decision_kind")
            return NULL
        typed = (reader.typed(cell, column) for cell, column in zip(cells, columns, strict=True))
        rows.append(n.ContextOf(names, tuple(typed)))
    return n.ListOf(tuple(rows))


def _invocation(reader: Reader, xml: etree._Element) -> n.Node:
    bindings = children(xml, "binding")
    names = tuple(name_of(child(binding, "parameter")) for binding in bindings)
    arguments = (reader.typed(reader.knowing().required(each), child(each, "parameter")) for each in bindings)
    return n.Call(reader.knowing().required(xml), tuple(arguments), names)


def function(reader: Reader, xml: etree._Element) -> n.Node:
    """A function definition, or the logic of a knowledge model."""
    if attribute(xml, "kind") not in ("", "FEEL"):
        reader.found.error("decision_language", language=attribute(xml, "kind")[:100])
        return NULL
    parameters = children(xml, "formalParameter")
    names = tuple(name_of(each) for each in parameters)
    types = tuple(reader.types.of(each) for each in parameters)
    return n.FunctionOf(names, reader.knowing(*names).required(xml), types)


def _conditional(reader: Reader, xml: etree._Element) -> n.Node:
    inside = reader.knowing()
    condition, then, otherwise = (inside.required(child(xml, tag)) for tag in ("if", "then", "else"))
    return n.If(condition, then, otherwise)


def _filter(reader: Reader, xml: etree._Element) -> n.Node:
    return n.Filter(reader.knowing().required(child(xml, "in")), reader.knowing("item").required(child(xml, "match")))


def _binding(reader: Reader, xml: etree._Element) -> tuple[n.Binding]:
    return (n.Binding(attribute(xml, "iteratorVariable"), reader.knowing().required(child(xml, "in")), None),)


def _body(reader: Reader, xml: etree._Element, tag: str) -> n.Node:
    return reader.knowing(attribute(xml, "iteratorVariable")).required(child(xml, tag))


def _for(reader: Reader, xml: etree._Element) -> n.Node:
    return n.For(_binding(reader, xml), _body(reader, xml, "return"))


def _quantified(reader: Reader, xml: etree._Element) -> n.Node:
    return n.Quantified(local(xml) == "every", _binding(reader, xml), _body(reader, xml, "satisfies"))


_KINDS: dict[str, Callable[[Reader, etree._Element], n.Node]] = {
    "literalExpression": _literal,
    "decisionTable": _table,
    "context": _context,
    "list": _list,
    "relation": _relation,
    "invocation": _invocation,
    "functionDefinition": function,
    "conditional": _conditional,
    "filter": _filter,
    "for": _for,
    "some": _quantified,
    "every": _quantified,
}
