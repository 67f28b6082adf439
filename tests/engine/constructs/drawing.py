"""More parts of diagrams, and what all construct tests ask of a walk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, unescape

from engine.definition import Bundle, check
from engine.drawing.findings import refused
from engine.fold import View
from engine.state import load, open_tokens
from tests.engine.builders import Walk, element


def any_of(identity: str, default: str = "") -> str:
    """An inclusive gateway."""
    return element("inclusiveGateway", identity, **({"default": default} if default else {}))


def errors(xml: str, **bundle: Any) -> dict[str, str | None]:
    """Code to element of everything that keeps a diagram from running."""
    return {one.code: one.element for one in refused(check(Bundle(xml, **bundle)))}


def warnings(xml: str, **bundle: Any) -> dict[str, str | None]:
    """Code to element of everything else that is found."""
    return {one.code: one.element for one in check(Bundle(xml, **bundle)) if one.severity == "warning"}


def sentence(xml: str, code: str, **bundle: Any) -> str:
    """What a finding says."""
    return next(one.message for one in check(Bundle(xml, **bundle)) if one.code == code)


class Journey(Walk):
    """A walk that compares its folded facts with the engine's state after every command."""

    def do(self, *args: Any, **kwargs: Any) -> Any:
        outcome = super().do(*args, **kwargs)
        agree(self)
        return outcome


def agree(walk: Walk) -> None:
    """The view folded from the facts is what the engine's own state says."""
    assert walk.state is not None
    agree_with(walk.state, walk.view)


def agree_with(stored: bytes, view: View) -> None:
    """A view is what a stored state says."""
    state = load(stored)
    assert {token: opened.step for token, opened in view.open.items()} == open_tokens(stored)
    assert dict(view.data) == state.data
    kept = [place for place in state.tokens.values() if place.data is not None]
    framed = {place.id: (place.at, place.data, place.visits) for place in kept}
    assert {token: (one.element, one.data, one.visits) for token, one in view.frames.items()} == framed
    assert dict(view.visits) == state.visits
    assert {number: (timer.element, timer.due_at) for number, timer in state.timers.items()} == dict(view.timers)
    assert (view.ended, view.status) == (state.ended, state.status)
    assert view.end == (state.end if state.ended else None)


def all_steps(walk: Walk, choices: Mapping[str, str] | None = None, most: int = 100) -> list[str]:
    """Complete whatever is open, first first, until nothing is; the order in which it was done."""
    done = []
    while walk.open and len(done) < most:
        name = walk.open[0]
        opened = next(iter(walk.view.open.values()))
        walk.complete(name, (choices or {}).get(name), index=opened.index)
        done.append(name)
    return done


def standard(condition: str = "", maximum: str = "", before: bool = False) -> str:
    """The characteristics of a standard loop."""
    said = (f' loopMaximum="{maximum}"' if maximum else "") + (' testBefore="true"' if before else "")
    inside = f"<bpmn:loopCondition>{escape(unescape(condition))}</bpmn:loopCondition>" if condition else ""
    return f"<bpmn:standardLoopCharacteristics{said}>{inside}</bpmn:standardLoopCharacteristics>"
