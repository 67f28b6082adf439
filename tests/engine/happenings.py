"""Events for small diagrams, and a dossier that is looked at closely after every command."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import quoteattr

from engine.clock.timing import moment_of
from engine.commands import AnswerService, BroadcastSignal, Command, DeliverMessage, FireTimer
from engine.execute import Outcome, step
from engine.fold import fold
from engine.state import dump, load
from tests.engine.builders import HEAD, USUAL, Walk, element

_DECLARED = {"message": "message", "signal": "signal", "error": "error", "escalation": "escalation"}


def declared(*names: str) -> str:
    """Declarations such as `message:paid` or `error:E1`, for the beginning of a document."""
    parts = []
    for kind, _, name in (each.partition(":") for each in names):
        code = f' {kind}Code="{name}"' if kind in ("error", "escalation") else ""
        parts.append(element(kind, f"{kind}_{name}", name=name).replace("></", f"{code}></"))
    return "".join(parts)


def document(*parts: str, names: tuple[str, ...] = ()) -> str:
    """A whole document around the parts of one process."""
    process = f'<bpmn:process id="p" isExecutable="true" name="Thử">{"".join(parts)}</bpmn:process>'
    return f"{HEAD}{declared(*names)}{process}</bpmn:definitions>"


def told(kind: str, name: str = "") -> str:
    """An event definition: of `message`, `signal`, `error`, `escalation`, `link`, `compensate`, `condition`…"""
    if kind in _DECLARED:
        reference = f' {kind}Ref="{kind}_{name}"' if name else ""
        return f"<bpmn:{kind}EventDefinition{reference}/>"
    if kind == "condition":
        text = name.replace("<", "&lt;")
        kind, name = "conditional", f"<bpmn:condition>{text}</bpmn:condition>"
        return f"<bpmn:{kind}EventDefinition>{name}</bpmn:{kind}EventDefinition>"
    if kind in ("timeDuration", "timeDate", "timeCycle"):
        return f"<bpmn:timerEventDefinition><bpmn:{kind}>{name}</bpmn:{kind}></bpmn:timerEventDefinition>"
    attribute = {"link": "name", "compensate": "activityRef"}.get(kind)
    said = f" {attribute}={quoteattr(name)}" if attribute and name else ""
    return f"<bpmn:{kind}EventDefinition{said}/>"


def ours(*, correlation: str = "", connector: str = "", brings: str = "", **inputs: str) -> str:
    """Our extension elements of an event or a service task."""
    said = f"<onedoor:correlation value={quoteattr(correlation)}/>" if correlation else ""
    said += f"<onedoor:service connector={quoteattr(connector)}/>" if connector else ""
    said += f"<onedoor:brings form={quoteattr(brings)}/>" if brings else ""
    handed = (f"<onedoor:input name={quoteattr(name)} value={quoteattr(value)}/>" for name, value in inputs.items())
    return f"<bpmn:extensionElements>{said}{''.join(handed)}</bpmn:extensionElements>"


def catch(identity: str, *inside: str) -> str:
    return element("intermediateCatchEvent", identity, "".join(inside))


def throw(identity: str, *inside: str) -> str:
    return element("intermediateThrowEvent", identity, "".join(inside))


def finish(identity: str, *inside: str) -> str:
    return element("endEvent", identity, "".join(inside))


def border(identity: str, host: str, *inside: str, interrupting: bool = True) -> str:
    said = {"attachedToRef": host, "cancelActivity": str(interrupting).lower()}
    return element("boundaryEvent", identity, "".join(inside), **said)


def handler(identity: str, begin: str, *parts: str, interrupting: bool = True) -> str:
    """An event subprocess whose start event is `<identity>_on` with the definition `begin`."""
    first = element("startEvent", f"{identity}_on", begin, isInterrupting=str(interrupting).lower())
    return element("subProcess", identity, first + "".join(parts), triggeredByEvent="true")


def service(identity: str, connector: str = "log", **inputs: str) -> str:
    return element("serviceTask", identity, ours(connector=connector, **inputs))


class Watched(Walk):
    """After every command: the fold agrees with the state, bytes survive loading, and the step repeats exactly."""

    def do(self, command: Command, now: Any = None) -> Outcome:
        before = self.state
        outcome = super().do(command, now)
        again = step(self.definition, before, command, now or self.now, working=USUAL)
        assert (again.state, again.facts) == (outcome.state, outcome.facts)
        state = load(outcome.state)
        assert dump(state) == outcome.state
        assert self.view == fold(self.facts)
        steps = {p.id: p.at for p in state.tokens.values() if p.at in self.definition.steps and p.items is None}
        asked = [p for p in state.tokens.values() if p.at in self.definition.services and p.items is None]
        assert steps == {token: one.step for token, one in self.view.open.items()}
        assert {p.id: p.at for p in asked} == {token: at for token, (at, _) in self.view.services.items()}
        assert {t.id: (t.element, t.due_at) for t in state.timers.values()} == self.view.timers
        awaited = {w: (one.element, one.kind, one.name, one.key) for w, one in self.view.waits.items()}
        assert {w.id: (w.element, w.kind, w.name, w.key) for w in state.waits.values()} == awaited
        assert state.data == self.view.data
        if state.ended:
            assert [state.tokens, state.timers, state.waits, state.done, state.arrivals] == [{}, {}, {}, {}, {}]
        return outcome

    @property
    def waiting(self) -> list[str]:
        """The events that wait, without timers."""
        return [one.element for one in self.view.waits.values()]

    @property
    def trace(self) -> list[str]:
        """Every element that was passed or completed."""
        return list(self.view.passed)

    def deliver(self, message: str, correlation: str | None = None, **values: Any) -> None:
        self.do(DeliverMessage(message, values, None, correlation))

    def signal(self, name: str, **values: Any) -> None:
        self.do(BroadcastSignal(name, values))

    def fire(self, element_: str) -> None:
        """Let a timer go off when it is due."""
        number = self.timer(element_)
        self.now = max(self.now, moment_of(self.view.timers[number][1]))
        self.do(FireTimer(number))

    def answer(self, element_: str, output: Any = None, error: str | None = None) -> None:
        token = next(token for token, (at, _) in self.view.services.items() if at == element_)
        self.do(AnswerService(token, output, error, "because" if error else ""))
