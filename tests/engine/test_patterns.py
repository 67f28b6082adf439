"""The regular-expression subset: what it allows, what it refuses, and that it never runs away."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel.patterns import PatternRefused, pattern


@pytest.mark.parametrize(
    ("text", "matching", "other"),
    [
        (r"^0[0-9]{9,10}$", "0912345678", "091234567"),
        (r"^(?:\+84|0)\d{9}$", "+84912345678", "84912345678"),
        (r"^[^a-c]+$", "xyz", "xaz"),
        (r"^\w{2,}-?\s$", "ab- ", "a "),
        (r"^a|b$", "xb", "xa"),
        (r"^(ab){1,3}$", "abab", "aba"),
        (r"^[\]\[\-&|~]+$", "[]-&|~", "a"),
        (r"^\n\r\t$", "\n\r\t", "n"),
        (r"^a{2}b{0,}?$", "aabb", "ab"),
        (r"^\.\/$", "./", "a/"),
        (r"^(a?|b)c$", "ac", "dc"),
        (r"^(a+)?$", "aa", "ab"),
        (r"^\d$", "5", "٥"),
    ],
)
def test_the_subset(text: str, matching: str, other: str) -> None:
    compiled = pattern(text).compiled
    assert compiled.search(matching)
    assert not compiled.search(other)


@pytest.mark.parametrize(
    "text",
    [
        "(a+)+", "(a*)*", "(a|a)*", "(a|b)+", "((a?){5}){5}", "a**", "a{2}{3}", "a*+", "(?=a)", "(?P<x>a)",
        r"(a)\1", "(?<!a)", "*a", "{2}", "(a", "a)", "[a", "[]", "[^]", "[[a]", "a{x}", "a{3,2}", "a{9999}", "\\",
        r"\b", r"\x41", "a*b*c*d*", "(" * 11 + ")" * 11, "a" * 501, "[b-a]", "a?" * 40 + "a" * 40, "(a|a)" * 40,
        "a{1,3}" * 20, "(a|a){16}", "a{0,900}" * 4,
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(PatternRefused) as refused:
        pattern(text)
    assert refused.value.reason


def test_flags() -> None:
    assert pattern("^đồng$", "i").compiled.search("ĐỒNG")
    assert pattern("a.b", "s").compiled.search("a\nb")
    assert pattern("^b$", "m").compiled.search("b\na")
    with pytest.raises(PatternRefused, match="flag"):
        pattern("a", "q")


def test_what_only_xpath_knows_is_asked_for() -> None:
    for text in ("[a-z-[aeiou]]", r"\p{IsBasicLatin}"):
        with pytest.raises(PatternRefused):
            pattern(text)
        assert pattern(text, wide=True).compiled.search("b")
    assert not pattern("^[^a-c-[x]]$", wide=True).compiled.search("x")
    for text in ("[a-[b]", "[a-[b]c]", "[a-[b-[c]]]", "[-[b]]", r"\p", r"\p{", r"\p{IsGone}", "([a-z-[ae]]+)+"):
        with pytest.raises(PatternRefused):
            pattern(text, wide=True)


pieces = st.sampled_from(["a", "b", "[ab]", ".", r"\w", "(", ")", "(?:", "*", "+", "?", "{1,3}", "{2,}", "|", "^", "$"])


@settings(deadline=None, max_examples=200)
@given(st.lists(pieces, max_size=12).map("".join))
def test_what_is_allowed_is_quick(text: str) -> None:
    try:
        found = pattern(text)
    except PatternRefused:
        return
    begin = time.process_time()
    for tested in ("ab" * 100 + "c", "a" * 300 + "!", "a" * 20_000 + "!"):
        found.finds(tested)
    assert time.process_time() - begin < 2
