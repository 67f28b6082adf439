"""Random expressions: by FEEL's own grammar, such expressions damaged, and plain noise; each from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

NAMES = ("a", "b", "x", "filing", "filing.x", "filing.n", "full name", "item", "partial", "?", "dossier", "typename")
ATOMS = (
    "0", "1", "-1", "2.5", "1e3", "0.1", "10 ** 20", "1e6000", '""', '"a"', '"abc"', '"2026-01-31"', '"Nguyễn Văn A"',
    '"\\u00e9"', "true", "false", "null", '@"2026-01-31"', '@"2026-01-31T08:00:00+07:00"', '@"PT1H"', '@"P1Y2M"',
    '@"08:00:00"',
    "[]", "[1, 2, 3]", "{}", "{a: 1, b: {c: 2}}", "[1..5]", "(1..5)", "today()", "now()", '[{a: 1}, {a: 2}]',
)
CALLS = (
    "abs", "all", "any", "append", "ceiling", "concatenate", "contains", "context merge", "context put", "count",
    "date",
    "date and time", "day of week", "decimal", "distinct values", "duration", "ends with", "even", "exp", "flatten",
    "floor",
    "get entries", "get value", "index of", "insert before", "is", "last day of month", "list contains", "list replace",
    "log",
    "lower case", "matches", "max", "mean", "median", "min", "mode", "modulo", "not", "number", "odd", "overlaps",
    "product",
    "range", "remove", "replace", "reverse", "round half up", "round up", "sort", "split", "sqrt", "starts with",
    "stddev",
    "string", "string join", "string length", "sublist", "substring", "substring after", "substring before", "sum",
    "time",
    "trim", "union", "upper case", "week of year", "years and months duration", "before", "during",
    "includes", "meets",
)
OPERATORS = ("+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "and", "or", "in", "between 1 and",
             "instance of")
TYPES = ("number", "string", "boolean", "date", "list<number>", "context<a: number>", "range<number>", "Any", "Null")
NOISE = "ab1(.[]){}+-*/<>=,:? \"@'iforent\\\n\u00e9\u0300\u202e\U0001f600\x00~^&%$#`|;_"
DEEPEST = 5


class Grammar:
    """Makes expressions that can mostly be read."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.forms: tuple[Callable[[int], str], ...] = (
            self._operation, self._operation, self._call, self._call, self._call, self._list, self._context, self._if,
            self._for, self._quantified, self._filter, self._path, self._range, self._function, self._in, self._type,
        )

    def expression(self, depth: int = 0) -> str:
        """One expression."""
        if depth >= DEEPEST or self.chance.random() < 0.25:
            return self.chance.choice(ATOMS if self.chance.random() < 0.7 else NAMES)
        return self.chance.choice(self.forms)(depth + 1)

    def _operation(self, depth: int) -> str:
        sign = self.chance.choice(OPERATORS)
        right = self.chance.choice(TYPES) if sign == "instance of" else self.expression(depth)
        whole = f"{self.expression(depth)} {sign} {right}"
        return f"({whole})" if self.chance.random() < 0.5 else whole

    def _call(self, depth: int) -> str:
        arguments = ", ".join(self.expression(depth) for _ in range(self.chance.randint(0, 4)))
        return f"{self.chance.choice(CALLS)}({arguments})"

    def _list(self, depth: int) -> str:
        return "[" + ", ".join(self.expression(depth) for _ in range(self.chance.randint(0, 4))) + "]"

    def _context(self, depth: int) -> str:
        keys = self.chance.sample(("a", "b", "full name", '"c d"', "__class__"), self.chance.randint(0, 3))
        return "{" + ", ".join(f"{key}: {self.expression(depth)}" for key in keys) + "}"

    def _if(self, depth: int) -> str:
        return f"if {self.expression(depth)} then {self.expression(depth)} else {self.expression(depth)}"

    def _for(self, depth: int) -> str:
        source = f"1..{self.chance.choice(('3', '50', '1000000', '-3', 'x'))}"
        source = source if self.chance.random() < 0.5 else self.expression(depth)
        return f"for {self.chance.choice('xyi')} in {source} return {self.expression(depth)}"

    def _quantified(self, depth: int) -> str:
        word = self.chance.choice(("some", "every"))
        return f"{word} x in {self.expression(depth)} satisfies {self.expression(depth)}"

    def _filter(self, depth: int) -> str:
        return f"({self.expression(depth)})[{self.expression(depth)}]"

    def _path(self, depth: int) -> str:
        name = self.chance.choice(("a", "b", "year", "month", "hours", "start", "__class__", "time offset"))
        return f"({self.expression(depth)}).{name}"

    def _range(self, depth: int) -> str:
        opening, closing = self.chance.choice("[("), self.chance.choice("])")
        return f"{opening}{self.expression(depth)}..{self.expression(depth)}{closing}"

    def _function(self, depth: int) -> str:
        return f"(function(x, y) {self.expression(depth)})({self.expression(depth)}, {self.expression(depth)})"

    def _in(self, depth: int) -> str:
        return f"{self.expression(depth)} in ({self.expression(depth)}, > {self.expression(depth)})"

    def _type(self, depth: int) -> str:
        return f"{self.expression(depth)} instance of {self.chance.choice(TYPES)}"


def damaged(chance: random.Random, text: str) -> str:
    """The text with some characters lost, doubled, swapped or replaced."""
    letters = list(text)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(letters) + 1)
        letters[at : at + chance.randint(0, 2)] = chance.choices(NOISE, k=chance.randint(0, 2))
    return "".join(letters)


def texts(chance: random.Random, count: int) -> Iterator[str]:
    """So many texts."""
    grammar = Grammar(chance)
    for _ in range(count):
        kind = chance.random()
        if kind < 0.1:
            yield "".join(chance.choices(NOISE, k=chance.randint(0, 40)))
            continue
        whole = grammar.expression()
        yield damaged(chance, whole) if kind < 0.4 else whole
