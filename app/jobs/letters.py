"""Letters to applicants: written into the outbox with their cause, delivered later and outside of any transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.change import Before, Change
from engine.commands import CompleteStep, DeliverMessage, WithdrawDossier
from engine.facts import MessageSent, ProcessStarted, StatusChanged

KINDS = {
    3: "refused",
    5: "supplement_requested",
    6: "payment_requested",
    7: "withdrawn",
    8: "refused",
    9: "result_ready",
    10: "returned",
}


def letters_for(before: Before, change: Change) -> list[dict[str, Any]]:
    """The outbox rows that a change gives rise to: a receipt at the start, one for each status worth telling, one
    for each message that leaves the dossier."""
    letters: list[dict[str, Any]] = []
    for fact in change.facts:
        if isinstance(fact, ProcessStarted):
            letters.append(_letter("receipt", before, change))
        elif isinstance(fact, StatusChanged) and fact.new in KINDS:
            letters.append(_letter(KINDS[fact.new], before, change))
        elif isinstance(fact, MessageSent) and not fact.inside:
            letters.append(_message(fact, before, change))
    return letters


def _message(fact: MessageSent, before: Before, change: Change) -> dict[str, Any]:
    """What the process sends to the outside goes to the applicant, in the words that the diagram gives it."""
    letter = _letter("message", before, change)
    said = {name: str(fact.values[name]) for name in ("subject", "text") if fact.values.get(name) is not None}
    letter["body"] |= {"message": fact.message, "values": dict(fact.values), **said}
    return letter


def _letter(kind: str, before: Before, change: Change) -> dict[str, Any]:
    body = {
        "code": before.code, "procedure": before.procedure, "unit": before.receiving_unit,
        "applicant": dict(before.applicant), "reason": _reason(change), "at": change.at.isoformat(),
    }
    return {
        "dossier": before.id, "seq": change.seq, "kind": kind, "body": body, "created_at": change.at,
        "next_at": change.at,
    }


def _reason(change: Change) -> str:
    match change.command:
        case WithdrawDossier(reason=reason):
            return reason
        case CompleteStep(form=form) | DeliverMessage(form=form):
            return _reason_in(form)
        case _:
            return ""


def _reason_in(form: Mapping[str, Any]) -> str:
    """What the officer wrote: the first filled text whose name ends in reason, else the note."""
    named = [value for key, value in form.items() if key.endswith("reason") and isinstance(value, str) and value]
    note = form.get("note")
    return named[0] if named else note if isinstance(note, str) else ""
