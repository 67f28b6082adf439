"""Item definitions → FEEL types."""

from __future__ import annotations

from lxml import etree

from engine.dmn.reading import Read, Words, attribute, child, children, name_of, text
from engine.drawing.xmlsafe import text_in
from engine.feel.instances import ANY
from engine.feel.nodes import Test, Type

_NAMES = {
    "": "Any",
    "integer": "number",
    "long": "number",
    "double": "number",
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
}
_SIMPLE = frozenset(
    {
        "Any", "string", "number", "boolean", "date", "time", "date and time", "days and time duration",
        "years and months duration", "context", "list",
    }
)
_DEEPEST = 20
_LARGEST = 2_000


class Types:
    """The types a file defines, each resolved when it is asked for."""

    def __init__(self, found: Read, root: etree._Element, imported: dict[str, Types] | None = None) -> None:
        self.found = found
        self.imported = imported or {}
        self.defined = {name_of(each): each for each in children(root, "itemDefinition")}
        self.resolved: dict[str, Type] = {}
        self.sizes: dict[str, int] = {}

    def named(self, ref: str, depth: int = 0) -> Type:
        """The type of a `typeRef`; one that does not exist is a finding, and Any."""
        ref = " ".join(ref.removeprefix("feel:").split())
        name = _NAMES.get(ref, ref)
        if name in _SIMPLE and name not in self.defined:
            return Type(name)
        if name in self.resolved:
            return self.resolved[name]
        prefix, _, rest = name.partition(".")
        if prefix in self.imported:
            return self.imported[prefix].named(rest, depth + 1)
        xml = self.defined.get(name) if depth < _DEEPEST else None
        if xml is None:
            self.found.error("decision_type", type=name[:50])
            return ANY
        # A type that holds itself is Any inside
        self.resolved[name] = ANY
        wanted, self.sizes[name] = self._defined(xml, depth)
        if self.sizes[name] > _LARGEST:
            self.found.error("decision_items", count=self.sizes[name], limit=_LARGEST)
            return ANY
        self.resolved[name] = wanted
        return wanted

    def of(self, element: etree._Element | None) -> Type:
        """The type an element refers to."""
        return self.named(attribute(element, "typeRef"))

    def mentioned(self, text: str) -> tuple[tuple[str, Type], ...]:
        """The types that the text of an expression may name."""
        if "instance" not in text and "function" not in text:
            return ()
        return tuple((name, self.named(name)) for name in self.defined if name in text)

    def _defined(self, xml: etree._Element, depth: int) -> tuple[Type, int]:
        """The type of a definition, and how many types it is made of when written out."""
        size = 1
        parts = children(xml, "itemComponent")
        if child(xml, "functionItem") is not None:
            base = Type("function")
        elif parts:
            types = [self._defined(part, depth + 1) for part in parts]
            size += sum(each for _, each in types)
            base = Type("context", tuple(each for each, _ in types), tuple(name_of(part) for part in parts))
        else:
            ref = text_in(child(xml, "typeRef"))
            base = self.named(ref, depth + 1)
            size += self.sizes.get(" ".join(ref.split()), 0)
        base = _restricted(base, self._tests(xml, "allowedValues"))
        whole = self._tests(xml, "typeConstraint")
        if attribute(xml, "isCollection") != "true":
            return _restricted(base, whole), size
        return Type("list", (base,), (), whole), size

    def _tests(self, xml: etree._Element, tag: str) -> tuple[Test, ...]:
        content = text(child(xml, tag))
        return self.found.tests(content, Words(), "decision_input", cell=name_of(xml)).tests if content else ()


def _restricted(base: Type, tests: tuple[Test, ...]) -> Type:
    return Type(base.name, base.parts, base.keys, tests) if tests else base
