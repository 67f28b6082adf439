"""What an expression with its budget used up to the end takes: the slowest ones that can be found.

    python -m tests.bench.costs [--each 40] [--random 2000] [--seed 1] [--shown 20]

Every built-in function and every construct goes round and round in a loop, over values as large as a dossier can hold,
until it ends or the budget does; so do random expressions. Printed is the processor's time of the best of three turns,
with what the evaluation's plain result takes.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from engine.errors import ExpressionFailed, ExpressionInvalid, OneDoorError
from engine.feel import compile_expression, to_plain
from engine.feel.library import BUILTINS
from tests.hostile.grammar import texts

NOW = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
LONGEST_MS = 10.0
# What a dossier's values may look like at worst.
VALUES: dict[str, Any] = {
    "s": "x" * 900, "t": "nhà số " * 1_400, "u": "ab " * 300_000, "e": "",
    "l": list(range(60)), "m": list(range(1_500)), "h": list(range(100_000)), "r": ["b", "a"] * 50,
    "q": [f"k{at}" for at in range(700)], "n": 12345.678, "z": 0, "y": 10**30, "w": "2026-01-31T08:00:00+07:00",
    "k": "ab " * 299_999 + "ab ", "c": {f"k{at}": at for at in range(500)},
    "f": {"a": {"b": {"c": [1, 2, {"d": 1}]}}},
    "d": [{"a": at, "b": str(at)} for at in range(400)], "g": {"l": list(range(1_000))}, "v": [[[[1]], [2, [3]]]] * 40,
}
MADE = (
    "1", "i", "0.1", "-7.25", "1e6000", "1e-6000", "null", "true", '"a"', '"[1..2]"', '"(a|b)c{1,3}"', '"x"', "[]",
    "{}", "[1, 2, 3]",
    "[1..100]", '[@"2026-01-01"..@"2026-12-31"]', "function(a) a", "function(a, b) a < b", '@"2026-01-31"',
    '@"2026-03-29T02:30:00@Europe/Paris"', '@"PT1H"', '@"P1Y2M"', '@"08:00:00"', '@"08:00:00@Asia/Ho_Chi_Minh"',
    "[[1], [2]]", "sort(m)", "d[1]", "{a: i}",
)
FORMS = (
    "i", "{p} + {p}", "{p} - {p}", "{p} * {p}", "{p} / {p}", "{p} ** {p}", "{p} = {p}", "{p} < {p}", "-{p}",
    "{p} in ({p}, > {p}, [{p}..{p}])", "{p} in {p}", "{p} between {p} and {p}", "{p}.a", "{p}.year", "{p}[{p}]",
    "{p}[item > 1]", "{p}[a = 1]", "[{p}]", "{{a: {p}, b: {p}}}", "if {p} = 1 then {p} else {p}", "({p})({p}, {p})",
    "for j in {p} return j", "for j in {p}, k in {p} return j", "for j in 1..100 return partial",
    "some j in {p} satisfies j = {p}", "every j in {p}, k in {p} satisfies j != k", "{p} instance of list<number>",
    "{p} instance of context<a: number>", "[{p}..{p}]", "{p} and {p}", "{p}.{p}", "partial",
    "{{x: function(a) if a > 90 then a else x(a + 1), y: x(1)}}.y", "(for j in 1..30 return {p})[-1]",
)
TURNS = 3


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """Milliseconds, how it ended, and what it was."""

    spent: float
    ended: str
    text: str


def cost_of(text: str) -> Cost | None:
    """The best of some turns; None where the text is no expression."""
    try:
        expression = compile_expression(text)
    except ExpressionInvalid:
        return None
    best, ended = 1e9, "value"
    for _ in range(TURNS):
        began = time.thread_time()
        try:
            to_plain(expression.evaluate(VALUES, NOW))
        except ExpressionFailed as problem:
            ended = str(problem)[:20]
        except OneDoorError as problem:
            ended = str(problem.details.get("unit", type(problem).__name__))
        best = min(best, (time.thread_time() - began) * 1000)
        if best < LONGEST_MS / 2:
            break
    return Cost(best, ended, text)


def looped(body: str) -> str:
    """The body, evaluated as often as the budget allows."""
    return f"for i in 1..90000 return {body}"


def written(chance: random.Random, each: int) -> Iterator[str]:
    """Every function and construct with so many choices of what it is applied to."""
    def part() -> str:
        return chance.choice(MADE) if chance.random() < 0.5 else chance.choice(list(VALUES))

    for name, function in sorted(BUILTINS.items()):
        for at in range(each):
            signature = function.signatures[at % len(function.signatures)]
            count = chance.randint(1, 4) if function.variadic else chance.randint(min(function.least, len(signature)),
                                                                                  len(signature))
            yield f"{name}({', '.join(part() for _ in range(count))})"
    for form in FORMS:
        for _ in range(each * 2):
            yield form.format_map(_Parts(part))


class _Parts(dict[str, str]):
    """Another part at every place."""

    def __init__(self, part: Any) -> None:
        super().__init__()
        self.part = part

    def __missing__(self, key: str) -> str:
        return str(self.part())


def main() -> None:
    """Measure; print the slowest; fail when one takes too long."""
    parser = argparse.ArgumentParser(description="The slowest expressions within the budget.")
    parser.add_argument("--each", type=int, default=40, help="so many choices of arguments of every function")
    parser.add_argument("--random", type=int, default=2_000, help="so many random expressions besides")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shown", type=int, default=20)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    bodies = [*written(chance, asked.each), *texts(chance, asked.random)]
    tried = [text for body in dict.fromkeys(bodies) for text in (looped(body), body)]
    found = sorted((cost for text in tried if (cost := cost_of(text))), reverse=True)
    for cost in found[: asked.shown]:
        print(f"{cost.spent:8.2f} ms  {cost.ended:22} {cost.text[:110]}")
    over = sum(cost.spent > LONGEST_MS for cost in found)
    ended = sum(cost.ended not in ("value",) for cost in found)
    print(f"{len(found)} expressions, {ended} of them stopped or refused; {over} took more than {LONGEST_MS:g} ms;"
          f" slowest {found[0].spent:.2f} ms; seed {asked.seed}")
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
