"""Computed values read like typed ones: with a name, a unit and the reader's separators."""

from __future__ import annotations

from typing import Any

from engine.forms import Line, describe


def computed(key: str, **properties: str) -> dict[str, Any]:
    """A form of one computed field."""
    named = {name.replace("_", "."): text for name, text in properties.items()}
    part = {"type": "expression", "id": key, "key": key, "expression": "=1", "properties": named}
    return {"type": "default", "components": [part]}


def test_a_computed_amount_has_its_name_and_unit_in_both_languages() -> None:
    schema = computed("fee", vi_label="Lệ phí", en_label="Fee", vi_unit="đồng", en_unit="VND")
    assert describe(schema, {"fee": 75000.4}, "vi") == [Line("Lệ phí", "75.000 đồng", "")]
    assert describe(schema, {"fee": 75000}, "en") == [Line("Fee", "75,000 VND", "")]


def test_a_computed_share_keeps_its_digits() -> None:
    schema = computed("share", vi_label="Tỷ lệ", decimals="1")
    assert describe(schema, {"share": 33.333}, "en") == [Line("Tỷ lệ", "33.3", "")]
    assert describe(schema, {"share": 1e29}, "en")[0].text.startswith("100,000,000")
    careless = computed("share", vi_label="Tỷ lệ", decimals="many")
    assert describe(careless, {"share": 33.333}, "vi") == [Line("Tỷ lệ", "33", "")]


def test_a_typed_amount_has_the_unit_of_the_reader() -> None:
    part = {"type": "number", "id": "a", "key": "a", "label": "Vốn", "appearance": {"suffixAdorner": "đồng"},
            "properties": {"vi.unit": "đồng", "en.unit": "VND"}}
    schema = {"type": "default", "components": [part]}
    assert describe(schema, {"a": 1500000}, "vi") == [Line("Vốn", "1.500.000 đồng", "")]
    assert describe(schema, {"a": 1500000}, "en") == [Line("Vốn", "1,500,000 VND", "")]
