"""What a form concludes and the button that ends its step are one decision."""

from __future__ import annotations

import pytest

from app.tasks.conclusions import conclusion_of, contradiction, decided, with_conclusions
from engine.forms import localized, validate
from tests.builders_procedures import KEYS, RECEIVED, definition_of

STEPS = [(key, step.id) for key in KEYS for step in definition_of(key).steps.values()
         if step.form and conclusion_of(definition_of(key).forms[step.form])]


def test_each_procedure_has_a_step_that_concludes() -> None:
    assert {key for key, _ in STEPS} == set(KEYS)


@pytest.mark.parametrize(("key", "step_id"), STEPS)
def test_the_button_and_the_conclusion_agree_or_are_refused(key: str, step_id: str) -> None:
    definition = definition_of(key)
    step = definition.steps[step_id]
    schema = definition.forms[step.form or ""]
    for choice in step.choices:
        form = decided(step, schema, {}, choice.id)
        assert form == {"conclusion": choice.id}
        assert not [each for each in validate(schema, form, {}, RECEIVED).errors if each.path == "conclusion"]
        assert contradiction(step, form, choice.id) == ()
        for other in {each.id for each in step.choices} - {choice.id}:
            (error,) = contradiction(step, decided(step, schema, {"conclusion": other}, choice.id), choice.id)
            assert (error.path, error.message) == (
                "conclusion", "The conclusion and the button that was pressed say different things."
            )


def test_a_form_concludes_only_what_a_button_is_offered_for() -> None:
    schema = localized(definition_of("household-business").forms["appraise"], "en")
    narrowed = conclusion_of(with_conclusions(schema, {"forward", "refuse"}))
    assert narrowed is not None
    assert [each["value"] for each in narrowed["values"]] == ["forward", "refuse"]
    assert [each["label"] for each in narrowed["values"]] == ["Conditions met", "Conditions not met"]
    assert with_conclusions(schema, {None}) == schema


def test_a_step_without_a_conclusion_is_left_alone() -> None:
    definition = definition_of("household-business")
    step = definition.steps["approve"]
    schema = definition.forms["approve"]
    assert decided(step, schema, {"opinion": "Đồng ý"}, "forward") == {"opinion": "Đồng ý"}
    assert contradiction(step, {"opinion": "Đồng ý"}, "forward") == ()
