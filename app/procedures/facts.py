"""The facts of a procedure (procedure.json) and the parts of a draft: are they of the right shape? Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.clock.deadlines import rung_of
from engine.clock.limits import LIMITS, unreadable_variants
from engine.promise import HOURS_OF_A_DAY, hours_of

LEVELS = ("commune", "province", "enterprise")
SUBJECTS = ("citizen", "enterprise", "both")
SERVICE_LEVELS = ("full", "partial", "information")
LIMIT_UNITS = ("hour", "working_day", "calendar_day")
SUPPLEMENT_POLICIES = ("pause_and_extend", "restart_full")
LARGEST_PART = 5_000_000

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]{2,39}")
_KEY = re.compile(r"[a-z][a-z0-9-]{2,59}")
_FORM = re.compile(r"[a-z][a-z0-9_\-]{0,59}")
_NAMED = "Use small letters, digits, - and _ only, beginning with a letter."
_BOTH = "Write it in Vietnamese and in English."
Rule = tuple[str, Callable[[Any], bool], str]


def at(facts: Mapping[str, Any], path: str) -> Any:
    """The value under a dotted path, or None."""
    value: Any = facts
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def cut_of(limits: Mapping[str, Any]) -> Decimal | None:
    """By how many percent the reduced limit is shorter than the statutory one; None where one of them is missing.

    A calendar day counts as five sevenths of a working day, what it is worth on the average of weeks without holidays.
    """
    statutory, reduced = _on_average(limits.get("statutory")), _on_average(limits.get("reduced"))
    if not statutory or reduced is None:
        return None
    cut = (100 * (1 - reduced / statutory)).quantize(Decimal("0.1"))
    return cut.to_integral_value() if cut == cut.to_integral_value() else cut


def _on_average(limit: Mapping[str, Any] | None) -> Decimal | None:
    if limit and limit.get("unit") == "calendar_day" and limit.get("value") is not None:
        return Decimal(str(limit["value"])) * HOURS_OF_A_DAY * 5 / 7
    return hours_of(limit)


@dataclass(frozen=True, slots=True)
class Unfit:
    """A fact or part that is not acceptable; `template` is the English sentence that translators see."""

    path: str
    template: str


def unfit_facts(facts: Mapping[str, Any]) -> tuple[Unfit, ...]:
    """Every fact that is not acceptable."""
    wrong = [Unfit(path, reason) for path, fits, reason in RULES if not fits(at(facts, path))]
    return (*wrong, *_unfit_variants(facts.get("limits")), *_unfit_components(facts.get("components", [])))


def unfit_part(part: str, value: Any, code: str | None = None) -> tuple[Unfit, ...]:
    """Why this part of a draft cannot be kept. What it says is the gate's affair."""
    if part == "xml":
        return () if _is_text(value) else (Unfit(part, "It is not a text of at most 5 MB."),)
    if not isinstance(value, Mapping) or not _fits_in_json(value):
        return (Unfit(part, "It is not a JSON object of at most 5 MB."),)
    if part == "procedure":
        moved = code is not None and value.get("code") != code
        return (Unfit("code", "A procedure's code cannot be changed."),) if moved else unfit_facts(value)
    return tuple(_unfit_entries(part, value))


def _unfit_entries(part: str, entries: Mapping[str, Any]) -> Iterator[Unfit]:
    kind, reason = (str, "It is not a text.") if part == "decisions" else (Mapping, "It is not a JSON object.")
    for name, entry in entries.items():
        if not _FORM.fullmatch(str(name)):
            yield Unfit(f"{part}.{name}", _NAMED)
        elif not isinstance(entry, kind):
            yield Unfit(f"{part}.{name}", reason)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LARGEST_PART


def _fits_in_json(value: Any) -> bool:
    try:
        return len(json.dumps(value, ensure_ascii=False)) <= LARGEST_PART
    except (TypeError, ValueError, RecursionError):
        return False


