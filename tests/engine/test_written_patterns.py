"""A pattern that can never be used is told before anything is evaluated, with the element and the reason."""

from __future__ import annotations

import pytest

from engine.definition import Bundle, check
from engine.feel import compile_expression
from tests.engine.builders import diagram, end, path, script, start, task


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('matches(filing.x, "(a+)+")', "(a+)+"),
        ('if true then [replace(filing.x, "a*a*a*a*", "-")] else null', "a*a*a*a*"),
        ('split(filing.x, "[")', "["),
        ('matches(input: filing.x, pattern: "(?=a)")', "(?=a)"),
        ('matches(filing.x, "a", "q")', "a"),
    ],
)
def test_a_refused_pattern_is_found(text: str, said: str) -> None:
    assert [pattern for pattern, _ in compile_expression(text).refused_patterns] == [said]


@pytest.mark.parametrize("text", ['matches(filing.x, "^[0-9]{12}$", "i")', "matches(filing.x, filing.y)", "matches()"])
def test_what_can_be_used_or_is_not_known_is_not(text: str) -> None:
    assert compile_expression(text).refused_patterns == ()


def test_the_warning_names_the_element() -> None:
    xml = diagram(start(), script("s", 'matches("a", "(a+)+")'), task("a"), end(), path("begin", "s", "a", "done"))
    found = next(one for one in check(Bundle(xml)) if one.code == "expression_pattern")
    assert (found.severity, found.element) == ("warning", "s")
    assert "repetition" in found.message
