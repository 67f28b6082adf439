"""Findings as plain data, and as sentences that can be translated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from engine.drawing.findings import TEMPLATES as ENGINE_TEMPLATES
from engine.drawing.findings import Finding

TEMPLATES = {
    "check_too_long": "The check was stopped after {seconds} seconds; the diagram or a form is too large or too deeply "
    "nested. Make it smaller.",
    "check_broke_off": "The check needed too much memory and was stopped; make the diagram or the forms smaller.",
    "scenario_too_long": "The scenario was stopped after {seconds} seconds.",
    "hours_over": "The longest way takes {needed} working hours, more than the reduced time of {reduced}; shorten "
    "steps or correct the limit.",
    "reduced_in_days": "The longest way takes {needed} working hours, which cannot be held against a reduced time of "
                       "{reduced} calendar days; promise hours or working days.",
    "hours_under": "The longest way takes {needed} working hours, less than the reduced time of {reduced}; give "
    "the steps the hours that are left, or promise a shorter time.",
    "reduced_longer": "The reduced time ({reduced} working hours) is longer than the statutory time ({statutory}); "
    "correct the limits.",
    "variant_longer": "Where {variant} holds, {reduced} working hours are promised, longer than the statutory time "
    "({statutory}); correct the variants of the limits.",
    "variant_over": "Where {variant} holds, the longest way takes {needed} working hours, more than the {reduced} that "
    "are promised; promise more time, or branch on the same condition to a shorter way.",
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A finding as its element, a template in English and what fills the template."""

    path: str
    template: str
    details: dict[str, Any]

    @classmethod
    def of(cls, finding: Finding) -> Sentence:
        """The sentence of a finding."""
        template = TEMPLATES.get(finding.code) or ENGINE_TEMPLATES.get(finding.code, finding.code)
        return cls(finding.element or "", template, {"element": finding.element, **finding.details})


def finding_to_json(finding: Finding) -> dict[str, Any]:
    """A finding as plain data."""
    return asdict(finding)


def finding_from_json(data: Mapping[str, Any]) -> Finding:
    """The inverse of `finding_to_json`."""
    return Finding(data["code"], data["severity"], data["element"], data["details"])
