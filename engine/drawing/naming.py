"""Which names expressions may use: values and visits, in the process itself and apart from it in what it calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.state import short


@dataclass(frozen=True, slots=True)
class Space:
    """The names of one process: what is kept under them before anything has happened."""

    blank: Mapping[str, None]
    unvisited: Mapping[str, int]


# A process with nothing in it that has a name.
NOTHING = Space({}, {})


def space_of(element: str) -> str:
    """The calls that lead to an element, with the colon after each; empty in the process itself."""
    return element[: element.rfind(":") + 1]


def spaces_of(named: Iterable[str], steps: Iterable[str]) -> dict[str, Space]:
    """The names of the process itself (under "") and of each thing that is called."""
    blank: dict[str, dict[str, None]] = {"": {}}
    unvisited: dict[str, dict[str, int]] = {"": {}}
    for name in named:
        blank.setdefault(space_of(name), {})[short(name)] = None
    for step in steps:
        unvisited.setdefault(space_of(step), {})[short(step)] = 0
    return {space: Space(names, unvisited.get(space, {})) for space, names in blank.items()}
