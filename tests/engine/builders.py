"""Small BPMN diagrams as text, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import quoteattr

from engine.clock.worktime import Calendar, counted_in
from engine.commands import ClaimStep, Command, CompleteStep, StartProcess
from engine.definition import Bundle, Definition, compile_definition
from engine.execute import Outcome, step
from engine.facts import Fact
from engine.fold import View, fold

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
USUAL = counted_in(Calendar())
DOSSIER = {
    "code": "H49.1-260302-0001", "procedure": "test", "channel": "direct", "receiving_unit": "H49.1",
    "competent_unit": "H49.22", "received_at": "2026-03-02T01:00:00+00:00",
}
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions '
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:onedoor="urn:onedoor:bpmn:1" '
    'id="definitions" targetNamespace="urn:onedoor:procedures">'
)


def diagram(*parts: str, messages: tuple[str, ...] = (), process: str = 'id="p" isExecutable="true" name="Thử"') -> str:
    """A whole document around the parts of one process."""
    declared = "".join(f'<bpmn:message id="m_{name}" name="{name}"/>' for name in messages)
    return f"{HEAD}{declared}<bpmn:process {process}>{''.join(parts)}</bpmn:process></bpmn:definitions>"


def element(tag: str, identity: str, inside: str = "", **attributes: str) -> str:
    """Any BPMN element."""
    said = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return f'<bpmn:{tag} id="{identity}"{said}>{inside}</bpmn:{tag}>'


def start(identity: str = "begin") -> str:
    return element("startEvent", identity)


def end(identity: str = "done", status: str | None = None, terminate: bool = False) -> str:
    inside = f'<bpmn:extensionElements><onedoor:end status="{status}"/></bpmn:extensionElements>' if status else ""
    return element("endEvent", identity, inside + ("<bpmn:terminateEventDefinition/>" if terminate else ""))


def choice(identity: str, kind: str = "forward", when: str = "") -> str:
    test = f" when={quoteattr(when)}" if when else ""
    return f'<onedoor:choice id="{identity}" name="{identity}" kind="{kind}"{test}/>'


def task(identity: str, *choices: str, tag: str = "userTask", inside: str = "", message: str = "", **step_: str) -> str:
    """A step with sensible properties unless told otherwise."""
    said = {"kind": "appraise", "role": "specialist", "unit": "competent", "hours": "4", **step_}
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in said.items() if value)
    own = f"<bpmn:extensionElements><onedoor:step{attributes}/>{''.join(choices)}</bpmn:extensionElements>"
    reference = {"messageRef": f"m_{message}"} if message else {}
    return element(tag, identity, own + inside, name=identity, **reference)


def receive(identity: str, message: str, **step_: str) -> str:
    said = {"kind": "wait_applicant", "hours": "", "clock": "stopped", "status": "5", **step_}
    return task(identity, tag="receiveTask", message=message, **said)


def loop(collection: str = "", cardinality: str = "", item: str = "", sequential: bool = False, until: str = "") -> str:
    named = f" item={quoteattr(item)}" if item else ""
    own = f"<onedoor:loop collection={quoteattr(collection)}{named}/>" if collection else ""
    count = f"<bpmn:loopCardinality>{cardinality}</bpmn:loopCardinality>" if cardinality else ""
    condition = f"<bpmn:completionCondition>{until}</bpmn:completionCondition>" if until else ""
    ours = f"<bpmn:extensionElements>{own}</bpmn:extensionElements>"
    kind = "true" if sequential else "false"
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{kind}">{ours}{count}{condition}'
        "</bpmn:multiInstanceLoopCharacteristics>"
    )


def flow(source: str, target: str, when: str = "", identity: str = "") -> str:
    condition = f"<bpmn:conditionExpression>{when.replace('<', '&lt;')}</bpmn:conditionExpression>" if when else ""
    return element("sequenceFlow", identity or f"{source}-{target}", condition, sourceRef=source, targetRef=target)


def path(*nodes: str) -> str:
    """Flows from each node to the next."""
    return "".join(flow(one, other) for one, other in pairwise(nodes))


def xor(identity: str, default: str = "") -> str:
    return element("exclusiveGateway", identity, **({"default": default} if default else {}))


def both(identity: str) -> str:
    return element("parallelGateway", identity)


def timer(
    identity: str, value: str = "P3D", host: str = "", interrupting: bool = True, tag: str = "timeDuration"
) -> str:
    """A boundary timer, or without a host an intermediate one."""
    inside = f"<bpmn:timerEventDefinition><bpmn:{tag}>{value}</bpmn:{tag}></bpmn:timerEventDefinition>"
    if not host:
        return element("intermediateCatchEvent", identity, inside)
    cancel = "true" if interrupting else "false"
    return element("boundaryEvent", identity, inside, attachedToRef=host, cancelActivity=cancel)


def script(identity: str, expression: str) -> str:
    return element("scriptTask", identity, f"<bpmn:script>{expression}</bpmn:script>")


def frame(identity: str, *parts: str) -> str:
    return element("subProcess", identity, "".join(parts))


def row(*steps: str) -> str:
    """Start, these steps one after another, end."""
    return diagram(start(), *(task(name) for name in steps), end(), path("begin", *steps, "done"))


class Walk:
    """A dossier on its way: each command is applied to the stored bytes, and the view folded along."""

    def __init__(self, xml: str, form: Mapping[str, Any] | None = None, now: datetime = NOW, **bundle: Any) -> None:
        self.definition: Definition = compile_definition(Bundle(xml, **bundle))
        self.now = now
        self.state: bytes | None = None
        self.facts: list[Fact] = []
        self.view = View()
        self.last: tuple[Fact, ...] = ()
        self.do(StartProcess(DOSSIER, form or {}))

    def do(self, command: Command, now: datetime | None = None) -> Outcome:
        """Apply one command."""
        moment = now or self.now
        outcome = step(self.definition, self.state, command, moment, working=USUAL)
        self.now = moment
        self.state = outcome.state
        self.last = outcome.facts
        self.facts += outcome.facts
        self.view = fold(outcome.facts, self.view)
        return outcome

    @property
    def open(self) -> list[str]:
        """The open steps, in the order they were entered."""
        return [opened.step for opened in self.view.open.values()]

    def token(self, name: str, index: int | None = None) -> str:
        """The token of an open step."""
        return next(t for t, o in self.view.open.items() if o.step == name and index in (None, o.index))

    def complete(self, name: str, choice: str | None = None, index: int | None = None, **form: Any) -> None:
        """Claim and complete an open step."""
        token = self.token(name, index)
        if self.view.open[token].assignee is None:
            self.do(ClaimStep(token, "lan"))
        self.do(CompleteStep(token, "lan", form, choice))

    def timer(self, element_: str) -> str:
        """The number of a set timer."""
        return next(number for number, (at, _) in self.view.timers.items() if at == element_)
