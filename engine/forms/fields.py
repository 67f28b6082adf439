"""The check of one field's value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.feel.patterns import PatternRefused, pattern
from engine.feel.temporal import parse_date, parse_moment, parse_time
from engine.forms import schema as s
from engine.forms.scopes import FormScope

Problem = tuple[str, dict[str, Any]]
Problems = Iterator[Problem]
Options = list[tuple[Any, str]]
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,10}", re.ASCII)
PHONE = re.compile(r"(?:\+|00)[1-9][0-9]{6,14}", re.ASCII)
# Control characters and halves of surrogate pairs, which no database keeps as text.
_UNKEEPABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LARGEST = 10**30
_NUMBER = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)


def problems(component: s.Component, value: Any, scope: FormScope) -> Problems:
    """Everything wrong with a value, the kind of value first."""
    kind = s.type_of(component)
    if value is None or value == "" or (value == [] and kind in s.MANY):
        yield from _missing(component)
        return
    found = list(_CHECKS[kind](component, value, scope))
    yield from found
    if value is False and not found:
        yield from _missing(component)


def _missing(component: s.Component) -> Problems:
    if s.mapping_at(component, "validate").get("required") is True:
        yield "required", {}


def _limit(component: s.Component, name: str, scope: FormScope) -> Decimal | None:
    value = s.mapping_at(component, "validate").get(name)
    if isinstance(value, str) and value.startswith("="):
        value = scope.evaluate(value)
    if isinstance(value, Decimal):
        return value
    return as_number(value)


def as_number(value: Any) -> Decimal | None:
    """A number or the text of one as a decimal."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if not isinstance(value, str) and abs(value) >= _LARGEST:
        return None
    text = value if isinstance(value, str) else repr(value)
    return Decimal(text) if _NUMBER.fullmatch(text) else None


# Texts


def _text(component: s.Component, value: Any, scope: FormScope) -> Problems:
    if not isinstance(value, str):
        yield "type", {"expected": "text"}
        return
    if len(value) > s.LONGEST_TEXT:
        yield "too_long", {"limit": s.LONGEST_TEXT}
        return
    if _UNKEEPABLE.search(value):
        yield "characters", {}
        return
    length = len(value.strip())
    least, most = _limit(component, "minLength", scope), _limit(component, "maxLength", scope)
    if least is not None and length < least:
        yield "min_length", {"limit": str(least)}
    if most is not None and length > most:
        yield "max_length", {"limit": str(most)}
    yield from _written(s.mapping_at(component, "validate"), value)


def _written(rules: Mapping[str, Any], value: str) -> Problems:
    kind = rules.get("validationType")
    if kind == "email" and not EMAIL.fullmatch(value):
        yield "email", {}
    elif kind == "phone" and not PHONE.fullmatch(value):
        yield "phone", {}
    elif isinstance(rules.get("pattern"), str) and not _matches(rules["pattern"], value):
        hint = rules.get("patternErrorMessage")
        if hint:
            yield "pattern_hint", {"hint": hint}
        else:
            yield "pattern", {}


def _matches(text: str, value: str) -> bool:
    try:
        return pattern(text).finds(value)
    except PatternRefused:
        return False


# Numbers


def _number(component: s.Component, value: Any, scope: FormScope) -> Problems:
    written = component.get("serializeToString") is True
    number = as_number(value) if isinstance(value, str) == written else None
    if number is None:
        yield "type", {"expected": "number"}
        return
    yield from _digits(component, number)
    least, most = _limit(component, "min", scope), _limit(component, "max", scope)
    if least is not None and number < least:
        yield "min", {"limit": f"{least:f}"}
    if most is not None and number > most:
        yield "max", {"limit": f"{most:f}"}


def _digits(component: s.Component, number: Decimal) -> Problems:
    digits = component.get("decimalDigits")
    exponent = number.normalize().as_tuple().exponent
    if isinstance(digits, int) and digits >= 0 and isinstance(exponent, int) and -exponent > digits:
        yield ("decimals", {"limit": digits}) if digits else ("whole", {})
    step = as_number(component.get("increment"))
    if step and not _is_multiple(number, step):
        yield "increment", {"limit": f"{step:f}"}


def _is_multiple(number: Decimal, step: Decimal) -> bool:
    try:
        return not number % step
    except InvalidOperation:
        return False


# Yes or no, choices


def _checkbox(component: s.Component, value: Any, scope: FormScope) -> Problems:
    if not isinstance(value, bool):
        yield "type", {"expected": "yes or no"}


def options(component: s.Component, scope: FormScope) -> Options:
    """What a choice offers: written in the form, computed, or taken from the values handed to the form."""
    computed = s.text_at(component, "valuesExpression")
    if computed:
        return s.option_pairs(scope.plain(computed))
    key = s.text_at(component, "valuesKey")
    return s.option_pairs(scope.outside.get(key)) if key else s.static_options(component)


def _offered(value: Any, values: list[Any]) -> bool:
    return any(type(value) is type(other) and value == other for other in values)


def _one(component: s.Component, value: Any, scope: FormScope) -> Problems:
    if not _offered(value, [option for option, _ in options(component, scope)]):
        yield "option", {}


def _many(component: s.Component, value: Any, scope: FormScope) -> Problems:
    if not isinstance(value, list):
        yield "type", {"expected": "list"}
        return
    offered = [option for option, _ in options(component, scope)]
    if len(value) > len(offered) or any(not _offered(item, offered) for item in value):
        yield "option", {}
    elif any(_offered(item, value[:index]) for index, item in enumerate(value)):
        yield "option_twice", {}


# Dates and times


def _datetime(component: s.Component, value: Any, scope: FormScope) -> Problems:
    subtype = s.text_at(component, "subtype") or "date"
    if not isinstance(value, str) or not _TEMPORAL[subtype](value):
        yield subtype, {}
        return
    day = None if subtype == "time" else parse_date(value[:10])
    if component.get("disallowPassedDates") is True and isinstance(day, date) and day < scope.run.now.date():
        yield "past", {}


_TEMPORAL: dict[str, Callable[[str], bool]] = {
    "date": lambda text: parse_date(text) is not None,
    "time": lambda text: parse_time(text) is not None,
    "datetime": lambda text: "T" in text and parse_moment(text) is not None,
}


_CHECKS: dict[str, Callable[[s.Component, Any, FormScope], Problems]] = {
    "textfield": _text,
    "textarea": _text,
    "number": _number,
    "checkbox": _checkbox,
    "radio": _one,
    "select": _one,
    "checklist": _many,
    "taglist": _many,
    "datetime": _datetime,
}
