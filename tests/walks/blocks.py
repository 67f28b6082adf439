"""Random diagrams that are sound by the way they are built: blocks inside blocks, each with one way in and one out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.walks.canvas import ERRORS, ESCALATION, MESSAGES, SIGNALS, told

MAX_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a diagram. A `row` has blocks; `choice`, `either`, `race`, `fork`, `redo`, `adhoc`, `frame`, `call` and
    the `whole` have rows; an activity has `event` blocks at its border, which have a row each; a `frame`, a `call` and
    the `whole` have `handler` blocks inside."""

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
        if self.kind == "adhoc":
            return len(self.parts) > 1
        return self.kind == "row" or self.parts[at].kind in ("event", "handler")

    def _with(self, at: int, instead: tuple[Block, ...]) -> Block:
        return replace(self, parts=(*self.parts[:at], *instead, *self.parts[at + 1 :]))


def grow(seed: int, size: int = 10) -> Block:
    """The whole of a random diagram with about so many steps."""
    rng = random.Random(f"blocks {seed}")
    return Block("whole", (_row(rng, rng.randint(1, size), 0), *_handlers(rng, 0, 0.12)))


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


def _on(rng: random.Random, names: float = 0.4, conditions: float = 0.1) -> str:
    """The message or signal that an event waits for, or that a condition must hold, or nothing for a timer."""
    if rng.random() < conditions:
        return "when"
    return rng.choice((*MESSAGES, *SIGNALS)) if rng.random() < names else ""


def _events(rng: random.Random, depth: int, often: float) -> tuple[Block, ...]:
    found = []
    while rng.random() < often and len(found) < 3:
        body = _row(rng, rng.choice((0, 1, 1, 2)), depth + 1)
        own = told(stays=rng.random() < 0.5, ends=rng.random() < 0.5, open=rng.random() < 0.2, on=_on(rng),
                   test=_test(rng), key=rng.random() < 0.3)
        found.append(Block("event", (body,), own))
        often /= 2
    return tuple(found)


def _handlers(rng: random.Random, depth: int, often: float) -> tuple[Block, ...]:
    found = []
    while rng.random() < often and len(found) < 2:
        own = told(stays=rng.random() < 0.5, on=_on(rng, 0.6, 0.15), test=_test(rng), key=rng.random() < 0.3)
        body = _row(rng, rng.choice((0, 1, 2)), depth + 1)
        if rng.random() < 0.25:
            body = replace(body, parts=(Block("throw", (), told(on="compensate")), *body.parts))
        found.append(Block("handler", (body,), own))
    return tuple(found)


def _repeated(rng: random.Random, often: float = 0.25) -> dict[str, Any]:
    """Once for each of a list or so many times, perhaps fewer are enough; or in a loop, with a test before or not."""
    if rng.random() > often:
        return {}
    if rng.random() < 0.3:
        return {"again": (rng.choice(("rounds", "rounds", "test")), rng.randint(1, 3), rng.random() < 0.3, _test(rng))}
    return {"times": (rng.choice(("list", "number")), rng.randint(0, 3), rng.random() < 0.5, rng.choice((0, 0, 1, 2)))}


def _step(rng: random.Random, size: int, depth: int) -> Block:
    own = told(choices=rng.choice((0, 0, 2, 2, 3)), manual=rng.random() < 0.2, held=rng.random() < 0.3,
               status=rng.choice((0, 0, 0, 4, 4, 4)), undo=rng.random() < 0.15, **_repeated(rng))
    return Block("step", _events(rng, depth, 0.3), own)


def _wait(rng: random.Random, size: int, depth: int) -> Block:
    return Block("wait", _events(rng, depth, 0.5), told(message=rng.choice(MESSAGES), key=rng.random() < 0.3))


def _service(rng: random.Random, size: int, depth: int) -> Block:
    own = told(fails=rng.random() < 0.4, undo=rng.random() < 0.1, **_repeated(rng))
    return Block("service", _events(rng, depth, 0.2), own)


