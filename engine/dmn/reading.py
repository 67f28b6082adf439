"""What all readers of a DMN file share: where findings go, and small steps over its elements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from lxml import etree

from engine.drawing import findings as f
from engine.drawing.findings import Finding
from engine.drawing.xmlsafe import local, text_in
from engine.errors import ExpressionInvalid
from engine.feel.expression import Expression, UnaryTests, compile_expression, unary_tests
from engine.feel.known import spaced, words_of
from engine.feel.nodes import Type

Compiled = TypeVar("Compiled")
NOTHING = compile_expression("null")
NEVER = unary_tests("false")


@dataclass(frozen=True, slots=True)
class Words:
    """What an expression may speak of: names of several words with their words, and types that its text mentions."""

    names: tuple[tuple[str, tuple[str, ...]], ...] = ()
    types: Callable[[str], tuple[tuple[str, Type], ...]] = lambda text: ()

    def knowing(self, *names: str) -> Words:
        """The same with more names."""
        more = tuple((name, words_of(name)) for name in names if len(words_of(name)) > 1)
        return Words(tuple(dict.fromkeys((*self.names, *more))), self.types) if more else self

    def within(self, text: str) -> tuple[str, ...]:
        """The names whose words the text has."""
        found = (each for each in self.names if each[1][0] in text and each[1][-1] in text)
        return tuple(name for name, words in found if all(word in text for word in words))


@dataclass(slots=True)
class Read:
    """What is wrong with a file, as far as it was read."""

    key: str
    wrong: list[Finding] = field(default_factory=list)

    def error(self, code: str, **details: Any) -> None:
        """One more thing wrong."""
        self.wrong.append(f.error(code, self.key, **details))

    def expression(self, text: str, words: Words, code: str, **place: Any) -> Expression:
        """The text's expression; where it cannot be read, a finding and null."""
        names, types = words.within(text), words.types(text)
        return self._compiled(lambda: compile_expression(text, names, types), NOTHING, text, code, place)

    def tests(self, text: str, words: Words, code: str, **place: Any) -> UnaryTests:
        """The text's unary tests; where they cannot be read, a finding and a test that nothing passes."""
        names, types = words.within(text), words.types(text)
        return self._compiled(lambda: unary_tests(text, names, types), NEVER, text, code, place)

    def _compiled(
        self, compile_: Callable[[], Compiled], otherwise: Compiled, text: str, code: str, place: dict[str, Any]
    ) -> Compiled:
        try:
            return compile_()
        except ExpressionInvalid as failure:
            self.error(code, **failure.details, **place)
            return otherwise


def children(element: etree._Element, tag: str) -> list[etree._Element]:
    """The elements directly below, by their tag."""
    return [child for child in element if local(child) == tag]


def child(element: etree._Element, tag: str) -> etree._Element | None:
    """The first of them."""
    return next(iter(children(element, tag)), None)


def text(element: etree._Element | None) -> str:
    """The FEEL text inside `<text>`."""
    return text_in(child(element, "text")) if element is not None else ""


def attribute(element: etree._Element | None, name: str) -> str:
    """An attribute, or an empty text."""
    return str(element.get(name) or "") if element is not None else ""


def name_of(element: etree._Element | None) -> str:
    """The name of an element as FEEL writes it."""
    return spaced(attribute(element, "name"))
