"""Which dossiers somebody may see, as a condition for every statement that lists or finds them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, false, select

from app.casework import Actor
from app.dossiers.models import DossierUnit
from app.people.policy import overseen_units
from app.people.queries import subtree


def visible(conn: Connection, actor: Actor, dossier: Any) -> ColumnElement[bool]:
    """Whether a unit of the person, or one that he oversees, takes part in the dossier (a column with its id)."""
    if not actor.may("dossier.read"):
        return false()
    tops = overseen_units(actor)
    units = {*actor.units_for("dossier.read"), *(subtree(conn, tops) if tops else ())}
    taking_part = select(DossierUnit.dossier).where(DossierUnit.dossier == dossier, DossierUnit.unit.in_(units))
    return taking_part.exists()
