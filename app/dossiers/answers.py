"""The answers given so far, step by step, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.dossiers.definitions import filing_form, step_names
from app.dossiers.named import Names
from engine.definition import Definition
from engine.forms import describe

Row = tuple[str, str, str | None]


@dataclass(frozen=True)
class Section:
    """What was answered in one form; `step` is None for the filing, `item` tells instances of a step apart."""

    step: Names | None
    item: int | None
    choice: Names | None
    rows: tuple[Row, ...]


def answers(definition: Definition, data: Mapping[str, Any], language: str) -> tuple[Section, ...]:
    """The step that was done last comes first: whoever goes on reads the last opinion before the application."""
    first = Section(None, None, None, _rows(filing_form(definition), data.get("filing", {}), language))
    order = [*definition.step_order, *(each for each in definition.steps if each not in definition.step_order)]
    done = (section for step in reversed(order) for section in _of_step(definition, step, data.get(step), language))
    return (*done, first)


def _of_step(definition: Definition, step: str, value: Any, language: str) -> Iterator[Section]:
    if isinstance(value, list):
        for number, each in enumerate(value, 1):
            yield from _one(definition, step, (each, number), language)
    else:
        yield from _one(definition, step, (value, None), language)


def _one(definition: Definition, step: str, found: tuple[Any, int | None], language: str) -> Iterator[Section]:
    values, number = found
    if not isinstance(values, Mapping):
        return
    found_step = definition.steps[step]
    schema = definition.forms.get(found_step.form or "")
    picked = next((each for each in found_step.choices if each.id == values.get("choice")), None)
    choice = {"vi": picked.name, "en": picked.name_en or picked.name} if picked else None
    rows = _rows(schema, {key: each for key, each in values.items() if key != "choice"}, language) if schema else ()
    if rows or choice:
        yield Section(step_names(definition, step), number, choice, rows)


def _rows(schema: Mapping[str, Any], values: Mapping[str, Any], language: str) -> tuple[Row, ...]:
    return tuple((label, text, group) for label, text, group in describe(schema, values, language))
