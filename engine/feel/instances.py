"""Types of values: `instance of`, and making a value fit a type where the standard allows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time

from engine.feel.nodes import Type
from engine.feel.values import Value, kind_of, lift

ANY = Type("Any")
# Whether a value passes the tests of a type.
Passes = Callable[[Type, Value], bool]


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
        return all(key in value and _entry_fits(lift(value[key]), part) for key, part in pairs)
    if wanted.name == "range" and wanted.parts:
        return all(end is None or is_instance(end, wanted.parts[0]) for end in (value.low, value.high))
    return True


def _entry_fits(value: Value, wanted: Type) -> bool:
    return value is None or is_instance(value, wanted)


def conforms(value: Value, wanted: Type, passes: Passes) -> bool:
    """Whether the value may stand where the type is asked for; null may everywhere."""
    if value is None:
        return True
    if wanted.name != "Any" and kind_of(value) != wanted.name:
        return False
    return _parts_conform(value, wanted, passes) and (not wanted.allowed or passes(wanted, value))


def _parts_conform(value: Value, wanted: Type, passes: Passes) -> bool:
    if wanted.name == "list" and wanted.parts:
        return all(conforms(item, wanted.parts[0], passes) for item in value)
    if wanted.name == "context":
        pairs = zip(wanted.keys, wanted.parts, strict=True)
        return all(key in value and conforms(lift(value[key]), part, passes) for key, part in pairs)
    if wanted.name == "range" and wanted.parts:
        return all(conforms(end, wanted.parts[0], passes) for end in (value.low, value.high))
    return True


def coerced(value: Value, wanted: Type, passes: Passes) -> Value:
    """The value, or what it becomes of the type: a list of one, its one item, a date at midnight; else null."""
    if conforms(value, wanted, passes):
        return value
    if type(value) is list and len(value) == 1 and wanted.name != "list":
        return value[0] if conforms(value[0], wanted, passes) else None
    if wanted.name == "list" and type(value) is not list:
        return [value] if conforms([value], wanted, passes) else None
    if wanted.name == "date and time" and type(value) is date:
        moment = datetime.combine(value, time(tzinfo=UTC))
        return moment if conforms(moment, wanted, passes) else None
    return None
