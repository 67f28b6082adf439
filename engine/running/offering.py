"""What an ad-hoc subprocess offers: every activity that no flow enters is open from the beginning, until it is enough.

With a completion condition, which is asked whenever an activity in it is done, what was done is offered again while the
condition does not hold. Without one, everything is done once. In a sequential one, only one step is in hand at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.errors import OneAtATime
from engine.running import scopes
from engine.running.guards import Token
from engine.state import Place

if TYPE_CHECKING:
    from engine.running.moves import Run


def done(run: Run, node: Any, token: Token) -> bool:
    """An activity is done; true if that was enough, so that its token goes no further."""
    frame = run.state.tokens.get(token.scope or "")
    if frame is None or frame.closing or not _counts(node):
        return False
    ad_hoc = run.definition.ad_hocs.get(frame.at)
    if ad_hoc is None or not ad_hoc.condition:
        return False
    if not run.values.holds(ad_hoc.condition, frame.at, Place("", frame.at, frame.id)):
        # What computes by itself or had nothing to do was not offered to anybody and is not done again
        if token.place is not None:
            _offer_again(run, node, frame)
        return False
    if ad_hoc.cancel_remaining:
        scopes.cancel_parts(run, frame, "enough")
        return True
    frame.closing = True
    for place in run.state.parts_of(frame.id):
        offered = place.at in run.definition.spec.task_specs[frame.at].firsts and place.at in run.definition.steps
        if offered and not _begun(run, place):
            scopes.cancel(run, place, "enough")
    return False


def _begun(run: Run, place: Place) -> bool:
    """Whether somebody has a step in hand or has done a part of it."""
    parts = run.state.parts_of(place.id)
    done = place.round > 1 or any(result is not None for result in place.results or ())
    return done or place.assignee is not None or any(part.assignee is not None for part in parts)


def _counts(node: Any) -> bool:
    return bool(node.is_activity and not node.starts_by_event)


def _offer_again(run: Run, node: Any, frame: Place) -> None:
    """What waits and no flow enters is open again."""
    if node.name in run.definition.spec.task_specs[frame.at].firsts:
        run.arrive(node.name, frame.id)


def check_turn(run: Run, place: Place) -> None:
    """Raises OneAtATime while another step of the same sequential ad-hoc subprocess is in hand."""
    for frame in _around(run, place):
        ad_hoc = run.definition.ad_hocs.get(frame.at)
        if ad_hoc is not None and ad_hoc.sequential and frame.items is None:
            held = (one for one in run.state.tokens.values() if one.assignee is not None and one.id != place.id)
            for other in held:
                if any(one is frame for one in _around(run, other)):
                    raise OneAtATime(step=place.at, other=other.at)


def _around(run: Run, place: Place) -> list[Place]:
    frames: list[Place] = []
    scope = place.scope
    while scope is not None:
        frames.append(run.state.tokens[scope])
        scope = frames[-1].scope
    return frames
