"""What the check of a filled form answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.drawing.form_sentences import FIELD_ERRORS


@dataclass(frozen=True, slots=True)
class FieldError:
    """One value to correct. Rows in the path count from 0: `members[1].name`."""

    path: str
    code: str
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The English sentence with its places still empty."""
        return FIELD_ERRORS[self.code]

    @property
    def message(self) -> str:
        """The English sentence."""
        return self.template.format_map(dict(self.details))


@dataclass(frozen=True, slots=True)
class Checked:
    """The values to keep (only declared, shown and recomputed ones) and what is wrong with them."""

    values: dict[str, Any]
    errors: tuple[FieldError, ...]
