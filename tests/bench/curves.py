"""Growth curves from measurements of this run: what a step takes as its dossier grows older, beside the library's way.

    python -m tests.bench.curves --svg docs/images [--turns 60]

Draws speed-engine.svg (the engine alone, in the processor's time) and speed-http.svg (a completion over HTTP).
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from tests.bench.ages import ages as over_http
from tests.bench.engine import Library, ages, library_in_a_loop, median_of

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 380, 70, 170, 48, 52
COLOURS = ("#0b5394", "#b45f06")
LIBRARY_ROUNDS = (1, 3, 10, 30, 100)
Points = Mapping[int, float]


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis from one power of ten to another, drawn between two places."""

    low: int
    high: int
    begin: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], begin: float, end: float) -> Axis:
        """The axis that has room for all values."""
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return cls(low, max(high, low + 1), begin, end)

    def at(self, value: float) -> float:
        """Where a value stands."""
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)

    @property
    def marks(self) -> list[float]:
        """The powers of ten."""
        return [10.0**power for power in range(self.low, self.high + 1)]


def drawing(title: str, unit: str, series: Mapping[str, Points]) -> str:
    """An SVG with one line for each series: rounds of a loop against milliseconds."""
    across = Axis.over([x for points in series.values() for x in points], LEFT, WIDTH - RIGHT)
    up = Axis.over([y for points in series.values() for y in points.values()], HEIGHT - BOTTOM, TOP)
    parts = [_text(LEFT, 26, title, "font-weight:600;font-size:15px")]
    for mark in across.marks:
        parts += [_line(across.at(mark), TOP, across.at(mark), HEIGHT - BOTTOM),
                  _text(across.at(mark), HEIGHT - BOTTOM + 18, f"{mark:,.0f}", "text-anchor:middle")]
    for mark in up.marks:
        parts += [_line(LEFT, up.at(mark), WIDTH - RIGHT, up.at(mark)),
                  _text(LEFT - 8, up.at(mark) + 4, f"{mark:g} {unit}", "text-anchor:end")]
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, "rounds of the loop that the dossier has behind it",
                       "text-anchor:middle"))
    for colour, (name, points) in zip(COLOURS, series.items(), strict=False):
        parts += _curve(colour, name, [(across.at(x), up.at(y), y) for x, y in sorted(points.items())])
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            'font-family="system-ui, sans-serif" font-size="12" fill="#333">')
    back = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    return "\n".join([head, f"<title>{escape(title)}</title>", back, *parts, "</svg>", ""])


def _curve(colour: str, name: str, points: list[tuple[float, float, float]]) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y, _ in points]
    x, y, value = points[-1]
    said = [_text(x + 10, y - 2, name, f"fill:{colour};font-weight:600"),
            _text(x + 10, y + 14, f"{value:.2f} ms", f"fill:{colour}")]
    return [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots, *said]


def _line(x: float, y: float, other_x: float, other_y: float) -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{other_x:.1f}" y2="{other_y:.1f}" stroke="#ddd"/>'


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" style="{style}">{escape(text)}</text>'


def of_the_library(rounds: int) -> dict[int, float]:
    """Milliseconds of the library's own way by age; beyond 100 rounds it takes too long to get there."""
    walks = {age: Library.start(library_in_a_loop(), 4 * age + 2) for age in LIBRARY_ROUNDS}
    return {age: median_of(walk.once, rounds) for age, walk in walks.items()}


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--svg", type=Path, required=True, help="the folder for the drawings")
    parser.add_argument("--turns", type=int, default=60)
    said = parser.parse_args()
    ours = {age: spent for age, (spent, _) in ages(said.turns).items()}
    engine = {"OneDoor": ours, "library's own way": of_the_library(9)}
    http = {"OneDoor": {age: statistics.median(spent) for age, spent in over_http(said.turns).items()}}
    for name, title, series in (
        ("speed-engine.svg", "Reading the state, one step, writing the state", engine),
        ("speed-http.svg", "One completion over HTTP, one client", http),
    ):
        (said.svg / name).write_text(drawing(title, "ms", series), encoding="utf-8")
        for what, points in series.items():
            print(f"{name:18}{what:20}" + "   ".join(f"{age}: {spent:.3f} ms" for age, spent in points.items()))


if __name__ == "__main__":
    main()
