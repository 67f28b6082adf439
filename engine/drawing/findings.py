"""What is wrong with a diagram, a form or a decision: a code, the element and a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from engine.drawing.event_sentences import EVENT_FINDINGS
from engine.drawing.flow_sentences import FLOW_FINDINGS
from engine.drawing.form_sentences import DECISION_FINDINGS, FORM_FINDINGS
from engine.drawing.repair_sentences import REPAIR_FINDINGS

Severity = Literal["error", "warning"]

TEMPLATES: dict[str, str] = {
    # The file
    "not_xml": "The diagram is not well-formed XML: {reason}.",
    "too_large": "The diagram has {size} bytes; at most {limit} are accepted.",
    "encoding": "The diagram must be UTF-8, not {encoding}; save it again as UTF-8.",
    "doctype": "The diagram has a document type or entities; remove them.",
    "instruction": "The diagram has a processing instruction; remove it.",
    "too_deep": "Elements are nested more than {limit} deep; flatten the diagram.",
    "too_many_elements": "The diagram has {count} elements; at most {limit} are accepted, so divide the procedure.",
    "not_bpmn": "The file is not a BPMN 2.0 diagram; its root must be bpmn:definitions.",
    # What this release does not run
    "foreign_element": "{tag} at {element} belongs to another product ({count} in all); it is kept, not run.",
    "foreign_attribute": "{attribute} on {element} belongs to another product ({count} in all); it is kept, not run.",
    "unsupported": "Element {element} ({tag}) cannot be run yet; remove it.",
    "engine_refused": "The diagram cannot be run at {element}: {reason}.",
    # Structure
    "id_missing": "A {tag} has no id; give it one.",
    "id_long": "The id {element} has more than {limit} characters, the calls before it included; shorten it.",
    "id_duplicate": "The id {element} is used twice; ids must be unique.",
    "id_reserved": "The id {element} is reserved; choose another.",
    "id_form": "The id {element} may have only small letters, digits and _, beginning with a letter.",
    "id_characters": "The id {element} may have only letters, digits, _, - and ., beginning with a letter or _.",
    "reference": "{element} refers to {reference}, which does not exist.",
    "process_missing": "The diagram has no executable process; set isExecutable to true.",
    "process_several": "The diagram has {count} executable processes; keep one.",
    # Steps
    "step_missing": "Step {element} has no properties; set its kind, role, unit and hours.",
    "step_kind": "Step {element} has the kind \"{kind}\"; choose one of: {allowed}.",
    "step_role": "Step {element} has no role; choose who does it.",
    "step_role_unknown": "Step {element} has the role \"{role}\", which does not exist.",
    "step_unit": "Step {element} has no unit; choose receiving, competent, a unit or an expression.",
    "step_hours": "Step {element} needs working hours; give a number such as 5.",
    "step_hours_value": "Step {element} has \"{value}\" as working hours; give a number above 0.",
    "step_status": "{element} has the status \"{status}\"; choose 1 to 10 or an expression.",
    "status_move": "{element} sets status {new} after {source} has set {old}, which may not be; change one of them.",
    "status_beside":
        "{element} sets status {new}, perhaps after {source} beside it set {old}; that may not be, join them.",
    "step_clock": "Step {element} has the clock \"{clock}\"; choose running, or stopped for a wait.",
    "step_form": "Step {element} uses the form \"{form}\", which the bundle does not have.",
    "form_reserved": "Form {form} has a field with the reserved key \"choice\"; rename it.",
    "start_form": "The start event has the form \"{form}\", which the bundle does not have.",
    "choice_id": "Step {element} has a choice without a proper id or with the same id twice: \"{choice}\".",
    "choice_kind": "Choice \"{choice}\" of step {element} has the kind \"{kind}\"; choose one of: {allowed}.",
    "choice_name": "Choice \"{choice}\" of step {element} has no name; write what the button says.",
    "choice_more": "Step {element} can only ask for a supplement, which is allowed so many times; add another choice.",
    "choice_unknown": "{element} tests the choice \"{choice}\", which step {step} does not offer.",
    "kinds_order": "Step {element} ({kind}) is out of order: receive, appraise, approve, stamp or sign, return.",
    "kind_absent": "The main path has no step of the kind {kind}.",
    "name_missing": "{element} has no name; write one.",
    # Expressions, timers, scripts, decisions
    "expression": "An expression on {element} cannot be read: {reason} at position {position} (\"{expression}\").",
    "expression_name": "An expression on {element} uses \"{name}\", which does not exist (\"{expression}\").",
    "expression_field": "{element} reads {path}, but the form of {step} has no such field; the value is always empty.",
    "expression_pattern": "{element} uses the pattern \"{pattern}\", which cannot be used: {reason}.",
    "script_missing": "Script task {element} has no expression.",
    "script_language": "Script task {element} is in {language}; only FEEL expressions can be run.",
    "decision_missing": "Business rule task {element} names no decision.",
    "decision_unknown": "Business rule task {element} uses the decision \"{decision}\", which does not exist.",
    **FLOW_FINDINGS,
    **EVENT_FINDINGS,
    **FORM_FINDINGS,
    **DECISION_FINDINGS,
    **REPAIR_FINDINGS,
}


# A diagram with these can begin and go on for a while; a rehearsal shows where it ends up.
UNSOUND = frozenset({"deadlock", "endless"})


class _Lenient(dict[str, Any]):
    """A sentence must never fail for want of a detail."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to correct (error) or to think about (warning)."""

    code: str
    severity: Severity
    element: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The English sentence; `app` translates the template instead."""
        template = TEMPLATES.get(self.code, self.code)
        return template.format_map(_Lenient({"element": self.element, **self.details}))


def error(code: str, element: str | None = None, **details: Any) -> Finding:
    """A finding that keeps the diagram from being run."""
    return Finding(code, "error", element, details)


def warning(code: str, element: str | None = None, **details: Any) -> Finding:
    """A finding that a person should look at."""
    return Finding(code, "warning", element, details)


def refused(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Only the findings that keep the diagram from being run."""
    return tuple(finding for finding in findings if finding.severity == "error")


def blocking(findings: Iterable[Finding], rehearsal: bool) -> tuple[Finding, ...]:
    """The same, without what a rehearsal may run into."""
    return tuple(finding for finding in refused(findings) if not (rehearsal and finding.code in UNSOUND))


def counted(findings: Iterable[Finding], codes: Container[str]) -> list[Finding]:
    """Of findings with these codes that say the same about many elements, the first one, with the `count` of all."""
    kept: dict[object, Finding] = {}
    counts: Counter[object] = Counter()
    for one in findings:
        key = (one.code, str(one.details)) if one.code in codes else id(one)
        kept.setdefault(key, one)
        counts[key] += 1
    return [
        replace(one, details={**one.details, "count": counts[key]}) if one.code in codes else one
        for key, one in kept.items()
    ]
