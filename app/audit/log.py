"""History: written once, chained by hash, verified by anybody.

    payload digest = SHA-256(salt bytes | canonical JSON of the payload)
    hash           = SHA-256("evt1" | previous hash | for each of dossier code, seq, time, kind, person, person's
                     name, acting unit, payload digest: length as 4 bytes, then the text in UTF-8)

The first entry's previous hash is 64 zeros. A payload and its salt can later be erased and the chain still holds.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from app import clock
from app.audit.models import HistoryEntry, Look
from app.db import assert_in_transaction
from app.dossiers.models import Dossier
from app.people.actor import Actor
from app.statements import Question, Statement
from engine.spelling import Spelling, spelled

START = "0" * 64
_APPEND = Statement(insert(HistoryEntry.__table__).inline())


@dataclass(frozen=True, slots=True)
class Entry:
    """One act on one dossier, before it is chained."""

    code: str
    seq: int
    at: datetime
    kind: str
    actor: Actor
    acting_unit: str | None
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chain:
    """What verifying a dossier's history found; `broken_at` is the first entry that does not fit."""

    ok: bool
    broken_at: int | None
    length: int
    head: str


def chain(entry: Entry, previous: str) -> dict[str, Any]:
    """The entry's row behind `previous`; its `hash` is the new head."""
    payload, salt = spelled(entry.payload), secrets.token_hex(16)
    values = {
        "seq": entry.seq, "at": entry.at, "kind": entry.kind, "person": entry.actor.person,
        "person_name": entry.actor.name, "acting_unit": entry.acting_unit,
        "payload_digest": payload_digest(salt, payload),
    }
    return values | {
        "payload": payload, "salt": salt, "previous": previous,
        "hash": entry_hash(previous, entry.code, values),
    }


def appended(dossier_id: int, row: Mapping[str, Any]) -> Question:
    """What writes a chained row."""
    return _APPEND.of(dossier=dossier_id, **row)


def canonical(payload: Any) -> bytes:
    """The one spelling of a JSON value that digests are made of."""
    return spelled(payload).encode()


def payload_digest(salt: str, payload: Mapping[str, Any] | Spelling) -> str:
    """The salted digest of an entry's payload."""
    return hashlib.sha256(bytes.fromhex(salt) + canonical(payload)).hexdigest()


def entry_hash(previous: str, code: str, values: Mapping[str, Any]) -> str:
    """The hash that chains an entry to the one before it."""
    at: datetime = values["at"]
    person, unit = values["person"], values["acting_unit"]
    texts = (
        code, str(values["seq"]), at.astimezone(UTC).isoformat(timespec="microseconds"), values["kind"],
        "" if person is None else str(person), values["person_name"], unit or "", values["payload_digest"],
    )
    parts = (text.encode() for text in texts)
    framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hashlib.sha256(b"evt1" + bytes.fromhex(previous) + framed).hexdigest()


def verify_chain(conn: Connection, dossier_id: int) -> Chain:
    """Check a dossier's whole history against itself and against the head in the dossier's row."""
    head = conn.execute(select(Dossier.code, Dossier.seq, Dossier.head).where(Dossier.id == dossier_id)).one()
    query = select(HistoryEntry.__table__).where(HistoryEntry.dossier == dossier_id).order_by(HistoryEntry.seq)
    rows = [dict(row) for row in conn.execute(query).mappings()]
    broken = first_break(head.code, rows)
    if broken is None and (len(rows) != head.seq or (rows and rows[-1]["hash"] != head.head)):
        broken = len(rows) + 1 if len(rows) < head.seq else len(rows)
    return Chain(broken is None, broken, len(rows), head.head)


def first_break(code: str, rows: Iterable[Mapping[str, Any]]) -> int | None:
    """The number of the first entry that does not follow from the one before it, or None."""
    previous = START
    for number, row in enumerate(rows, start=1):
        if row["seq"] != number or row["previous"] != previous or not _fits(code, row):
            return number
        previous = row["hash"]
    return None


def _fits(code: str, row: Mapping[str, Any]) -> bool:
    erased = row["payload"] is None
    digest_fits = erased or payload_digest(row["salt"], row["payload"]) == row["payload_digest"]
    return digest_fits and entry_hash(row["previous"], code, row) == row["hash"]


def record_look(conn: Connection, actor: Actor, action: str, subject: str, *, allowed: bool = True) -> None:
    """Record that somebody looked at, printed or exported something, or was refused."""
    assert_in_transaction(conn)
    conn.execute(insert(Look).values(
        at=clock.now(), person=actor.person, action=action, subject=subject[:80], allowed=allowed
    ))
