"""A filled form against its schema: hide, compute, check, and keep only what belongs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from engine.feel.budget import Run
from engine.forms import schema as s
from engine.forms.fields import problems
from engine.forms.results import Checked, FieldError
from engine.forms.scopes import BUDGET, FormScope

MOST_PASSES = 10
Values = dict[str, Any]


def validate(schema: Mapping[str, Any], values: Any, context: Mapping[str, Any], now: datetime) -> Checked:
    """The values to keep, or why not.

    `context` is what expressions see beside the form's own values (dossier, filing, earlier steps); the browser is
    handed the same. Unknown keys are errors, hidden fields are dropped, expression fields are computed here.
    """
    refused = _refused(values)
    if refused is not None:
        return Checked({}, (refused,))
    run = Run(now, BUDGET)
    shown = _settled(schema, _completed(schema, values), context, run)
    scope = FormScope(context, shown, shown, None, (), run)
    errors = [*_unknown(schema, values, ""), *_errors(schema, shown, scope, "")]
    return Checked(shown, tuple(errors))


def _refused(values: Any) -> FieldError | None:
    if not isinstance(values, Mapping):
        return FieldError("", "not_a_form")
    left: list[tuple[Any, int]] = [(values, 0)]
    count = 0
    while left:
        value, level = left.pop()
        below = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []
        count += len(below)
        if level > s.DEEPEST:
            return FieldError("", "too_deep", {"limit": s.DEEPEST})
        if count > s.MOST_VALUES:
            return FieldError("", "too_many", {"limit": s.MOST_VALUES})
        left.extend((item, level + 1) for item in below)
    return None


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


# What the form holds


def _completed(component: s.Component, values: Mapping[str, Any]) -> Values:
    """The declared values, with form-js's empty ones where nothing was given."""
    built: Values = {}
    for part in s.components(component):
        kind, key = s.type_of(part), s.place(part)
        if kind == "group":
            inner = _completed(part, _object(values.get(key)) if key else values)
            built |= {key: inner} if key else inner
        elif kind == "dynamiclist":
            built[key] = _completed_rows(part, values.get(key))
        elif kind in s.KEYED:
            given = key in values and kind != "expression" and part.get("disabled") is not True
            built[key] = values[key] if given else s.empty_value(part)
    return built


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _completed_rows(part: s.Component, rows: Any) -> list[Any]:
    if not isinstance(rows, list) or len(rows) > s.MOST_ROWS:
        return []
    return [_completed(part, _object(row)) for row in rows]


def _settled(schema: s.Component, given: Values, context: Mapping[str, Any], run: Run) -> Values:
    """Hide and compute until nothing changes any more, as the browser does while somebody types."""
    shown = given
    for _ in range(MOST_PASSES):
        scope = FormScope(context, shown, shown, None, (), run)
        following = _visible(schema, given, shown, scope)
        if following == shown:
            break
        shown = following
    return shown


def _visible(component: s.Component, given: Values, before: Mapping[str, Any], scope: FormScope) -> Values:
    """One pass over one level; `before` is what the last pass left of it."""
    built: Values = {}
    for part in s.components(component):
        hidden = s.hide_condition(part)
        if hidden and scope.evaluate(hidden) is True:
            continue
        kind, key = s.type_of(part), s.place(part)
        if kind == "group" and not key:
            built |= _visible(part, given, before, scope)
        elif kind in s.CONTAINERS or kind in s.KEYED:
            built[key] = _visible_value(part, given[key], before.get(key), scope)
    return built


def _visible_value(part: s.Component, given: Any, before: Any, scope: FormScope) -> Any:
    kind = s.type_of(part)
    if kind == "expression":
        return scope.plain(s.text_at(part, "expression"))
    if kind == "group":
        return _visible(part, given, _object(before), scope)
    if kind != "dynamiclist":
        return given
    rows = []
    for index, row in enumerate(given):
        last = _object(before[index]) if isinstance(before, list) and index < len(before) else row
        rows.append(_visible(part, row, last, scope.row(last, index)))
    return rows


# What is wrong


def _declared(component: s.Component) -> dict[str, list[s.Component]]:
    """The keys of one level, with the containers that open below them."""
    found: dict[str, list[s.Component]] = {}
    for part in s.components(component):
        kind, key = s.type_of(part), s.place(part)
        if kind == "group" and not key:
            for inner, containers in _declared(part).items():
                found.setdefault(inner, []).extend(containers)
        elif kind in s.CONTAINERS:
            found.setdefault(key, []).append(part)
        elif kind in s.KEYED and part.get("disabled") is not True:
            found.setdefault(key, [])
    return found


def _unknown(component: s.Component, values: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    declared = _declared(component)
    for key, value in values.items():
        here = _join(path, str(key)[:100].encode("utf-8", "replace").decode())
        if key not in declared:
            yield FieldError(here, "unknown")
        for container in declared.get(key, ())[:1]:
            yield from _unknown_below(container, declared[key], value, here)


def _unknown_below(first: s.Component, parts: list[s.Component], value: Any, path: str) -> Iterator[FieldError]:
    together = {"components": [inner for part in parts for inner in s.components(part)]}
    if s.type_of(first) == "group":
        if isinstance(value, Mapping):
            yield from _unknown(together, value, path)
        elif value is not None:
            yield FieldError(path, "type", {"expected": "group"})
        return
    if not isinstance(value, list):
        if value is not None:
            yield FieldError(path, "type", {"expected": "list"})
        return
    if len(value) > s.MOST_ROWS:
        yield FieldError(path, "rows_max", {"limit": s.MOST_ROWS})
        return
    for index, row in enumerate(value):
        here = f"{path}[{index}]"
        if isinstance(row, Mapping):
            yield from _unknown(together, row, here)
        else:
            yield FieldError(here, "type", {"expected": "group"})


def _errors(component: s.Component, shown: Mapping[str, Any], scope: FormScope, path: str) -> Iterator[FieldError]:
    for part in s.components(component):
        kind, key = s.type_of(part), s.place(part)
        if kind in s.SILENT or kind == "expression" or part.get("disabled") is True:
            continue
        if kind == "group" and not key:
            yield from _errors(part, shown, scope, path)
        elif key in shown:
            yield from _value_errors(part, shown[key], scope, _join(path, key))


def _value_errors(part: s.Component, value: Any, scope: FormScope, path: str) -> Iterator[FieldError]:
    kind = s.type_of(part)
    if kind == "group":
        yield from _errors(part, value, scope, path)
    elif kind == "dynamiclist":
        yield from _row_errors(part, value, scope, path)
    else:
        yield from (FieldError(path, code, details) for code, details in problems(part, value, scope))


def _row_errors(part: s.Component, rows: list[Values], scope: FormScope, path: str) -> Iterator[FieldError]:
    least, most, fixed = s.row_bounds(part)
    if fixed and len(rows) != least:
        yield FieldError(path, "rows_fixed", {"limit": least})
    elif len(rows) < least:
        yield FieldError(path, "rows_min", {"limit": least})
    elif len(rows) > most:
        yield FieldError(path, "rows_max", {"limit": most})
    for index, row in enumerate(rows):
        yield from _errors(part, row, scope.row(row, index), f"{path}[{index}]")
