"""Tokens → the tree of an expression, by recursive descent with binding powers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import NoReturn, TypeVar

from engine.feel import nodes as n
from engine.feel.known import Known, knowing, spaced, words_of
from engine.feel.lexer import Token, refuse, tokens
from engine.feel.primary import PREFIX, call, primary, property_name, type_name
from engine.feel.values import NUMBERS

T = TypeVar("T")
DEEPEST = 60
_POWERS = {
    "or": 1, "and": 2, "=": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "between": 3, "in": 3, "instance": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "**": 6,
}
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
# Words after which a path, a filter or a call may follow at once.
_CLOSED = frozenset({"true", "false", "null"})
# Signs that an expression may begin with, but for "]", which cannot stand right behind "[".
_BEGIN = frozenset({"-", "(", "[", "{", "@"})
_ASKED = n.Name("?")


class Parser:
    """Reads one text. `known` are names of several words (functions, declared names)."""

    def __init__(self, text: str, known: Iterable[str], types: Iterable[tuple[str, n.Type]] = ()) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0
        self.closing = False
        self.types = {words_of(name): wanted for name, wanted in types}
        self.shared = knowing(tuple(known))
        self.known = Known()

    # Small steps over the tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def sees(self, *texts: str) -> bool:
        return self.token.text in texts and self.token.kind in ("op", "word")

    def skip(self, text: str) -> bool:
        if self.sees(text):
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.skip(text):
            self.fail(f'"{text}" is missing')

    def fail(self, reason: str, token: Token | None = None) -> NoReturn:
        refuse(self.text, reason, (token or self.token).position)

    def declare(self, name: str) -> None:
        self.known.declare(name)

    def known_name(self) -> str:
        """Takes the longest declared name that begins here; empty where there is none."""
        own, shared = self.known.match(self.peek), self.shared.match(self.peek)
        length, found = max(own, shared, key=lambda pair: pair[0])
        self.at += length
        return found

    def between_tokens(self, first: Token) -> str:
        """The text from a token to the one before the present, as a name."""
        return spaced(self.text[first.position - 1 : self.tokens[self.at - 1].end - 1])

    # Whole texts

    def whole(self) -> n.Node:
        tree = self.expression()
        self.finish()
        return tree

    def finish(self) -> None:
        if self.token.kind != "end":
            self.fail(f'unexpected "{self.token.text}"')

    def whole_tests(self) -> tuple[bool, tuple[n.Test, ...]]:
        """Unary tests: whether they are negated, and each of them; "-" is no test at all."""
        if self.token.text == "-" and self.peek().kind == "end":
            return False, ()
        negated = self.token.text == "not" and self.peek().text == "("
        if negated:
            self.at += 2
        found = self.tests()
        if negated:
            self.expect(")")
        self.finish()
        return negated, found

    def tests(self) -> tuple[n.Test, ...]:
        found = [self.test()]
        while self.skip(","):
            found.append(self.test())
        return tuple(found)

    def test(self) -> n.Test:
        if self.token.text in _COMPARISONS and self.token.kind == "op":
            operator = self.take().text
            return n.Test(n.Compare(operator, _ASKED, self.expression(3)), True)
        body = self.expression()
        return n.Test(body, mentions(body))

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail("it is nested too deeply")

    # Expressions

    def expression(self, power: int = 0) -> n.Node:
        """An expression whose operators bind tighter than `power`."""
        self.deeper()
        left = self.prefix()
        while (self.token.kind in ("op", "word")) and _POWERS.get(self.token.text, 0) > power:
            left = self.infix(left, self.take())
        self.depth -= 1
        return left

    def infix(self, left: n.Node, operator: Token) -> n.Node:
        special = _INFIX.get(operator.text)
        if special is not None:
            return special(self, left)
        power = _POWERS[operator.text]
        if operator.text in _COMPARISONS:
            return n.Compare(operator.text, left, self.expression(power))
        return n.Arithmetic(operator.text, left, self.expression(power))

    def both(self, left: n.Node) -> n.Node:
        right = self.expression(_POWERS["and"])
        return n.AllOf((*left.parts, right) if isinstance(left, n.AllOf) else (left, right))

    def either(self, left: n.Node) -> n.Node:
        right = self.expression(_POWERS["or"])
        return n.AnyOf((*left.parts, right) if isinstance(left, n.AnyOf) else (left, right))

    def between(self, left: n.Node) -> n.Node:
        low = self.expression(3)
        self.expect("and")
        return n.Between(left, low, self.expression(3))

    def membership(self, left: n.Node) -> n.Node:
        if not self.sees("("):
            return n.In(left, (self.test_operand(),))
        start = self.at
        self.at += 1
        tests = self.in_brackets(self.tests)
        if len(tests) == 1 and not self.sees(")"):
            # "in (1..5]" is a range, not a bracketed test
            self.at = start
            return n.In(left, (self.test_operand(),))
        self.expect(")")
        return n.In(left, tests)

    def test_operand(self) -> n.Test:
        if self.token.text in _COMPARISONS:
            return self.test()
        body = self.expression(3)
        return n.Test(body, False)

    def instance(self, left: n.Node) -> n.Node:
        self.expect("of")
        return n.InstanceOf(left, type_name(self))

    # What an expression begins with

    def prefix(self) -> n.Node:
        token = self.token
        if token.kind == "op" and token.text == "-":
            self.take()
            return self.negated()
        special = PREFIX.get(token.text) if token.kind == "word" else None
        if special is not None:
            self.take()
            return self.postfix(special(self)) if token.text in _CLOSED else special(self)
        return self.postfix(primary(self))

    def negated(self) -> n.Node:
        operand = self.expression(6)
        if isinstance(operand, n.Literal) and isinstance(operand.value, Decimal):
            return n.Literal(NUMBERS.minus(operand.value))
        return n.Negate(operand)

    def postfix(self, base: n.Node) -> n.Node:
        while self.token.kind == "op":
            if self.token.text == ".":
                self.take()
                base = n.Path(base, property_name(self))
            elif self.token.text == "[" and not (self.closing and self.closes()):
                self.take()
                base = n.Filter(base, self.in_brackets(self.expression))
                self.expect("]")
            elif self.token.text == "(":
                self.take()
                base = call(self, base)
            else:
                break
        return base

    def closes(self) -> bool:
        """Whether "[" ends a range that excludes its end, as in "[1..5[", and is no filter: none begins so."""
        following = self.peek()
        begins = PREFIX if following.kind == "word" else _BEGIN
        return following.kind in ("end", "op", "word") and following.text not in begins

    def in_brackets(self, read: Callable[[], T]) -> T:
        outer, self.closing = self.closing, False
        found = read()
        self.closing = outer
        return found


def mentions(node: n.Node) -> bool:
    """Whether the tested value is spoken of as `?`."""
    left = [node]
    while left:
        at = left.pop()
        if at == _ASKED:
            return True
        # A test further in speaks of what is tested there
        left.extend(below for below in n.children(at) if not isinstance(below, n.Test))
    return False


_INFIX: dict[str, Callable[[Parser, n.Node], n.Node]] = {
    "and": Parser.both,
    "or": Parser.either,
    "between": Parser.between,
    "in": Parser.membership,
    "instance": Parser.instance,
}


def _checked(parser: Parser, tree: n.Node) -> n.Node:
    if n.height(tree) > DEEPEST * 2:
        parser.fail("it is nested too deeply", parser.tokens[0])
    return tree


def parse(text: str, known: Iterable[str] = (), types: Iterable[tuple[str, n.Type]] = ()) -> n.Node:
    """The tree of one expression."""
    parser = Parser(text, known, types)
    return _checked(parser, parser.whole())


def parse_tests(
    text: str, known: Iterable[str] = (), types: Iterable[tuple[str, n.Type]] = ()
) -> tuple[bool, tuple[n.Test, ...]]:
    """The unary tests of one cell: whether they are negated, and each."""
    parser = Parser(text, known, types)
    negated, tests = parser.whole_tests()
    for test in tests:
        _checked(parser, test)
    return negated, tests
