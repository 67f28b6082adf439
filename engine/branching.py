"""Where ways part and meet: which flows of a gateway are followed, and when a join has all it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import facts
from engine.errors import NoBranchHolds
from engine.guards import Token
from engine.structure import Flow

if TYPE_CHECKING:
    from engine.moves import Run


def choose(run: Run, node: Any, token: Token) -> Flow:
    """The first flow of an exclusive gateway whose condition holds, else its default."""
    because: dict[str, Any] = {}
    ways: list[Flow] = node.ways
    for flow in ways:
        if flow.condition:
            because |= run.values.looked_at(flow.condition)
            if run.values.decided(flow.condition, flow.id):
                run.record(facts.BranchDecided(node.name, (flow.id,), flow.condition, because))
                return flow
    default = next((flow for flow in ways if not flow.condition), None)
    if default is None:
        raise NoBranchHolds(element=node.name)
    run.record(facts.BranchDecided(node.name, (default.id,), "", because))
    return default


def join(run: Run, node: Any, token: Token) -> bool:
    """Count the token in on its flow; true when every incoming flow has brought one."""
    key = f"{token.scope or ''}/{node.name}"
    counts = run.state.arrivals.setdefault(key, {})
    via = token.via.id if token.via else ""
    counts[via] = counts.get(via, 0) + 1
    if any(flow not in counts for flow in node.incoming):
        run.park(token)
        return False
    left = {flow: count - 1 for flow, count in counts.items() if count > 1}
    run.state.arrivals[key] = left
    if not left:
        del run.state.arrivals[key]
    return True


def arrivals_in(run: Run, scope: str | None) -> list[str]:
    """The joins of a scope that still wait."""
    return [key.split("/", 1)[1] for key in _keys(run, scope)]


def forget_arrivals(run: Run, scope: str | None) -> None:
    """Let no join of a scope wait any more."""
    for key in _keys(run, scope):
        del run.state.arrivals[key]


def _keys(run: Run, scope: str | None) -> list[str]:
    return [key for key in run.state.arrivals if key.split("/", 1)[0] == (scope or "")]
