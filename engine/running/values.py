"""What an expression of a diagram sees, and its evaluation: FEEL, never Python."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment

from engine.definition import Definition
from engine.drawing.naming import NOTHING
from engine.errors import ExpressionFailed, OneDoorError
from engine.feel import to_plain
from engine.feel.budget import Run as Allowance
from engine.running.guards import Where
from engine.state import Place, State

# So many names in sight cost a step each time they are gathered.
NAMES = 32


class NoPython(BasePythonScriptEngineEnvironment):  # type: ignore[misc]
    """The library's place for Python, without any Python in it; what is evaluated is FEEL, by `Values`."""

    def evaluate(self, expression: str, context: Mapping[str, Any], external_context: Any = None) -> Any:
        raise ExpressionFailed(expression=expression, element="?", reason="it was reached outside a command")

    def execute(self, script: str, context: Mapping[str, Any], external_context: Any = None) -> bool:
        raise ExpressionFailed(expression=script, element="?", reason="scripts are FEEL expressions")


class Values:
    """The dossier's values at this moment."""

    def __init__(self, definition: Definition, state: State, now: datetime) -> None:
        self.definition = definition
        self.state = state
        # What this command may still spend on expressions, all together
        self.allowance = Allowance(now)

    def context(self, where: Where = None) -> dict[str, Any]:
        """Everything an expression may name, for a token or place at `where`."""
        state = self.state
        space = self.definition.spaces[""]
        seen = {**space.blank, **state.data, "dossier": state.dossier}
        seen["visits"] = {**space.unvisited, **state.visits}
        if where is not None:
            self._enter(seen, where.scope)
        self.allowance.spend(len(seen) // NAMES)
        if isinstance(where, Place):
            self._itself(seen, where)
        return seen

    def _enter(self, seen: dict[str, Any], scope: str | None) -> None:
        """Go from the dossier into the frames around a token, the outermost first; while something is taken back, what
        it did is seen as it was when it was done."""
        around: list[Place] = []
        while scope is not None:
            around.append(self.state.tokens[scope])
            scope = around[-1].scope
        for frame in reversed(around):
            if frame.data is not None and frame.at in self.definition.called:
                self._call(seen, frame)
                continue
            if frame.data is not None:
                seen |= frame.data
                seen["visits"] = {**seen["visits"], **(frame.visits or {})}
            self._itself(seen, frame)
            seen |= frame.seen or {}

    def _call(self, seen: dict[str, Any], frame: Place) -> None:
        """What is called sees nothing of its caller but the dossier."""
        space = self.definition.spaces.get(f"{frame.at}:", NOTHING)
        seen.clear()
        seen |= {**space.blank, **(frame.data or {}), "dossier": self.state.dossier}
        seen["visits"] = {**space.unvisited, **(frame.visits or {})}

    def _itself(self, seen: dict[str, Any], place: Place) -> None:
        if place.index is not None:
            seen[self.definition.items[place.at]] = place.item
            seen["loopCounter"] = place.index + 1
        elif place.round:
            seen["loopCounter"] = place.round

    def evaluate(self, text: str, element: str, where: Where, **more: Any) -> Any:
        """The plain value of an expression of the diagram; failures name the element."""
        expression = self.definition.expressions[text]
        try:
            return to_plain(expression.evaluate_within({**self.context(where), **more}, self.allowance))
        except OneDoorError as problem:
            problem.details["element"] = element
            raise

    def literal(self, text: str, element: str, where: Where) -> Any:
        """The value of an attribute: FEEL after "=", else what stands there."""
        return self.evaluate(text[1:].strip(), element, where) if text.startswith("=") else text

    def holds(self, text: str, element: str, where: Where, **more: Any) -> bool:
        """Whether a condition is true; null counts as no."""
        value = self.evaluate(text, element, where, **more)
        if value is not None and not isinstance(value, bool):
            raise ExpressionFailed(expression=text, element=element, reason="it must be true or false")
        return value is True

    def decided(self, text: str, element: str, where: Where) -> tuple[bool, dict[str, Any]]:
        """Whether the condition of a branch holds, and the values it names, such as `{"appraise.choice": "forward"}`.

        Null fails: a missing value must not choose a branch by accident.
        """
        expression, context = self.definition.expressions[text], self.context(where)
        holds = expression.decide_within(context, self.allowance, element)
        found = {}
        for path in sorted(expression.paths):
            value: Any = context
            for part in path:
                value = value.get(part) if isinstance(value, dict) else None
            found[".".join(path)] = self.allowance.weigh(value)
        return holds, found
