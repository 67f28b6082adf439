"""Functions over contexts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.feel.budget import Run
from engine.feel.library.registry import builtin, items, single, text
from engine.feel.values import IllTyped, Value

# What a new context takes in steps besides its entries.
PUTTING = 3


def _context(value: Value) -> Mapping[str, Any]:
    found = single(value)
    if not isinstance(found, Mapping):
        raise IllTyped
    return found


def _key(value: Value) -> str:
    if type(value) is not str:
        raise IllTyped
    return value


@builtin("get value", "m, key", "context, key", "m, keys", runs=True)
def _get_value(run: Run, m: Value, key: Value) -> Value:
    found: Value = _context(m)
    for part in items(key):
        found = run.lift(found.get(text(part))) if isinstance(found, Mapping) else None
    return found


@builtin("get entries", "m", "context", runs=True)
def _get_entries(run: Run, m: Value) -> Value:
    return [{"key": key, "value": run.lift(value)} for key, value in _context(m).items()]


@builtin("context", "entries", runs=True)
def _from_entries(run: Run, entries: Value) -> Value:
    built: dict[str, Value] = {}
    for entry in items(entries):
        found = _context(entry)
        key = _key(found.get("key"))
        if key in built or "value" not in found:
            raise IllTyped
        built[key] = run.lift(found["value"])
    return built


@builtin("context put", "context, key, value", "context, keys, value", runs=True)
def _put(run: Run, context: Value, key: Value, value: Value) -> Value:
    return _put_at(run, _context(context), items(key), value)


def _put_at(run: Run, context: Mapping[str, Any], keys: list[Value], value: Value) -> dict[str, Any]:
    run.spend(PUTTING + len(context) + len(keys) // 8)
    if not keys:
        raise IllTyped
    name = _key(keys[0])
    if len(keys) > 1:
        below = context.get(name)
        run.enter(1)
        value = _put_at(run, {} if below is None else _context(below), keys[1:], value)
        run.depth -= 1
    return {**context, name: value}


@builtin("context merge", "contexts", runs=True)
def _merge(run: Run, contexts: Value) -> Value:
    merged: dict[str, Value] = {}
    for context in items(contexts):
        run.spend(1 + len(_context(context)))
        merged.update(_context(context))
    return merged
