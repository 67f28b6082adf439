"""The receipt and appointment slip (form 01) of a dossier."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import segno
from sqlalchemy import Connection, select

from app.audit.models import HistoryEntry
from app.casework import Actor, definition_of
from app.clock import now
from app.db import reading
from app.dossiers.components import components_of
from app.dossiers.models import Dossier
from app.dossiers.named import Names
from app.dossiers.papers import of_dossier
from app.dossiers.queries import Head, find, state_of
from app.people.queries import UnitRow, unit
from engine import state
from engine.clock.deadlines import limit_of
from engine.clock.ledger import DOSSIER
from engine.errors import Failed
from engine.feel import compile_expression


@dataclass(frozen=True)
class ReceiptRow:
    """One paper on the slip: asked for in so many originals and copies, brought as so many files."""

    name: Names
    originals: int
    copies: int
    files: int


@dataclass(frozen=True)
class Receipt:
    """What the slip says. `appointed` is the date that was promised at reception, `moved` the one that an apology has
    promised since."""

    head: Head
    unit: UnitRow
    rows: tuple[ReceiptRow, ...]
    statutory: Mapping[str, Any]
    reduced: Mapping[str, Any]
    result: Names
    fee: Fee | None
    appointed: datetime | None
    moved: datetime | None


@dataclass(frozen=True)
class Fee:
    """What is to be paid, in dong; without an amount the note says how it is set."""

    amount: Decimal | None
    note: Names


def receipt(actor: Actor, code: str) -> Receipt:
    """The slip of a dossier that the person may see."""
    with reading() as conn:
        head = find(conn, actor, code)
        facts = definition_of(conn, head.digest).procedure
        filing = state.load(state_of(conn, head)).data.get("filing", {})
        brought = Counter(each.component for each in of_dossier(conn, head.id))
        rows = tuple(
            ReceiptRow(each.name, each.originals, each.copies, brought[each.code])
            for each in components_of(facts, filing, now()) if each.required or brought[each.code]
        )
        ledger = conn.execute(select(Dossier.ledger).where(Dossier.id == head.id)).scalar_one()
        statutory, reduced = (limit_of(facts, ledger, each) or {} for each in ("statutory", "reduced"))
        again = any(entry["kind"] == "extension" for entry in ledger)
        return Receipt(head, unit(conn, head.receiving.code), rows, statutory, reduced, facts.get("result", {}),
                       _fee(facts.get("fee"), filing), _appointed(conn, head.id) or head.promised.at,
                       head.promised.at if again else None)


def _appointed(conn: Connection, dossier: int) -> datetime | None:
    """The date that the first entry of the history promised; what moved it later does not change the slip."""
    query = select(HistoryEntry.payload).where(HistoryEntry.dossier == dossier, HistoryEntry.seq == 1)
    told = conn.execute(query).scalar_one().get("facts", ())
    due = next((fact for fact in told if fact["fact"] == "DueSet" and fact["scope"] == DOSSIER), None)
    return datetime.fromisoformat(due["due_at"]) if due and due["due_at"] else None


def _fee(rule: Mapping[str, Any] | None, filing: Mapping[str, Any]) -> Fee | None:
    if not rule:
        return None
    amount = rule.get("amount")
    if isinstance(amount, str):
        amount = _computed(amount, filing)
    return Fee(Decimal(str(amount)) if amount is not None else None, rule.get("note") or {})


def _computed(text: str, filing: Mapping[str, Any]) -> Any:
    """A fee that cannot be computed from these answers is told by its note alone."""
    try:
        found = compile_expression(text.removeprefix("=")).evaluate({"filing": filing}, now())
    except Failed:
        return None
    return found if isinstance(found, int | Decimal) and not isinstance(found, bool) else None


def qr(text: str) -> str:
    """A QR code as an SVG to stand in a page."""
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="svg", scale=3, border=2, xmldecl=False, svgns=True, nl=False)
    return out.getvalue().decode()
