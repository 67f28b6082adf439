"""The procedures that come with the platform: bundles read from bpmn/<key>/ and forms/<key>/."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.casework import Actor
from app.procedures import commands
from app.procedures.commands import Published
from app.procedures.errors import BundleMissing
from engine.definition import Bundle

PROJECT = Path(__file__).resolve().parents[2]
DIAGRAM = "process.bpmn"


@dataclass(frozen=True, slots=True)
class Shipped:
    """One folder's content: what is published, and the scenarios it is rehearsed with."""

    key: str
    bundle: Bundle
    scenarios: dict[str, dict[str, Any]]

    @property
    def code(self) -> str:
        """The procedure's code in the catalogue."""
        return str(self.bundle.procedure["code"])


def shipped_keys(root: Path = PROJECT) -> tuple[str, ...]:
    """The keys of all shipped procedures, in order."""
    return tuple(sorted(found.parent.name for found in (root / "bpmn").glob(f"*/{DIAGRAM}")))


def read_shipped(key: str, root: Path = PROJECT) -> Shipped:
    """One shipped procedure; raises BundleMissing with the reason."""
    folder = root / "bpmn" / key
    try:
        bundle = Bundle(
            xml=(folder / DIAGRAM).read_text("utf-8"),
            forms=_read_json_files(root / "forms" / key),
            decisions={file.stem: file.read_text("utf-8") for file in sorted(folder.glob("*.dmn"))},
            procedure=json.loads((folder / "procedure.json").read_text("utf-8")),
        )
        return Shipped(key, bundle, _read_json_files(folder / "scenarios"))
    except (OSError, ValueError) as trouble:
        raise BundleMissing(folder=f"bpmn/{key}", reason=str(trouble)) from trouble


def read_all(root: Path = PROJECT) -> Iterator[Shipped]:
    """All shipped procedures."""
    for key in shipped_keys(root):
        yield read_shipped(key, root)


def publish_shipped(author: Actor, publisher: Actor, shipped: Shipped, note: str = "") -> Published:
    """Bring a shipped procedure into the catalogue by the analysts' own way: create, submit, approve."""
    content = json.loads(shipped.bundle.to_json())
    parts = {part: content[part] for part in ("xml", "forms", "decisions")}
    facts = content["procedure"]
    saved = commands.create_procedure(author, facts, {**parts, "scenarios": shipped.scenarios})
    commands.submit_draft(author, saved.code, note, saved.revision)
    return commands.publish_draft(publisher, saved.code)


def _read_json_files(folder: Path) -> dict[str, dict[str, Any]]:
    return {file.stem: json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json"))}
