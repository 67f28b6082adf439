"""The same expressions through our FEEL and through feelin, which bpmn.io's tools use, and every difference explained.

    python -m tests.bench.feelin [--count 5000] [--seed 1] [--show 20] [--modules .onedoor/frontend/node_modules]

Expressions are generated from a seed, mostly well typed, and run in one process of node. Values are compared with the
nine digits that feelin's floating-point numbers keep. A difference is explained when one of the rules in
`tests/bench/feelin_rules.py` says what the standard has there; all others are printed and fail.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.errors import OneDoorError
from engine.feel import compile_expression, to_plain
from tests.bench.feelin_rules import rule_of
from tests.suite import node

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
CONTEXT: dict[str, Any] = {
    "n": 7, "m": -2.5, "z": 0, "s": "abc", "t": "Nguyễn Văn An", "e": "", "b": True, "l": [3, 1, 2],
    "w": ["b", "a", "c"],
    "c": {"a": 1, "b": {"c": "x"}}, "r": [{"a": 1, "k": "x"}, {"a": 5, "k": "y"}, {"a": 3, "k": "x"}], "nothing": None,
}
KINDS = {"N": "number", "T": "text", "B": "truth", "L": "list", "C": "context"}
SCRIPT = """
import { evaluate } from %s;
import { readFileSync } from 'node:fs';
const plain = (value) => {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $: String(value) };
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(plain);
  const kind = value.constructor && value.constructor.name;
  if (kind === 'Object') return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  return { $: kind };
};
const { context, expressions } = JSON.parse(readFileSync(0, 'utf8'));
for (const text of expressions) {
  let said;
  try { said = { value: plain(evaluate(text, context).value) }; }
  catch (problem) { said = { error: String(problem.message) }; }
  console.log(JSON.stringify(said));
}
"""


class Made(str):
    """An expression with the form it was made of and the expressions that were put into it."""

    form: str
    parts: tuple[Made, ...]

    @classmethod
    def of(cls, form: str, *parts: Made) -> Made:
        """Fill the form's `<…>` in turn; what is itself made of parts comes in brackets."""
        pieces = re.split(r"<[A-Z]>", form)
        filled = (f"({part})" if part.parts or part.startswith("for ") else part for part in parts)
        made = cls("".join(piece + part for piece, part in zip(pieces, (*filled, ""), strict=True)))
        made.form, made.parts = form, parts
        return made

    def all(self) -> Iterator[Made]:
        """All expressions in it, the innermost first, itself last."""
        for part in self.parts:
            yield from part.all()
        yield self


