"""What pages need of the published definition a dossier runs on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from app.dossiers.named import Names
from app.procedures.models import ProcessVersion
from engine.definition import Definition

NO_FORM: Mapping[str, Any] = {"type": "default", "components": []}


def diagram_of(conn: Connection, version: int) -> str:
    """The published diagram's XML."""
    bundle: Mapping[str, str] = conn.execute(
        select(ProcessVersion.bundle).where(ProcessVersion.id == version)
    ).scalar_one()
    return bundle["xml"]


def filing_form(definition: Definition) -> Mapping[str, Any]:
    """The form a dossier is filed with; a diagram without one asks nothing."""
    return definition.forms.get(definition.start_form or "", NO_FORM)


def step_names(definition: Definition, step: str) -> Names:
    """A step's name in both languages."""
    found = definition.steps[step]
    return {"vi": found.name, "en": found.name_en or found.name}


def element_names(definition: Definition, element: str) -> Names:
    """The name of anything drawn in both languages, or its id."""
    found = definition.elements[element]
    return {"vi": found.name or element, "en": found.name_en or found.name or element}
