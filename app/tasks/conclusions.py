"""A form's own `conclusion` and the button that ends the step are one decision and never contradict each other."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from engine.definition import Step
from engine.forms.results import FieldError

CONCLUSION = "conclusion"


def conclusion_of(schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The form's field in which the officer concludes, if it has one."""
    return next((part for part in schema.get("components", ()) if part.get("key") == CONCLUSION), None)


def with_conclusions(schema: Mapping[str, Any], offered: Collection[str | None]) -> Mapping[str, Any]:
    """The form with only those conclusions that a button is offered for; all of them where there is no button."""
    field = conclusion_of(schema)
    if field is None or not any(offered):
        return schema
    left = [each for each in field.get("values", ()) if each["value"] in offered]
    parts = [{**part, "values": left} if part is field else part for part in schema["components"]]
    return {**schema, "components": parts}


def decided(step: Step, schema: Mapping[str, Any], form: Mapping[str, Any], choice: str | None) -> dict[str, Any]:
    """The form with the conclusion that the pressed button stands for, where nobody wrote another one."""
    if choice is None or not step.choices or conclusion_of(schema) is None:
        return dict(form)
    return {**form, CONCLUSION: form.get(CONCLUSION) or choice}


def contradiction(step: Step, form: Mapping[str, Any], choice: str | None) -> tuple[FieldError, ...]:
    """What is wrong when the form concludes one thing and the button says another."""
    written = form.get(CONCLUSION)
    if choice is None or written in (None, choice) or choice not in {each.id for each in step.choices}:
        return ()
    return (FieldError(CONCLUSION, "other_choice"),)
