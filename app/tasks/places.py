"""A place in a list as text, for the address of its next page."""

from __future__ import annotations

from datetime import datetime

from app.tasks.errors import PlaceUnreadable
from app.tasks.inbox import Place


def place_text(place: Place) -> str:
    """The place as it stands in an address."""
    return f"{place.at.isoformat() if place.at else ''}~{place.dossier}~{place.token}"


def place_in(text: str) -> Place | None:
    """The inverse of `place_text`; no text is the beginning. Raises PlaceUnreadable."""
    if not text:
        return None
    parts = text.split("~")
    try:
        at, dossier, token = parts
        return Place(datetime.fromisoformat(at) if at else None, int(dossier), token)
    except ValueError:
        raise PlaceUnreadable() from None
