"""A stored error in words again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext

from app.errors import fill
from app.reasons import REASON_DETAILS, reason_in_words
from engine.errors import OneDoorError

DETAIL_NAMES = {
    "expression": lazy_gettext("Expression"), "element": lazy_gettext("Element"), "reason": lazy_gettext("Reason"),
    "decision": lazy_gettext("Decision table"), "limit": lazy_gettext("Limit"), "unit": lazy_gettext("Unit"),
    "step": lazy_gettext("Step"), "code": lazy_gettext("Dossier"), "position": lazy_gettext("Position"),
}


def sentence_of(code: str, details: Mapping[str, Any]) -> str:
    """The sentence of an error that was stored by its code; the bare code if this release does not know it."""
    known = {kind.code(): kind for kind in _family(OneDoorError)}
    kind = known.get(code)
    return fill(gettext(kind.template()), dict(details)) if kind else code


def told_details(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a stored error says of itself: names and values for reading."""
    return [
        (str(DETAIL_NAMES.get(name, name)), reason_in_words(str(value)) if name in REASON_DETAILS else str(value))
        for name, value in details.items() if str(value)
    ]


def _family(kind: type[OneDoorError]) -> Iterator[type[OneDoorError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)
