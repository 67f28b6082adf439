"""A DMN 1.2-1.5 file → its decisions, knowledge models, services and inputs, and what each requires."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from lxml import etree

from engine.dmn.boxed import NULL, Reader, function
from engine.dmn.reading import Read, Words, attribute, child, children, name_of
from engine.dmn.types import Types
from engine.drawing.xmlsafe import local, parse
from engine.errors import XmlRefused
from engine.feel.instances import ANY
from engine.feel.nodes import Node, Type, height

MODELS = frozenset(
    {
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    }
)
KINDS = ("inputData", "decision", "businessKnowledgeModel", "decisionService")
_REQUIRED = ("requiredInput", "requiredDecision", "requiredKnowledge")
MOST_ITEMS = 5_000
MOST_NAMES = 500
DEEPEST = 120


@dataclass(frozen=True, slots=True)
class Item:
    """An input, a decision, a knowledge model or a decision service.

    `prefix` is what its file is called in the file that imports it. A service's `requires` are its parameters.
    """

    id: str
    kind: str
    name: str
    title: str = ""
    type: Type = ANY
    requires: tuple[tuple[str, str], ...] = ()
    tree: Node = NULL
    outputs: tuple[str, ...] = ()


@dataclass(slots=True)
class Model:
    """All that one file and its imports hold; `own` are the ids of the file's own items."""

    read: Read
    namespace: str = ""
    items: dict[str, Item] = field(default_factory=dict)
    own: tuple[str, ...] = ()
    types: Types | None = None

    def named(self, name: str, *kinds: str) -> Item | None:
        """The file's own item of that name."""
        found = (self.items[each] for each in self.own)
        return next((item for item in found if item.kind in kinds and name in (item.title, item.name)), None)

    def decisions(self) -> Iterator[Item]:
        """The file's own decisions."""
        return (self.items[each] for each in self.own if self.items[each].kind == "decision")

    def roots(self) -> list[Item]:
        """The decisions that nothing requires."""
        needed = {id_ for item in self.items.values() for _, id_ in item.requires}
        needed |= {id_ for item in self.items.values() if item.id in needed for id_ in item.outputs}
        return [item for item in self.decisions() if item.id not in needed]

    def require_logic(self) -> None:
        """A finding for every decision that says nothing."""
        if any(item.tree is NULL for item in self.decisions()):
            self.read.error("decision_kind")

    def reachable(self, root: Item) -> list[Item]:
        """The item and all that it requires, directly or not."""
        seen, left = {root.id: root}, [root]
        while left:
            item = left.pop()
            for id_ in (*(id_ for _, id_ in item.requires), *item.outputs):
                if id_ in self.items and id_ not in seen:
                    seen[id_] = self.items[id_]
                    left.append(self.items[id_])
        return list(seen.values())


def read_model(key: str, xml: str | bytes, others: Mapping[str, str | bytes] | None = None) -> Model:
    """The file's model; never raises on bad input. `others` are files it may import, by their namespaces."""
    return _model(Read(key), xml, others or {}, ())


def _model(read: Read, xml: str | bytes, others: Mapping[str, str | bytes], above: tuple[str, ...]) -> Model:
    model = Model(read)
    try:
        root = parse(xml)
    except XmlRefused as refusal:
        read.error("decision_xml", reason=refusal.details["reason"])
        return model
    if local(root) != "definitions" or etree.QName(root).namespace not in MODELS:
        read.error("decision_root")
        return model
    _languages(read, root)
    model.namespace = attribute(root, "namespace")
    _Builder(model, root, _imports(model, root, others, above)).build()
    return model


def _languages(read: Read, root: etree._Element) -> None:
    for element in root.iter():
        language = attribute(element, "expressionLanguage")
        if language and "feel" not in language.lower():
            read.error("decision_language", language=language[:100])
            return


def _imports(
    model: Model, root: etree._Element, others: Mapping[str, str | bytes], above: tuple[str, ...]
) -> dict[str, Model]:
    found: dict[str, Model] = {}
    for each in children(root, "import"):
        namespace = attribute(each, "namespace")
        if namespace in others and namespace not in above and len(above) < 5:
            imported = _model(model.read, others[namespace], others, (*above, model.namespace))
            found[name_of(each)] = imported
            model.items.update(imported.items)
        elif "DMN" in attribute(each, "importType"):
            model.read.error("decision_requirement")
    return found


