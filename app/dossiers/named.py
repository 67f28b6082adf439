"""Codes with their names in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Names = Mapping[str, str]


@dataclass(frozen=True)
class Named:
    """A code with its name in both languages."""

    code: str
    name: Names
