"""Text of an expression → tokens."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import NoReturn

from engine.errors import ExpressionInvalid, quoted

LONGEST = 20_000
WORDS = frozenset(
    {
        "if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and", "or", "between",
        "instance", "of", "function", "true", "false", "null",
    }
)
_TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<name>(?:[^\W\d]|[\U00010000-\U000EFFFF])(?:[\w\u0300-\u036f]|[\U00010000-\U000EFFFF])*|\?)
      | (?P<op>\.\.|\*\*|<=|>=|!=|->|[-+*/()\[\]{},:.<>=@'])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(
    r"\\(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|.)", re.DOTALL
)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `kind` is number, string, name, word (reserved), op or end. `position` and `end` count from 1."""

    kind: str
    text: str
    position: int
    end: int = 0


def refuse(expression: str, reason: str, position: int) -> NoReturn:
    """Say where the expression cannot be read."""
    raise ExpressionInvalid(expression=quoted(expression, position), reason=reason, position=position)


def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of the text, the last of kind "end"."""
    if len(text) > LONGEST:
        refuse(text, f"it is longer than {LONGEST} characters", LONGEST)
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            refuse(text, _why(text, at), at + 1)
        if match.lastgroup != "blank":
            found.append(_token(text, match))
        at = match.end()
    found.append(Token("end", "", len(text) + 1, len(text) + 1))
    return tuple(found)


def _why(text: str, at: int) -> str:
    if text[at] == '"':
        return "a text is not closed"
    if text.startswith("/*", at):
        return "a comment is not closed"
    return f"unexpected character {text[at]!r}"


def _token(text: str, match: re.Match[str]) -> Token:
    kind, content = str(match.lastgroup), match.group()
    if kind == "string":
        content = _unescape(text, content[1:-1], match.start() + 2)
    elif kind == "name":
        content = unicodedata.normalize("NFC", content)
        kind = "word" if content in WORDS else kind
    return Token(kind, content, match.start() + 1, match.end() + 1)


def _unescape(text: str, content: str, position: int) -> str:
    def replaced(match: re.Match[str]) -> str:
        code = match.group(1)
        if len(code) > 1:
            return _character(text, code, position + match.start())
        # An unknown escape such as \d stays as it is, so that patterns read naturally.
        return _SIMPLE.get(code, "\\" + code)

    return _ESCAPE.sub(replaced, content) if "\\" in content else content


def _character(text: str, code: str, position: int) -> str:
    if len(code) == 11:
        # Two halves of one character
        return chr(0x10000 + ((int(code[1:5], 16) - 0xD800) << 10) + int(code[7:], 16) - 0xDC00)
    point = int(code[1:], 16)
    if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
        refuse(text, f"there is no character \\{code}", position)
    return chr(point)
