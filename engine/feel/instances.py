"""`instance of`: whether a value has a type."""

from __future__ import annotations

from engine.feel.nodes import Type
from engine.feel.values import Value, kind_of, lift


def is_instance(value: Value, wanted: Type) -> bool:
    """null belongs to no type but Null."""
    kind = kind_of(value)
    if wanted.name == "Any":
        return kind != "null"
    if kind != wanted.name:
        return wanted.name == "Null" and kind == "null"
    return _parts_fit(value, wanted)


def _parts_fit(value: Value, wanted: Type) -> bool:
    if wanted.name == "list" and wanted.parts:
        return all(is_instance(item, wanted.parts[0]) for item in value)
    if wanted.name == "context":
        pairs = zip(wanted.keys, wanted.parts, strict=True)
        return all(key in value and is_instance(lift(value[key]), part) for key, part in pairs)
    if wanted.name == "range" and wanted.parts:
        return all(end is None or is_instance(end, wanted.parts[0]) for end in (value.low, value.high))
    return True
