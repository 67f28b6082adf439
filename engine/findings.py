"""What is wrong with a diagram, a form or a decision: a code, the element and a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.form_sentences import DECISION_FINDINGS, FORM_FINDINGS

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
    "too_long": "More than {limit} elements follow one another up to {element}; divide the procedure.",
    # What this release does not run
    "foreign_element": "Element {tag} belongs to another product and cannot be run; remove it.",
    "foreign_attribute": "Attribute {attribute} on {element} belongs to another product; remove it.",
    "choose_type": "Task {element} has no type; choose user, manual, receive, script or business rule task.",
    "gateway_kind": "Gateway {element} must be exclusive or parallel; other kinds cannot be run yet.",
    "message_event": "Event {element} waits for or sends a message; use a receive task instead.",
    "event_kind": "Event {element} is of a kind that cannot be run yet; use a timer or a plain event.",
    "throw_event": "Event {element} throws something, which cannot be run yet; remove it.",
    "start_kind": "Start event {element} must be a plain one; a dossier starts when it is received.",
    "end_kind": "End event {element} must be a plain or a terminate one.",
    "task_kind": "Task {element} is of a kind that cannot be run yet; use a user task or a decision.",
    "call_activity": "Call activity {element} cannot be run yet; draw the called steps in place.",
    "subprocess_kind": "Subprocess {element} is an event, ad-hoc or transaction one, which cannot be run yet.",
    "subprocess_loop": "Subprocess {element} repeats; only user and manual tasks may be multi-instance.",
    "standard_loop": "Task {element} has a standard loop; draw the way back with a gateway.",
    "loop_host": "Task {element} may not be multi-instance; only user and manual tasks may.",
    "compensation": "Element {element} is for compensation, which cannot be run yet; remove it.",
    "data_object": "Data object {element} is not used by the engine; remove it and keep values in forms.",
    "several_pools": "The diagram has {count} pools with a process; draw one process with lanes.",
    "message_flow": "Message flow {element} cannot be run yet; remove it.",
    "timer_cycle": "Timer {element} repeats; only a date or a duration can be run yet.",
    "boundary_kind": "Event {element} must be exactly one timer.",
    "unsupported": "Element {element} ({tag}) cannot be run yet; remove it.",
    "engine_refused": "The diagram cannot be run at {element}: {reason}.",
    # Structure
    "id_missing": "A {tag} has no id; give it one.",
    "id_duplicate": "The id {element} is used twice; ids must be unique.",
    "id_reserved": "The id {element} is reserved; choose another.",
    "id_form": "The id {element} may have only small letters, digits and _, beginning with a letter.",
    "id_characters": "The id {element} may have only letters, digits, _, - and ., beginning with a letter or _.",
    "reference": "{element} refers to {reference}, which does not exist.",
    "flow_scope": "Sequence flow {element} crosses the border of a subprocess; use boundary events instead.",
    "flow_end": "Sequence flow {element} may not leave an end event nor enter a start or boundary event.",
    "flow_twice": "Sequence flow {element} doubles another between the same parallel elements; remove it.",
    "process_missing": "The diagram has no executable process; set isExecutable to true.",
    "process_several": "The diagram has {count} executable processes; keep one.",
    "start_missing": "{element} has no start event; add one.",
    "start_several": "{element} has {count} start events; keep one.",
    "end_missing": "{element} has no end event; add one.",
    "implicit_fork": "Several flows leave {element}; put a gateway after it.",
    "conditional_flow": "Flow {element} has a condition but does not leave an exclusive gateway; add a gateway.",
    "no_way_out": "No flow leaves {element}; connect it or add an end event.",
    "unreachable": "{element} cannot be reached from the start; connect it.",
    "endless": "From {element} no end event can be reached; add a way out.",
    "automatic_loop": "The loop through {element} has no step or timer in it and would never stop; add one.",
    "condition_missing": "Flow {element} leaves a gateway without a condition; add one or make it the default.",
    "default_missing": "Gateway {element} has no default flow; if no condition holds, the step will fail.",
    "deadlock": "Parallel gateway {element} may wait for ever; join only what a parallel gateway has split.",
    # Steps
    "step_missing": "Step {element} has no properties; set its kind, role, unit and hours.",
    "step_kind": "Step {element} has the kind \"{kind}\"; choose one of: {allowed}.",
    "step_role": "Step {element} has no role; choose who does it.",
    "step_role_unknown": "Step {element} has the role \"{role}\", which does not exist.",
    "step_unit": "Step {element} has no unit; choose receiving, competent, a unit or an expression.",
    "step_hours": "Step {element} needs working hours; give a number such as 5.",
    "step_hours_value": "Step {element} has \"{value}\" as working hours; give a number above 0.",
    "step_status": "{element} has the status \"{status}\"; choose 1 to 10 or an expression.",
    "step_clock": "Step {element} has the clock \"{clock}\"; choose running, or stopped for a wait.",
    "step_form": "Step {element} uses the form \"{form}\", which the bundle does not have.",
    "form_reserved": "Form {form} has a field with the reserved key \"choice\"; rename it.",
    "start_form": "The start event has the form \"{form}\", which the bundle does not have.",
    "message_missing": "Receive task {element} has no message; choose one.",
    "message_choices": "Receive task {element} has choices; put a step with choices after it.",
    "wait_without_timer": "Step {element} waits for somebody outside without a limit; add a boundary timer.",
    "choice_id": "Step {element} has a choice without a proper id or with the same id twice: \"{choice}\".",
    "choice_kind": "Choice \"{choice}\" of step {element} has the kind \"{kind}\"; choose one of: {allowed}.",
    "choice_name": "Choice \"{choice}\" of step {element} has no name; write what the button says.",
    "choice_unknown": "{element} tests the choice \"{choice}\", which step {step} does not offer.",
    "kinds_order": "Step {element} ({kind}) is out of order: receive, appraise, approve, stamp or sign, return.",
    "kind_absent": "The main path has no step of the kind {kind}.",
    "name_missing": "{element} has no name; write one.",
    "loop_item": "Step {element} uses \"{item}\" for its items, which is reserved or no proper name.",
    "loop_source": "Step {element} repeats but has neither a collection nor a cardinality.",
    # Expressions, timers, scripts, decisions
    "expression": "An expression on {element} cannot be read: {reason} (\"{expression}\").",
    "expression_name": "An expression on {element} uses \"{name}\", which does not exist (\"{expression}\").",
    "expression_field": "{element} reads {path}, but the form of {step} has no such field; the value is always empty.",
    "timer_missing": "Timer {element} has no date or duration.",
    "timer_value": "Timer {element} has \"{value}\"; give a duration such as P30D, a date, or an expression.",
    "script_missing": "Script task {element} has no expression.",
    "script_language": "Script task {element} is in {language}; only FEEL expressions can be run.",
    "decision_missing": "Business rule task {element} names no decision.",
    "decision_unknown": "Business rule task {element} uses the decision \"{decision}\", which does not exist.",
    **FORM_FINDINGS,
    **DECISION_FINDINGS,
}


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
