"""Fills a form as a person does: by the labels on the screen, in the language of the page."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

from playwright.sync_api import Locator, expect

from app.config import ROOT

Component = dict[str, Any]


def schema(form: str, key: str = "household-business") -> Component:
    """A shipped form."""
    read: Component = json.loads((ROOT / "forms" / key / f"{form}.json").read_text("utf-8"))
    return read


class Filler:
    """Writes values into the fields of one form on a page."""

    def __init__(self, place: Locator, language: str = "vi") -> None:
        self.place, self.language = place, language

    def fill(self, form: Component, values: dict[str, Any]) -> None:
        """Everything that `values` holds."""
        expect(self.place.locator(".fjs-form")).to_be_visible()
        self._each(form["components"], values, self.place, 0)

    def _each(self, components: list[Component], values: dict[str, Any], place: Locator, nth: int) -> None:
        for component in components:
            kind, key = component["type"], component.get("key")
            if kind == "group":
                self._group(component, values, place, nth)
            elif kind == "dynamiclist" and component["path"] in values:
                self._list(component, values[component["path"]], place)
            elif key in values:
                getattr(self, f"_{kind}")(component, values[key], place, nth)

    def _group(self, component: Component, values: dict[str, Any], place: Locator, nth: int) -> None:
        inside = values.get(component.get("path", ""), {}) if component.get("path") else values
        if set(_keys(component)) & set(inside):
            self._each(component["components"], inside, self._box(component, place), nth)

    def _box(self, component: Component, place: Locator) -> Locator:
        label = self.text(component, "label")
        return place.get_by_role("group", name=label, exact=True).first if label else place

    def _list(self, component: Component, rows: list[dict[str, Any]], place: Locator) -> None:
        box = self._box(component, place)
        for nth, row in enumerate(rows):
            filled = box.locator(".fjs-repeat-row-container")
            if filled.count() <= nth:
                box.locator(".fjs-repeat-render-add").click()
                expect(filled).to_have_count(nth + 1)
            self._each(component["components"], row, box, nth)

    def field(self, component: Component, place: Locator, nth: int = 0) -> Locator:
        """The input under its label."""
        label = self.text(component, "dateLabel" if component["type"] == "datetime" else "label")
        return place.get_by_label(re.compile(rf"^\s*{re.escape(label)}\s*\*?\s*$")).nth(nth)

    def text(self, component: Component, name: str) -> str:
        """A text of a component in the page's language."""
        english = component.get("properties", {}).get("en.label")
        said: str = english if self.language == "en" and english else component.get(name, "")
        return said

    def options(self, component: Component) -> dict[str, str]:
        """What the choices are called."""
        english = component.get("properties", {}).get("en.values", "")
        labels = [value["label"] for value in component["values"]]
        if self.language == "en" and english:
            labels = english.split("|")
        return dict(zip((value["value"] for value in component["values"]), labels, strict=True))

    def _textfield(self, component: Component, value: Any, place: Locator, nth: int) -> None:
        self.field(component, place, nth).fill(str(value))

    _textarea = _number = _textfield

    def _checkbox(self, component: Component, value: Any, place: Locator, nth: int) -> None:
        self.field(component, place, nth).set_checked(bool(value))

    def _radio(self, component: Component, value: Any, place: Locator, nth: int) -> None:
        title = re.compile(rf"^\s*{re.escape(self.text(component, 'label'))}\s*\*?\s*$")
        own = place.page.locator("label.fjs-form-field-label", has_text=title)
        field = place.locator(".fjs-form-field-radio, .fjs-form-field-checklist").filter(has=own).nth(nth)
        wanted = value if isinstance(value, list) else [value]
        for each in wanted:
            field.get_by_label(self.options(component)[each], exact=True).check()

    _checklist = _radio

    def _select(self, component: Component, value: Any, place: Locator, nth: int) -> None:
        self.field(component, place, nth).locator("xpath=..").click()
        option = re.compile(rf"^\s*{re.escape(self.options(component)[value])}\s*$")
        place.page.locator(".fjs-dropdownlist-item:visible").filter(has_text=option).click()

    def _datetime(self, component: Component, value: Any, place: Locator, nth: int) -> None:
        field = self.field(component, place, nth)
        field.fill(date.fromisoformat(value).strftime("%d/%m/%Y"))
        field.press("Enter")
        field.blur()


def _keys(component: Component) -> list[str]:
    found: list[str] = []
    for each in component.get("components", []):
        found += [name for name in (each.get("key"), each.get("path")) if name]
        found += _keys(each) if each["type"] == "group" else []
    return found
