"""The one spelling of a JSON value: what digests are made of, and how databases keep what they only give back whole."""

from __future__ import annotations

import json
from typing import Any


def spelled(value: Any) -> str:
    """The value as JSON with its keys in order, without blanks and with letters as they are.

    Raises TypeError for what JSON cannot say.
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
