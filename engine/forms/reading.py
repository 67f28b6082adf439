"""Forms and filled forms for reading, in Vietnamese or English."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from engine.feel.temporal import LOCAL, parse_date, parse_moment
from engine.forms import schema as s
from engine.forms.fields import as_number

_WORDS = {"vi": ("Có", "Không"), "en": ("Yes", "No")}
_MOST_DIGITS = 6
_ROUNDABLE = 20
_TEXTS = ("label", "description", "text", "dateLabel", "timeLabel")


class Line(NamedTuple):
    """One value for reading; `group` is the heading it stands under."""

    label: str
    text: str
    group: str


def localized(schema: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """The schema as form-js shows it in a language; what has no English stays Vietnamese."""
    built = dict(schema)
    if "components" in built:
        built["components"] = [localized(part, lang) for part in s.components(schema)]
    if lang == "en":
        built.update(_english(schema))
    unit = s.mapping_at(schema, "properties").get(f"{lang}.unit")
    if unit and s.mapping_at(schema, "appearance"):
        built["appearance"] = {**schema["appearance"], "suffixAdorner": unit}
    return built


def _english(part: s.Component) -> Iterator[tuple[str, Any]]:
    properties = s.mapping_at(part, "properties")
    for name in _TEXTS:
        text = properties.get(f"en.{name}") or (properties.get("en.label") if name == _label_name(part) else None)
        if text and (name in part or name == "label"):
            yield name, text
    if s.static_options(part) and properties.get("en.values"):
        yield "values", _english_values(part, str(properties["en.values"]).split("|"))
    hint = properties.get("en.patternErrorMessage")
    if hint:
        yield "validate", {**s.mapping_at(part, "validate"), "patternErrorMessage": hint}


def _label_name(part: s.Component) -> str:
    if s.type_of(part) != "datetime":
        return "label"
    return "timeLabel" if s.text_at(part, "subtype") == "time" else "dateLabel"


def _english_values(part: s.Component, labels: list[str]) -> list[dict[str, Any]]:
    pairs = s.static_options(part)
    names = [label.strip() for label in labels] + [label for _, label in pairs[len(labels) :]]
    return [{"value": value, "label": name} for (value, _), name in zip(pairs, names, strict=False)]


def describe(schema: Mapping[str, Any], values: Mapping[str, Any], lang: str) -> list[Line]:
    """The values as lines of label and text, in the form's order; what was not filled in is left out."""
    return list(_lines(localized(schema, lang), values, lang, ""))


def _lines(component: s.Component, values: Mapping[str, Any], lang: str, group: str) -> Iterator[Line]:
    for part in s.components(component):
        kind, key = s.type_of(part), s.place(part)
        if kind == "group":
            inner = values.get(key) if key else values
            if isinstance(inner, Mapping):
                yield from _lines(part, inner, lang, s.text_at(part, "label") or group)
        elif kind == "dynamiclist":
            yield from _rows(part, values.get(key), lang)
        elif kind in s.KEYED and values.get(key) not in (None, "", []):
            yield Line(_label(part, lang) or key, _text(part, values[key], lang), group)


def _label(part: s.Component, lang: str) -> str:
    """What a field is called; one that only computes has its name in its properties, form-js shows none."""
    properties = s.mapping_at(part, "properties")
    named = str(properties.get(f"{lang}.label") or properties.get("vi.label") or "") if _computes(part) else ""
    return named or s.text_at(part, _label_name(part)) or s.text_at(part, "label")


def _computes(part: s.Component) -> bool:
    return s.type_of(part) == "expression"


def _rows(part: s.Component, rows: Any, lang: str) -> Iterator[Line]:
    title = s.text_at(part, "label") or s.place(part)
    for index, row in enumerate(rows if isinstance(rows, list) else [], 1):
        if isinstance(row, Mapping):
            yield from _lines(part, row, lang, f"{title} · {index}")


def _text(part: s.Component, value: Any, lang: str) -> str:
    write = _WRITERS.get(s.type_of(part))
    return write(part, value, lang) if write else _any_text(part, value, lang)


def _any_text(part: s.Component, value: Any, lang: str) -> str:
    if isinstance(value, bool):
        return _WORDS.get(lang, _WORDS["vi"])[0 if value else 1]
    if isinstance(value, int | float):
        return _number(part, value, lang)
    if isinstance(value, list):
        return ", ".join(_any_text(part, item, lang) for item in value)
    return str(value)


def _number(part: s.Component, value: Any, lang: str) -> str:
    number = as_number(value)
    if number is None:
        return str(value)
    properties = s.mapping_at(part, "properties")
    if _computes(part) and number.adjusted() < _ROUNDABLE:
        number = number.quantize(Decimal(1).scaleb(-_digits(properties.get("decimals"))), ROUND_HALF_UP)
    unit = str(properties.get(f"{lang}.unit") or s.text_at(s.mapping_at(part, "appearance"), "suffixAdorner"))
    text = number_text(number, lang)
    return f"{text} {unit}" if unit and not unit.startswith("=") else text


def _digits(wanted: Any) -> int:
    """How many digits a computed number shows after the point; what is no such number asks for none."""
    text = str(wanted)
    return min(int(text), _MOST_DIGITS) if text.isascii() and text.isdecimal() else 0


def number_text(number: Decimal, lang: str) -> str:
    """`1.234.567,5` in Vietnamese, `1,234,567.5` in English."""
    text = f"{number:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if lang == "en" else text.translate(str.maketrans(",.", ".,"))


def _choice(part: s.Component, value: Any, lang: str) -> str:
    labels = [label for option, label in s.static_options(part) if type(option) is type(value) and option == value]
    return labels[0] if labels else str(value)


def _choices(part: s.Component, value: Any, lang: str) -> str:
    items = value if isinstance(value, list) else [value]
    return ", ".join(_choice(part, item, lang) for item in items)


def _moment(part: s.Component, value: Any, lang: str) -> str:
    text = str(value)
    found: date | datetime | None = parse_moment(text) if "T" in text else parse_date(text)
    if found is None:
        return text
    if isinstance(found, datetime):
        local = found.astimezone(LOCAL) if found.tzinfo else found
        return f"{local:%H:%M %d/%m/%Y}"
    return f"{found:%d/%m/%Y}"


_WRITERS: dict[str, Callable[[s.Component, Any, str], str]] = {
    "number": _number,
    "radio": _choice,
    "select": _choice,
    "checklist": _choices,
    "taglist": _choices,
    "datetime": _moment,
}
