"""A regular-expression subset that cannot run away, the same in Python and in a browser.

Allowed: characters, `.`, classes, `\\d \\w \\s` and their opposites, `^ $`, groups, `|`, and `? * + {m,n}`. Refused:
back references, look-around, a repetition inside a repetition, an alternative inside a repetition of unbounded length,
more than three long repetitions, and more than a few thousand ways to match by alternatives and short repetitions.
So the work is bounded by those ways times a small power of the text's length, and can be known before it is done.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from engine.feel.values import IllTyped

LONGEST = 500
MOST_REPEATS = 1000
MOST_LONG = 3
SHORT = 16
MOST_WAYS = 5_000
STEPS_ALLOWED = 100_000
_FLAGS = {"i": re.IGNORECASE, "s": re.DOTALL, "m": re.MULTILINE, "x": re.RegexFlag(0)}
_CLASSES = frozenset("dDwWsS")
_ESCAPED = frozenset(r"\.[]{}()*+?^$|/-#,:;!@%&=<>~_'\"` ")
_CONTROL = {"n": "\\n", "r": "\\r", "t": "\\t"}
_BLOCK = re.compile(r"\{(\w[\w-]{0,40})\}")
_BLOCKS = {
    "IsBasicLatin": r"\x00-\x7f",
    "IsLatin-1Supplement": r"\x80-\xff",
    "IsLatinExtended-A": r"\u0100-\u017f",
    "IsLatinExtended-B": r"\u0180-\u024f",
    "IsLatinExtendedAdditional": r"\u1e00-\u1eff",
    "IsCombiningDiacriticalMarks": r"\u0300-\u036f",
    "IsGeneralPunctuation": r"\u2000-\u206f",
}
_BOUNDS = re.compile(r"\{([0-9]{1,4})(?:(,)([0-9]{1,4})?)?\}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A checked pattern; `ways` times the text's length to the `power` bounds the work of one search."""

    compiled: re.Pattern[str]
    power: int
    ways: int

    def cost(self, size: int) -> int:
        """Steps to take from the budget for one search in a text of that size; a step is worth 200 comparisons."""
        work: int = self.ways * (size + 1) ** self.power
        return 1 + work // 200

    def finds(self, text: str) -> bool:
        """Whether the text has a match; a text too long for the pattern has none."""
        return self.cost(len(text)) <= STEPS_ALLOWED and self.compiled.search(text) is not None


class PatternRefused(IllTyped):
    """The pattern is outside the safe subset."""

    @property
    def reason(self) -> str:
        """Why, as the end of a sentence."""
        return str(self)


