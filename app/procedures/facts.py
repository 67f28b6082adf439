"""The facts of a procedure (procedure.json) and the parts of a draft: are they of the right shape? Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

LEVELS = ("commune", "province", "enterprise")
SUBJECTS = ("citizen", "enterprise", "both")
SERVICE_LEVELS = ("full", "partial", "information")
LIMIT_UNITS = ("hour", "working_day", "calendar_day")
SUPPLEMENT_POLICIES = ("pause_and_extend", "restart_full")
HOURS_OF_A_DAY = 8
LARGEST_PART = 5_000_000

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]{2,39}")
_KEY = re.compile(r"[a-z][a-z0-9-]{2,59}")
_FORM = re.compile(r"[a-z][a-z0-9_\-]{0,59}")
Rule = tuple[str, Callable[[Any], bool], str]


def at(facts: Mapping[str, Any], path: str) -> Any:
    """The value under a dotted path, or None."""
    value: Any = facts
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def hours_of(limit: Mapping[str, Any] | None) -> Decimal | None:
    """A limit in working hours; None when it is counted in calendar days (or absent)."""
    if not limit or limit.get("value") is None or limit.get("unit") == "calendar_day":
        return None
    return Decimal(str(limit["value"])) * (1 if limit.get("unit") == "hour" else HOURS_OF_A_DAY)


def cut_of(limits: Mapping[str, Any]) -> Decimal | None:
    """By how many percent the reduced limit is shorter than the statutory one; None where the units do not compare."""
    statutory, reduced = hours_of(limits.get("statutory")), hours_of(limits.get("reduced"))
    if not statutory or reduced is None:
        return None
    return (100 * (1 - reduced / statutory)).quantize(Decimal("0.1"))


def unfit_fact(facts: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first fact that is not acceptable, with the reason; None when all are."""
    for path, fits, reason in _RULES:
        if not fits(at(facts, path)):
            return path, reason
    return next(_unfit_components(facts.get("components", [])), None)


def unfit_part(part: str, value: Any, code: str | None = None) -> str | None:
    """Why this part of a draft cannot be kept, or None. What it says is the gate's affair."""
    if part == "xml":
        return None if _is_text(value) else "it is not a text of at most 5 MB"
    if not isinstance(value, Mapping) or not _fits_in_json(value):
        return "it is not a JSON object of at most 5 MB"
    if part == "procedure":
        return _unfit_procedure(value, code)
    if any(not _FORM.fullmatch(str(name)) for name in value):
        return "a name in it is not made of small letters, digits, - and _"
    if part == "decisions":
        return None if all(isinstance(text, str) for text in value.values()) else "a decision is not a text"
    return None if all(isinstance(entry, Mapping) for entry in value.values()) else "an entry is not a JSON object"


def _unfit_procedure(facts: Mapping[str, Any], code: str | None) -> str | None:
    if code is not None and facts.get("code") != code:
        return "its code differs from the procedure's code"
    unfit = unfit_fact(facts)
    return None if unfit is None else f"{unfit[0]}: {unfit[1]}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LARGEST_PART


def _fits_in_json(value: Any) -> bool:
    try:
        return len(json.dumps(value, ensure_ascii=False)) <= LARGEST_PART
    except (TypeError, ValueError, RecursionError):
        return False


def _in_both_languages(value: Any) -> bool:
    return isinstance(value, Mapping) and all(_is_name(value.get(language)) for language in ("vi", "en"))


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= 500


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 10_000


def _is_amount(value: Any) -> bool:
    if isinstance(value, str):
        return value.startswith("=") and len(value) > 1
    return value is None or (isinstance(value, int | float) and value >= 0)


def _unfit_components(components: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(components, list):
        yield "components", "it is not a list"
        return
    seen: set[Any] = set()
    for number, component in enumerate(components):
        if not isinstance(component, Mapping) or not _FORM.fullmatch(str(component.get("code"))):
            yield f"components.{number}.code", "it is not made of small letters, digits, - and _"
        elif component["code"] in seen:
            yield f"components.{number}.code", "another component has the same code"
        elif not _in_both_languages(component.get("name")):
            yield f"components.{number}.name", "the name is missing in Vietnamese or English"
        else:
            seen.add(component["code"])


def _one_of(allowed: tuple[str, ...]) -> Callable[[Any], bool]:
    return lambda value: value in allowed


_RULES: tuple[Rule, ...] = (
    ("code", lambda value: isinstance(value, str) and bool(_CODE.fullmatch(value)),
     "write 3 to 40 letters, digits, points or hyphens"),
    ("key", lambda value: isinstance(value, str) and bool(_KEY.fullmatch(value)),
     "write 3 to 60 small letters, digits or hyphens, beginning with a letter"),
    ("name", _in_both_languages, "the name is missing in Vietnamese or English"),
    ("level", _one_of(LEVELS), "choose one of the levels"),
    ("agency", _in_both_languages, "the agency is missing in Vietnamese or English"),
    ("field", _in_both_languages, "the field is missing in Vietnamese or English"),
    ("service_level", _one_of(SERVICE_LEVELS), "choose one of the service levels"),
    ("limits.statutory.value", _is_positive, "write a number above zero"),
    ("limits.statutory.unit", _one_of(LIMIT_UNITS), "choose hours, working days or calendar days"),
    ("limits.reduced.value", _is_positive, "write a number above zero"),
    ("limits.reduced.unit", _one_of(LIMIT_UNITS), "choose hours, working days or calendar days"),
    ("fee.amount", _is_amount, "write an amount in đồng or an expression beginning with ="),
)
