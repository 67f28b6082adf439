"""The regular-expression subset: what it allows, what it refuses, and that it never runs away."""

from __future__ import annotations

import string
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel.patterns import STEPS_ALLOWED, PatternRefused, pattern


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


INSIDE, NOTHING = "a repetition inside a repetition is not allowed", "a repetition has nothing to repeat"
OPEN, BOUNDS, EMPTY = "a group is not closed", "a repetition's bounds are wrong", "a class is empty"
EARLY, BRACKET = "it ends too early", r"a bracket inside a class must be written \["
UNKNOWN = "it names a kind of characters that is not known"
REASONS = {
    "(a+)+": INSIDE, "(a|b)*": INSIDE, "a**": INSIDE, "a*+": INSIDE, "a{2}{3}": INSIDE, "a+??": INSIDE,
    "*a": NOTHING, "a|+": NOTHING, "^*": NOTHING, "a$?": NOTHING, "(": OPEN, "(a": OPEN, "\\": EARLY, "[a": EARLY,
    "a{1001}": BOUNDS, "a{0,1001}": BOUNDS, "a{3,2}": BOUNDS, "[]": EMPTY, "[^]": EMPTY, "[[a]": BRACKET,
    "a)": "a group is closed that was not opened", "(?=a)": "look-around and named groups are not allowed",
    "a{x}": "a repetition cannot be read", r"\b": r"\b is not allowed", r"\p{IsBasicLatin}": r"\p is not allowed",
    "[b-a]": "it cannot be read", "a*b*c*d*": "it has too many long repetitions",
    "(a|b){13}": "it has too many ways to match", "(" * 11 + ")" * 11: "its groups are nested too deeply",
    "a" * 501: "it is longer than 500 characters",
}


@pytest.mark.parametrize("text", REASONS, ids=lambda text: text[:12])
def test_what_is_refused_says_why(text: str) -> None:
    with pytest.raises(PatternRefused) as refused:
        pattern(text)
    assert refused.value.reason == REASONS[text]


@pytest.mark.parametrize(("text", "why"), [
    ("[-[b]]", BRACKET), ("[a-[b]c]", BRACKET), (r"\p{IsGone}", UNKNOWN), (r"\Pz", UNKNOWN),
])
def test_what_not_even_xpath_knows_says_why(text: str, why: str) -> None:
    with pytest.raises(PatternRefused) as refused:
        pattern(text, wide=True)
    assert refused.value.reason == why


def test_a_flag_that_is_not_known_is_named() -> None:
    with pytest.raises(PatternRefused, match=r"^there is no flag q$"):
        pattern("a", "iq")


WRITTEN = [chr(code) for code in range(32, 127)]
MEANT = r"\^$.|?*+()[]{}"


def held(text: str) -> list[str]:
    """The characters that a pattern for one character holds."""
    return [one for one in WRITTEN if pattern(f"^{text}$").finds(one)]


@pytest.mark.parametrize("one", [each for each in WRITTEN if each not in MEANT])
def test_any_other_character_means_itself(one: str) -> None:
    assert held(one) == [one]
    assert held(f"{one}*") == held(f"{one}+") == held(f"{one}{{1,2}}") == [one]
    assert held(f"[{one}]") == [one]
    assert held(f"[^{one}]") == [each for each in WRITTEN if each != one]


@pytest.mark.parametrize("one", MEANT)
def test_a_character_with_a_meaning_is_written_with_a_backslash(one: str) -> None:
    assert held(rf"\{one}") == held(rf"[\{one}]") == [one]


def test_a_letter_is_not_written_with_a_backslash_unless_it_has_a_meaning() -> None:
    allowed = []
    for one in string.ascii_letters + string.digits:
        with suppress(PatternRefused):
            allowed.append(one if pattern(rf"\{one}") else "")
    assert sorted(allowed) == sorted("dDwWsSnrt")


