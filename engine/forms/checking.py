"""What is wrong with a form's schema, said before anybody fills it in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from engine.drawing.findings import Finding, error, warning
from engine.errors import ExpressionInvalid, quoted
from engine.feel.expression import compile_expression
from engine.feel.patterns import PatternRefused, pattern
from engine.forms import schema as s
from engine.forms.fields import as_number

_KEY = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
RESERVED = frozenset({"this", "parent", "i", "dossier", "filing", "visits", "item", "partial"})
_LIMITS = ("min", "max", "minLength", "maxLength")
_SHOWN = ("label", "description", "text")
_SUBTYPES = frozenset({"date", "time", "datetime"})
Findings = Iterator[Finding]


def check_schema(key: str, schema: Any, outside: frozenset[str] | None = None) -> tuple[Finding, ...]:
    """Every finding about a form; elements are named `form.path`.

    With `outside`, the names that the caller's context offers, expressions may use no others beside the form's own.
    """
    reason = _shape(schema)
    if reason:
        return (error("form_shape", key, form=key, reason=reason),)
    known = None if outside is None else outside | frozenset(_names(schema)) | s.SPECIAL
    return tuple(_level(schema, key, known, 0))


def _shape(schema: Any) -> str:
    if not isinstance(schema, Mapping):
        return "it is not an object"
    if not isinstance(schema.get("components"), list | tuple):
        return "it has no list of components"
    return ""


def _names(component: s.Component) -> Iterator[str]:
    for part in s.components(component):
        if s.type_of(part) == "group" and not s.place(part):
            yield from _names(part)
        elif s.place(part):
            yield s.place(part)


def _level(component: s.Component, path: str, known: frozenset[str] | None, level: int) -> Findings:
    if level > s.DEEPEST:
        yield error("form_deep", path, limit=s.DEEPEST)
        return
    yield from _twice(component, path)
    for index, part in enumerate(s.components(component)):
        here = f"{path}.{s.place(part) or s.text_at(part, 'id') or index}"
        yield from _component(part, here, known)
        yield from _level(part, here, known, level + 1)


def _twice(component: s.Component, path: str) -> Findings:
    if s.type_of(component) == "group" and not s.place(component):
        return
    seen: set[str] = set()
    for name in _names(component):
        if name in seen:
            yield error("form_key_taken", f"{path}.{name}", key=name)
        seen.add(name)


def _component(part: s.Component, here: str, known: frozenset[str] | None) -> Findings:
    kind = s.type_of(part)
    if kind not in s.ALLOWED:
        yield error("form_type", here, type=kind)
        return
    yield from _key(part, here)
    yield from _expressions(part, here, known)
    yield from _rules(part, here)
    if kind in s.CHOICES:
        yield from _values(part, here)
    if kind == "datetime" and s.text_at(part, "subtype") not in _SUBTYPES:
        yield error("form_subtype", here)
    yield from _english(part, here)


def _key(part: s.Component, here: str) -> Findings:
    kind, key = s.type_of(part), s.place(part)
    if not key:
        if kind in s.KEYED or kind == "dynamiclist":
            yield error("form_key_missing", here)
    elif not _KEY.fullmatch(key):
        yield error("form_key", here, key=key[:100])
    elif key in RESERVED:
        yield error("form_key_reserved", here, key=key)


# Expressions and patterns


def _texts(part: s.Component) -> Iterator[str]:
    rules = s.mapping_at(part, "validate")
    candidates = [s.mapping_at(part, "conditional").get("hide"), part.get("valuesExpression"), part.get("readonly")]
    candidates += [part.get("label"), part.get("description"), part.get("text")]
    candidates += [rules.get(name) for name in _LIMITS]
    yield from (text for text in candidates if isinstance(text, str) and text.startswith("="))
    if s.type_of(part) == "expression":
        yield s.text_at(part, "expression")


def _expressions(part: s.Component, here: str, known: frozenset[str] | None) -> Findings:
    for text in _texts(part):
        try:
            names = compile_expression(text).names
        except ExpressionInvalid as failure:
            yield error("form_expression", here, **failure.details)
            continue
        for name in sorted(names - known if known is not None else ()):
            yield error("form_expression_name", here, name=name, expression=quoted(text))


def _rules(part: s.Component, here: str) -> Findings:
    rules = s.mapping_at(part, "validate")
    text = rules.get("pattern")
    if isinstance(text, str) and text:
        try:
            pattern(text)
        except PatternRefused as refusal:
            yield error("form_pattern", here, reason=refusal.reason)
    for least, most in (("min", "max"), ("minLength", "maxLength")):
        low, high = _number(rules.get(least)), _number(rules.get(most))
        if low is not None and high is not None and low > high:
            yield error("form_bounds", here)


def _number(value: Any) -> Decimal | None:
    return as_number(value)


def _values(part: s.Component, here: str) -> Findings:
    if s.text_at(part, "valuesKey") or s.text_at(part, "valuesExpression"):
        return
    values = [repr(value) for value, _ in s.static_options(part)]
    if not values or len(set(values)) < len(values):
        yield error("form_values", here)


# English


def _english(part: s.Component, here: str) -> Findings:
    properties = s.mapping_at(part, "properties")
    for name in _SHOWN:
        shown = _shown(part, name)
        if shown and not shown.startswith("=") and not properties.get(f"en.{name}"):
            yield warning("form_english", here, part=name)
    values = s.static_options(part)
    if s.type_of(part) in s.CHOICES and values:
        english = str(properties.get("en.values", "")).split("|")
        if len(english) != len(values):
            count = len(english) if properties.get("en.values") else 0
            yield warning("form_english_values", here, count=len(values), english=count)


def _shown(part: s.Component, name: str) -> str:
    if name == "label" and s.type_of(part) == "datetime":
        return s.text_at(part, "dateLabel") or s.text_at(part, "timeLabel") or s.text_at(part, "label")
    return s.text_at(part, name)
