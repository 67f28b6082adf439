"""What the events of a diagram are: what each waits for or throws, read once from the drawing.

A send task throws as a message event does and a service task asks a connector, so they are read here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from engine.drawing.diagram import local, model, onedoor
from engine.drawing.structure import EVENT_TAGS, Graph, Node, expression_text, extension, text_of
from engine.fold import View

TIMES = (("duration", "timeDuration"), ("date", "timeDate"), ("cycle", "timeCycle"))
ROLES = {
    "startEvent": "start", "endEvent": "end", "boundaryEvent": "boundary", "intermediateCatchEvent": "catch",
    "intermediateThrowEvent": "throw", "sendTask": "throw", "serviceTask": "service", "receiveTask": "receive",
}
# Definition tag: what kind of trigger it is, the attribute that refers to what is named, and the tag that names it.
_KINDS = {
    "timerEventDefinition": ("timer", "", ""),
    "messageEventDefinition": ("message", "messageRef", "message"),
    "signalEventDefinition": ("signal", "signalRef", "signal"),
    "errorEventDefinition": ("error", "errorRef", "error"),
    "escalationEventDefinition": ("escalation", "escalationRef", "escalation"),
    "conditionalEventDefinition": ("condition", "", ""),
    "linkEventDefinition": ("link", "", ""),
    "cancelEventDefinition": ("cancel", "", ""),
    "compensateEventDefinition": ("compensation", "", ""),
    "terminateEventDefinition": ("terminate", "", ""),
}
_CODES = {"error": "errorCode", "escalation": "escalationCode"}


@dataclass(frozen=True, slots=True)
class Trigger:
    """One definition of an event; `kind` is timer, message, signal, error, escalation, condition, link, cancel,
    compensation or terminate.

    `name` is that of the message, signal or link, the code of the error or escalation (empty: any), or the activity
    to compensate (empty: all). `text` is what a timer or a condition says, `form` a timer's duration, date or cycle.
    """

    kind: str
    name: str = ""
    text: str = ""
    form: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """An event, a send, receive or service task. `role` is start, catch, boundary, throw, end, receive or service.

    `key` is the correlation of its message, literal or FEEL after "="; `inputs` are what it hands over, by name.
    `frame` is the event subprocess that it starts, `handler` the activity that compensates its host, `form` the form
    whose fields a message or signal brings.
    """

    id: str
    role: str
    triggers: tuple[Trigger, ...] = ()
    interrupting: bool = True
    key: str = ""
    inputs: tuple[tuple[str, str], ...] = ()
    connector: str = ""
    frame: str | None = None
    handler: str | None = None
    form: str = ""

    def kinds(self) -> set[str]:
        """The kinds of its triggers."""
        return {trigger.kind for trigger in self.triggers}

    def catches(self, kind: str, name: str) -> bool:
        """Whether it catches an error or escalation of this code."""
        return any(one.kind == kind and one.name in ("", name) for one in self.triggers)

    @property
    def listens(self) -> bool:
        """Whether it catches what comes from outside the dossier."""
        catches = self.role in ("catch", "boundary") or self.frame is not None
        return catches and bool(self.kinds() & {"message", "signal"})

    @property
    def brings(self) -> bool:
        """Whether values are kept under its id."""
        if self.role == "service":
            return True
        return self.role not in ("throw", "end") and bool(self.kinds() & {"message", "signal", "error", "escalation"})


def events_of(graph: Graph) -> dict[str, Event]:
    """Every event and every task that sends, receives or asks, by its id."""
    names = dict(_names(graph.root))
    return {
        node.id: _event(graph, node, names)
        for node in graph.nodes.values() if node.type in ROLES
    }


def definitions_of(xml: etree._Element) -> list[etree._Element]:
    """The event definitions of an event, in the order drawn."""
    return [inner for inner in xml.iterchildren(etree.Element) if local(inner) in _KINDS]


def _event(graph: Graph, node: Node, names: dict[str, str]) -> Event:
    xml = node.xml
    if node.type in EVENT_TAGS:
        triggers = tuple(_trigger(one, names) for one in definitions_of(xml))
    else:
        triggers = _message_of(xml, names)
    around = graph.nodes.get(node.scope or "")
    return Event(
        id=node.id, role=ROLES[node.type], triggers=triggers, key=_attribute(xml, "correlation", "value"),
        interrupting=xml.get("cancelActivity", xml.get("isInterrupting")) != "false", inputs=_inputs(xml),
        connector=_attribute(xml, "service", "connector"), handler=graph.handlers.get(node.id),
        form=_attribute(xml, "brings", "form"),
        frame=node.scope if node.type == "startEvent" and around and around.starts_by_event else None,
    )


def _message_of(xml: etree._Element, names: dict[str, str]) -> tuple[Trigger, ...]:
    wanted = xml.get("messageRef")
    return (Trigger("message", names.get(wanted, "")),) if wanted else ()


def _trigger(drawn: etree._Element, names: dict[str, str]) -> Trigger:
    kind, reference, _ = _KINDS[local(drawn)]
    if kind == "timer":
        form, text = _time(drawn)
        return Trigger(kind, text=text, form=form)
    if kind == "condition":
        return Trigger(kind, text=expression_text(text_of(drawn.find(model("condition")))))
    if kind == "link":
        return Trigger(kind, drawn.get("name") or "")
    if kind == "compensation":
        return Trigger(kind, drawn.get("activityRef") or "")
    return Trigger(kind, names.get(drawn.get(reference) or "", "") if reference else "")


def _time(drawn: etree._Element) -> tuple[str, str]:
    said = ((form, text_of(drawn.find(model(tag)))) for form, tag in TIMES)
    return next(((form, text) for form, text in said if text), ("", ""))


def _names(root: etree._Element) -> Iterator[tuple[str, str]]:
    """What messages, signals, errors and escalations are called, by their id."""
    for kind, _, tag in _KINDS.values():
        for xml in root.iter(model(tag)) if tag else ():
            identity = xml.get("id") or ""
            yield identity, xml.get(_CODES.get(kind, "name")) or xml.get("name") or identity


def _attribute(xml: etree._Element, tag: str, name: str) -> str:
    own = extension(xml, tag)
    return (own.get(name) or "") if own is not None else ""


def _inputs(xml: etree._Element) -> tuple[tuple[str, str], ...]:
    drawn = xml.findall(f"{model('extensionElements')}/{onedoor('input')}")
    return tuple((one.get("name") or "", one.get("value") or "") for one in drawn)


def standing(events: Mapping[str, Event], view: View) -> Iterator[tuple[str, str, str | None]]:
    """Where tokens stand that nobody works on, as (number, element, due time): between two elements, or at a service.

    What hangs on a task or belongs to an event subprocess is waited for too, but no token stands there.
    """
    waiting: list[tuple[str, str, str | None]] = [(one, wait.element, None) for one, wait in view.waits.items()]
    waiting += [(one, element, due) for one, (element, due) in view.timers.items()]
    yield from (each for each in waiting if each[1] in events and events[each[1]].role == "catch")
    yield from ((one, element, None) for one, (element, _) in view.services.items())


def texts_of(event: Event) -> Iterator[str]:
    """The FEEL texts of an event, without the equals sign before them."""
    said = [event.key, *(value for _, value in event.inputs), *(one.text for one in event.triggers if one.form)]
    yield from (expression_text(text) for text in said if text.startswith("="))
    yield from (one.text for one in event.triggers if one.kind == "condition")
