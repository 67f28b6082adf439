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
ROUNDS, TIMES = 60, 500
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


def median(action: Callable[[], object], times: int = TIMES) -> float:
    """Microseconds of one call."""
    found = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(times):
            action()
        found.append((time.perf_counter() - start) / times * 1e6)
    return statistics.median(found)


def main() -> None:
    """Print the table."""
    base = median(lambda: bare(CONTEXT))
    print(f"{'bare Python, three comparisons':44}{base:10.2f} µs")
    for title, text in (("condition of three comparisons", CONDITION), ("one comparison", SHORT), ("loop", LOOP)):
        compiled = compile_expression(text)
        spent = median(lambda compiled=compiled: compiled.evaluate(CONTEXT, NOW), 20 if text is LOOP else TIMES)
        print(f"{title:44}{spent:10.2f} µs{spent / base:10.1f} x")
    fifty = compile_decision(table(50))
    print(f"{'decision table of 50 rules':44}{median(lambda: fifty.evaluate(CONTEXT, NOW), 20):10.2f} µs")


if __name__ == "__main__":
    main()
