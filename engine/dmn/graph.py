"""Evaluating a graph of decisions: each once, with only what it requires in sight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.dmn.boxed import table_of
from engine.dmn.hits import evaluate_table
from engine.dmn.model import Item, Model
from engine.feel.evaluate import fitted, value_of
from engine.feel.nodes import height
from engine.feel.scope import Scope
from engine.feel.values import Function, Value, lift

_FRAMES = 6


class Session:
    """One evaluation of a model on one context.

    Every decision sees the context (`outer`) besides what it requires, or only the latter where there is none.
    """

    def __init__(self, model: Model, context: Mapping[str, Any], scope: Scope, given: Mapping[str, Value]) -> None:
        self.model = model
        self.context = context
        self.scope = scope
        self.known: dict[str, Value] = dict(given)

    def value(self, item: Item) -> Value:
        """The value of an item, computed when it is first asked for, after all that it requires."""
        for each in self.order(item):
            self.known[each.id] = _KINDS[each.kind](self, each)
        return self.known[item.id]

    def order(self, item: Item) -> list[Item]:
        """What is still to be computed, in order; what requires itself is null inside."""
        found: list[Item] = []
        seen: set[str] = set()
        left = [(item, False)]
        while left:
            each, ready = left.pop()
            if ready:
                found.append(each)
            elif each.id not in seen and each.id not in self.known:
                seen.add(each.id)
                left.append((each, True))
                left += [(needed, False) for needed in self.needed(each)]
        return found

    def needed(self, item: Item) -> list[Item]:
        """What has to be known before the item; a service asks for its own when it is called."""
        if item.kind == "decisionService":
            return []
        return [self.model.items[id_] for _, id_ in item.requires if id_ in self.model.items]

    def sight(self, item: Item) -> Scope:
        """What the item may see."""
        values: dict[str, Value] = {}
        for prefix, id_ in item.requires:
            needed = self.model.items.get(id_)
            if needed is not None:
                place = values.setdefault(prefix, {}) if prefix else values
                place[needed.name] = self.known.get(id_)
        return self.scope.within(values)

    def input(self, item: Item) -> Value:
        return fitted(lift(self.context.get(item.name)), item.type, self.scope)

    def decision(self, item: Item) -> Value:
        levels = height(item.tree) + _FRAMES
        self.scope.run.enter(levels)
        value = fitted(value_of(item.tree, self.sight(item)), item.type, self.scope)
        self.scope.run.depth -= levels
        return value

    def root(self, item: Item) -> Value:
        """The decision asked for: a table's result keeps the names of its outputs."""
        table = table_of(item.tree)
        if table is not None:
            for each in self.needed(item):
                self.value(each)
            return evaluate_table(table, self.sight(item), item.title, named=True)
        return self.value(item)

    def knowledge(self, item: Item) -> Value:
        sight = self.sight(item)
        function = value_of(item.tree, sight)
        sight.values = {**sight.values, item.name: function}
        return function

    def service(self, item: Item) -> Value:
        needed = [self.model.items[id_] for _, id_ in item.requires if id_ in self.model.items]

        def call(arguments: list[Value]) -> Value:
            return self.served(item, needed, arguments)

        return Function(tuple(each.name for each in needed), call)

    def served(self, item: Item, needed: list[Item], arguments: list[Value]) -> Value:
        """The outputs of a service with these values for what it needs."""
        if len(arguments) != len(needed):
            return None
        given: dict[str, Value] = {}
        for each, value in zip(needed, arguments, strict=True):
            given[each.id] = fitted(value, each.type, self.scope)
            if value is not None and given[each.id] is None:
                return None
        self.scope.run.enter(_FRAMES)
        inside = Session(self.model, {}, self.scope, given)
        outputs = [self.model.items[id_] for id_ in item.outputs if id_ in self.model.items]
        values = {each.name: inside.value(each) for each in outputs}
        self.scope.run.depth -= _FRAMES
        return fitted(next(iter(values.values())) if len(values) == 1 else values, item.type, self.scope)


_KINDS = {
    "inputData": Session.input,
    "decision": Session.decision,
    "businessKnowledgeModel": Session.knowledge,
    "decisionService": Session.service,
}
