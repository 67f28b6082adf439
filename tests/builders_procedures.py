"""The shipped procedures, read straight from their folders, for tests."""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.definition import Bundle, Definition, compile_definition
from engine.rehearse import Rehearsal, rehearse

ROOT = Path(__file__).resolve().parent.parent
KEYS = ("household-business", "construction-permit", "land-change", "judicial-record", "electricity-supply")
RECEIVED = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def json_files(folder: Path) -> dict[str, dict[str, Any]]:
    """Every JSON file of a folder by its stem."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}


@functools.cache
def shipped(key: str) -> Bundle:
    """The bundle of a shipped procedure."""
    folder = ROOT / "bpmn" / key
    return Bundle(
        xml=(folder / "process.bpmn").read_text("utf-8"),
        forms=json_files(ROOT / "forms" / key),
        decisions={path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.dmn"))},
        procedure=json.loads((folder / "procedure.json").read_text("utf-8")),
    )


@functools.cache
def definition_of(key: str) -> Definition:
    """The definition of a shipped procedure."""
    return compile_definition(shipped(key))


@functools.cache
def scenarios_of(key: str) -> dict[str, dict[str, Any]]:
    """The scenarios of a shipped procedure by their file names."""
    return json_files(ROOT / "bpmn" / key / "scenarios")


@functools.cache
def rehearsed(key: str, name: str) -> Rehearsal:
    """One scenario, walked once for all tests."""
    return rehearse(definition_of(key), scenarios_of(key)[name], RECEIVED)


def every_scenario() -> list[tuple[str, str]]:
    """The key and the file name of each scenario of each procedure."""
    return [
        (key, path.stem) for key in KEYS for path in sorted((ROOT / "bpmn" / key / "scenarios").glob("*.json"))
    ]
