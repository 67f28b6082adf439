"""Under which published versions a dossier ran: one for most, several for those that went over to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from app.procedures.models import ProcessVersion
from engine.definition import Bundle, Definition, definition_for

Payload = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Version:
    """A published version, compiled; `unaltered` tells whether it still is what its digest says."""

    number: int
    bundle: Bundle
    definition: Definition
    unaltered: bool


def moves(payload: Payload) -> Iterator[Mapping[str, Any]]:
    """The facts of an entry by which the dossier went over to another version."""
    return (fact for fact in (payload or {}).get("facts", []) if fact["fact"] == "DossierMigrated")


def digests(payloads: Iterable[Payload], last: str) -> list[str]:
    """The digest in force after each entry, oldest first; `last` is the one now."""
    found: list[str] = []
    at: str | None = None
    for payload in payloads:
        for fact in moves(payload):
            found = [each or fact["old"] for each in found]
            at = fact["new"]
        found.append(at or "")
    return [each or last for each in found]


def first_digest(payloads: Iterable[Payload], last: str) -> str:
    """The version that the dossier was received under."""
    return next((str(fact["old"]) for payload in payloads for fact in moves(payload)), last)


def versions_of(conn: Connection, wanted: Iterable[str]) -> dict[str, Version]:
    """The versions with these digests; one that is not there is left out."""
    columns = select(ProcessVersion.digest, ProcessVersion.number, ProcessVersion.bundle)
    rows = conn.execute(columns.where(ProcessVersion.digest.in_(set(wanted))))
    return {row.digest: _version(row) for row in rows}


def _version(row: Any) -> Version:
    bundle = Bundle.from_json(row.bundle)
    definition = definition_for(bundle.digest, lambda: bundle)
    return Version(row.number, bundle, definition, bundle.digest == row.digest)
