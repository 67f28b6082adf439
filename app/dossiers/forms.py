"""The answers of a form as they come with a request."""

from __future__ import annotations

import json
from typing import Any

from app.dossiers.errors import AnswersUnreadable


def answers_in(text: str) -> dict[str, Any]:
    """The object in the hidden field that the form island writes. Raises AnswersUnreadable."""
    if not text:
        return {}
    try:
        answers = json.loads(text)
    except (ValueError, RecursionError):
        raise AnswersUnreadable() from None
    if not isinstance(answers, dict):
        raise AnswersUnreadable()
    return answers
