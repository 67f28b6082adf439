"""Random diagrams that are sound by the way they are built: blocks inside blocks, each with one way in and one out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.walks.canvas import MESSAGES, told

MAX_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a diagram. A `row` has blocks; `choice`, `either`, `race`, `fork`, `redo` and `frame` have rows; a
    `step` or a `frame` has `event` blocks at its border, which have a row each, a `frame` `handler` blocks inside."""

    kind: str
    parts: tuple[Block, ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)

    def smaller(self) -> Iterator[Block]:
        """The block with one thing left out, the largest things first."""
        for at, part in enumerate(self.parts):
            if self._may_lose(at):
                yield self._with(at, ())
            if self.kind == "row":
                yield from (self._with(at, row.parts) for row in part.parts if row.kind == "row")
        for at, part in enumerate(self.parts):
            yield from (self._with(at, (less,)) for less in part.smaller())
        for name in self.told:
            yield replace(self, told={key: value for key, value in self.told.items() if key != name})

    def _may_lose(self, at: int) -> bool:
        if self.kind in ("choice", "either", "race", "fork"):
            return len(self.parts) > 2
        return self.kind == "row" or self.parts[at].kind in ("event", "handler")

    def _with(self, at: int, instead: tuple[Block, ...]) -> Block:
        return replace(self, parts=(*self.parts[:at], *instead, *self.parts[at + 1 :]))


def grow(seed: int, size: int = 8) -> Block:
    """The whole of a random diagram with about so many steps."""
    rng = random.Random(f"blocks {seed}")
    return _row(rng, rng.randint(1, size), 0)


def _row(rng: random.Random, size: int, depth: int) -> Block:
    parts: list[Block] = []
    while size > 0:
        inner = size > 1 and depth < MAX_DEPTH
        kind = rng.choices(list(_WEIGHTS), [weight if inner or name in _LEAVES else 0
                           for name, weight in _WEIGHTS.items()])[0]
        taken = 1 if kind in _LEAVES else rng.randint(2, size)
        parts.append(_GROW[kind](rng, taken, depth))
        size -= taken
    return Block("row", tuple(parts))


def _rows(rng: random.Random, size: int, depth: int) -> tuple[Block, ...]:
    """Two or three rows that share the size; one may be empty."""
    count = rng.choice((2, 2, 3))
    shares = [0] * count
    for _ in range(size):
        shares[rng.randrange(count)] += 1
    return tuple(_row(rng, share, depth + 1) for share in shares)


def _test(rng: random.Random) -> tuple[str, int, int]:
    """What a condition looks at, which of the steps that were certainly done, and a number."""
    return rng.choice(("choice", "choice", "value", "visits", "filing")), rng.randrange(99), rng.randrange(10)


def _message(rng: random.Random, often: float = 0.3) -> str:
    """The name of a message, or nothing for a timer."""
    return rng.choice(MESSAGES) if rng.random() < often else ""


def _events(rng: random.Random, depth: int, often: float) -> tuple[Block, ...]:
    found = []
    while rng.random() < often and len(found) < 3:
        body = _row(rng, rng.choice((0, 1, 1, 2)), depth + 1)
        own = told(stays=rng.random() < 0.5, ends=rng.random() < 0.5, open=rng.random() < 0.2, message=_message(rng))
        found.append(Block("event", (body,), own))
        often /= 2
    return tuple(found)


def _step(rng: random.Random, size: int, depth: int) -> Block:
    choices = rng.choice((0, 0, 2, 2, 3))
    times = None
    if rng.random() < 0.25:
        times = (rng.choice(("list", "number")), rng.randint(0, 3), rng.random() < 0.5, rng.choice((0, 0, 1, 2)))
    own = told(choices=choices, manual=rng.random() < 0.2, times=times, held=rng.random() < 0.3,
               status=rng.choice((0, 0, 0, 2, 4, 9)))
    return Block("step", _events(rng, depth, 0.3), own)


def _wait(rng: random.Random, size: int, depth: int) -> Block:
    return Block("wait", _events(rng, depth, 0.5), told(message=rng.choice(MESSAGES)))


def _script(rng: random.Random, size: int, depth: int) -> Block:
    return Block("script")


def _pause(rng: random.Random, size: int, depth: int) -> Block:
    return Block("pause", (), told(message=_message(rng)))


def _race(rng: random.Random, size: int, depth: int) -> Block:
    return Block("race", _rows(rng, size, depth), told(late=rng.random() < 0.7))


def _choice(rng: random.Random, size: int, depth: int) -> Block:
    rows = list(_rows(rng, size, depth))
    for at in range(len(rows) - 1):
        if rng.random() < 0.25:
            end = Block("end", (), told(all=rng.random() < 0.4, open=rng.random() < 0.3))
            rows[at] = replace(rows[at], parts=(*rows[at].parts, end))
    return Block("choice", tuple(rows), told(tests=tuple(_test(rng) for _ in rows)))


def _fork(rng: random.Random, size: int, depth: int) -> Block:
    return Block("fork", _rows(rng, size, depth), told(bare=rng.random() < 0.2, wide=rng.random() < 0.2))


def _either(rng: random.Random, size: int, depth: int) -> Block:
    rows = _rows(rng, size, depth)
    own = told(tests=tuple(_test(rng) for _ in rows), bare=rng.random() < 0.2, always=rng.random() < 0.3)
    return Block("either", rows, own)


def _redo(rng: random.Random, size: int, depth: int) -> Block:
    own = told(times=rng.randint(2, 3), by=rng.choice(("visits", "choice", "offer", "both")))
    return Block("redo", (_row(rng, size - 1, depth + 1),), own)


def _frame(rng: random.Random, size: int, depth: int) -> Block:
    times = None
    if rng.random() < 0.3:
        times = (rng.choice(("list", "number")), rng.randint(0, 3), rng.random() < 0.5, 0)
    handlers = []
    while rng.random() < 0.3 and len(handlers) < 2:
        own = told(stays=rng.random() < 0.5, message=_message(rng, 0.5))
        handlers.append(Block("handler", (_row(rng, rng.choice((0, 1, 2)), depth + 1),), own))
    said = told(times=times, error=_test(rng) if rng.random() < 0.25 else None)
    return Block("frame", (_row(rng, size, depth + 1), *_events(rng, depth, 0.5), *handlers), said)


_GROW: dict[str, Callable[[random.Random, int, int], Block]] = {
    "step": _step, "wait": _wait, "script": _script, "pause": _pause, "choice": _choice, "race": _race,
    "either": _either, "fork": _fork, "redo": _redo, "frame": _frame,
}
_LEAVES = ("step", "wait", "script", "pause")
_WEIGHTS = {
    "step": 40, "wait": 8, "script": 6, "pause": 6, "choice": 14, "either": 10, "race": 6, "fork": 14, "redo": 10,
    "frame": 14,
}
