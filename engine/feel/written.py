"""Patterns that stand in an expression as they are and can never be used: found before anything is evaluated."""

from __future__ import annotations

from collections.abc import Iterator

from engine.feel import nodes as n
from engine.feel.patterns import PatternRefused, pattern

# Where a function takes its pattern and its flags, by place and by name.
_TAKES = {
    "matches": ((1, "pattern"), (2, "flags")),
    "replace": ((1, "pattern"), (3, "flags")),
    "split": ((1, "delimiter"), (2, "flags")),
}


def refused_patterns(node: n.Node) -> Iterator[tuple[str, str]]:
    """Each pattern that is refused, and why; one that is only put together later is not looked at."""
    if isinstance(node, n.Call) and isinstance(node.function, n.Name) and node.function.name in _TAKES:
        wanted, flags = (_written(node, *place) for place in _TAKES[node.function.name])
        if wanted is not None:
            yield from _refused(wanted, flags or "")
    for below in n.children(node):
        yield from refused_patterns(below)


def _written(call: n.Call, place: int, name: str) -> str | None:
    """The text that stands where an argument is given."""
    at = call.names.index(name) if name in call.names else len(call.arguments) if call.names else place
    found = call.arguments[at] if at < len(call.arguments) else None
    return found.value if isinstance(found, n.Literal) and isinstance(found.value, str) else None


def _refused(text: str, flags: str) -> Iterator[tuple[str, str]]:
    try:
        pattern(text, flags, wide=True)
    except PatternRefused as problem:
        yield text, problem.reason
