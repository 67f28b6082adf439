"""What is kept of a running dossier between two commands: its tokens, timers, joins and values, as JSON bytes.

Nothing of the library's task tree is stored, and values that people entered are never interpreted: a key named
`typename` is a key, 1 is not true, and a dossier that went round a loop 10,000 times is as small as at first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import NoneType
from typing import Any

from engine.errors import Invalid, StateUnreadable

PREFIX = b"onedoor-state-1\n"
LARGEST = 1_000_000
# From here on a number's text has an exponent.
_EXPONENT = 1e16


@dataclass(slots=True)
class Place:
    """A token that waits. `at` is its element; a step, a repeated step's body, a subprocess or a timer.

    `scope` is the token of the subprocess or of the repeated step around it. A repeated step's body has `items` and
    collects `results`; each of its instances has `index` and `item`. In a standard loop both have their `round`, and
    the items are none. A frame that keeps its values to itself has `data` and `visits`; a `closing` one offers no more.
    A wait for a message may have a correlation `key`. A place that takes back what was done has `todo` left, and
    `seen`, the values as they were when it was done.
    """

    id: str
    at: str
    scope: str | None = None
    visit: int = 0
    assignee: str | None = None
    index: int | None = None
    item: Any = None
    items: list[Any] | None = None
    results: list[Any] | None = None
    key: str | None = None
    todo: list[Any] | None = None
    seen: dict[str, Any] | None = None
    round: int = 0
    data: dict[str, Any] | None = None
    visits: dict[str, int] | None = None
    closing: bool = False


@dataclass(slots=True)
class Timer:
    """A set timer; `token` is what it waits with, empty for the dossier as a whole.

    A repeated one has its `cycle`, the moment `base` it is counted from, and how often it has `fired`; another one has
    its `working` time, if its value was in that, and the `base` too.
    """

    id: str
    element: str
    due_at: str
    token: str
    cycle: str = ""
    base: str = ""
    fired: int = 0
    working: str = ""


@dataclass(slots=True)
class Wait:
    """An event that is awaited; `kind` is message, signal or condition, `token` as of a timer.

    `name` is that of the message or signal, or the condition; `held` says whether the condition did when last looked.
    """

    id: str
    element: str
    kind: str
    name: str
    token: str
    key: str | None = None
    held: bool = False


@dataclass(slots=True)
class State:
    """Everything the engine knows about one dossier. `done` lists by scope what a compensation would take back."""

    digest: str
    dossier: dict[str, Any]
    data: dict[str, Any] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)
    status: int = 0
    clock: str = "running"
    next: int = 1
    tokens: dict[str, Place] = field(default_factory=dict)
    timers: dict[str, Timer] = field(default_factory=dict)
    waits: dict[str, Wait] = field(default_factory=dict)
    arrivals: dict[str, dict[str, int]] = field(default_factory=dict)
    done: dict[str, list[Any]] = field(default_factory=dict)
    ended: bool = False
    end: str | None = None
    at: str | None = None

    def number(self) -> str:
        """The next token or timer number."""
        self.next += 1
        return str(self.next - 1)

    def parts_of(self, token: str) -> list[Place]:
        """The tokens directly inside a subprocess or a repeated step."""
        return [place for place in self.tokens.values() if place.scope == token]


_PLACE_DEFAULTS = {
    "scope": None, "visit": 0, "assignee": None, "index": None, "item": None, "items": None, "results": None,
    "key": None, "todo": None, "seen": None,
    "round": 0, "data": None, "visits": None, "closing": False,
}


def dump(state: State) -> bytes:
    """The state as bytes; equal states give equal bytes."""
    plain = {name: getattr(state, name) for name in _SCALARS}
    plain["tokens"] = [_short(place) for place in state.tokens.values()]
    plain["timers"] = [_timer(timer) for timer in state.timers.values()]
    if state.waits:
        plain["waits"] = [[getattr(wait, name) for name in _WAIT] for wait in state.waits.values()]
    if state.done:
        plain["done"] = state.done
    try:
        text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return PREFIX + text.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as problem:
        raise Invalid(reason=f"a value cannot be kept ({problem})") from problem


def load(stored: bytes) -> State:
    """The inverse of `dump`. Raises StateUnreadable for anything that it did not write."""
    if not stored.startswith(PREFIX):
        raise StateUnreadable(reason="it has another format")
    try:
        plain = json.loads(stored[len(PREFIX) :])
        tokens = {short["id"]: Place(**short) for short in plain.pop("tokens")}
        timers = {row[0]: Timer(*row) for row in plain.pop("timers")}
        waits = {row[0]: Wait(*row) for row in plain.pop("waits", ())}
        found = State(**plain, tokens=tokens, timers=timers, waits=waits)
        _check_kinds(found)
        return found
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as problem:
        raise StateUnreadable(reason=f"it is damaged ({type(problem).__name__})") from problem


def _check_kinds(found: State) -> None:
    """What has another kind than it was written with was written by somebody else."""
    for name, kinds in _KINDS.items():
        if type(getattr(found, name)) not in kinds:
            raise TypeError(name)
    if found.at is not None and datetime.fromisoformat(found.at).tzinfo is None:
        raise ValueError("at")


def as_kept(text: str) -> int | float:
    """The number of a text with a point or an exponent, as every place keeps it that keeps numbers: 1.0 is not 1, but
    PostgreSQL gives 1e22 back as an integer and knows no minus zero.
    """
    number = float(text)
    return int(number) if abs(number) >= _EXPONENT and number.is_integer() else number + 0.0


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """A private copy of values that came from outside, or Invalid if they are not plain JSON data."""
    try:
        text = json.dumps(dict(values), allow_nan=False, ensure_ascii=False)
        copied: dict[str, Any] = json.loads(text, parse_float=as_kept)
        return copied
    except (TypeError, ValueError, RecursionError) as problem:
        raise Invalid(reason=f"a value is not plain data ({problem})") from problem


def follow(names: Mapping[str, str], identity: str) -> str:
    """The new name of an element or flow; what stands in a called process follows its call."""
    if identity in names or ":" not in identity:
        return names.get(identity, identity)
    call, inner = identity.rsplit(":", 1)
    return f"{follow(names, call)}:{inner}"


def follow_within(names: Mapping[str, str], space: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by their new names, as their own process has them; `space` are the calls that lead into it."""
    return {short(follow(names, space + name)) or name: value for name, value in values.items()}


