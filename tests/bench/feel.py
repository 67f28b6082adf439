"""How long FEEL takes: medians of many rounds, and their ratio to a bare Python lambda doing the same.

    python tests/bench/feel.py
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from engine.decisions import compile_decision
from engine.feel import compile_expression

NOW = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
CONTEXT: dict[str, Any] = {
    "filing": {"area": 250, "storeys": 3, "kind": "new"},
    "visits": {"supplement": 1},
    "appraise": {"choice": "supplement"},
}
ROUNDS = 200
CONDITION = 'filing.area > 100 and appraise.choice = "supplement" and visits.supplement < 2'
SHORT = "visits.supplement < 2"
LOOP = "sum(for i in 1..100 return i * 2)"


def bare(context: dict[str, Any]) -> bool:
    """The condition as Python would have it."""
    return (
        context["filing"]["area"] > 100
        and context["appraise"]["choice"] == "supplement"
        and context["visits"]["supplement"] < 2
    )


def table(rules: int) -> str:
    """A decision table whose last rule holds."""
    rows = "".join(
        f"<rule><inputEntry><text>[{at * 10}..{at * 10 + 9}]</text></inputEntry>"
        f'<inputEntry><text>"new", "old"</text></inputEntry><outputEntry><text>{at}</text></outputEntry></rule>'
        for at in range(rules)
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision id="d"><decisionTable>'
        "<input><inputExpression><text>filing.area</text></inputExpression></input>"
        "<input><inputExpression><text>filing.kind</text></inputExpression></input>"
        f'<output name="fee"/>{rows}</decisionTable></decision></definitions>'
    )


def round_of(action: Callable[[], object], times: int) -> float:
    """Microseconds of one call, in time of the processor, which other programs do not lengthen much."""
    start = time.process_time()
    for _ in range(times):
        action()
    return (time.process_time() - start) / times * 1e6


def main() -> None:
    """Take turns, so that a busy moment strikes all alike; print the medians."""
    condition, short, loop = (compile_expression(text) for text in (CONDITION, SHORT, LOOP))
    fifty = compile_decision(table(50))
    actions: dict[str, tuple[Callable[[], object], int]] = {
        "bare Python, three comparisons": (lambda: bare(CONTEXT), 500),
        "condition of three comparisons": (lambda: condition.evaluate(CONTEXT, NOW), 200),
        "one comparison": (lambda: short.evaluate(CONTEXT, NOW), 200),
        "sum of a loop to 100": (lambda: loop.evaluate(CONTEXT, NOW), 5),
        "decision table of 50 rules": (lambda: fifty.evaluate(CONTEXT, NOW), 5),
    }
    found: dict[str, list[float]] = {title: [] for title in actions}
    for _ in range(ROUNDS):
        for title, (action, times) in actions.items():
            found[title].append(round_of(action, times))
    medians = {title: statistics.median(rounds) for title, rounds in found.items()}
    base = next(iter(medians.values()))
    for title, spent in medians.items():
        print(f"{title:36}{spent:10.2f} µs{spent / base:10.1f} x   best {min(found[title]):8.2f} µs")


if __name__ == "__main__":
    main()
