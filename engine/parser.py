"""The library's plain BPMN parser, making our element classes and never a tree behind our back.

Boundary events and repetition are attached to their element instead of being turned into extra tasks, subprocesses
stay in the same specification, and flows keep the order of the document (the library orders by position, so moving
a shape would change which condition is tried first).
"""

from __future__ import annotations

from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser import task_parsers as tasks
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.event_parsers import (
    BoundaryEventParser,
    EndEventParser,
    IntermediateCatchEventParser,
    StartEventParser,
)
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition

from engine import nodes
from engine.diagram import MODEL, model
from engine.structure import Flow, expression_text, text_of


class _Ours:
    """What every task parser of ours does differently."""

    node: etree._Element
    spec: BpmnProcessSpec
    task: Any
    process_parser: Any

    def get_position(self, node: etree._Element | None = None) -> dict[str, float]:
        return {"x": 0.0, "y": 0.0}

    def connect_outgoing(self, outgoing_task: Any, sequence_flow_node: etree._Element, is_default: bool) -> None:
        condition = expression_text(text_of(sequence_flow_node.find(model("conditionExpression"))))
        flow = Flow(
            sequence_flow_node.get("id") or "", self.task.name, outgoing_task.name,
            sequence_flow_node.get("name") or "", "" if is_default else condition,
        )
        self.task.ways.append(flow)
        outgoing_task.incoming.append(flow.id)
        self.task.connect(outgoing_task)

    def _add_multiinstance_task(self, loop_characteristics: etree._Element) -> None:
        """The engine counts instances itself, see `engine/moves.py`."""

    def _add_boundary_event(self, children: list[etree._Element]) -> Any:
        self.task.events = [self.process_parser.parse_node(event) for event in children]
        return self.task


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


class _Task(_Ours, TaskParser):  # type: ignore[misc]
    pass


class _Gateway(_Ours, tasks.GatewayParser):  # type: ignore[misc]
    pass


class _Script(_Ours, tasks.ScriptTaskParser):  # type: ignore[misc]
    def get_script(self) -> str:
        return expression_text(text_of(self.node.find(model("script"))))


class _Receive(_Ours, TaskParser):  # type: ignore[misc]
    def create_task(self) -> Any:
        return self.spec_class(self.spec, self.bpmn_id, NoneEventDefinition(), manual=True, **self.bpmn_attributes)


class _Start(_Ours, _Timers, StartEventParser):  # type: ignore[misc]
    def create_task(self) -> Any:
        return self._create_task(NoneEventDefinition())


class _End(_Ours, _Timers, EndEventParser):  # type: ignore[misc]
    def create_task(self) -> Any:
        return self._create_task(self.get_event_definition([".//bpmn:terminateEventDefinition"]))


class _Catch(_Ours, _Timers, IntermediateCatchEventParser):  # type: ignore[misc]
    pass


class _Boundary(_Ours, _Timers, BoundaryEventParser):  # type: ignore[misc]
    pass


class _SubProcess(_Ours, TaskParser):  # type: ignore[misc]
    def create_task(self) -> Any:
        task = self.spec_class(self.spec, self.bpmn_id, subworkflow_spec=self.bpmn_id, **self.bpmn_attributes)
        task.first = self.process_parser.parse_node(self.node.find(model("startEvent")))
        return task


class _Process(ProcessParser):  # type: ignore[misc]
    def _index_process_nodes(self) -> None:
        """A choice may be named as a step is; only drawn elements are found by their id."""
        super()._index_process_nodes()
        self.nodes_by_id |= {xml.get("id"): xml for xml in self.node.iter(f"{{{MODEL}}}*") if xml.get("id")}


class Parser(BpmnParser):  # type: ignore[misc]
    """Knows the elements the gate lets through, and no other."""

    PROCESS_PARSER_CLASS = _Process
    PARSER_CLASSES = {
        model("startEvent"): (_Start, nodes.StartEvent),
        model("endEvent"): (_End, nodes.EndEvent),
        model("boundaryEvent"): (_Boundary, nodes.BoundaryEvent),
        model("intermediateCatchEvent"): (_Catch, nodes.CatchEvent),
        model("userTask"): (_Task, nodes.UserTask),
        model("manualTask"): (_Task, nodes.ManualTask),
        model("receiveTask"): (_Receive, nodes.ReceiveTask),
        model("scriptTask"): (_Script, nodes.ScriptTask),
        model("businessRuleTask"): (_Task, nodes.DecisionTask),
        model("exclusiveGateway"): (_Gateway, nodes.ExclusiveGateway),
        model("parallelGateway"): (_Gateway, nodes.ParallelGateway),
        model("subProcess"): (_SubProcess, nodes.SubProcess),
    }


def parse(root: etree._Element, process_id: str) -> BpmnProcessSpec:
    """The specification of a checked diagram. Raises the library's ValidationException."""
    parser = Parser()
    parser.add_bpmn_xml(root)
    return parser.get_spec(process_id)
