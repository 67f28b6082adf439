"""A dossier's history as a file that anybody can verify without the platform: JSON lines.

First line: what the file is about, with the published version; then one line per entry, as chained; last line: how
many entries there are and the head of the chain.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.audit.log import START, first_break
from app.audit.reexecute import Recorded, Verdict, reexecute
from engine.definition import Bundle, compile_definition
from engine.errors import OneDoorError

FORMAT = "onedoor-history-1"
ENTRY = (
    "seq", "at", "kind", "person", "person_name", "acting_unit", "payload", "salt", "payload_digest", "previous",
    "hash",
)


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """What checking a file found. `problem` is empty, unreadable, header, entry, footer or version."""

    ok: bool
    code: str
    entries: int
    head: str
    problem: str = ""
    place: int | None = None
    again: Verdict | None = None


def lines_of(header: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The file's lines, each with its line feed."""
    yield _line({"format": FORMAT, **header})
    count, head = 0, START
    for row in rows:
        yield _line({"entry": {name: _plain(row[name]) for name in ENTRY}})
        count, head = count + 1, row["hash"]
    yield _line({"entries": count, "head": head})


def verify_lines(lines: Iterable[str]) -> FileVerdict:
    """Check a file offline: the chain, its head, the version's digest, and the commands run again."""
    try:
        said = [json.loads(line) for line in lines if line.strip()]
    except ValueError:
        return FileVerdict(False, "", 0, "", "unreadable")
    if len(said) < 2 or not isinstance(said[0], dict) or said[0].get("format") != FORMAT:
        return FileVerdict(False, "", 0, "", "header")
    try:
        rows = [{**line["entry"], "at": datetime.fromisoformat(line["entry"]["at"])} for line in said[1:-1]]
        return _judge(said[0], rows, said[-1])
    except (KeyError, TypeError, ValueError):
        return FileVerdict(False, str(said[0].get("code", "")), 0, "", "unreadable")


def _judge(header: Mapping[str, Any], rows: list[dict[str, Any]], footer: Mapping[str, Any]) -> FileVerdict:
    code, head = header["code"], footer["head"]
    broken = first_break(code, rows)
    if broken is not None:
        return FileVerdict(False, code, len(rows), head, "entry", broken)
    if footer["entries"] != len(rows) or head != (rows[-1]["hash"] if rows else START):
        return FileVerdict(False, code, len(rows), head, "footer", len(rows))
    again = _again(header, rows)
    if again is None:
        return FileVerdict(False, code, len(rows), head, "version")
    return FileVerdict(again.outcome in ("equal", "erased"), code, len(rows), head, "", again.seq, again)


def _again(header: Mapping[str, Any], rows: list[dict[str, Any]]) -> Verdict | None:
    """Re-execution with the version in the file; None when that is not the version the dossier ran on."""
    try:
        bundle, *later = (Bundle.from_json(version["bundle"]) for version in _versions(header))
        definition = compile_definition(bundle)
    except (OneDoorError, AttributeError):
        return None
    started = next((fact["digest"] for row in rows[:1] if row["payload"] for fact in row["payload"]["facts"]
                    if fact["fact"] == "ProcessStarted"), bundle.digest)
    if [bundle.digest, *(each.digest for each in later)] != [version["digest"] for version in _versions(header)]:
        return None
    if bundle.digest != started:
        return None
    recorded = [Recorded(row["seq"], row["at"], row["payload"]) for row in rows]
    return reexecute(definition, recorded, {each.digest: compile_definition(each) for each in later})


def _versions(header: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The version that the dossier was received under, then those it went over to."""
    return [header["version"], *header.get("later_versions", [])]


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=False) + "\n"


def _plain(value: Any) -> Any:
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value
