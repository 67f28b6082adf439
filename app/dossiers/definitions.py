"""The published definition a dossier runs on, compiled once per process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from app.procedures.models import ProcessVersion
from engine.definition import Bundle, Definition, definition_for


def bundle_of(conn: Connection, version: int) -> Bundle:
    """The published bundle of a version."""
    kept = conn.execute(select(ProcessVersion.bundle).where(ProcessVersion.id == version)).scalar_one()
    return Bundle.from_json(kept)


def definition_of(conn: Connection, version: int, digest: str) -> Definition:
    """The compiled definition of a version."""
    return definition_for(digest, lambda: bundle_of(conn, version))


def step_names(definition: Definition, step: str) -> Mapping[str, Any]:
    """A step's name in both languages."""
    found = definition.steps[step]
    return {"vi": found.name, "en": found.name_en or found.name}