def _script(rng: random.Random, size: int, depth: int) -> Block:
    return Block("script")


def _link(rng: random.Random, size: int, depth: int) -> Block:
    return Block("link")


def _throw(rng: random.Random, size: int, depth: int) -> Block:
    on = rng.choice((*SIGNALS, *SIGNALS, *MESSAGES, ESCALATION, ESCALATION, "compensate", "compensate"))
    return Block("throw", (), told(on=on, key=rng.random() < 0.3, task=rng.random() < 0.4, pick=rng.randrange(9)))


def _pause(rng: random.Random, size: int, depth: int) -> Block:
    return Block("pause", (), told(on=_on(rng, 0.4, 0.3), key=rng.random() < 0.3, pick=rng.randrange(9)))


def _race(rng: random.Random, size: int, depth: int) -> Block:
    """The way of what comes first; the first of them is sure to come."""
    rows = _rows(rng, size, depth)
    names = rng.sample((*MESSAGES, *SIGNALS, "", "when", "receive"), len(rows))
    sure = rng.choice((*MESSAGES, *SIGNALS, ""))
    return Block("race", rows, told(on=(sure, *(each for each in names if each != sure)), test=_test(rng)))


def _choice(rng: random.Random, size: int, depth: int) -> Block:
    rows = list(_rows(rng, size, depth))
    for at in range(len(rows) - 1):
        if rng.random() < 0.35:
            thrown = (*SIGNALS, *MESSAGES, ESCALATION, "compensate")
            on = rng.choice(("", "", "terminate", "terminate", rng.choice(thrown), rng.choice(ERRORS)))
            end = Block("end", (), told(on=on, open=rng.random() < 0.3))
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
    handlers = _handlers(rng, depth, 0.3)
    own: dict[str, Any] = {} if rng.random() < 0.7 else {"error": _test(rng), "inside": rng.random() < 0.4}
    if rng.random() < 0.25:
        own["escalation"] = rng.choice(("border", "inside")), rng.random() < 0.5
    if rng.random() < 0.2:
        own["cancel"] = _test(rng)
    if not own.get("cancel"):
        own |= _repeated(rng, 0.3)
    own |= told(undo=rng.random() < 0.1, call="cancel" not in own and rng.random() < 0.3, code=rng.choice((0, 1, 2)))
    return Block("frame", (_row(rng, size, depth + 1), *_events(rng, depth, 0.5), *handlers), own)


def _adhoc(rng: random.Random, size: int, depth: int) -> Block:
    """Activities that people begin in any order; some lead to another."""
    rows = []
    while size > 0:
        first = rng.choice((_step, _step, _step, _service))(rng, 1, depth)
        then = (rng.choice((_step, _script, _pause, _service))(rng, 1, depth),) if rng.random() < 0.3 else ()
        rows.append(Block("row", tuple(replace(each, parts=()) for each in (first, *then))))
        size -= len(rows[-1].parts)
    own = told(until=rng.choice((0, 6, 6, 10)), one=rng.random() < 0.4, **_repeated(rng, 0.15))
    return Block("adhoc", tuple(rows), own)


_GROW: dict[str, Callable[[random.Random, int, int], Block]] = {
    "step": _step, "wait": _wait, "script": _script, "pause": _pause, "choice": _choice, "race": _race,
    "either": _either, "fork": _fork, "redo": _redo, "frame": _frame, "service": _service, "throw": _throw,
    "link": _link, "adhoc": _adhoc,
}
_LEAVES = ("step", "wait", "script", "pause", "service", "throw", "link")
_WEIGHTS = {
    "step": 40, "wait": 8, "script": 5, "pause": 7, "choice": 16, "either": 13, "race": 8, "fork": 20, "redo": 12,
    "frame": 30, "service": 8, "throw": 9, "link": 2, "adhoc": 9,
}
