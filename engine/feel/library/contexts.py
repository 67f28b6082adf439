"""Functions over contexts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.feel.library.registry import builtin, items, single, text
from engine.feel.values import IllTyped, Value, lift


def _context(value: Value) -> Mapping[str, Any]:
    found = single(value)
    if not isinstance(found, Mapping):
        raise IllTyped
    return found


def _key(value: Value) -> str:
    if type(value) is not str:
        raise IllTyped
    return value


@builtin("get value", "m, key", "context, key", "m, keys")
def _get_value(m: Value, key: Value) -> Value:
    found: Value = _context(m)
    for part in items(key):
        found = lift(found.get(text(part))) if isinstance(found, Mapping) else None
    return found


@builtin("get entries", "m", "context")
def _get_entries(m: Value) -> Value:
    return [{"key": key, "value": lift(value)} for key, value in _context(m).items()]


@builtin("context", "entries")
def _from_entries(entries: Value) -> Value:
    built: dict[str, Value] = {}
    for entry in items(entries):
        found = _context(entry)
        key = _key(found.get("key"))
        if key in built or "value" not in found:
            raise IllTyped
        built[key] = lift(found["value"])
    return built


@builtin("context put", "context, key, value", "context, keys, value")
def _put(context: Value, key: Value, value: Value) -> Value:
    return _put_at(_context(context), items(key), value)


def _put_at(context: Mapping[str, Any], keys: list[Value], value: Value) -> dict[str, Any]:
    if not keys:
        raise IllTyped
    name = _key(keys[0])
    if len(keys) > 1:
        below = context.get(name)
        value = _put_at({} if below is None else _context(below), keys[1:], value)
    return {**context, name: value}


@builtin("context merge", "contexts")
def _merge(contexts: Value) -> Value:
    merged: dict[str, Value] = {}
    for context in items(contexts):
        merged.update(_context(context))
    return merged
