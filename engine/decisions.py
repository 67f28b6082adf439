"""Decisions: what a DMN file decides, compiled and evaluated.

The result of a table is a context of its outputs' names; a table whose only output has no name, or any other logic,
gives the bare value. Where several rules hit, the result is a list of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from engine.dmn.graph import Session
from engine.dmn.model import Item, Model, read_model
from engine.drawing.findings import Finding, refused
from engine.errors import DecisionRefused
from engine.feel.budget import DEFAULT, Budget, Run
from engine.feel.names import free_paths
from engine.feel.scope import Scope
from engine.feel.values import Value, from_plain, lift


@dataclass(frozen=True)
class Decision:
    """The decision of a file that no other one requires, with all that it requires."""

    model: Model
    root: Item

    @property
    def id(self) -> str:
        """Its id in the file."""
        return self.root.id.rpartition("#")[2] or self.model.read.key

    @property
    def name(self) -> str:
        """Its name, or its id."""
        return self.root.title or self.id

    def evaluate(self, context: Mapping[str, Any], now: datetime, budget: Budget = DEFAULT) -> Value:
        """The result. Raises DecisionFailed where a table contradicts itself or an input is not allowed."""
        return self.evaluate_within(context, Run(now, budget))

    def evaluate_within(self, context: Mapping[str, Any], run: Run) -> Value:
        """The same, sharing the budget of a run with other expressions."""
        session = Session(self.model, context, Scope(context, None, run, raw=True), {})
        return from_plain(run.weigh(session.root(self.root)))

    @cached_property
    def paths(self) -> frozenset[tuple[str, ...]]:
        """The free names it reads, with the dotted way after them."""
        items = self.model.items
        found: set[tuple[str, ...]] = set()
        for item in self.model.reachable(self.root):
            needed = {items[id_].name for _, id_ in item.requires if items[id_].kind != "inputData"}
            prefixes = {prefix for prefix, _ in item.requires if prefix}
            own = {item.name} if item.kind == "businessKnowledgeModel" else set()
            found |= {path for path in free_paths(item.tree) if path[0] not in needed | prefixes | own}
        return frozenset(found)


def compile_decision(xml: str | bytes) -> Decision:
    """The decision of a DMN file. Raises DecisionRefused with its findings."""
    model, wrong = _checked("decision", xml)
    errors = refused(wrong)
    if errors:
        raise DecisionRefused(findings=errors, first=errors[0].message, count=len(errors))
    return Decision(model, model.roots()[0])


def check_decision(key: str, xml: str | bytes) -> tuple[Finding, ...]:
    """Everything wrong with a DMN file; never raises on bad input."""
    return _checked(key, xml)[1]


def _checked(key: str, xml: str | bytes) -> tuple[Model, tuple[Finding, ...]]:
    model = read_model(key, xml)
    if not model.read.wrong:
        roots = model.roots()
        if len(roots) != 1:
            model.read.error("decision_count", count=len(roots))
        model.require_logic()
    return model, tuple(model.read.wrong)


def decide(
    model: Model, name: str, context: Mapping[str, Any], now: datetime, budget: Budget = DEFAULT
) -> Value:
    """The value of a decision by its name, as the standard has it: only what is required is seen.

    What the file does wrong (`model.read.wrong`) is null. Raises DecisionFailed like a decision's `evaluate`.
    """
    return _asked(model, name, context, Run(now, budget), "decision")


def serve(model: Model, name: str, context: Mapping[str, Any], now: datetime, budget: Budget = DEFAULT) -> Value:
    """The value of a decision service by its name; the context holds its inputs and input decisions."""
    return _asked(model, name, context, Run(now, budget), "decisionService")


def _asked(model: Model, name: str, context: Mapping[str, Any], run: Run, kind: str) -> Value:
    item = model.named(name, kind)
    if item is None:
        return None
    session = Session(model, context, Scope({}, None, run), {})
    value = session.value(item)
    if kind == "decisionService":
        needed = [model.items[id_] for _, id_ in item.requires]
        value = session.served(item, needed, [lift(context.get(each.name)) for each in needed])
    return from_plain(run.weigh(value))