class Typed:
    """Makes expressions of a wanted kind."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.makers: dict[str, tuple[Callable[[int], Made], ...]] = {
            "number": (self._arithmetic, self._arithmetic, self._of_list, self._of_number, self._of_text,
                       self._if("number"),
                       self._indexed, self._part),
            "text": (self._joined, self._cut, self._if("text"), self._string, self._changed),
            "truth": (self._compared, self._compared, self._between, self._joined_truth, self._in, self._quantified,
                      self._asked, self._dates, self._is_instance),
            "list": (self._for, self._filtered, self._changed_list, self._literal_list, self._path),
            "context": (self._context, self._put),
        }

    def expression(self) -> Made:
        """One expression of any kind."""
        return self.of(self.chance.choice(("number", "number", "text", "truth", "truth", "list", "list", "context")), 0)

    def of(self, kind: str, depth: int) -> Made:
        """One of that kind, sometimes of another one."""
        if self.chance.random() < 0.02:
            kind = self.chance.choice(list(self.makers))
        if depth > 3 or self.chance.random() < 0.2:
            return self._atom(kind)
        return self.chance.choice(self.makers[kind])(depth + 1)

    def _atom(self, kind: str) -> Made:
        atoms = {
            "number": ("0", "1", "2", "3.5", "-4", "10", "n", "m", "z", "c.a"), "truth": ("true", "false", "b", "null"),
            "text": ('"a"', '"abc"', '""', "s", "t", "e", "c.b.c", '"Ư"'), "context": ("c", "{a: 1}", "{}", "r[1]"),
            "list": ("l", "w", "[]", "[1, 2, 3]", "[4]", '["x", "y"]'),
        }
        return Made.of(self.chance.choice(atoms[kind]))

    def _pick(self, *forms: str, depth: int) -> Made:
        """One of the forms, with expressions for its <N>, <T>, <B>, <L> and <C>."""
        form = self.chance.choice(forms)
        return Made.of(form, *(self.of(KINDS[letter], depth) for letter in re.findall(r"<([A-Z])>", form)))

    def _arithmetic(self, depth: int) -> Made:
        return self._pick("<N> + <N>", "<N> - <N>", "<N> * <N>", "<N> / <N>", "(<N> + <N>) * <N>", "-(<N>)", "<N> ** 2",
                          depth=depth)

    def _of_list(self, depth: int) -> Made:
        name = self.chance.choice(("count", "sum", "min", "max", "mean", "median", "product", "stddev"))
        return self._pick(f"{name}(<L>)", f"{name}([<N>, <N>, <N>])", f"{name}(<N>, <N>)", depth=depth)

    def _of_number(self, depth: int) -> Made:
        return self._pick("abs(<N>)", "floor(<N>)", "ceiling(<N>)", "modulo(<N>, <N>)", "decimal(<N>, 2)",
                          "sqrt(abs(<N>))",
                          "round up(<N>, 1)", "round down(<N>, 1)", "round half up(<N>, 1)", "round half down(<N>, 1)",
                          'number("12.5")', "floor(<N>, 1)", depth=depth)

    def _of_text(self, depth: int) -> Made:
        return self._pick("string length(<T>)", "number(string(<N>))", depth=depth)

    def _if(self, kind: str) -> Callable[[int], Made]:
        letter = next(letter for letter, each in KINDS.items() if each == kind)
        return lambda depth: self._pick(f"if <B> then <{letter}> else <{letter}>", depth=depth)

    def _indexed(self, depth: int) -> Made:
        return self._pick("[<N>, <N>, <N>][2]", "<L>[1]", "<L>[-1]", "l[<N>]", "r[2].a", depth=depth)

    def _part(self, depth: int) -> Made:
        day = self.chance.choice(("2026-01-31", "2024-02-29", "2025-12-01"))
        part = self.chance.choice(("year", "month", "day", "weekday"))
        return self._pick(f'date("{day}").{part}', f'(date("{day}") + duration("P1M")).{part}',
                          f'(date("{day}") - date("2026-01-01")).days', 'duration("P1DT5H").hours',
                          'duration("P2Y3M").months', depth=depth)

    def _joined(self, depth: int) -> Made:
        return self._pick("<T> + <T>", "string join([<T>, <T>])", 'string join([<T>, <T>], "-")', depth=depth)

    def _cut(self, depth: int) -> Made:
        return self._pick("substring(<T>, 2)", "substring(<T>, 1, 2)", "substring(<T>, -2)",
                          'substring before(<T>, "b")',
                          'substring after(<T>, "b")', 'replace(<T>, "a", "x")', 'replace(<T>, "[ab]+", "-")',
                          depth=depth)

    def _string(self, depth: int) -> Made:
        return self._pick("string(<N>)", "string(<B>)", "string(<T>)", 'string(date("2026-01-31"))', depth=depth)

    def _changed(self, depth: int) -> Made:
        return self._pick("upper case(<T>)", "lower case(<T>)", depth=depth)

    def _compared(self, depth: int) -> Made:
        sign = self.chance.choice(("=", "!=", "<", "<=", ">", ">="))
        return self._pick(f"<N> {sign} <N>", f"<T> {sign} <T>", f"<N> {sign} <N>", "<L> = <L>", "<B> = <B>",
                          "<C> = <C>",
                          "<N> != null", "nothing = null", depth=depth)

    def _between(self, depth: int) -> Made:
        return self._pick("<N> between <N> and <N>", "<N> in [1..5]", "<N> in (1..<N>)", '<T> in ["a".."c"]',
                          depth=depth)

    def _joined_truth(self, depth: int) -> Made:
        return self._pick("<B> and <B>", "<B> or <B>", "not(<B>)", "(<B> or <B>) and <B>", depth=depth)

    def _in(self, depth: int) -> Made:
        return self._pick("<N> in (<N>, <N>)", "<N> in (> 3)", "<N> in (< 3, > 5)", "<T> in (<T>, <T>)", "<N> in <L>",
                          "<N> in [<N>..<N>]", depth=depth)

    def _quantified(self, depth: int) -> Made:
        return self._pick("some x in <L> satisfies x = <N>", "every x in <L> satisfies x > <N>",
                          "some x in <L>, y in <L> satisfies x = y", depth=depth)

    def _asked(self, depth: int) -> Made:
        return self._pick("contains(<T>, <T>)", "starts with(<T>, <T>)", "ends with(<T>, <T>)", 'matches(<T>, "a.c")',
                          "list contains(<L>, <N>)", "even(floor(<N>))", "odd(floor(<N>))", "all([<B>, <B>])",
                          "any([<B>, <B>])", depth=depth)

    def _dates(self, depth: int) -> Made:
        sign = self.chance.choice(("<", "=", ">="))
        return self._pick(f'(date("2026-01-31") {sign} date("2026-02-01"))',
                          f'(duration("P1D") {sign} duration("PT24H"))',
                          f'(date("2026-01-31") + duration("P1M") {sign} date("2026-02-28"))',
                          'before(<N>, <N>)', "overlaps([1..5], [<N>..9])", "includes([1..5], <N>)",
                          "during(<N>, [1..9])",
                          depth=depth)

    def _is_instance(self, depth: int) -> Made:
        kind = self.chance.choice(("number", "string", "boolean"))
        return self._pick(f"<N> instance of {kind}", f"<T> instance of {kind}", f"<B> instance of {kind}", depth=depth)

    def _for(self, depth: int) -> Made:
        return self._pick("for x in <L> return x", "for x in 1..4 return x * <N>", "for x in <L>, y in [1, 2] return y",
                          "for x in r return x.a + <N>", "for x in 3..1 return x", depth=depth)

    def _filtered(self, depth: int) -> Made:
        return self._pick("<L>[item > <N>]", "r[a > <N>]", "r[k = <T>]", "l[item = <N>]", "w[item != <T>]",
                          "r[a > 2].k",
                          depth=depth)

    def _changed_list(self, depth: int) -> Made:
        return self._pick("append(<L>, <N>)", "concatenate(<L>, <L>)", "reverse(<L>)", "sublist(<L>, 1)",
                          "sublist(<L>, 2, 1)",
                          "insert before(<L>, 1, <N>)", "remove(<L>, 1)", "distinct values(<L>)", "union(<L>, <L>)",
                          "flatten([<L>, [<L>]])", "index of(<L>, <N>)", "sort(<L>, function(x, y) x < y)",
                          'split(<T>, "b")', "mode(<L>)", "list replace(<L>, 1, <N>)", depth=depth)

    def _literal_list(self, depth: int) -> Made:
        return self._pick("[<N>, <N>]", "[<T>, <T>]", "[<B>]", "[<N>, <T>, null]", "[<L>, <N>]", depth=depth)

    def _path(self, depth: int) -> Made:
        return self._pick("r.a", "r.k", "get entries(<C>).key", "[c, {a: <N>}].a", depth=depth)

    def _context(self, depth: int) -> Made:
        return self._pick("{a: <N>, b: <T>}", "{a: <N>, b: a + 1}", '{"x y": <B>}', "{f: function(x) x + 1, v: f<N>}.v",
                          depth=depth)

    def _put(self, depth: int) -> Made:
        return self._pick('context put(<C>, "a", <N>)', "context merge([<C>, <C>])", 'get value(<C>, "a")', depth=depth)


# Running and comparing


def theirs(expressions: list[str], modules: Path, program: str) -> list[dict[str, Any]]:
    """What feelin says of each, in one process."""
    place = json.dumps(str(modules / "@bpmn-io/feelin/dist/index.js"))
    given = json.dumps({"context": CONTEXT, "expressions": expressions})
    ran = subprocess.run([program, "--input-type=module", "-e", SCRIPT % place], input=given, capture_output=True,
                         text=True, check=False)
    if ran.returncode != 0:
        sys.exit(f"node could not run feelin: {ran.stderr[-500:]}")
    return [json.loads(line) for line in ran.stdout.splitlines()]


def ours(text: str) -> dict[str, Any]:
    """What we say, in the same shape."""
    try:
        value = compile_expression(text).evaluate(CONTEXT, NOW)
        return {"value": _named(value, to_plain(value))}
    except OneDoorError as problem:
        return {"error": str(problem)}


def _named(value: Any, plain: Any) -> Any:
    if type(plain) is str and type(value) is not str:
        return {"$": type(value).__name__}
    return plain


def same(one: Any, other: Any) -> bool:
    """Whether two plain values agree, numbers to nine digits."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict) and "$" not in one and "$" not in other:
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other


