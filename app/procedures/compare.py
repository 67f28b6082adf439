"""What differs between two versions of a procedure, in the words of the engine. Pure.

A change names what it is about (`kind`: step, flow, element, choice, form, field, decision, fact), where (`id`), its
name, whether it was added, removed or changed, and for changes the property with its old and new value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from app.procedures.facts import at
from app.procedures.tables import Column, Rule, Table, read_table
from engine.definition import Definition

STEP_PROPERTIES = (
    "name", "name_en", "kind", "role", "unit", "hours", "online_hours", "status", "clock", "form", "message",
    "needs_file", "lane", "loop",
)
FACTS = (
    "name", "level", "agency", "field", "subject", "service_level", "non_territorial", "competent", "limits.statutory",
    "limits.reduced", "fee.amount", "fee.kind", "result", "legal", "decision", "supplement", "applicant",
)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference."""

    kind: str
    id: str
    name: str
    what: str
    property: str = ""
    old: Any = None
    new: Any = None


def compare(old: Definition, new: Definition) -> tuple[Change, ...]:
    """Every difference that matters to those who work by the procedure, in the order a reader looks for it."""
    return (
        *_facts(old.procedure, new.procedure),
        *_components(old.procedure, new.procedure),
        *_steps(old, new),
        *_elements(old, new),
        *_flows(old, new),
        *_forms(old.forms, new.forms),
    )


