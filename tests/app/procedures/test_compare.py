"""What differs between two versions, and whether a diagram keeps its promise."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.procedures import blank
from app.procedures.compare import compare
from app.procedures.factform import facts_from, rows_of
from app.procedures.facts import cut_of, unfit_facts, unfit_part
from engine.definition import Bundle, check, compile_definition
from engine.promise import broken_promises, hours_of, longest_way
from tests.builders_procedures import KEYS, definition_of, shipped
from tests.engine import builders as draw

NAMES = {"vi": "Thử", "en": "Try"}
FACTS = blank.facts_for("1.000009", "thu-nghiem", NAMES, "commune", NAMES, NAMES)


def altered(key: str, **parts: Any) -> Bundle:
    bundle = shipped(key)
    kept = {"xml": bundle.xml, "forms": bundle.forms, "decisions": bundle.decisions, "procedure": bundle.procedure}
    return Bundle(**{**kept, **parts})


def test_a_version_does_not_differ_from_itself() -> None:
    for key in KEYS:
        assert compare(definition_of(key), definition_of(key)) == ()


def test_hours_and_role_of_a_step_are_named_with_old_and_new_value() -> None:
    old = shipped("household-business").xml
    changed = old.replace('hours="5"', 'hours="4"', 1).replace('name="Thẩm định hồ sơ"', 'name="Thẩm tra hồ sơ"')
    new = compile_definition(altered("household-business", xml=changed))
    found = {(c.kind, c.id, c.property): (c.old, c.new) for c in compare(definition_of("household-business"), new)}
    assert found == {
        ("step", "appraise", "hours"): ("5", "4"),
        ("step", "appraise", "name"): ("Thẩm định hồ sơ", "Thẩm tra hồ sơ"),
    }


def test_facts_components_and_form_fields_are_compared() -> None:
    bundle = shipped("household-business")
    facts = {**bundle.procedure, "level": "province", "components": bundle.procedure["components"][1:]}
    extra = {"type": "textfield", "key": "extra", "label": "Thêm", "id": "extra", "properties": {"en.label": "Extra"}}
    form = {**bundle.forms["approve"], "components": [*bundle.forms["approve"]["components"], extra]}
    new = compile_definition(altered("household-business", procedure=facts, forms={**bundle.forms, "approve": form}))
    found = {(c.kind, c.id, c.what) for c in compare(definition_of("household-business"), new)}
    assert found == {
        ("fact", "level", "changed"), ("component", "application", "removed"), ("field", "approve.extra", "added"),
    }


@pytest.mark.parametrize(("key", "hours"), [
    ("household-business", 12), ("construction-permit", 56), ("land-change", 32), ("judicial-record", 40),
    ("electricity-supply", 24),
])
def test_the_longest_way_of_each_shipped_procedure_is_its_reduced_time(key: str, hours: int) -> None:
    definition = definition_of(key)
    assert longest_way(definition).hours == longest_way(definition, online=True).hours == Decimal(hours)
    assert list(broken_promises(definition, definition.procedure)) == []


def test_the_longest_way_must_take_exactly_the_reduced_time() -> None:
    definition = definition_of("household-business")

    def found(reduced: float, statutory: float = 3) -> list[tuple[str, str]]:
        unit = "working_day"
        limits = {"reduced": {"value": reduced, "unit": unit}, "statutory": {"value": statutory, "unit": unit}}
        return [(finding.code, finding.severity) for finding in broken_promises(definition, {"limits": limits})]

    assert found(1.25) == [("hours_over", "error")]
    assert found(2) == [("hours_under", "error")]
    assert found(1.5, 1) == [("reduced_longer", "error")]
    law = {"statutory": {"value": 1, "unit": "calendar_day"}, "reduced": {"value": 1.5, "unit": "working_day"}}
    [longer] = broken_promises(definition, {"limits": law})
    assert longer.code == "reduced_longer", "one calendar day holds no day and a half of work"
    limits = {"reduced": {"value": 1.25, "unit": "working_day"}}
    assert "10.0" not in str([finding.message for finding in broken_promises(definition, {"limits": limits})])
    [days] = broken_promises(definition, {"limits": {"reduced": {"value": 1, "unit": "calendar_day"}}})
    assert days.code == "reduced_in_days", "steps have working hours, which no calendar day is equal to"


def variant(condition: str, value: float, **more: Any) -> dict[str, Any]:
    return {"when": {"vi": condition or "Vùng xa", "en": ""}, "condition": condition, "value": value, **more}


@pytest.mark.parametrize(("reduced", "statutory", "found"), [
    ([variant("=filing.far = true", 300)], [], [("variant_longer", "filing.far = true", "2400", "24")]),
    ([variant("=filing.far = true", 4)], [variant("filing.far = true", 5)], []),
    ([variant("=filing.far = true", 6)], [variant("filing.far = true", 5)], [
        ("variant_longer", "filing.far = true", "48", "40")]),
    ([variant("=filing.far = true", 4)], [variant("=filing.near = true", 5)], [
        ("variant_longer", "filing.far = true", "32", "24")]),
    ([], [variant("=filing.far = true", 1)], [("variant_longer", "filing.far = true", "12", "8")]),
    ([variant("", 4)], [], [("variant_longer", "Vùng xa", "32", "24")]),
    ([variant("", 4)], [variant("", 5)], []),
    ([variant("=filing.far = true", 40, unit="hour")], [], [("variant_longer", "filing.far = true", "40", "24")]),
    ([variant("=filing.far = true", 1)], [], [("variant_over", "filing.far = true", "8", "12")]),
    ([variant("", 1)], [], []),
    ([variant("=filing.far = true", 300, unit="calendar_day")], [], [("reduced_in_days", None, 300, "12")]),
])
def test_variants_are_held_against_the_law_and_the_steps_as_the_limit_is(
    reduced: list[Any], statutory: list[Any], found: list[tuple[Any, ...]]
) -> None:
    definition, unit = definition_of("household-business"), "working_day"
    limits = {"reduced": {"value": 1.5, "unit": unit, "variants": reduced},
              "statutory": {"value": 3, "unit": unit, "variants": statutory}}
    findings = list(broken_promises(definition, {"limits": limits}))
    told = [each.details for each in findings]
    assert [(each.code, each.severity) for each in findings] == [(code, "error") for code, *_ in found]
    assert [(d.get("variant"), d["reduced"], d.get("statutory") or d["needed"]) for d in told] == [
        tuple(rest) for _, *rest in found]


def test_a_shorter_variant_is_kept_by_a_way_that_its_own_condition_chooses() -> None:
    xml = draw.diagram(
        draw.start(), draw.task("receive", hours="2"), draw.xor("far", default="far-long"),
        draw.task("long", hours="6"), draw.task("short", hours="2", status="9"), draw.end("returned", "10"),
        draw.path("begin", "receive", "far", "long", "short", "returned"), draw.flow("far", "short", "=filing.near"),
    )
    facts = {**FACTS, "limits": {
        "statutory": {"value": 2, "unit": "working_day"},
        "reduced": {"value": 10, "unit": "hour", "variants": [variant("filing.near", 4)]}}}
    definition = compile_definition(Bundle(xml=xml, procedure=facts))
    assert list(broken_promises(definition, facts)) == []
    facts["limits"]["reduced"]["variants"] = [variant("filing.far", 4)]
    [over] = broken_promises(definition, facts)
    assert (over.code, over.details) == ("variant_over", {"variant": "filing.far", "needed": "10", "reduced": "4"})


def test_limits_in_hours_and_the_cut() -> None:
    assert hours_of({"value": 1.5, "unit": "working_day"}) == 12
    assert hours_of({"value": 7, "unit": "calendar_day"}) is None
    day = {"value": 3, "unit": "working_day"}
    assert cut_of({"statutory": day, "reduced": {"value": 12, "unit": "hour"}}) == Decimal("50.0")
    assert cut_of({"statutory": day}) is None


@pytest.mark.parametrize(("statutory", "reduced", "cut"), [
    ((8, "working_day"), (4, "working_day"), "50"), ((24, "hour"), (1, "working_day"), "66.7"),
    ((30, "calendar_day"), (10, "calendar_day"), "66.7"), ((14, "calendar_day"), (5, "working_day"), "50"),
    ((15, "calendar_day"), (7, "working_day"), "34.7"), ((10, "working_day"), (14, "calendar_day"), "0"),
])
def test_a_calendar_day_is_worth_five_sevenths_of_a_working_day(
    statutory: tuple[int, str], reduced: tuple[int, str], cut: str
) -> None:
    limits = {"statutory": statutory, "reduced": reduced}
    assert str(cut_of({name: {"value": value, "unit": unit} for name, (value, unit) in limits.items()})) == cut


@pytest.mark.parametrize("value", [1.5, 3, 0.25])
def test_the_diagram_to_start_from_passes_the_gate_and_keeps_its_promise(value: float) -> None:
    facts = {**FACTS, "limits": {**FACTS["limits"], "reduced": {"value": value, "unit": "working_day"}}}
    facts["name"] = {"vi": 'Thử "một" & <hai>', "en": "Try"}
    bundle = Bundle.from_json(blank.bundle_for(facts))
    assert check(bundle) == ()
    definition = compile_definition(bundle)
    assert definition.name == 'Thử "một" & <hai>'
    assert longest_way(definition).hours == Decimal(str(value)) * 8


def test_unfit_facts_are_named_by_their_place() -> None:
    wrong = {**FACTS, "code": "x y", "level": "district", "components": [{"code": "Ä"}, {"code": "a", "name": NAMES},
                                                                        {"code": "a", "name": NAMES}]}
    assert [unfit.path for unfit in unfit_facts(wrong)] == ["code", "level", "components.0.code", "components.2.code"]
    assert [unfit.path for unfit in unfit_part("procedure", FACTS, "1.000001")] == ["code"]
    assert [unfit.path for unfit in unfit_part("forms", {"A b": {}, "ok": 3})] == ["forms.A b", "forms.ok"]
    assert [unfit_part("xml", 3), unfit_part("forms", [])] != [(), ()]
    assert unfit_part("decisions", {"a": "<x/>"}) == ()


def test_facts_survive_the_form_unchanged() -> None:
    for key in KEYS:
        facts = dict(shipped(key).procedure)
        shown = rows_of(facts)
        typed = {
            **{f"{name}.{language}": shown[name][language] for name in ("name", "agency", "field", "result")
               for language in ("vi", "en")},
            **{name: shown[name] for name in ("level", "subject", "service_level")},
            **{f"limits.{name}.{part}": str(shown["limits"][name][part]) for name in ("statutory", "reduced")
               for part in ("value", "unit")},
            **{f"limits.{name}.variants": shown["variants"][name] for name in ("statutory", "reduced")},
            "warnings": shown["warnings"], "apology.before": str(shown["apology"]),
            **{f"fee.note.{language}": shown["fee"]["note"][language] for language in ("vi", "en")},
            "fee.kind": shown["fee"]["kind"], "fee.amount": str(shown["fee"]["amount"] or ""),
            "supplement.policy": shown["supplement"]["policy"], "supplement.max": str(shown["supplement"]["max"]),
            **{f"decision.{name}": shown["decision"].get(name) or "" for name in ("number", "date", "effective")},
            "legal": shown["legal"], "components": str(len(shown["components"])),
            **({"non_territorial": "1"} if shown["non_territorial"] else {}),
        }
        for number, row in enumerate(shown["components"]):
            place = f"components.{number}."
            typed |= {place + name: str(row[name]) for name in ("code", "required", "when", "originals", "copies")}
            typed |= {f"{place}name.{language}": row["name"][language] for language in ("vi", "en")}
            typed |= {f"{place}eform": "1"} if row["eform"] else {}
        again = facts_from(typed, facts)
        assert {name: again[name] for name in again if again[name] != facts.get(name)} == {} or (
            again["fee"]["amount"] is None and not facts["fee"]["amount"]
        )
