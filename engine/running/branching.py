"""Where ways part and meet: which flows are followed, and when a join has all it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine import facts
from engine.drawing.structure import Flow
from engine.errors import NoBranchHolds
from engine.running.guards import Token

if TYPE_CHECKING:
    from engine.running.moves import Run


def choose(run: Run, node: Any, token: Token) -> Flow:
    """The first flow of an exclusive gateway whose condition holds, else its default."""
    because: dict[str, Any] = {}
    ways: list[Flow] = node.ways
    for flow in ways:
        if flow.condition:
            holds, looked_at = run.values.decided(flow.condition, flow.id, token)
            because |= looked_at
            if holds:
                run.record(facts.BranchDecided(node.name, (flow.id,), flow.condition, because))
                return flow
    default = next((flow for flow in ways if not flow.condition), None)
    if default is None:
        raise NoBranchHolds(element=node.name)
    run.record(facts.BranchDecided(node.name, (default.id,), "", because))
    return default


def choose_several(run: Run, node: Any, token: Token) -> list[Flow]:
    """Every flow whose condition holds or that has none; the default if that leaves nothing."""
    because: dict[str, Any] = {}
    taken: list[Flow] = []
    for flow in node.ways:
        if flow.condition:
            holds, looked_at = run.values.decided(flow.condition, flow.id, token)
            because |= looked_at
            if holds:
                run.record(facts.BranchDecided(node.name, (flow.id,), flow.condition, looked_at))
                taken.append(flow)
        elif flow is not node.default:
            taken.append(flow)
    if not taken and node.default is None:
        raise NoBranchHolds(element=node.name)
    if not taken:
        run.record(facts.BranchDecided(node.name, (node.default.id,), "", because))
    return taken or [node.default]


def join(run: Run, node: Any, token: Token) -> bool:
    """Count the token in on its flow; true when every incoming flow has brought one."""
    counts = _count(run, node, token)
    if any(flow not in counts for flow in node.incoming):
        return False
    _take(run, _key(token.scope, node.name))
    return True


def gather(run: Run, node: Any, token: Token) -> bool:
    """Count the token in; whether more can come is looked at when everything else waits."""
    _count(run, node, token)
    return False


def release(run: Run) -> bool:
    """Let one inclusive join go on that no further token can reach; false if there is none."""
    for key in run.state.arrivals:
        scope, element = key.split("/")
        awaited = run.definition.meets.get(element)
        if awaited is not None and not _more_to_come(run, key, awaited):
            _take(run, key)
            run.begin(element, scope or None)
            return True
    return False


def _more_to_come(run: Run, key: str, awaited: Mapping[str, frozenset[str]]) -> bool:
    """BPMN's rule: some token can reach a flow that has brought none, and none of the flows that have."""
    scope, element = key.split("/")
    arrived = run.state.arrivals[key]
    elsewhere = {place.at for place in run.state.tokens.values() if (place.scope or "") == scope}
    elsewhere |= {other for other in arrivals_in(run, scope) if other != element}
    return any(_is_awaited(at, awaited, arrived) for at in elsewhere)


def _is_awaited(at: str, awaited: Mapping[str, frozenset[str]], arrived: Mapping[str, int]) -> bool:
    reachable = [flow for flow, before in awaited.items() if at in before]
    return bool(reachable) and not any(flow in arrived for flow in reachable)


def _key(scope: str | None, element: str) -> str:
    return f"{scope or ''}/{element}"


def _count(run: Run, node: Any, token: Token) -> dict[str, int]:
    counts = run.state.arrivals.setdefault(_key(token.scope, node.name), {})
    via = token.via.id if token.via else ""
    counts[via] = counts.get(via, 0) + 1
    return counts


def _take(run: Run, key: str) -> None:
    """One token off each flow that has brought any."""
    left = {flow: count - 1 for flow, count in run.state.arrivals[key].items() if count > 1}
    if left:
        run.state.arrivals[key] = left
    else:
        del run.state.arrivals[key]


def arrivals_in(run: Run, scope: str | None) -> list[str]:
    """The joins of a scope that still wait."""
    return [key.split("/")[1] for key in _keys(run, scope)]


def forget_arrivals(run: Run, scope: str | None) -> None:
    """Let no join of a scope wait any more."""
    for key in _keys(run, scope):
        del run.state.arrivals[key]


def _keys(run: Run, scope: str | None) -> list[str]:
    return [key for key in run.state.arrivals if key.split("/")[0] == (scope or "")]