def test_a_class_may_hold_what_would_begin_or_turn_it() -> None:
    assert held("[a^]") == ["^", "a"]
    assert held("[^^]") == [one for one in WRITTEN if one != "^"]
    assert held("[a-]") == ["-", "a"]
    assert pattern("^[a-[b]]$", wide=True).finds("a")


def test_a_point_is_anything_but_the_end_of_a_line() -> None:
    assert pattern("^a.b$").finds("a\tb")
    for end in "\n\r":
        assert not pattern("^a.b$").finds(f"a{end}b")
        assert pattern("^a.b$", "s").finds(f"a{end}b")


def test_blanks_may_be_written_between() -> None:
    """With the flag x, except in a class; a bracket that is written with a backslash begins none."""
    packed = pattern(r" ^ a [b c] \[ d \] \\ [ e] $ ", "x")
    for text in (r"ab[d]\e", r"a [d]\ ", r"ac[d]\ "):
        assert packed.finds(text)
    for text in (r"a b[d]\e", r"ab[ d]\e", r"ab[d] \e"):
        assert not packed.finds(text)


BLOCKS = {
    "IsBasicLatin": (0x00, 0x7F), "IsLatin-1Supplement": (0x80, 0xFF), "IsLatinExtended-A": (0x100, 0x17F),
    "IsLatinExtended-B": (0x180, 0x24F), "IsCombiningDiacriticalMarks": (0x300, 0x36F),
    "IsLatinExtendedAdditional": (0x1E00, 0x1EFF), "IsGeneralPunctuation": (0x2000, 0x206F),
}


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_holds_its_characters_and_no_other(block: str) -> None:
    low, high = BLOCKS[block]
    inside, outside = pattern(rf"^\p{{{block}}}$", "s", wide=True), pattern(rf"^\P{{{block}}}$", "s", wide=True)
    for code in (0, 0x7F, 0x80, *map(ord, "Xx-^[p"), 0xFFFF, low - 1, low, low + 1, high - 1, high, high + 1):
        if code >= 0:
            assert inside.finds(chr(code)) is (low <= code <= high)
            assert outside.finds(chr(code)) is not (low <= code <= high)


@pytest.mark.parametrize(("text", "power", "ways"), [
    ("abc", 1, 1), ("a|b|cd", 1, 3), ("a?", 1, 2), ("(a|b)c(d|e|f)", 1, 6), ("a{1,3}", 1, 3), ("a{3}", 1, 1),
    ("(a|b){2}", 1, 4), ("(a|b){1,2}", 1, 8), ("(?:a|b)?", 1, 4), ("a{0,16}", 1, 17), ("a{0,17}", 2, 1),
    ("a{17}", 1, 1),
    ("a*", 2, 1), ("a+b*", 3, 1), ("a{2,}b*c+", 4, 1), ("a*|b", 2, 2), ("a{1,10}b{1,10}c{1,10}d{1,5}", 1, 5_000),
    ("((ab){2}){2}", 1, 1), ("a{1000}", 1, 1), ("(" * 10 + "a" + ")" * 10, 1, 1), ("a" * 500, 1, 1),
])
def test_the_work_is_known_before_it_is_done(text: str, power: int, ways: int) -> None:
    """So many ways times a power of the text's length; a step is worth 200 comparisons."""
    found = pattern(text)
    assert (found.power, found.ways) == (power, ways)
    for size in (0, 99, 199, 1_000):
        assert found.cost(size) == 1 + ways * (size + 1) ** power // 200


def test_one_way_too_many_is_too_many() -> None:
    with pytest.raises(PatternRefused, match="too many ways"):
        pattern("(?:a{1,10}b{1,10}c{1,10}d{1,5}|e)")


def test_a_text_that_is_too_long_for_a_pattern_has_no_match() -> None:
    """A hundred ways in a text of 199,998 characters are just what one search may cost."""
    found = pattern("a{1,10}b{1,10}")
    assert found.cost(199_998) == STEPS_ALLOWED == 100_000
    assert found.finds("ab" * 99_999)
    assert not found.finds("ab" * 100_000)


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
