"""A diagram under construction: nodes in their scopes and the flows between them, and at last its XML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.engine.builders import HEAD, element, flow

MESSAGES, SIGNALS, ESCALATION, ERRORS = ("paper", "tax"), ("storm", "calm"), "late", ("wrong", "worse")
DECLARED = "".join((
    *(f'<bpmn:message id="m_{name}" name="{name}"/>' for name in MESSAGES),
    *(f'<bpmn:signal id="{name}" name="{name}"/>' for name in SIGNALS),
    *(f'<bpmn:error id="{name}" name="{name}" errorCode="{name[:3]}"/>' for name in ERRORS),
    f'<bpmn:escalation id="{ESCALATION}" name="{ESCALATION}" escalationCode="L1"/>',
))


@dataclass(frozen=True, slots=True)
class Out:
    """A flow that has left its source and has no target yet."""

    source: str
    when: str = ""
    default: bool = False


@dataclass(slots=True)
class Drawn:
    """One element; `inside` is what stands in it beside the elements of its scope."""

    id: str
    tag: str
    scope: str | None
    inside: str
    said: dict[str, str]


@dataclass(slots=True)
class Canvas:
    """Everything drawn so far."""

    nodes: dict[str, Drawn] = field(default_factory=dict)
    flows: list[tuple[str, str, str, str]] = field(default_factory=list)
    ties: list[tuple[str, str]] = field(default_factory=list)
    processes: list[str] = field(default_factory=list)
    undone: dict[str | None, list[str]] = field(default_factory=dict)
    counted: int = 0

    def node(self, tag: str, scope: str | None, inside: str = "", name: str = "", **said: str) -> str:
        """Draw an element and give its id."""
        self.counted += 1
        identity = f"{name or PREFIX.get(tag, 'n')}{self.counted}"
        self.nodes[identity] = Drawn(identity, tag, scope, inside, said)
        return identity

    def process(self) -> str:
        """Another process of the file, to be called; what has it as its scope is drawn in it."""
        self.processes.append(f"called{len(self.processes) + 1}")
        return self.processes[-1]

    def connect(self, out: Out, target: str) -> None:
        """Let a flow arrive."""
        identity = f"w{len(self.flows) + 1}"
        if out.default:
            self.nodes[out.source].said["default"] = identity
        self.flows.append((identity, out.source, target, out.when))

    def xml(self) -> str:
        """The whole document; inner elements are drawn after their subprocess, so they are put together backwards."""
        inside: dict[str | None, list[str]] = {}
        for event, activity in self.ties:
            tie = element("association", f"tie_{event}", sourceRef=event, targetRef=activity)
            inside.setdefault(self.nodes[event].scope, []).append(tie)
        for identity, source, target, when in reversed(self.flows):
            inside.setdefault(self.nodes[source].scope, []).append(flow(source, target, when, identity))
        for drawn in reversed(self.nodes.values()):
            parts = "".join(reversed(inside.pop(drawn.id, [])))
            inside.setdefault(drawn.scope, []).append(element(drawn.tag, drawn.id, drawn.inside + parts, **drawn.said))
        body = "".join(reversed(inside.pop(None, [])))
        process = f'<bpmn:process id="p" isExecutable="true" name="Thử">{body}</bpmn:process>'
        called = (element("process", name, "".join(reversed(inside.pop(name, [])))) for name in self.processes)
        return f"{HEAD}{DECLARED}{process}{''.join(called)}</bpmn:definitions>"


PREFIX = {
    "userTask": "s", "manualTask": "h", "receiveTask": "r", "scriptTask": "c", "intermediateCatchEvent": "t",
    "boundaryEvent": "b", "exclusiveGateway": "x", "parallelGateway": "a", "inclusiveGateway": "o", "endEvent": "e",
    "subProcess": "f", "eventBasedGateway": "g", "startEvent": "begin", "serviceTask": "k", "callActivity": "q",
    "transaction": "d", "adHocSubProcess": "i", "intermediateThrowEvent": "u", "sendTask": "m",
}


def properties(choices: tuple[tuple[str, str], ...] = (), key: str = "", **step: str) -> str:
    """What our extension says of a step; a choice is its id and the condition under which it is offered."""
    meant = element_of("correlation", value=key) if key else ""
    said = {"kind": "appraise", "role": "specialist", "unit": "competent", "hours": "4", **step}
    listed = "".join(
        element_of("choice", id=name, name=name, kind="forward", **({"when": when} if when else {}))
        for name, when in choices
    )
    return f"<bpmn:extensionElements>{element_of('step', **said)}{listed}{meant}</bpmn:extensionElements>"


def service() -> str:
    """What our extension says of a service task."""
    return f"<bpmn:extensionElements>{element_of('service', connector='log')}</bpmn:extensionElements>"


def element_of(tag: str, **said: str) -> str:
    """An element of our own namespace."""
    quoted = "".join(f' {name}="{escape(value)}"' for name, value in said.items() if value)
    return f"<onedoor:{tag}{quoted}/>"


def escape(text: str) -> str:
    """A text inside an attribute."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def timer_event(value: str = "P3D") -> str:
    """A duration."""
    return f"<bpmn:timerEventDefinition><bpmn:timeDuration>{value}</bpmn:timeDuration></bpmn:timerEventDefinition>"


def extended(*, key: bool = False, **inputs: str) -> str:
    """Our extension elements of an event: a correlation, and what it hands over."""
    said = [element_of("correlation", value="=filing.n")] if key else []
    said += [element_of("input", name=name, value=value) for name, value in inputs.items()]
    return f"<bpmn:extensionElements>{''.join(said)}</bpmn:extensionElements>" if said else ""


def happening(on: str, duration: str = "P3D", when: str = "", key: bool = False, **inputs: str) -> str:
    """What an event waits for or throws: a message, signal, error or escalation by its name, a condition, or one of
    the kinds that need no name; else a duration passes."""
    if on in MESSAGES:
        return extended(key=key, **inputs) + f'<bpmn:messageEventDefinition messageRef="m_{on}"/>'
    if on == "when":
        condition = f"<bpmn:condition>{escape(when)}</bpmn:condition>"
        return f"<bpmn:conditionalEventDefinition>{condition}</bpmn:conditionalEventDefinition>"
    for kind, names in (("signal", SIGNALS), ("error", ERRORS), ("escalation", (ESCALATION,))):
        if on in names:
            return extended(**inputs) + f'<bpmn:{kind}EventDefinition {kind}Ref="{on}"/>'
    plain = on in ("terminate", "cancel", "compensate", "error")
    return f"<bpmn:{on}EventDefinition/>" if plain else timer_event(duration)


def told(**values: Any) -> Mapping[str, Any]:
    """Properties of a block, those that say nothing left out."""
    return {name: value for name, value in values.items() if value not in (None, False, 0, "", ())}
