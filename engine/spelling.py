"""The one spelling of a JSON value: what digests are made of, and how databases keep what they only give back whole."""

from __future__ import annotations

import json
from typing import Any


class Spelling(str):
    """A JSON value that is spelled already."""

    __slots__ = ()


def spelled(value: Any) -> Spelling:
    """The value as JSON with its keys in order, without blanks and with letters as they are.

    Raises TypeError for what JSON cannot say.
    """
    if type(value) is Spelling:
        return value
    return Spelling(json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=dict))
