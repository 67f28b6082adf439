"""Request headers of the API that commands want to know."""

from __future__ import annotations

from flask import request

from app.dossiers.errors import MatchUnreadable

MOST_DIGITS = 18


def idempotency_key() -> str | None:
    """The key under which the request may be repeated."""
    return request.headers.get("Idempotency-Key") or None


def expected_seq() -> int | None:
    """The number of history entries that the client knows of, from If-Match. Raises MatchUnreadable."""
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if text in ("", "*"):
        return None
    if not text.isdecimal() or len(text) > MOST_DIGITS:
        raise MatchUnreadable(value=text[:40])
    return int(text)
