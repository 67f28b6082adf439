"""A procedure's facts as the fields of an HTML form, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.clock.deadlines import APOLOGY_HOURS, DEFAULT_RUNGS

_NAMES = ("name", "agency", "field", "result")
_CHOICES = ("level", "subject", "service_level")
_LIMITS = ("statutory", "reduced")
_DECISION = ("number", "date", "effective")


def rows_of(facts: Mapping[str, Any], spare: int = 0) -> dict[str, Any]:
    """The facts as the form shows them; `spare` empty lines for new components."""
    components = [_component_row(component) for component in facts.get("components", [])]
    components += [_component_row({}) for _ in range(spare)]
    return {
        **{name: dict(facts.get(name) or {}) for name in _NAMES},
        **{name: facts.get(name) for name in _CHOICES},
        "non_territorial": bool(facts.get("non_territorial")),
        "limits": {name: dict((facts.get("limits") or {}).get(name) or {}) for name in _LIMITS},
        "variants": {name: _variant_lines(facts, name) for name in _LIMITS},
        "warnings": "\n".join(facts.get("warnings", DEFAULT_RUNGS)),
        "apology": (facts.get("apology") or {}).get("before", int(APOLOGY_HOURS)),
        "fee": dict(facts.get("fee") or {}),
        "decision": dict(facts.get("decision") or {}),
        "supplement": dict(facts.get("supplement") or {}),
        "legal": "\n".join(f"{law['vi']} | {law['en']}" for law in facts.get("legal", [])),
        "components": components,
    }


def facts_from(form: Mapping[str, str], old: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, laid over the facts that the form does not show."""
    facts = dict(old)
    for name in _NAMES:
        facts[name] = _both(form, name)
    for name in _CHOICES:
        facts[name] = form.get(name, "")
    facts["non_territorial"] = "non_territorial" in form
    facts["limits"] = {name: _limit(form, name, old) for name in _LIMITS}
    facts |= _warnings(form, old)
    facts["fee"] = {
        **(old.get("fee") or {}), "kind": form.get("fee.kind", "").strip(),
        "amount": _amount(form.get("fee.amount", "")), "note": _both(form, "fee.note"),
    }
    facts["decision"] = {name: form.get(f"decision.{name}", "").strip() or None for name in _DECISION}
    facts["supplement"] = {
        **(old.get("supplement") or {}), "policy": form.get("supplement.policy", ""),
        "max": int(_number(form.get("supplement.max", "")) or 0),
    }
    facts["legal"] = [_law(line) for line in form.get("legal", "").splitlines() if line.strip()]
    facts["components"] = _components(form, old)
    return facts


def _both(form: Mapping[str, str], name: str) -> dict[str, str]:
    return {language: form.get(f"{name}.{language}", "").strip() for language in ("vi", "en")}


def _limit(form: Mapping[str, str], name: str, old: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict((old.get("limits") or {}).get(name) or {})
    lines = [line for line in form.get(f"limits.{name}.variants", "").splitlines() if line.strip()]
    return {
        **kept, "value": _number(form.get(f"limits.{name}.value", "")), "unit": form.get(f"limits.{name}.unit", ""),
        **({"variants": [_variant(line) for line in lines]} if lines or "variants" in kept else {}),
    }


def _warnings(form: Mapping[str, str], old: Mapping[str, Any]) -> dict[str, Any]:
    """Warnings and the call to apologise, where they differ from what goes without saying."""
    lines = [" ".join(line.split()) for line in form.get("warnings", "").splitlines() if line.strip()]
    before = _number(form.get("apology.before", "")) or int(APOLOGY_HOURS)
    usual = {"warnings": list(DEFAULT_RUNGS), "apology": {"before": int(APOLOGY_HOURS)}}
    typed = {"warnings": lines, "apology": {**(old.get("apology") or {}), "before": before}}
    return {name: value for name, value in typed.items() if name in old or value != usual[name]}


def _variant_lines(facts: Mapping[str, Any], name: str) -> str:
    """Variants of a limit, one per line: number | condition | Vietnamese | English."""
    variants = ((facts.get("limits") or {}).get(name) or {}).get("variants") or []
    return "\n".join(_variant_line(variant) for variant in variants)


def _variant_line(variant: Mapping[str, Any]) -> str:
    told = variant.get("when") or {}
    return " | ".join(str(part) for part in (
        variant.get("value", ""), variant.get("condition", ""), told.get("vi", ""), told.get("en", "")))


def _variant(line: str) -> dict[str, Any]:
    value, condition, vi, en, *_ = (part.strip() for part in f"{line}|||".split("|"))
    condition = f"={condition.removeprefix('=').strip()}" if condition else ""
    return {"when": {"vi": vi, "en": en or vi}, "condition": condition, "value": _number(value)}


def _number(text: str) -> int | float | None:
    """A number as typed in either language, whole where it is whole."""
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    if not value.is_finite():
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _amount(text: str) -> int | float | str | None:
    stripped = text.strip()
    if not stripped or stripped.startswith("="):
        return stripped or None
    number = _number(stripped.replace(".", "").replace(" ", ""))
    return stripped if number is None else number


def _law(line: str) -> dict[str, str]:
    vi, _, en = line.partition("|")
    return {"vi": vi.strip(), "en": en.strip() or vi.strip()}


def _component_row(component: Mapping[str, Any]) -> dict[str, Any]:
    required = component.get("required", True)
    return {
        "code": component.get("code", ""), "name": dict(component.get("name") or {}),
        "required": "always" if required is True else "no" if required is False else "when",
        "when": required if isinstance(required, str) else "",
        "originals": component.get("originals", 1), "copies": component.get("copies", 0),
        "eform": bool(component.get("eform")),
    }


def _components(form: Mapping[str, str], old: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines of the table; a line without a code is left out, which is how one is removed."""
    known = {component["code"]: component for component in old.get("components", [])}
    lines = []
    for number in range(int(_number(form.get("components", "0")) or 0)):
        place = f"components.{number}"
        code = form.get(f"{place}.code", "").strip()
        if code:
            lines.append({**known.get(code, {"reuse": None}), **_component(form, place, code)})
    return lines


def _component(form: Mapping[str, str], place: str, code: str) -> dict[str, Any]:
    when = form.get(f"{place}.when", "").strip()
    required: bool | str = {"always": True, "no": False}.get(form.get(f"{place}.required", ""), when or True)
    return {
        "code": code, "name": _both(form, f"{place}.name"), "required": required,
        "originals": int(_number(form.get(f"{place}.originals", "")) or 0),
        "copies": int(_number(form.get(f"{place}.copies", "")) or 0), "eform": f"{place}.eform" in form,
    }