def _in_both_languages(value: Any) -> bool:
    return isinstance(value, Mapping) and all(_is_name(value.get(language)) for language in ("vi", "en"))


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _are_laws(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(law, Mapping) and isinstance(law.get("vi"), str) and isinstance(law.get("en"), str) for law in value
    )


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= 500


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 10_000


def _is_amount(value: Any) -> bool:
    if isinstance(value, str):
        return value.startswith("=") and len(value) > 1
    return value is None or (isinstance(value, int | float) and value >= 0)


def _unfit_variants(limits: Any) -> Iterator[Unfit]:
    """Variants whose number or condition is of no use; limits that are none have been refused already."""
    if not isinstance(limits, Mapping) or not all(isinstance(limits.get(name), Mapping) for name in LIMITS):
        return
    for name in LIMITS:
        variants = limits[name].get("variants") or []
        if not isinstance(variants, list) or not all(isinstance(each, Mapping) for each in variants):
            yield Unfit(f"limits.{name}.variants", "It is not a list.")
            return
        if not all(_is_positive(each.get("value")) for each in variants):
            yield Unfit(f"limits.{name}.variants", "Begin each line with a number above zero.")
        if not all(each.get("unit") in (None, *LIMIT_UNITS) for each in variants):
            yield Unfit(f"limits.{name}.variants", "Choose hours, working days or calendar days.")
    for name, _ in unreadable_variants(limits):
        yield Unfit(f"limits.{name}.variants", "A condition cannot be read; write it like filing.area > 500.")


def _are_warnings(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(rung_of(each) for each in value))


def _is_hours(value: Any) -> bool:
    return value is None or _is_positive(value)


def _unfit_components(components: Any) -> Iterator[Unfit]:
    if not isinstance(components, list):
        yield Unfit("components", "It is not a list.")
        return
    seen: set[Any] = set()
    for number, component in enumerate(components):
        if not isinstance(component, Mapping) or not _FORM.fullmatch(str(component.get("code"))):
            yield Unfit(f"components.{number}.code", _NAMED)
        elif component["code"] in seen:
            yield Unfit(f"components.{number}.code", "Another component has the same code.")
        elif not _in_both_languages(component.get("name")):
            yield Unfit(f"components.{number}.name", _BOTH)
        else:
            seen.add(component["code"])


def _one_of(allowed: tuple[str, ...]) -> Callable[[Any], bool]:
    return lambda value: value in allowed


RULES: tuple[Rule, ...] = (
    ("code", lambda value: isinstance(value, str) and bool(_CODE.fullmatch(value)),
     "Write 3 to 40 letters, digits, points or hyphens."),
    ("key", lambda value: isinstance(value, str) and bool(_KEY.fullmatch(value)),
     "Write 3 to 60 small letters, digits or hyphens, beginning with a letter."),
    ("name", _in_both_languages, _BOTH),
    ("level", _one_of(LEVELS), "Choose one of the levels."),
    ("agency", _in_both_languages, _BOTH),
    ("field", _in_both_languages, _BOTH),
    ("service_level", _one_of(SERVICE_LEVELS), "Choose one of the service levels."),
    ("limits.statutory.value", _is_positive, "Write a number above zero."),
    ("limits.statutory.unit", _one_of(LIMIT_UNITS), "Choose hours, working days or calendar days."),
    ("limits.reduced.value", _is_positive, "Write a number above zero."),
    ("limits.reduced.unit", _one_of(LIMIT_UNITS), "Choose hours, working days or calendar days."),
    ("warnings", _are_warnings, "Write one warning per line, like 75% officer, due head or +8h unit."),
    ("apology.before", _is_hours, "Write a number above zero."),
    ("result", _in_both_languages, _BOTH),
    ("legal", _are_laws, _BOTH),
    *((name, _is_object, "It is not a JSON object.") for name in ("fee", "decision", "supplement")),
    ("fee.amount", _is_amount, "Write an amount in đồng or an expression beginning with =."),
)
