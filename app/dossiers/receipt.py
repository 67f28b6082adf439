"""The receipt and appointment slip (form 01) of a dossier."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import segno
from sqlalchemy import select

from app.casework import Actor, definition_of
from app.clock import now
from app.db import reading
from app.dossiers.components import components_of
from app.dossiers.models import Dossier
from app.dossiers.named import Names
from app.dossiers.papers import of_dossier
from app.dossiers.queries import Head, find
from app.people.queries import UnitRow, unit


@dataclass(frozen=True)
class ReceiptRow:
    """One paper on the slip: asked for in so many originals and copies, brought as so many files."""

    name: Names
    originals: int
    copies: int
    files: int


@dataclass(frozen=True)
class Receipt:
    """What the slip says."""

    head: Head
    unit: UnitRow
    rows: tuple[ReceiptRow, ...]
    statutory: Mapping[str, Any]
    reduced: Mapping[str, Any]
    result: Names


def receipt(actor: Actor, code: str) -> Receipt:
    """The slip of a dossier that the person may see."""
    with reading() as conn:
        head = find(conn, actor, code)
        facts = definition_of(conn, head.digest).procedure
        filing = conn.execute(select(Dossier.data).where(Dossier.id == head.id)).scalar_one().get("filing", {})
        brought = Counter(each.component for each in of_dossier(conn, head.id))
        rows = tuple(
            ReceiptRow(each.name, each.originals, each.copies, brought[each.code])
            for each in components_of(facts, filing, now()) if each.required or brought[each.code]
        )
        limits = facts.get("limits", {})
        return Receipt(head, unit(conn, head.receiving.code), rows, limits.get("statutory", {}),
                       limits.get("reduced", {}), facts.get("result", {}))


def qr(text: str) -> str:
    """A QR code as an SVG to stand in a page."""
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="svg", scale=3, border=2, xmldecl=False, svgns=True, nl=False)
    return out.getvalue().decode()
