"""What a new procedure begins with: a five-step diagram and two small forms."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from string import Template
from typing import Any
from xml.sax.saxutils import quoteattr

from sqlalchemy import Row

from engine.promise import HOURS_OF_A_DAY, hours_of

_DIAGRAM = Path(__file__).with_name("blank.bpmn")
_SHARES = {"receive": 2, "approve": 3, "stamp": 1, "hand_over": 1}
_ALL_SHARES = 12
_QUARTER, _MINUTE = Decimal("0.25"), Decimal("0.01")


def bundle_for(facts: Mapping[str, Any]) -> dict[str, Any]:
    """A bundle (as JSON) that passes the gate and can be drawn on from there."""
    names = {"name_vi": _attribute(facts["name"]["vi"]), "name_en": _attribute(facts["name"]["en"])}
    process = facts["key"].replace("-", "_")
    xml = Template(_DIAGRAM.read_text("utf-8")).substitute(process=process, **names, **_hours(facts))
    return {"xml": xml, "forms": {"filing": _FILING, "appraise": _APPRAISE}, "decisions": {}, "procedure": dict(facts)}


def facts_for(
    code: str, key: str, name: Mapping[str, str], level: str, agency: Mapping[str, str], field: Mapping[str, str]
) -> dict[str, Any]:
    """The least that a procedure.json has to say, to be completed in the studio."""
    return {
        "code": code, "key": key, "name": dict(name), "level": level, "agency": dict(agency), "field": dict(field),
        "subject": "both", "service_level": "partial", "non_territorial": True,
        "competent": {"kinds": [_COMPETENT_KIND.get(level, "commune")]},
        "limits": {
            "statutory": {"value": 3, "unit": "working_day", "variants": []},
            "reduced": {"value": 1.5, "unit": "working_day"},
        },
        "fee": {"kind": "lệ phí", "amount": 0, "note": {"vi": "", "en": ""}},
        "components": [], "result": {"vi": "Kết quả giải quyết", "en": "Result"}, "legal": [],
        "decision": {"number": None, "date": None, "effective": None},
        "supplement": {"policy": "pause_and_extend", "max": 2},
        "applicant": {
            "name": "filing.applicant_name", "id": "filing.applicant_id", "phone": "filing.applicant_phone",
            "email": "filing.applicant_email", "address": "filing.applicant_address",
        },
        "sources": {"limits": "assumed", "fee": "assumed", "steps": "assumed"},
    }


def facts_of_row(procedure: Row[Any]) -> dict[str, Any]:
    """The facts of a procedure that has neither a version nor a draft any more."""
    return facts_for(
        procedure.code, procedure.key, {"vi": procedure.name_vi, "en": procedure.name_en}, procedure.level,
        {"vi": procedure.owner_vi, "en": procedure.owner_en}, {"vi": procedure.field_vi, "en": procedure.field_en},
    )


def _attribute(text: str) -> str:
    """The text as it may stand between double quotes in XML."""
    return quoteattr(text, {'"': "&quot;"})[1:-1]


def _hours(facts: Mapping[str, Any]) -> dict[str, str]:
    """The reduced limit shared out in quarters of an hour, finer if it is short; appraising gets what remains."""
    reduced = facts["limits"]["reduced"]
    total = hours_of(reduced) or Decimal(str(reduced["value"])) * HOURS_OF_A_DAY
    grain = _QUARTER if total >= _ALL_SHARES * _QUARTER else _MINUTE
    hours = {step: total * share / _ALL_SHARES // grain * grain for step, share in _SHARES.items()}
    hours["appraise"] = total - sum(hours.values())
    return {step: f"{value.normalize():f}" for step, value in hours.items()}


def _text(key: str, vi: str, en: str, *, required: bool = False) -> dict[str, Any]:
    return {
        "key": key, "type": "textfield", "id": f"field_{key}", "label": vi, "properties": {"en.label": en},
        "validate": {"required": required},
    }


_COMPETENT_KIND = {"commune": "commune", "province": "department", "enterprise": "enterprise"}
_FILING = {
    "type": "default", "id": "filing", "schemaVersion": 19,
    "components": [
        _text("applicant_name", "Họ và tên người nộp", "Applicant's name", required=True),
        _text("applicant_id", "Số định danh cá nhân", "Personal ID number", required=True),
        _text("applicant_phone", "Số điện thoại", "Telephone"),
        _text("applicant_email", "Thư điện tử", "E-mail"),
        _text("applicant_address", "Địa chỉ", "Address"),
    ],
}
_APPRAISE = {
    "type": "default", "id": "appraise", "schemaVersion": 19,
    "components": [
        {
            "key": "opinion", "type": "textarea", "id": "field_opinion", "label": "Ý kiến thẩm định",
            "properties": {"en.label": "Opinion"}, "validate": {"required": True},
        },
    ],
}