def _facts(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for path in FACTS:
        before, after = at(old, path), at(new, path)
        if before != after:
            yield Change("fact", path, path, "changed", path, before, after)


def compare_decisions(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Change, ...]:
    """Every difference of the decision tables, rule by rule."""

    def differences(key: str, before: str, after: str) -> Iterator[Change]:
        if before == after:
            return
        was, became = read_table(before), read_table(after)
        if was is None or became is None:
            yield Change("decision", key, key, "changed")
        else:
            pairs = _table_pairs(was, became)
            yield from (Change("decision", key, became.name, "changed", *pair) for pair in pairs)

    return tuple(_each("decision", old, new, _table_name, differences))


def _table_name(xml: str) -> str:
    table = read_table(xml)
    return table.name if table else ""


def _table_pairs(was: Table, became: Table) -> Iterator[tuple[str, Any, Any]]:
    """The property, its old and its new value; rules that both have are left out."""
    for name, before, after in (
        ("name", was.name, became.name), ("hit", f"{was.hit} {was.aggregation}", f"{became.hit} {became.aggregation}"),
        ("inputs", _said_columns(was.inputs), _said_columns(became.inputs)),
        ("outputs", _said_columns(was.outputs), _said_columns(became.outputs)),
    ):
        if before != after:
            yield name, before, after
    old, new = [_said_rule(rule) for rule in was.rules], [_said_rule(rule) for rule in became.rules]
    gone, fresh = [rule for rule in old if rule not in new], [rule for rule in new if rule not in old]
    yield from (("rule", before, after) for before, after in zip_longest(gone, fresh))
    if not gone and not fresh and old != new:
        yield "order", "; ".join(old), "; ".join(new)


def _said_columns(columns: Iterable[Column]) -> str:
    texts = (f"{column.label} ({column.expression}, {column.type})" for column in columns)
    return "; ".join(text.strip() for text in texts)


def _said_rule(rule: Rule) -> str:
    return f"{', '.join(rule.inputs)} → {', '.join(rule.outputs)}"


def _components(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    def by_code(facts: Mapping[str, Any]) -> dict[str, Any]:
        return {component["code"]: component for component in facts.get("components", [])}

    def differences(code: str, before: Any, after: Any) -> Iterator[Change]:
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                yield Change("component", code, _vi(after), "changed", name, before.get(name), after.get(name))

    yield from _each("component", by_code(old), by_code(new), _vi, differences)


def _vi(component: Mapping[str, Any]) -> str:
    return str(component["name"]["vi"])


def _steps(old: Definition, new: Definition) -> Iterator[Change]:
    def differences(step: str, before: Any, after: Any) -> Iterator[Change]:
        for name in STEP_PROPERTIES:
            was, became = _property(before, name), _property(after, name)
            if was != became:
                yield Change("step", step, after.name, "changed", name, was, became)
        yield from _choices(step, before, after)

    yield from _each("step", old.steps, new.steps, lambda step: str(step.name), differences)


_READ: dict[str, Callable[[Any], Any]] = {
    "name": lambda step: step.name, "name_en": lambda step: step.name_en, "kind": lambda step: step.kind,
    "role": lambda step: step.role, "unit": lambda step: step.unit, "hours": lambda step: _text(step.hours),
    "online_hours": lambda step: _text(step.online_hours), "status": lambda step: _text(step.status),
    "clock": lambda step: step.clock, "form": lambda step: step.form, "message": lambda step: step.message,
    "needs_file": lambda step: step.needs_file, "lane": lambda step: step.lane, "loop": lambda step: _text(step.loop),
}


def _property(step: Any, name: str) -> Any:
    return _READ[name](step)


def _text(value: Any) -> str | None:
    """Numbers and small structures as the text a reader sees; 5 and 5.0 are the same hours."""
    if value is None:
        return None
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def _choices(step: str, before: Any, after: Any) -> Iterator[Change]:
    def differences(choice: str, was: Any, became: Any) -> Iterator[Change]:
        if was != became:
            yield Change("choice", f"{step}.{choice}", became.name, "changed", "", _said(was), _said(became))

    old = {choice.id: choice for choice in before.choices}
    new = {choice.id: choice for choice in after.choices}
    for change in _each("choice", old, new, lambda choice: str(choice.name), differences):
        place = change.id if "." in change.id else f"{step}.{change.id}"
        yield Change("choice", place, change.name, change.what, change.property, change.old, change.new)


def _said(choice: Any) -> str:
    return f"{choice.name} ({choice.kind})" + (f", {choice.when}" if choice.when else "")


def _elements(old: Definition, new: Definition) -> Iterator[Change]:
    """Events, gateways and automatic tasks; steps have their own list."""

    def others(definition: Definition) -> dict[str, Any]:
        return {id: element for id, element in definition.elements.items() if id not in definition.steps}

    def differences(id: str, before: Any, after: Any) -> Iterator[Change]:
        if before.type != after.type:
            yield Change("element", id, after.name or id, "changed", "type", before.type, after.type)
        if before.name != after.name:
            yield Change("element", id, after.name or id, "changed", "name", before.name, after.name)

    yield from _each("element", others(old), others(new), lambda element: element.name or element.id, differences)


def _flows(old: Definition, new: Definition) -> Iterator[Change]:
    def way(flow: Any) -> str:
        return f"{flow.source} → {flow.target}"

    def differences(id: str, before: Any, after: Any) -> Iterator[Change]:
        name = after.name or way(after)
        if way(before) != way(after):
            yield Change("flow", id, name, "changed", "way", way(before), way(after))
        if before.condition != after.condition:
            yield Change("flow", id, name, "changed", "condition", before.condition, after.condition)

    yield from _each("flow", old.flows, new.flows, lambda flow: flow.name or way(flow), differences)


def _forms(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    def differences(form: str, before: Any, after: Any) -> Iterator[Change]:
        yield from _form_fields(form, dict(fields_of(before)), dict(fields_of(after)))

    yield from _each("form", old, new, lambda schema: str(schema.get("id", "")), differences)


def _form_fields(form: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    def differences(key: str, before: Any, after: Any) -> Iterator[Change]:
        if before != after:
            yield Change("field", f"{form}.{key}", after.get("label", key), "changed")

    for change in _each("field", old, new, lambda field: str(field.get("label", "")), differences):
        place = change.id if change.id.startswith(f"{form}.") else f"{form}.{change.id}"
        yield Change("field", place, change.name, change.what, change.property, change.old, change.new)


def fields_of(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every component of a form with its path (its id where it has no key), without its inner components."""
    for component in schema.get("components", []):
        place = f"{path}{component.get('key') or component.get('path') or component.get('id', '')}"
        yield place, {name: value for name, value in component.items() if name not in ("components", "layout", "id")}
        yield from fields_of(component, f"{place}.")


def _each(
    kind: str, old: Mapping[str, Any], new: Mapping[str, Any], name: Callable[[Any], str],
    differences: Callable[[str, Any, Any], Iterator[Change]],
) -> Iterator[Change]:
    """What was removed, then in the new order what was added and what changed."""
    for id in [id for id in old if id not in new]:
        yield Change(kind, id, name(old[id]) or id, "removed")
    for id, value in new.items():
        if id not in old:
            yield Change(kind, id, name(value) or id, "added")
        else:
            yield from differences(id, old[id], value)
