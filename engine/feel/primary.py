"""What an expression can begin with: literals, names, brackets, and the forms with words of their own."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.feel import nodes as n
from engine.feel.temporal import parse_temporal
from engine.feel.values import NUMBERS, Range, comparable

if TYPE_CHECKING:
    from engine.feel.parser import Parser

COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
TYPE_NAMES = frozenset(
    {
        "Any", "Null", "number", "string", "boolean", "date", "time", "date and time", "days and time duration",
        "years and months duration", "list", "context", "function", "range",
    }
)


def primary(p: Parser) -> n.Node:
    """A literal, a name or something in brackets."""
    token = p.token
    if token.kind == "number":
        return n.Literal(_number(p))
    if token.kind == "string":
        p.take()
        return n.Literal(token.text)
    if token.kind == "name":
        return n.Name(name(p))
    read = _OPENINGS.get(token.text) if token.kind == "op" else None
    if read is None:
        p.fail("it ends too early" if token.kind == "end" else f'unexpected "{token.text}"')
    p.take()
    return read(p)


def _number(p: Parser) -> Decimal:
    token = p.take()
    try:
        return NUMBERS.create_decimal(token.text)
    except ArithmeticError:
        p.fail("the number is too large", token)


def name(p: Parser) -> str:
    """A declared name of several words, or one plain word."""
    known = p.known_name()
    if known:
        return known
    if p.token.kind != "name":
        p.fail("a name is missing")
    return p.take().text


def property_name(p: Parser) -> str:
    """The name after a dot, which may be a reserved word."""
    if p.token.kind == "word":
        return p.known_name() or p.take().text
    return name(p)


def call(p: Parser, function: n.Node) -> n.Node:
    """The arguments of a call, all by position or all by name."""
    if p.skip(")"):
        return n.Call(function, ())
    named = _label_length(p) > 0
    arguments: list[n.Node] = []
    names: list[str] = []
    while True:
        if named:
            names.append(_label(p))
        arguments.append(p.in_brackets(p.expression))
        if not p.skip(","):
            break
    p.expect(")")
    return n.Call(function, tuple(arguments), tuple(names))


def _label_length(p: Parser) -> int:
    length = 0
    while p.peek(length).kind in ("name", "word"):
        length += 1
    return length if p.peek(length).text == ":" and p.peek(length).kind == "op" else 0


def _label(p: Parser) -> str:
    length = _label_length(p)
    if not length:
        p.fail("a parameter's name is missing")
    words = [p.take().text for _ in range(length)]
    p.expect(":")
    return " ".join(words)


# Brackets


def _temporal(p: Parser) -> n.Node:
    token = p.take()
    if token.kind != "string":
        p.fail('a text such as "2026-01-31" must follow @', token)
    value = parse_temporal(token.text)
    if value is None:
        p.fail("it is no date, time or duration", token)
    return n.Literal(value)


def _round(p: Parser) -> n.Node:
    if p.token.kind == "op" and p.token.text in COMPARISONS:
        return _open_range(p)
    inner = p.in_brackets(p.expression)
    if p.skip(".."):
        return _range_end(p, inner, low_included=False)
    p.expect(")")
    return inner


def _open_range(p: Parser) -> n.Node:
    sign = p.take()
    operator = sign.text
    end = p.in_brackets(lambda: p.expression(3))
    p.expect(")")
    included = operator.endswith("=")
    if operator in ("<", "<="):
        return n.RangeOf(None, end, False, included)
    if operator in (">", ">="):
        return n.RangeOf(end, None, included, False)
    if operator == "!=":
        p.fail('a range cannot be made with "!="', sign)
    return n.RangeOf(end, end, True, True)


def _square(p: Parser) -> n.Node:
    if p.skip("]"):
        return n.ListOf(())
    first = p.in_brackets(p.expression)
    if p.skip(".."):
        return _range_end(p, first, low_included=True)
    items = [first]
    while p.skip(","):
        items.append(p.in_brackets(p.expression))
    p.expect("]")
    return n.ListOf(tuple(items))


def _reversed_range(p: Parser) -> n.Node:
    low = p.in_brackets(p.expression)
    p.expect("..")
    return _range_end(p, low, low_included=False)


def _range_end(p: Parser, low: n.Node, *, low_included: bool) -> n.Node:
    # "[1..5[" excludes 5: the bracket closes and is no filter
    outer, p.closing = p.closing, True
    high = p.expression()
    p.closing = outer
    closing = p.take()
    if closing.text not in ("]", ")", "[") or closing.kind != "op":
        p.fail("the range is not closed", closing)
    included = closing.text == "]"
    if isinstance(low, n.Literal) and isinstance(high, n.Literal) and comparable(low.value, high.value):
        return n.Literal(Range(low.value, high.value, low_included, included))
    return n.RangeOf(low, high, low_included, included)


def _context(p: Parser) -> n.Node:
    entries: dict[str, n.Node] = {}
    while not p.sees("}"):
        key = _key(p)
        if key in entries:
            p.fail(f'"{key}" is given twice')
        p.expect(":")
        entries[key] = p.in_brackets(p.expression)
        p.declare(key)
        if not p.skip(","):
            break
    p.expect("}")
    return n.ContextOf(tuple(entries), tuple(entries.values()))


def _key(p: Parser) -> str:
    if p.token.kind == "string":
        return p.take().text
    first = p.token
    while p.token.kind != "end" and not p.sees(":", ",", "}"):
        p.take()
    if p.token is first:
        p.fail("a key is missing")
    return p.between_tokens(first)


_OPENINGS: dict[str, Callable[[Parser], n.Node]] = {
    "@": _temporal,
    "(": _round,
    "[": _square,
    "]": _reversed_range,
    "{": _context,
}


# Forms with words of their own


def _if(p: Parser) -> n.Node:
    condition = p.expression()
    p.expect("then")
    then = p.expression()
    p.expect("else")
    return n.If(condition, then, p.expression())


def _bindings(p: Parser) -> tuple[n.Binding, ...]:
    found = [_binding(p)]
    while p.skip(","):
        found.append(_binding(p))
    return tuple(found)


def _binding(p: Parser) -> n.Binding:
    words: list[str] = []
    while p.token.kind == "name" or (p.token.kind == "word" and words and not p.sees("in")):
        words.append(p.take().text)
    if not words:
        p.fail("a name is missing")
    bound = " ".join(words)
    p.expect("in")
    source = p.expression()
    end = p.expression() if p.skip("..") else None
    p.declare(bound)
    return n.Binding(bound, source, end)


def _for(p: Parser) -> n.Node:
    bindings = _bindings(p)
    p.expect("return")
    return n.For(bindings, p.expression())


def _quantified(p: Parser, *, every: bool) -> n.Node:
    bindings = _bindings(p)
    p.expect("satisfies")
    return n.Quantified(every, bindings, p.expression())


def _function(p: Parser) -> n.Node:
    p.expect("(")
    parameters: list[tuple[str, n.Type]] = []
    while not p.sees(")"):
        parameters.append(_parameter(p))
        if not p.skip(","):
            break
    p.expect(")")
    if p.token.text == "external":
        p.fail("an external function is not allowed")
    types = tuple(each for _, each in parameters)
    typed = any(each.name != "Any" for each in types)
    return n.FunctionOf(tuple(name for name, _ in parameters), p.expression(), types if typed else ())


def _parameter(p: Parser) -> tuple[str, n.Type]:
    words: list[str] = []
    while p.token.kind == "name":
        words.append(p.take().text)
    if not words:
        p.fail("a parameter's name is missing")
    wanted = type_name(p) if p.skip(":") else n.Type("Any")
    bound = " ".join(words)
    p.declare(bound)
    return bound, wanted


PREFIX: dict[str, Callable[[Parser], n.Node]] = {
    "true": lambda p: n.Literal(True),
    "false": lambda p: n.Literal(False),
    "null": lambda p: n.Literal(None),
    "if": _if,
    "for": _for,
    "some": lambda p: _quantified(p, every=False),
    "every": lambda p: _quantified(p, every=True),
    "function": _function,
}


# Types


def type_name(p: Parser) -> n.Type:
    """A type as it follows `instance of`."""
    start = p.token
    for words, own in p.types.items():
        if all(p.peek(index).text == word for index, word in enumerate(words)):
            p.at += len(words)
            return own
    found = _longest_type(p)
    if found is None:
        p.fail(f'there is no type "{start.text}"', start)
    if not p.skip("<"):
        return n.Type(found)
    p.deeper()
    keys: list[str] = []
    parts: list[n.Type] = []
    while not p.sees(">"):
        if found == "context":
            keys.append(_key(p))
            p.expect(":")
        parts.append(type_name(p))
        if not p.skip(","):
            break
    p.expect(">")
    if found == "function":
        p.expect("->")
        parts.append(type_name(p))
    p.depth -= 1
    return n.Type(found, tuple(parts), tuple(keys))


def _longest_type(p: Parser) -> str | None:
    words = [p.peek(index).text for index in range(4)]
    for length in (4, 3, 1):
        candidate = " ".join(words[:length])
        if candidate in TYPE_NAMES:
            p.at += length
            return candidate
    return None
