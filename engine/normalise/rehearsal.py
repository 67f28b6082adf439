"""What of a bundle can be rehearsed although it cannot be published, in the words of the drawing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.definition import Bundle, Definition, compile_definition
from engine.drawing.findings import Finding, blocking, refused
from engine.errors import DiagramRefused
from engine.normalise import normalise
from engine.normalise.work import told

# A repair says nothing new where the check has said what is wrong with the same element.
_SAID_BY: dict[str, tuple[str, ...]] = {
    "repair_step": ("step_",), "repair_id": ("id_",), "repair_id_twice": ("id_",), "repair_timer": ("timer_",),
    "repair_timer_missing": ("timer_",), "repair_script": ("script_",), "repair_decision": ("decision_",),
    "repair_executable": ("process_",), "repair_loop": ("loop_",), "repair_undefined": ("message_", "reference"),
    "repair_reference": ("reference",), "repair_host": ("reference",), "repair_flow_scope": ("flow_",),
    "repair_flow_end": ("flow_",), "repair_flow_dangling": ("reference",), "repair_starts": ("start_",),
    "repair_start": ("start_",), "repair_start_kind": ("start_",), "repair_root": ("unreachable",),
    "repair_call": ("call_",), "repair_empty": ("start_",), "repair_unreachable": ("unreachable",),
    "repair_condition_unused": ("conditional_flow",), "repair_default": ("condition_missing",),
}
_NAMING = ("complete", "offered", "fire")


@dataclass(frozen=True, slots=True)
class Rehearsable:
    """The definition to rehearse, None where there is none, and what else has to be said about the bundle."""

    definition: Definition | None
    findings: tuple[Finding, ...]
    drawn: Mapping[str, str] = field(default_factory=dict)

    def in_copy(self, scenario: Mapping[str, Any]) -> dict[str, Any]:
        """A scenario in the words of the copy."""
        names = self._names()
        told = dict(scenario)
        if isinstance(told.get("steps"), list):
            told["steps"] = [_renamed(action, names) for action in told["steps"]]
        if isinstance(told.get("expect"), Mapping):
            told["expect"] = _expected(told["expect"], names)
        return told

    def as_drawn(self, details: Mapping[str, Any]) -> dict[str, Any]:
        """What a failure says, in the words of the drawing."""
        return {key: told(self.drawn, value) if isinstance(value, str) else value for key, value in details.items()}

    def _names(self) -> dict[str, str]:
        """Drawn name to the name in the copy; where a step was put in, its drawn name is the step's."""
        names: dict[str, str] = {}
        for name, drawn in self.drawn.items():
            is_step = self.definition is not None and name in self.definition.steps
            if is_step or drawn not in names:
                names[drawn] = name
        return names


def rehearsable(bundle: Bundle, found: Iterable[Finding]) -> Rehearsable:
    """What can be rehearsed of a bundle about which the check has found this."""
    known = tuple(found)
    if not refused(known):
        return Rehearsable(compile_definition(bundle), known)
    normalised = normalise(bundle)
    copy = normalised.main
    if copy is None:
        return Rehearsable(None, known)
    repairs = [each for each in normalised.repairs if each.severity == "warning" and not _is_said(each, known)]
    try:
        definition = compile_definition(copy.bundle, rehearsal=True)
    except DiagramRefused as problem:
        wrong = [copy.report(each) for each in blocking(problem.details["findings"], True)]
        return Rehearsable(None, (*known, *_new(wrong, known), *repairs))
    return Rehearsable(definition, (*known, *_new(map(copy.report, definition.doubts), known), *repairs), copy.drawn)


def _is_said(repair: Finding, known: Iterable[Finding]) -> bool:
    said = _SAID_BY.get(repair.code, ())
    return any(one.element == repair.element and one.code.startswith(said) for one in known if said)


def _new(found: Iterable[Finding], known: Iterable[Finding]) -> list[Finding]:
    said = {(one.code, one.element) for one in known}
    return [one for one in found if (one.code, one.element) not in said]


def _renamed(action: Any, names: Mapping[str, str]) -> Any:
    if not isinstance(action, Mapping):
        return action
    return {
        key: names.get(value, value) if key in _NAMING and isinstance(value, str) else value
        for key, value in action.items()
    }


def _expected(expected: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    told = dict(expected)
    end = told.get("end")
    if isinstance(end, str):
        told["end"] = names.get(end, end)
    if isinstance(told.get("visits"), Mapping):
        told["visits"] = {names.get(each, each): count for each, count in told["visits"].items()}
    if isinstance(told.get("data"), Mapping):
        told["data"] = {_path(str(path), names): value for path, value in told["data"].items()}
    return told


def _path(path: str, names: Mapping[str, str]) -> str:
    head, dot, rest = path.partition(".")
    return f"{names.get(head, head)}{dot}{rest}"