class _Reader:
    """Reads one pattern, writing the equal pattern for Python."""

    def __init__(self, text: str, flags: str, wide: bool) -> None:
        self.text = _packed(text) if "x" in flags else text
        self.lines = "m" in flags
        self.dot = "." if "s" in flags else "[^\\n\\r]"
        self.wide = wide
        self.at = 0
        self.long = 0
        self.output: list[str] = []

    def next(self) -> str:
        if self.at >= len(self.text):
            raise PatternRefused("it ends too early")
        self.at += 1
        return self.text[self.at - 1]

    def sees(self, prefix: str) -> bool:
        return self.text.startswith(prefix, self.at)

    def alternatives(self, level: int) -> tuple[bool, int]:
        """Reads up to `)` or the end; tells whether something repeats inside and in how many ways it can match."""
        repeats, ways, others = False, 1, 0
        while self.at < len(self.text) and not self.sees(")"):
            if self.sees("|"):
                self.output.append(self.next())
                ways, others = 1, others + ways
            else:
                below = self.piece(level)
                repeats, ways = repeats or below[0], ways * below[1]
            if ways + others > MOST_WAYS:
                raise PatternRefused("it has too many ways to match")
        return repeats, ways + others

    def piece(self, level: int) -> tuple[bool, int]:
        character = self.next()
        if character == "(":
            inner = self.group(level)
        elif character in "*+?{}":
            raise PatternRefused("a repetition has nothing to repeat")
        else:
            inner = (False, 1)
            self.output.append(self.atom(character))
            if character in "^$":
                return inner
        return self.repetition(inner)

    def group(self, level: int) -> tuple[bool, int]:
        if level >= 10:
            raise PatternRefused("its groups are nested too deeply")
        opening = "("
        if self.sees("?"):
            if not self.sees("?:"):
                raise PatternRefused("look-around and named groups are not allowed")
            self.at += 2
            opening = "(?:"
        self.output.append(opening)
        inner = self.alternatives(level + 1)
        if not self.sees(")"):
            raise PatternRefused("a group is not closed")
        self.output.append(self.next())
        return inner

    def repetition(self, inner: tuple[bool, int]) -> tuple[bool, int]:
        low, high, sign = self.bounds()
        if not sign:
            return inner
        long = high is None or high > SHORT
        if high != 1 and (inner[0] or (inner[1] > 1 and long)):
            raise PatternRefused("a repetition inside a repetition is not allowed")
        self.output.append(sign)
        if self.sees("?"):
            self.output.append(self.next())
        if self.sees("*") or self.sees("+") or self.sees("{") or self.sees("?"):
            raise PatternRefused("a repetition inside a repetition is not allowed")
        repeats = low != high or inner[0]
        if not long:
            return repeats, (int(high or 0) - low + 1) * inner[1] ** int(high or 0)
        if low != high:
            self.long += 1
        if self.long > MOST_LONG:
            raise PatternRefused("it has too many long repetitions")
        return repeats, 1

    def bounds(self) -> tuple[int, int | None, str]:
        for sign, low, high in (("*", 0, None), ("+", 1, None), ("?", 0, 1)):
            if self.sees(sign):
                self.at += 1
                return low, high, sign
        if not self.sees("{"):
            return 1, 1, ""
        match = _BOUNDS.match(self.text, self.at)
        if match is None:
            raise PatternRefused("a repetition cannot be read")
        self.at = match.end()
        low = int(match[1])
        high = low if not match[2] else int(match[3]) if match[3] else None
        if max(low, high or 0) > MOST_REPEATS or (high is not None and high < low):
            raise PatternRefused("a repetition's bounds are wrong")
        return low, high, match[0]

    def atom(self, character: str) -> str:
        if character == "\\":
            return self.escape()
        if character == "[":
            return self.character_class()
        if character == ".":
            return self.dot
        # Python's $ also matches before a last newline; a browser's does not.
        return "\\Z" if character == "$" and not self.lines else character

    def escape(self) -> str:
        character = self.next()
        if character in _CLASSES:
            return "\\" + character
        if character in _CONTROL:
            return _CONTROL[character]
        if character in _ESCAPED:
            return re.escape(character)
        if character in "pP" and self.wide:
            return self.block(character == "P")
        raise PatternRefused(f"\\{character} is not allowed")

    def block(self, others: bool) -> str:
        """`\\p{IsBasicLatin}` and the like: the characters of a block of Unicode, or the others."""
        match = _BLOCK.match(self.text, self.at)
        if match is None or match[1] not in _BLOCKS:
            raise PatternRefused("it names a kind of characters that is not known")
        self.at = match.end()
        return ("[^" if others else "[") + _BLOCKS[match[1]] + "]"

    def character_class(self) -> str:
        parts = ["["]
        while not self.sees("]"):
            character = self.next()
            if character == "-" and self.sees("[") and self.wide and len(parts) > 1:
                return self.without("".join([*parts, "]"]))
            if character == "[":
                raise PatternRefused("a bracket inside a class must be written \\[")
            parts.append(self.escape() if character == "\\" else "\\" + character if character in "&~|" else character)
        self.at += 1
        if "".join(parts) in ("[", "[^"):
            raise PatternRefused("a class is empty")
        return "".join([*parts, "]"])

    def without(self, whole: str) -> str:
        """`[a-z-[aeiou]]`: a class without the characters of another."""
        self.at += 1
        taken = self.character_class()
        if not self.sees("]") or not taken.startswith("["):
            raise PatternRefused("a bracket inside a class must be written \\[")
        self.at += 1
        return f"(?:(?!{taken}){whole})"


def _packed(text: str) -> str:
    """The pattern without blanks, except those in classes."""
    kept, inside = [], False
    for place, character in enumerate(text):
        escaped = text[place - 1 : place] == "\\" and text[place - 2 : place - 1] != "\\"
        inside = inside if escaped or character not in "[]" else character == "["
        if inside or not character.isspace():
            kept.append(character)
    return "".join(kept)


@lru_cache(maxsize=512)
def pattern(text: str, flags: str = "", wide: bool = False) -> Pattern:
    """The checked pattern. Raises PatternRefused.

    `wide` allows what only XPath knows, blocks of Unicode and classes without others; a browser could not run it.
    """
    if len(text) > LONGEST:
        raise PatternRefused(f"it is longer than {LONGEST} characters")
    chosen = re.ASCII if "i" not in flags else re.RegexFlag(0)
    for letter in flags:
        if letter not in _FLAGS:
            raise PatternRefused(f"there is no flag {letter}")
        chosen |= _FLAGS[letter]
    reader = _Reader(text, flags, wide)
    ways = reader.alternatives(0)[1]
    if reader.at < len(reader.text):
        raise PatternRefused("a group is closed that was not opened")
    try:
        return Pattern(re.compile("".join(reader.output), chosen), reader.long + 1, ways)
    except re.error as error:
        raise PatternRefused("it cannot be read") from error


def replacement(template: str, groups: int) -> Callable[[re.Match[str]], str]:
    """A function that fills `$1` to `$9` of a template from a match."""

    def fill(match: re.Match[str]) -> str:
        return re.sub(r"\$([0-9])|\\([$\\])", lambda found: _filled(found, match, groups), template)

    return fill


def _filled(found: re.Match[str], match: re.Match[str], groups: int) -> str:
    if found[2]:
        return str(found[2])
    number = int(found[1])
    return (match[number] or "") if number <= groups else ""
