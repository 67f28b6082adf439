"""The library's parsers of events, making our event classes with timers of our own."""

from __future__ import annotations

from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.event_parsers import (
    BoundaryEventParser,
    EndEventParser,
    IntermediateCatchEventParser,
    StartEventParser,
)
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition

from engine import event_nodes as nodes
from engine.diagram import model
from engine.structure import text_of
from engine.task_parsers import Ours


class _Timers:
    """Event parsers whose timers are ours."""

    node: etree._Element

    def parse_timer_event(self, event: etree._Element) -> nodes.OneDoorTimer:
        name = self.node.get("name") or self.node.get("id") or ""
        for kind, tag in (("duration", "timeDuration"), ("date", "timeDate")):
            drawn = event.find(model(tag))
            if drawn is not None:
                return nodes.OneDoorTimer(name, text_of(drawn), kind)
        raise ValueError(name)


class _Start(Ours, _Timers, StartEventParser):  # type: ignore[misc]
    def create_task(self) -> Any:
        return self._create_task(NoneEventDefinition())


class _End(Ours, _Timers, EndEventParser):  # type: ignore[misc]
    def create_task(self) -> Any:
        return self._create_task(self.get_event_definition([".//bpmn:terminateEventDefinition"]))


class _Catch(Ours, _Timers, IntermediateCatchEventParser):  # type: ignore[misc]
    pass


class _Boundary(Ours, _Timers, BoundaryEventParser):  # type: ignore[misc]
    pass


EVENT_PARSERS = {
    model("startEvent"): (_Start, nodes.StartEvent),
    model("endEvent"): (_End, nodes.EndEvent),
    model("boundaryEvent"): (_Boundary, nodes.BoundaryEvent),
    model("intermediateCatchEvent"): (_Catch, nodes.CatchEvent),
}
