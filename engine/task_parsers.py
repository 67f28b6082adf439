"""The library's parsers of tasks, gateways and subprocesses, making our element classes.

Boundary events and repetition are attached to their element instead of being turned into extra tasks, and flows keep
the order of the document (the library orders by position, so moving a shape would change which condition is tried
first).
"""

from __future__ import annotations

from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser import task_parsers as tasks
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition

from engine import nodes
from engine.diagram import model
from engine.structure import Flow, expression_text, text_of


class Ours:
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
        """The engine counts instances itself, see `engine/stepping.py`."""

    def _add_boundary_event(self, children: list[etree._Element]) -> Any:
        self.task.events = [self.process_parser.parse_node(event) for event in children]
        return self.task


class _Task(Ours, TaskParser):  # type: ignore[misc]
    pass


class _Gateway(Ours, tasks.GatewayParser):  # type: ignore[misc]
    pass


class _Script(Ours, tasks.ScriptTaskParser):  # type: ignore[misc]
    def get_script(self) -> str:
        return expression_text(text_of(self.node.find(model("script"))))


class _Receive(Ours, TaskParser):  # type: ignore[misc]
    def create_task(self) -> Any:
        return self.spec_class(self.spec, self.bpmn_id, NoneEventDefinition(), manual=True, **self.bpmn_attributes)


class _SubProcess(Ours, TaskParser):  # type: ignore[misc]
    def create_task(self) -> Any:
        task = self.spec_class(self.spec, self.bpmn_id, subworkflow_spec=self.bpmn_id, **self.bpmn_attributes)
        task.first = self.process_parser.parse_node(self.node.find(model("startEvent")))
        return task


TASK_PARSERS = {
    model("userTask"): (_Task, nodes.UserTask),
    model("manualTask"): (_Task, nodes.ManualTask),
    model("receiveTask"): (_Receive, nodes.ReceiveTask),
    model("scriptTask"): (_Script, nodes.ScriptTask),
    model("businessRuleTask"): (_Task, nodes.DecisionTask),
    model("exclusiveGateway"): (_Gateway, nodes.ExclusiveGateway),
    model("parallelGateway"): (_Gateway, nodes.ParallelGateway),
    model("subProcess"): (_SubProcess, nodes.SubProcess),
}
