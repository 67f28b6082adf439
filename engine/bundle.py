"""What is published together, and the digest that names it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine.spelling import spelled


@dataclass(frozen=True)
class Bundle:
    """Everything that is published together: diagram, forms, decision tables and the procedure's own facts.

    `called` has the whole content of every published procedure that the diagram calls, under the name by which it calls
    it: a later version of what is called changes nothing here.
    """

    xml: str
    forms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    decisions: Mapping[str, str] = field(default_factory=dict)
    procedure: Mapping[str, Any] = field(default_factory=dict)
    called: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the whole content, which names the version for ever."""
        return hashlib.sha256(self.to_json().encode("utf-8")).hexdigest()

    def to_json(self) -> str:
        """The bundle as text; equal bundles give equal texts, and one that calls nothing does not speak of it."""
        content = {
            "xml": self.xml, "forms": dict(self.forms), "decisions": dict(self.decisions),
            "procedure": dict(self.procedure), **({"called": dict(self.called)} if self.called else {}),
        }
        return spelled(content)

    @classmethod
    def from_json(cls, text: str | Mapping[str, Any]) -> Bundle:
        """The inverse of `to_json`, also from the same content already read."""
        content = json.loads(text) if isinstance(text, str) else text
        called = content.get("called", {})
        return cls(content["xml"], content["forms"], content["decisions"], content["procedure"], called)
