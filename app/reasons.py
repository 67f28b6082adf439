"""The short reasons inside the engine's sentences, in the reader's language.

The engine writes them in English, some with a value in them; each is a template here, found by its fixed words.
"""

from __future__ import annotations

import re
from functools import cache

from flask_babel import gettext

REASON_DETAILS = frozenset({"reason", "expected", "unit", "what"})

REASONS = (
    # commands and states
    "the time of a command needs a zone", "it belongs to another version",
    "the old version does not have it", "the new version has no \"{target}\"",
    "\"{target}\" already stands for something else", "the version to go over to is not the one that was brought",
    "it has another format", "it has no seal", "it cannot be unpacked",
    "it was sealed with a key that is not known here", "its seal is broken", "it is damaged ({problem})",
    "a value is not plain data ({problem})", "a value cannot be kept ({problem})",
    "it is not a list", "it is not a whole number", "it gives no unit",
    "it gives no status from 1 to 10", "it gives no duration",
    "it gives no date", "it gives no correlation value", "it was reached outside a command",
    "scripts are FEEL expressions", "it must be true or false",
    "it is neither true nor false; perhaps a value is missing",
    "the number is too large to keep", "the number is too large", "steps", "instances", "bytes",
    "calculation steps", "characters or items", "levels",
    # decisions
    "rules {rules} hold at once, but only one may",
    "rules {rules} hold at once and disagree", "it collects values that are not numbers",
    "it collects values that cannot be compared",
    "input {number} has a value that is not allowed",
    # expressions
    "there is no character \\{code}", "it is longer than {limit} characters",
    "it is nested too deeply", "\"{text}\" is missing",
    "unexpected \"{text}\"", "it ends too early",
    "a text such as \"2026-01-31\" must follow @", "it is no date, time or duration",
    "a range cannot be made with \"!=\"", "the range is not closed",
    "\"{key}\" is given twice", "a key is missing", "a name is missing",
    "an external function is not allowed", "a parameter's name is missing",
    "there is no type \"{type}\"",
    # patterns
    "a repetition has nothing to repeat", "its groups are nested too deeply",
    "look-around and named groups are not allowed", "a group is not closed",
    "a repetition inside a repetition is not allowed",
    "it has too many long repetitions", "a repetition cannot be read",
    "a repetition's bounds are wrong", "\\{character} is not allowed",
    "it names a kind of characters that is not known",
    "a bracket inside a class must be written \\[", "a class is empty",
    "there is no flag {letter}", "a group is closed that was not opened",
    "it cannot be read", "it has too many ways to match",
    "it is not an object", "it has no list of components",
    # calendars, files and forms
    "the day {day} is neither off nor make_up",
    "a moment without a time zone was given",
    "it begins on {day}", "it ends before {day}",
    "its shifts overlap or end before they begin", "it has no working hour",
    "it has more than {limit} bytes", "it has a document type",
    "elements are nested more than {limit} deep", "it has more than {limit} elements",
    "\"{name}\" must be an object", "\"{name}\" must be a list",
    "\"after\" must be a number of hours from 0 to {limit}",
    "text", "number", "yes or no", "list",
    "group", "hour", "working_day", "calendar_day",
)


def reason_in_words(text: str) -> str:
    """The reason in the reader's language; one that nobody wrote down here stays as the engine said it."""
    for template, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found:
            return gettext(template).format_map(found.groupdict())
    return gettext(text) if text else text


def known(text: str) -> bool:
    """Whether the reason is one of those that have a translation."""
    return any(pattern.fullmatch(text) for _, pattern in _patterns())


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Fixed texts before those with places, which may hold anything."""
    texts = sorted(REASONS, key=lambda each: "{" in each)
    return tuple((each, _pattern(each)) for each in texts)


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile("".join(
        f"(?P<{part}>.+?)" if index % 2 else re.escape(part) for index, part in enumerate(parts)
    ), re.DOTALL)
