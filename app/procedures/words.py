"""Findings, changes and events in the reader's words, for pages and API."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext

from app.errors import fill
from app.languages import KIND_NAMES, hours, language, number, pick
from app.people.permissions import ROLES
from app.procedures.compare import Change
from app.procedures.findings import Sentence, finding_from_json

LEVEL_NAMES = {
    "commune": lazy_gettext("Commune level"),
    "province": lazy_gettext("Province level"),
    "enterprise": lazy_gettext("Enterprise level"),
}
SERVICE_LEVEL_NAMES = {
    "full": lazy_gettext("Fully online"),
    "partial": lazy_gettext("Partly online"),
    "information": lazy_gettext("Information only"),
}
SUBJECT_NAMES = {
    "citizen": lazy_gettext("Citizens"),
    "enterprise": lazy_gettext("Enterprises"),
    "both": lazy_gettext("Citizens and enterprises"),
}
LIMIT_NAMES = {
    "hour": lazy_gettext("working hours"),
    "working_day": lazy_gettext("working days"),
    "calendar_day": lazy_gettext("calendar days"),
}
POLICY_NAMES = {
    "pause_and_extend": lazy_gettext("The clock pauses and the date moves by the wait"),
    "restart_full": lazy_gettext("The whole time starts anew"),
}
EVENT_NAMES = {
    "procedure_created": lazy_gettext("Procedure created"),
    "draft_started": lazy_gettext("Draft started"),
    "draft_saved": lazy_gettext("Draft saved"),
    "draft_submitted": lazy_gettext("Draft submitted for approval"),
    "draft_withdrawn": lazy_gettext("Draft withdrawn"),
    "draft_rejected": lazy_gettext("Draft sent back"),
    "draft_discarded": lazy_gettext("Draft discarded"),
    "version_published": lazy_gettext("Version published"),
    "dossiers_moved": lazy_gettext("Dossiers moved from version"),
}
SUBJECTS_OF_CHANGE = {
    "fact": lazy_gettext("Procedure"),
    "component": lazy_gettext("Component"),
    "step": lazy_gettext("Step"),
    "choice": lazy_gettext("Choice"),
    "element": lazy_gettext("Element"),
    "flow": lazy_gettext("Flow"),
    "form": lazy_gettext("Form"),
    "field": lazy_gettext("Form field"),
    "decision": lazy_gettext("Decision table"),
}
CHANGE_NAMES = {
    "added": lazy_gettext("added"),
    "removed": lazy_gettext("removed"),
    "changed": lazy_gettext("changed"),
}
PROPERTY_NAMES = {
    "name": lazy_gettext("Vietnamese name"),
    "name_en": lazy_gettext("English name"),
    "kind": lazy_gettext("Kind"),
    "role": lazy_gettext("Role"),
    "unit": lazy_gettext("Unit"),
    "hours": lazy_gettext("Working time"),
    "online_hours": lazy_gettext("Working time, online"),
    "status": lazy_gettext("Status"),
    "clock": lazy_gettext("Legal clock"),
    "form": lazy_gettext("Form"),
    "message": lazy_gettext("Awaited message"),
    "needs_file": lazy_gettext("Needs a file"),
    "lane": lazy_gettext("Lane"),
    "loop": lazy_gettext("Repetition"),
    "type": lazy_gettext("Element type"),
    "way": lazy_gettext("Way"),
    "condition": lazy_gettext("Condition"),
    "level": lazy_gettext("Level"),
    "agency": lazy_gettext("Owner"),
    "field": lazy_gettext("Field"),
    "subject": lazy_gettext("For whom"),
    "service_level": lazy_gettext("Service level"),
    "non_territorial": lazy_gettext("Received at any centre"),
    "competent": lazy_gettext("Competent units"),
    "limits.statutory": lazy_gettext("Statutory time"),
    "limits.reduced": lazy_gettext("Reduced time"),
    "fee.amount": lazy_gettext("Fee"),
    "fee.kind": lazy_gettext("Kind of fee"),
    "result": lazy_gettext("Result"),
    "legal": lazy_gettext("Legal basis"),
    "decision": lazy_gettext("Decision"),
    "supplement": lazy_gettext("Supplement"),
    "applicant": lazy_gettext("Applicant's fields"),
    "required": lazy_gettext("Required"),
    "originals": lazy_gettext("Originals"),
    "copies": lazy_gettext("Copies"),
    "eform": lazy_gettext("Electronic form"),
    "reuse": lazy_gettext("Reused from"),
    "hit": lazy_gettext("Which rule counts"),
    "inputs": lazy_gettext("Inputs"),
    "outputs": lazy_gettext("Outputs"),
    "rule": lazy_gettext("Rule"),
    "order": lazy_gettext("Order of the rules"),
}


def sentence(finding: Mapping[str, Any]) -> dict[str, Any]:
    """A finding (as plain data) with its sentence in the reader's language."""
    message = said(Sentence.of(finding_from_json(finding)))
    return {"code": finding["code"], "severity": finding["severity"], "element": finding["element"], "message": message}


def said(sentence: Sentence) -> str:
    """A sentence of the gate in the reader's language."""
    return fill(gettext(sentence.template), sentence.details)


def limit(value: Mapping[str, Any] | None) -> str:
    """A limit such as 3 working days."""
    if not value or value.get("value") is None:
        return ""
    return f"{number(value['value'])} {LIMIT_NAMES.get(value.get('unit', ''), value.get('unit', ''))}"


def change_rows(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Differences as rows of words."""
    return [
        {
            "kind": change.kind, "subject": SUBJECTS_OF_CHANGE.get(change.kind, change.kind), "id": change.id,
            "name": _named(change), "what": change.what, "word": CHANGE_NAMES[change.what],
            "property": PROPERTY_NAMES.get(change.property, change.property),
            "old": _value(change.property, change.old), "new": _value(change.property, change.new),
        }
        for change in changes
    ]


def _named(change: Change) -> str:
    return "" if change.kind == "fact" else change.name


def _value(name: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if name in ("hours", "online_hours"):
        return hours(value)
    if name == "kind":
        return str(KIND_NAMES.get(value, value))
    if name == "role" and value in ROLES:
        vi, en, _ = ROLES[value]
        return en if language() == "en" else vi
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    if isinstance(value, Mapping):
        if "vi" in value:
            return pick(value)
        return limit(value) if "unit" in value else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "; ".join(_plain(item) for item in value)
    return str(value)