def agree(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether both refuse, or both give the same."""
    if "error" in one or "error" in other:
        return "error" in one and "error" in other
    return same(one["value"], other["value"])


@dataclass
class Result:
    """How many agree, how many differences each rule explains, and the others."""

    count: int
    explained: Counter[str]
    unexplained: list[str]

    def show(self, most: int) -> None:
        """Print it."""
        equal = self.count - self.explained.total() - len(self.unexplained)
        print(f"{self.count} expressions: {equal} agree, {self.explained.total()} differences explained, "
              f"{len(self.unexplained)} unexplained")
        for rule, number in self.explained.most_common():
            print(f"{number:6}  {rule}")
        for line in self.unexplained[:most]:
            print("   ", line)


def run(count: int, seed: int, modules: Path, program: str) -> Result:
    """Generate, evaluate, compare; look for the innermost differences and explain them."""
    typed = Typed(random.Random(seed))
    whole = [typed.expression() for _ in range(count)]
    answers = zip(whole, theirs(whole, modules, program), strict=True)
    differing = [made for made, they in answers if not agree(ours(made), they)]
    inner = list(dict.fromkeys(each for made in differing for each in made.all()))
    said = {each: (ours(each), they) for each, they in zip(inner, theirs(inner, modules, program), strict=True)}
    result = Result(count, Counter(), [])
    for made in differing:
        causes = [each for each in made.all() if not agree(*said[each])
                  and all(agree(*said[part]) for part in each.parts)]
        for cause in causes:
            rule = rule_of(cause.form, [said[part][0].get("value") for part in cause.parts], *said[cause])
            if not rule:
                result.unexplained.append(f"{cause.form}   {cause}   ours {_short(said[cause][0])}   "
                                          f"feelin {_short(said[cause][1])}")
                break
            result.explained[rule] += cause is causes[0]
    return result


def _short(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False)[:110]


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description="Our FEEL beside feelin.")
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=20)
    parser.add_argument("--modules", type=Path, default=ROOT / ".onedoor/frontend/node_modules")
    parser.add_argument("--node", default=node() or "node")
    given = parser.parse_args()
    result = run(given.count, given.seed, given.modules.resolve(), given.node)
    result.show(given.show)
    sys.exit(1 if result.unexplained else 0)


if __name__ == "__main__":
    main()
