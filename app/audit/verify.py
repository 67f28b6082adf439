"""Check every history of the database: chains, heads, and the commands run again. Reads in one stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from app import clock
from app.audit.log import START, first_break
from app.audit.models import HistoryEntry
from app.audit.queries import any_line, export
from app.audit.reexecute import Recorded, Verdict, reexecute
from app.audit.versions import digests, first_digest
from app.db import reading
from app.dossiers.models import Dossier
from app.procedures.models import ProcessVersion
from engine.definition import Bundle, Definition, definition_for

BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking one dossier found; `again` is None when only the chain was asked for.

    `version_ok` tells whether the published version still is what its digest says.
    """

    code: str
    entries: int
    broken_at: int | None
    again: Verdict | None
    version_ok: bool = True

    @property
    def ok(self) -> bool:
        """Whether nothing is to be reported."""
        follows = self.again is None or self.again.outcome in ("equal", "erased")
        return self.broken_at is None and self.version_ok and follows


def check_all(*, again: bool = True) -> Iterator[Checked]:
    """Every dossier of the database, one after the other, in constant memory."""
    with reading() as conn:
        definitions = _Definitions(conn) if again else None
        rows = conn.execution_options(yield_per=BATCH).execute(_histories()).mappings()
        for _, group in groupby(rows, key=lambda row: row["id"]):
            yield _check([dict(row) for row in group], definitions)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The state that a dossier's history leads to, or None and why there is none."""

    state: bytes | None
    reason: str = ""


def rebuild(conn: Connection, dossier: int) -> Rebuilt:
    """The state after a history that is whole and follows from its version."""
    rows = [dict(row) for row in conn.execute(_histories().where(Dossier.id == dossier)).mappings()]
    found = _check(rows, _Definitions(conn))
    if found.ok and found.again is not None and found.again.state is not None:
        return Rebuilt(found.again.state)
    if found.broken_at is not None:
        return Rebuilt(None, f"its history is broken at entry {found.broken_at}")
    if not found.version_ok:
        return Rebuilt(None, "its published version was altered")
    return Rebuilt(None, f"its history does not lead to a state ({found.again.outcome if found.again else ''})")


def _histories() -> Any:
    """Every dossier with its entries, in order."""
    entry = HistoryEntry
    return (
        select(
            Dossier.id, Dossier.code, Dossier.seq.label("last"), Dossier.head, ProcessVersion.digest,
            entry.seq, entry.at, entry.kind, entry.person, entry.person_name, entry.acting_unit, entry.payload,
            entry.salt, entry.payload_digest, entry.previous, entry.hash,
        )
        .join(ProcessVersion, ProcessVersion.id == Dossier.version)
        .outerjoin(entry, entry.dossier == Dossier.id)
        .order_by(Dossier.id, entry.seq)
    )


def export_by_operator(code: str) -> tuple[str, ...]:
    """The case file of any dossier, for the operator of the machine; raises HistoryUnknown."""
    with reading() as conn:
        return export(conn, any_line(conn, code), clock.now(), "operator")


class _Definitions(dict[str, Definition]):
    """The published definitions by digest, read when first needed."""

    def __init__(self, conn: Connection) -> None:
        super().__init__()
        self._conn = conn
        self.altered: set[str] = set()

    def __missing__(self, digest: str) -> Definition:
        query = select(ProcessVersion.bundle).where(ProcessVersion.digest == digest)
        bundle = Bundle.from_json(self._conn.execute(query).scalar_one())
        if bundle.digest != digest:
            self.altered.add(digest)
        self[digest] = definition_for(bundle.digest, lambda: bundle)
        return self[digest]


def _check(rows: list[dict[str, Any]], definitions: _Definitions | None) -> Checked:
    about = rows[0]
    entries = [row for row in rows if row["seq"] is not None]
    broken = _broken(about, entries)
    if definitions is None or broken is not None:
        return Checked(about["code"], len(entries), broken, None)
    ran_on = dict.fromkeys(digests([entry["payload"] for entry in entries], about["digest"]) or [about["digest"]])
    first = first_digest((entry["payload"] for entry in entries), about["digest"])
    others = {digest: definitions[digest] for digest in ran_on}
    verdict = reexecute(definitions[first], _recorded(entries), others)
    if verdict.equal and verdict.digest != definitions[about["digest"]].digest:
        verdict = Verdict("differs", verdict.checked, entries[-1]["seq"], {"version": about["digest"]},
                          {"version": verdict.digest})
    return Checked(about["code"], len(entries), None, verdict, not definitions.altered & {first, *ran_on})


def _broken(about: Mapping[str, Any], entries: list[dict[str, Any]]) -> int | None:
    broken = first_break(about["code"], entries)
    if broken is not None:
        return broken
    head = entries[-1]["hash"] if entries else START
    if len(entries) == about["last"] and head == about["head"]:
        return None
    return len(entries) + 1 if len(entries) < about["last"] else len(entries)


def _recorded(entries: Iterable[Mapping[str, Any]]) -> Iterator[Recorded]:
    return (Recorded(entry["seq"], entry["at"], entry["payload"]) for entry in entries)