class _Builder:
    """Fills a model from the elements of its file."""

    def __init__(self, model: Model, root: etree._Element, imports: Mapping[str, Model]) -> None:
        self.model = model
        self.read = model.read
        self.root = root
        self.prefixes = {imported.namespace: prefix for prefix, imported in imports.items()}
        known = {prefix: imported.types for prefix, imported in imports.items() if imported.types is not None}
        self.types = model.types = Types(model.read, root, known)
        items = (each for each in root if local(each) in KINDS)
        # An id is optional in the standard; a number can never be one
        self.elements = {self.full("#" + (attribute(each, "id") or str(at))): each for at, each in enumerate(items)}
        shared = {name_of(each): None for each in root.iter() if local(each) == "itemComponent"}
        self.shared = Words((), self.types.mentioned).knowing(*shared)

    def build(self) -> None:
        for count, limit in ((len(self.elements), MOST_ITEMS), (len(self.shared.names), MOST_NAMES)):
            if count > limit:
                self.read.error("decision_items", count=count, limit=limit)
                return
        for id_, xml in self.elements.items():
            self.model.items[id_] = _MAKERS[local(xml)](self, id_, xml)
        self.model.own = tuple(self.elements)
        self.requirements()

    def requirements(self) -> None:
        """Everything required is there, and no decision requires itself."""
        for id_ in self.model.own:
            item = self.model.items[id_]
            levels = height(item.tree)
            if levels > DEEPEST:
                self.read.error("decision_deep", count=levels, limit=DEEPEST)
                self.model.items[id_] = replace(item, tree=NULL)
        if self.missing() or self.circular():
            self.read.error("decision_requirement")

    def missing(self) -> bool:
        items = self.model.items
        return any(each not in items for id_ in self.model.own for each in _edges(items[id_]))

    def circular(self) -> bool:
        """Whether something requires itself, other than a knowledge model that calls itself."""
        left = {id_: {each for each in _edges(item) if each != id_ or item.kind == "decision"}
                for id_, item in self.model.items.items()}
        above: dict[str, list[str]] = {}
        for id_, needed in left.items():
            for each in needed:
                above.setdefault(each, []).append(id_)
        free = [id_ for id_, needed in left.items() if not needed]
        done = 0
        while free:
            done += 1
            for id_ in above.get(free.pop(), ()):
                waiting = left[id_]
                waiting.pop()
                if not waiting:
                    free.append(id_)
        return done < len(left)

    def full(self, href: str) -> str:
        """An id that is unique among all files."""
        namespace, _, id_ = href.rpartition("#")
        return f"{namespace or self.model.namespace}#{id_}"

    def hrefs(self, xml: etree._Element, *tags: str) -> tuple[str, ...]:
        return tuple(self.full(attribute(each, "href")) for each in xml if local(each) in tags)

    def needs(self, xml: etree._Element) -> tuple[tuple[str, str], ...]:
        """The prefix and the id of each required item."""
        places = (below for below in xml if local(below).endswith("Requirement"))
        found = (each for below in places for each in self.hrefs(below, *_REQUIRED))
        return tuple((self.prefixes.get(each.rpartition("#")[0], ""), each) for each in found)

    def reader(self, xml: etree._Element, requires: tuple[tuple[str, str], ...]) -> Reader:
        if len(requires) > MOST_NAMES:
            self.read.error("decision_items", count=len(requires), limit=MOST_NAMES)
            requires = ()
        return Reader(self.read, self.types, name_of(xml), self.shared.knowing(*self.names(requires)))

    def names(self, requires: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
        """What required items are called."""
        found: list[str] = []
        for prefix, id_ in requires:
            item = self.model.items.get(id_)
            own = self.elements.get(id_)
            found += [prefix, item.name if item is not None else _variable_name(own)]
        return tuple(name for name in found if name)

    # Items

    def input(self, id_: str, xml: etree._Element) -> Item:
        return Item(id_, local(xml), _variable_name(xml), name_of(xml), self.types.of(child(xml, "variable")))

    def decision(self, id_: str, xml: etree._Element) -> Item:
        requires = self.needs(xml)
        reader = self.reader(xml, requires)
        return Item(
            id_, "decision", _variable_name(xml), name_of(xml), self.types.of(child(xml, "variable")), requires,
            reader.logic(xml) or NULL,
        )

    def knowledge(self, id_: str, xml: etree._Element) -> Item:
        requires = self.needs(xml)
        body = child(xml, "encapsulatedLogic")
        reader = self.reader(xml, requires).knowing(_variable_name(xml))
        tree = function(reader, body) if body is not None else NULL
        return Item(id_, local(xml), _variable_name(xml), name_of(xml), requires=requires, tree=tree)

    def service(self, id_: str, xml: etree._Element) -> Item:
        parameters = (*self.hrefs(xml, "inputData"), *self.hrefs(xml, "inputDecision"))
        return Item(
            id_, local(xml), _variable_name(xml), name_of(xml), self.types.of(child(xml, "variable")),
            tuple(("", each) for each in parameters), outputs=self.hrefs(xml, "outputDecision"),
        )


def _edges(item: Item) -> tuple[str, ...]:
    return (*(id_ for _, id_ in item.requires), *item.outputs)


def _variable_name(xml: etree._Element | None) -> str:
    variable = child(xml, "variable") if xml is not None else None
    return name_of(variable) or name_of(xml)


_MAKERS = {
    "inputData": _Builder.input,
    "decision": _Builder.decision,
    "businessKnowledgeModel": _Builder.knowledge,
    "decisionService": _Builder.service,
}
