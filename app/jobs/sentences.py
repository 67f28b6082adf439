"""A stored error in words again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext

from app.errors import fill
from engine.errors import OneDoorError


def sentence_of(code: str, details: Mapping[str, Any]) -> str:
    """The sentence of an error that was stored by its code; the bare code if this release does not know it."""
    known = {kind.code(): kind for kind in _family(OneDoorError)}
    kind = known.get(code)
    return fill(gettext(kind.template()), dict(details)) if kind else code


def _family(kind: type[OneDoorError]) -> Iterator[type[OneDoorError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)
