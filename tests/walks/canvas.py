"""A diagram under construction: nodes in their scopes and the flows between them, and at last its XML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.engine.builders import HEAD, element, flow

MESSAGES = ("paper", "tax")


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
    counted: int = 0

    def node(self, tag: str, scope: str | None, inside: str = "", name: str = "", **said: str) -> str:
        """Draw an element and give its id."""
        self.counted += 1
        identity = f"{name or PREFIX.get(tag, 'n')}{self.counted}"
        self.nodes[identity] = Drawn(identity, tag, scope, inside, said)
        return identity

    def connect(self, out: Out, target: str) -> None:
        """Let a flow arrive."""
        identity = f"w{len(self.flows) + 1}"
        if out.default:
            self.nodes[out.source].said["default"] = identity
        self.flows.append((identity, out.source, target, out.when))

    def xml(self) -> str:
        """The whole document; inner elements are drawn after their subprocess, so they are put together backwards."""
        declared = "".join(f'<bpmn:message id="m_{name}" name="{name}"/>' for name in MESSAGES) + ERROR
        inside: dict[str | None, list[str]] = {}
        for identity, source, target, when in reversed(self.flows):
            inside.setdefault(self.nodes[source].scope, []).append(flow(source, target, when, identity))
        for drawn in reversed(self.nodes.values()):
            parts = "".join(reversed(inside.pop(drawn.id, [])))
            inside.setdefault(drawn.scope, []).append(element(drawn.tag, drawn.id, drawn.inside + parts, **drawn.said))
        body = "".join(reversed(inside.pop(None, [])))
        process = f'<bpmn:process id="p" isExecutable="true" name="Thử">{body}</bpmn:process>'
        return f"{HEAD}{declared}{process}</bpmn:definitions>"


ERROR = '<bpmn:error id="wrong" name="wrong" errorCode="W1"/>'
PREFIX = {
    "userTask": "s", "manualTask": "h", "receiveTask": "r", "scriptTask": "c", "intermediateCatchEvent": "t",
    "boundaryEvent": "b", "exclusiveGateway": "x", "parallelGateway": "a", "inclusiveGateway": "o", "endEvent": "e",
    "subProcess": "f", "eventBasedGateway": "g", "startEvent": "begin",
}


def properties(choices: tuple[tuple[str, str], ...] = (), **step: str) -> str:
    """What our extension says of a step; a choice is its id and the condition under which it is offered."""
    said = {"kind": "appraise", "role": "specialist", "unit": "competent", "hours": "4", **step}
    listed = "".join(
        element_of("choice", id=name, name=name, kind="forward", **({"when": when} if when else {}))
        for name, when in choices
    )
    return f"<bpmn:extensionElements>{element_of('step', **said)}{listed}</bpmn:extensionElements>"


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


def message_event(name: str) -> str:
    """The arrival of a message."""
    return f'<bpmn:messageEventDefinition messageRef="m_{name}"/>'


def happening(message: str, duration: str = "P3D") -> str:
    """A message, or a duration where none is named."""
    return message_event(message) if message else timer_event(duration)


def told(**values: Any) -> Mapping[str, Any]:
    """Properties of a block, those that say nothing left out."""
    return {name: value for name, value in values.items() if value not in (None, False, 0, "", ())}
