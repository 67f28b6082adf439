"""Which dossiers somebody may see, as a condition for every statement that lists or finds them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, false, select

from app.casework import Actor
from app.dossiers.models import DossierUnit
from app.people.policy import overseen_units
from app.people.queries import subtree


def units_in_sight(conn: Connection, actor: Actor) -> frozenset[str]:
    """The units whose dossiers somebody may see: his own, and all below those that he oversees."""
    if not actor.may("dossier.read"):
        return frozenset()
    tops = overseen_units(actor)
    return frozenset({*actor.units_for("dossier.read"), *(subtree(conn, tops) if tops else ())})


def visible(conn: Connection, actor: Actor, dossier: Any) -> ColumnElement[bool]:
    """Whether a unit in the person's sight takes part in the dossier (a column with its id)."""
    units = units_in_sight(conn, actor)
    if not units:
        return false()
    taking_part = select(DossierUnit.dossier).where(DossierUnit.dossier == dossier, DossierUnit.unit.in_(units))
    return taking_part.exists()