def short(element: str) -> str:
    """The id of an element as drawn, without the calls that lead to it."""
    return element.rsplit(":", 1)[-1]


def open_tokens(stored: bytes) -> dict[str, str]:
    """Token to step of everything that waits for a person or for somebody outside."""
    state = load(stored)
    return {place.id: place.at for place in state.tokens.values() if place.visit and place.items is None}


_SCALARS = (
    "digest", "dossier", "data", "visits", "status", "clock", "next", "arrivals", "ended", "end", "at",
)
_KINDS: dict[str, tuple[type, ...]] = {
    "digest": (str,), "dossier": (dict,), "data": (dict,), "visits": (dict,), "status": (int,), "clock": (str,),
    "next": (int,), "arrivals": (dict,), "ended": (bool,), "end": (str, NoneType), "at": (str, NoneType),
    "done": (dict,),
}
_WAIT = ("id", "element", "kind", "name", "token", "key", "held")


def _timer(timer: Timer) -> list[Any]:
    usual: list[Any] = [timer.id, timer.element, timer.due_at, timer.token]
    if timer.working:
        return [*usual, timer.cycle, timer.base, timer.fired, timer.working]
    return [*usual, timer.cycle, timer.base, timer.fired] if timer.cycle else usual


def _short(place: Place) -> dict[str, Any]:
    kept = {name: value for name in _PLACE_DEFAULTS if (value := getattr(place, name)) != _PLACE_DEFAULTS[name]}
    return {"id": place.id, "at": place.at, **kept}
