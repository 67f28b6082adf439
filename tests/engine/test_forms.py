"""Forms: what is kept of a filled form, what is refused, and how it reads."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.drawing.form_sentences import FIELD_ERRORS
from engine.forms import Line, check_schema, describe, localized, validate

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
FORMS = sorted((Path(__file__).parents[2] / "forms").glob("*/*.json"))
Json = dict[str, Any]


def field(kind: str, key: str = "x", **more: Any) -> Json:
    return {"type": kind, "key": key, "label": "Nhãn", "properties": {"en.label": "Label"}, **more}


def form(*components: Json) -> Json:
    return {"type": "default", "components": list(components)}


def group(*components: Json, **more: Any) -> Json:
    return {"type": "group", "label": "Nhóm", "components": list(components), **more}


def rows(*components: Json, path: str = "members", **more: Any) -> Json:
    return {"type": "dynamiclist", "path": path, "label": "Thành viên", "components": list(components), **more}


def hide(when: str) -> Json:
    return {"conditional": {"hide": when}}


def kept(schema: Json, values: Any, context: Json | None = None) -> Json:
    checked = validate(schema, values, context or {}, NOW)
    assert checked.errors == ()
    return checked.values


def wrong(schema: Json, values: Any, context: Json | None = None) -> list[tuple[str, str]]:
    return [(error.path, error.code) for error in validate(schema, values, context or {}, NOW).errors]


SELECT = {"values": [{"label": "Một", "value": "one"}, {"label": "Hai", "value": 2}]}


@pytest.mark.parametrize(
    ("component", "value"),
    [
        (field("textfield"), "Nguyễn"),
        (field("textarea", validate={"minLength": 2, "maxLength": "=1 + 4"}), "một\nhai"[:5]),
        (field("textfield", validate={"pattern": "^0\\d{9}$"}), "0912345678"),
        (field("textfield", validate={"validationType": "email"}), "a.b@quangninh.gov.vn"),
        (field("textfield", validate={"validationType": "phone"}), "+84912345678"),
        (field("number", validate={"min": 1, "max": 10}), 1.5),
        (field("number", serializeToString=True, decimalDigits=2), "12345678901234567890.12"),
        (field("number", increment=0.1), 0.3),
        (field("number"), 0),
        (field("checkbox"), False),
        (field("checkbox", validate={"required": True}), True),
        (field("radio", **SELECT), "one"),
        (field("select", **SELECT), 2),
        (field("select"), None),
        (field("checklist", **SELECT), ["one", 2]),
        (field("taglist", **SELECT), []),
        (field("datetime", subtype="date"), "2024-02-29"),
        (field("datetime", subtype="time"), "07:30"),
        (field("datetime", subtype="time"), "00:30Z"),
        (field("datetime", subtype="datetime"), "2026-03-02T07:30"),
        (field("datetime", subtype="datetime"), "2026-03-02T07:30+07:00"),
        (field("datetime", subtype="date", disallowPassedDates=True), "2026-03-02"),
    ],
)
def test_good_values_are_kept(component: Json, value: Any) -> None:
    assert kept(form(component), {"x": value}) == {"x": value}


REQUIRED = {"validate": {"required": True}}


@pytest.mark.parametrize(
    ("component", "value", "code"),
    [
        (field("textfield"), 5, "type"),
        (field("textfield"), ["a"], "type"),
        (field("textfield", **REQUIRED), "", "required"),
        (field("textfield", **REQUIRED), None, "required"),
        (field("textfield"), "a\x00b", "characters"),
        (field("textfield"), "\ud800", "characters"),
        (field("textarea"), "a" * 20_001, "too_long"),
        (field("textfield", validate={"minLength": 3}), " a ", "min_length"),
        (field("textfield", validate={"maxLength": 3}), "abcd", "max_length"),
        (field("textfield", validate={"pattern": "^a$"}), "b", "pattern"),
        (field("textfield", validate={"pattern": "(a*)*"}), "b", "pattern"),
        (field("textfield", validate={"pattern": "^a$", "patternErrorMessage": "Chỉ chữ a"}), "b", "pattern_hint"),
        (field("textfield", validate={"validationType": "email"}), "a@", "email"),
        (field("textfield", validate={"validationType": "phone"}), "0912", "phone"),
        (field("number"), "5", "type"),
        (field("number", serializeToString=True), 5, "type"),
        (field("number", serializeToString=True), "NaN", "type"),
        (field("number"), True, "type"),
        (field("number"), float("nan"), "type"),
        (field("number"), 10**40, "type"),
        (field("number", **REQUIRED), None, "required"),
        (field("number", validate={"min": 1}), 0, "min"),
        (field("number", validate={"max": "=2 * 3"}), 7, "max"),
        (field("number", decimalDigits=0), 1.5, "whole"),
        (field("number", decimalDigits=1), 1.25, "decimals"),
        (field("number", increment=5), 7, "increment"),
        (field("number", increment="1e-30"), 1e29, "increment"),
        (field("checkbox"), "true", "type"),
        (field("checkbox", **REQUIRED), False, "required"),
        (field("radio", **SELECT), "two", "option"),
        (field("select", **SELECT), "2", "option"),
        (field("select", **SELECT), ["one"], "option"),
        (field("checklist", **SELECT), "one", "type"),
        (field("checklist", **SELECT), ["three"], "option"),
        (field("checklist", **SELECT), ["one", "one"], "option_twice"),
        (field("taglist", **SELECT, **REQUIRED), [], "required"),
        (field("datetime", subtype="date"), "2026-02-30", "date"),
        (field("datetime", subtype="date"), "2026-02-03T00:00", "date"),
        (field("datetime", subtype="time"), "25:00", "time"),
        (field("datetime", subtype="datetime"), "2026-02-03", "datetime"),
        (field("datetime", subtype="date"), 20260101, "date"),
        (field("datetime", subtype="date", disallowPassedDates=True), "2026-03-01", "past"),
    ],
)
def test_bad_values_are_named(component: Json, value: Any, code: str) -> None:
    assert wrong(form(component), {"x": value}) == [("x", code)]


@pytest.mark.parametrize("values", [None, [], "x", 5])
def test_a_form_is_an_object(values: Any) -> None:
    assert wrong(form(), values) == [("", "not_a_form")]


def test_what_was_not_declared_is_an_error() -> None:
    schema = form(field("textfield"), group(field("number", "n"), path="g"), rows(field("textfield", "name")))
    values = {"x": "a", "y": 1, "g": {"n": 1, "m": 2}, "members": [{"name": "A"}, {"name": "B", "age": 3}]}
    assert wrong(schema, values) == [("y", "unknown"), ("g.m", "unknown"), ("members[1].age", "unknown")]


def test_shapes_are_named() -> None:
    schema = form(group(field("number", "n"), path="g"), rows(field("textfield", "name")))
    assert wrong(schema, {"g": 5, "members": 5}) == [("g", "type"), ("members", "type")]
    assert wrong(schema, {"g": None, "members": None}) == []
    assert wrong(schema, {"members": [5]}) == [("members[0]", "type")]
    assert wrong(schema, {"members": [{}] * 201}) == [("members", "rows_max")]


def test_senseless_sizes_are_refused() -> None:
    deep: Any = "x"
    for _ in range(12):
        deep = [deep]
    assert wrong(form(field("textfield")), {"x": deep}) == [("", "too_deep")]
    assert wrong(form(field("textfield")), {"x": [0] * 20_001}) == [("", "too_many")]


def test_untouched_fields_are_completed_as_the_browser_does() -> None:
    schema = form(
        field("textfield", "t"), field("number", "n"), field("checkbox", "c"), field("checklist", "l", **SELECT),
        field("textfield", "d", defaultValue="sẵn"), rows(field("textfield", "name")),
        group(field("radio", "r"), path="g"),
        {"type": "text", "text": "Chào"}, {"type": "separator"}, field("textfield", "off", disabled=True),
    )
    assert kept(schema, {}) == {
        "t": "", "n": None, "c": False, "l": [], "d": "sẵn", "members": [], "g": {"r": None}, "off": "",
    }
    assert wrong(schema, {"off": "x"}) == [("off", "unknown")]


def test_hidden_fields_are_dropped_unseen() -> None:
    schema = form(
        field("radio", "kind", **SELECT), field("textfield", "why", **REQUIRED, **hide("=kind = 2")),
        group(field("number", "n", **REQUIRED), rows(field("textfield", "name")), **hide("=kind = 2")),
    )
    assert kept(schema, {"kind": 2, "why": 5, "n": "?", "members": [{}]}) == {"kind": 2}
    assert wrong(schema, {"kind": "one"}) == [("why", "required"), ("n", "required")]


def test_a_hidden_answer_counts_as_not_given() -> None:
    schema = form(
        field("checkbox", "a"),
        field("checkbox", "b", **hide("=a != true")),
        field("textfield", "c", **hide("=b != true")),
    )
    assert kept(schema, {"a": False, "b": True, "c": "x"}) == {"a": False}
    assert kept(schema, {"a": True, "b": True, "c": "x"}) == {"a": True, "b": True, "c": "x"}


def test_conditions_that_chase_each_other_come_to_rest() -> None:
    schema = form(field("checkbox", "a", **hide("=b = null")), field("checkbox", "b", **hide("=a != null")))
    assert len(validate(schema, {"a": True, "b": True}, {}, NOW).values) <= 2


def test_expressions_are_computed_here() -> None:
    schema = form(
        field("number", "area"), field("expression", "fee", expression="=area * rate.per_metre"),
        field("expression", "total", expression="=fee + 1"), field("number", "limit", validate={"max": "=total"}),
    )
    context = {"rate": {"per_metre": 50_000}}
    assert kept(schema, {"area": 2, "fee": 1, "total": 0}, context)["total"] == 100_001
    assert wrong(schema, {"area": 1, "limit": 60_000}, context) == [("limit", "max")]
    assert kept(form(field("expression", "e", expression="=1 +")), {}) == {"e": None}


def test_rows_see_themselves_and_what_is_around() -> None:
    schema = form(
        field("number", "price"),
        rows(
            field("number", "count"), field("expression", "sum", expression="=this.count * price + i[1]"),
            field("textfield", "note", **REQUIRED, **hide("=this.count < parent.price")),
            rows(field("expression", "up", expression="=parent.count"), field("textfield", "name"), path="inner"),
        ),
        field("expression", "all", expression="=sum(members.sum)"),
    )
    values = kept(schema, {"price": 10, "members": [{"count": 2}, {"count": 3, "inner": [{"name": "A"}]}]})
    assert [row["sum"] for row in values["members"]] == [21, 32]
    assert values["members"][1]["inner"] == [{"up": 3, "name": "A"}]
    assert values["all"] == 53
    assert wrong(schema, {"price": 1, "members": [{"count": 0}, {"count": 1}]}) == [("members[1].note", "required")]


def test_rows_are_counted() -> None:
    bounded = form(rows(field("textfield", "name"), properties={"rows.min": "1", "rows.max": "2"}))
    assert wrong(bounded, {"members": []}) == [("members", "rows_min")]
    assert wrong(bounded, {"members": [{}] * 3}) == [("members", "rows_max")]
    fixed = form(rows(field("textfield", "name"), allowAddRemove=False, defaultRepetitions=2))
    assert wrong(fixed, {"members": [{}]}) == [("members", "rows_fixed")]
    odd = form(rows(allowAddRemove=False, defaultRepetitions="x"))
    assert wrong(odd, {"members": []}) == [("members", "rows_fixed")]


def test_values_may_be_computed_or_handed_in() -> None:
    computed = form(field("select", valuesExpression='=[{label: "A", value: dossier.channel}, "b"]'))
    assert kept(computed, {"x": "direct"}, {"dossier": {"channel": "direct"}})
    assert wrong(computed, {"x": "post"}, {"dossier": {"channel": "direct"}}) == [("x", "option")]
    handed = form(field("checklist", valuesKey="units"))
    assert kept(handed, {"x": ["H49"]}, {"units": ["H49", None]})
    assert wrong(handed, {"x": ["H50"]}) == [("x", "option")]


def test_every_sentence_can_be_said() -> None:
    schema = form(field("textfield", validate={"minLength": 3}), rows(path="r", allowAddRemove=False))
    messages = [error.message for error in validate(schema, {"x": "a", "z": 1}, {}, NOW).errors]
    assert messages == [
        "The form has no field of this name.", "At least 3 characters are needed.", "Exactly 1 rows are needed.",
    ]
    hinted = form(field("textfield", validate={"pattern": "a", "patternErrorMessage": "{x}"}))
    hint = validate(hinted, {"x": "b"}, {}, NOW)
    assert hint.errors[0].message == "{x}"
    assert hint.errors[0].template == FIELD_ERRORS["pattern_hint"]


# Schemas


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ("x", "form_shape"),
        ({}, "form_shape"),
        (form({"type": "filepicker", "key": "f"}), "form_type"),
        (form({"type": "html"}), "form_type"),
        (form(field("textfield", "")), "form_key_missing"),
        (form(rows(path="")), "form_key_missing"),
        (form(field("textfield", "Tên")), "form_key"),
        (form(field("textfield", "parent")), "form_key_reserved"),
        (form(field("textfield"), field("number")), "form_key_taken"),
        (form(field("textfield"), group(field("number"))), "form_key_taken"),
        (form(field("textfield", **hide("=1 +"))), "form_expression"),
        (form(field("expression", expression="=")), "form_expression"),
        (form(field("number", validate={"max": "=("})), "form_expression"),
        (form(field("textfield", validate={"pattern": "(a+)+"})), "form_pattern"),
        (form(field("select", values=[])), "form_values"),
        (form(field("select", values=["a", "a"])), "form_values"),
        (form(field("number", validate={"min": 5, "max": 1})), "form_bounds"),
        (form(field("datetime", subtype="week")), "form_subtype"),
        (form(group(group(group(group(group(group(group(group(group()))))))))), "form_deep"),
    ],
)
def test_bad_schemas_are_found(schema: Any, code: str) -> None:
    errors = [finding for finding in check_schema("filing", schema) if finding.severity == "error"]
    assert [finding.code for finding in errors] == [code]
    assert str(errors[0].element).startswith("filing")
    assert "{" not in errors[0].message.replace("{form}", "")


def test_unknown_names_are_found_when_the_context_is_known() -> None:
    schema = form(field("textfield", **hide("=y > dossier.code")), rows(field("textfield", "z", **hide("=this.z = i"))))
    found = check_schema("appraise", schema, frozenset({"dossier"}))
    assert [finding.details["name"] for finding in found if finding.code == "form_expression_name"] == ["y"]
    own = form(group(field("number"), **hide("=x > 1")))
    assert check_schema("appraise", own, frozenset())[-1].severity == "warning"


def test_missing_english_is_a_warning() -> None:
    schema = form(
        {"type": "textfield", "key": "a", "label": "Tên", "description": "Họ tên"},
        field("select", "b", **SELECT), {"type": "datetime", "key": "c", "dateLabel": "Ngày", "subtype": "date"},
        field("radio", "d", **SELECT),
        field("radio", "e", values=["x"], properties={"en.label": "E", "en.values": "X"}),
    )
    found = [(finding.code, finding.element) for finding in check_schema("f", schema)]
    assert found == [
        ("form_english", "f.a"), ("form_english", "f.a"), ("form_english_values", "f.b"), ("form_english", "f.c"),
        ("form_english_values", "f.d"),
    ]
    assert {finding.severity for finding in check_schema("f", schema)} == {"warning"}


@pytest.mark.parametrize("path", FORMS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_shipped_forms_are_sound(path: Path) -> None:
    schema = json.loads(path.read_text("utf-8"))
    assert check_schema(path.stem, schema) == ()
    checked = validate(schema, {}, {}, NOW)
    assert {error.code for error in checked.errors} <= {"required", "rows_min", "rows_fixed"}


# Reading


PERSON = form(
    {"type": "text", "text": "Chào", "properties": {"en.text": "Hello"}},
    group(
        field("textfield", "name", label="Họ tên", properties={"en.label": "Name"}),
        field("radio", "kind", label="Loại", **SELECT) | {"properties": {"en.label": "Kind", "en.values": "One|Two"}},
        label="Người nộp", properties={"en.label": "Applicant"},
    ),
    {"type": "datetime", "key": "day", "dateLabel": "Ngày", "subtype": "date", "properties": {"en.label": "Day"}},
    field("datetime", "at", subtype="datetime"), field("datetime", "clock", subtype="time", timeLabel="Giờ"),
    field("number", "fee", appearance={"suffixAdorner": "đồng"}), field("checkbox", "ok"),
    field("checklist", "many", values=["a", "b"]), field("expression", "sum"),
    rows(field("textfield", "name", label="Tên", properties={"en.label": "Name"}), properties={"en.label": "Member"}),
    group(field("textfield", "street"), path="address"),
)
PERSON_VALUES = {
    "name": "An", "kind": 2, "day": "2026-03-02", "at": "2026-03-02T01:30Z", "clock": "07:30", "fee": 1234567.5,
    "ok": True, "many": ["a", "b"], "sum": [1000, "x"], "members": [{"name": "B"}, {"name": "C"}, 5],
    "address": {"street": ""},
}


def test_values_read_in_vietnamese() -> None:
    assert describe(PERSON, PERSON_VALUES, "vi") == [
        Line("Họ tên", "An", "Người nộp"), Line("Loại", "Hai", "Người nộp"), Line("Ngày", "02/03/2026", ""),
        Line("Nhãn", "08:30 02/03/2026", ""), Line("Giờ", "07:30", ""), Line("Nhãn", "1.234.567,5 đồng", ""),
        Line("Nhãn", "Có", ""), Line("Nhãn", "a, b", ""), Line("Nhãn", "1.000, x", ""),
        Line("Tên", "B", "Thành viên · 1"), Line("Tên", "C", "Thành viên · 2"),
    ]


def test_values_read_in_english() -> None:
    lines = {line.label: line for line in describe(PERSON, {**PERSON_VALUES, "ok": False, "kind": "?"}, "en")}
    assert lines["Kind"] == Line("Kind", "?", "Applicant")
    assert lines["Day"].text == "02/03/2026"
    assert lines["Name"].group == "Member · 2"
    assert "1,234,567.5 đồng" in [line.text for line in describe(PERSON, PERSON_VALUES, "en")]
    assert describe(PERSON, {"day": "soon", "fee": "much", "many": "a"}, "en")[0].text == "soon"


def test_a_schema_in_english() -> None:
    english = localized(PERSON, "en")
    assert english["components"][0]["text"] == "Hello"
    assert english["components"][1]["components"][1]["values"][1] == {"value": 2, "label": "Two"}
    assert english["components"][2]["dateLabel"] == "Day"
    assert localized(PERSON, "vi") == PERSON
    hinted = form(field("textfield", validate={"pattern": "a"}) | {"properties": {"en.patternErrorMessage": "Only a"}})
    assert localized(hinted, "en")["components"][0]["validate"]["patternErrorMessage"] == "Only a"


keys = st.text(max_size=6) | st.sampled_from(list(PERSON_VALUES))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner),
    max_leaves=20,
)


@settings(deadline=None)
@given(anything)
def test_nothing_from_outside_breaks_the_check(values: Any) -> None:
    checked = validate(PERSON, values, {}, NOW)
    if not checked.errors:
        assert validate(PERSON, checked.values, {}, NOW).values == checked.values
