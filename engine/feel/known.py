"""Names of several words or signs, and which of them a row of tokens begins with."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache

from engine.errors import ExpressionInvalid
from engine.feel.lexer import Token, tokens

MOST_WORDS = 20


def spaced(name: str) -> str:
    """The name with single spaces."""
    return unicodedata.normalize("NFC", " ".join(name.split()))


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """The tokens a name is made of; none where it can never be read."""
    try:
        found = tuple(token.text for token in tokens(name)[:-1])
    except ExpressionInvalid:
        return ()
    return found if len(found) <= MOST_WORDS else ()


class Known:
    """Declared names by their first word."""

    __slots__ = ("groups", "longest")

    def __init__(self) -> None:
        self.groups: dict[str, dict[tuple[str, ...], str]] = {}
        self.longest: dict[str, int] = {}

    def declare(self, name: str) -> None:
        """One more name; one plain word needs no declaration."""
        words = words_of(name)
        if len(words) > 1:
            self.groups.setdefault(words[0], {})[words] = spaced(name)
            self.longest[words[0]] = max(len(words), self.longest.get(words[0], 0))

    def match(self, peek: Callable[[int], Token]) -> tuple[int, str]:
        """How many tokens the longest name takes, and the name; 0 where there is none."""
        first = peek(0).text
        longest = self.longest.get(first, 0)
        if not longest:
            return 0, ""
        row = tuple(peek(index).text for index in range(longest))
        for length in range(longest, 1, -1):
            found = self.groups[first].get(row[:length])
            # These are functions only where they are called
            if found is not None and (row[:length] not in _CALLED or peek(length).text == "("):
                return length, found
        return 0, ""


_CALLED = frozenset({("date", "and", "time"), ("years", "and", "months", "duration")})


@lru_cache(maxsize=256)
def knowing(names: tuple[str, ...]) -> Known:
    """All these names; shared, so nobody declares more in it."""
    known = Known()
    for name in names:
        known.declare(name)
    return known
