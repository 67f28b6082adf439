"""The library's parsers of tasks, gateways and subprocesses, making our element classes.

An element is made alone; `engine/spiff/parser.py` notes its flows. Boundary events and repetition are attached to their
element instead of being turned into extra tasks.
"""

from __future__ import annotations

from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser import task_parsers as tasks
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition

from engine.drawing.diagram import model
from engine.drawing.structure import expression_text, text_of
from engine.spiff import nodes


class Ours:
    """What every task parser of ours does differently."""

    node: etree._Element
    spec: BpmnProcessSpec

    def parse_node(self) -> None:
        """Make the element; flows and boundary events are noted when all elements are there."""
        maker: Any = self
        try:
            maker.create_task()
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            raise ValidationException(repr(problem), node=self.node) from problem


class Made(Ours, TaskParser):  # type: ignore[misc]
    """For elements that are made without looking at what is drawn inside them."""


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
        return self.spec_class(self.spec, self.bpmn_id, subworkflow_spec=self.bpmn_id, **self.bpmn_attributes)


TASK_PARSERS = {
    model("task"): (Made, nodes.AbstractTask),
    model("userTask"): (Made, nodes.UserTask),
    model("manualTask"): (Made, nodes.ManualTask),
    model("receiveTask"): (_Receive, nodes.ReceiveTask),
    model("scriptTask"): (_Script, nodes.ScriptTask),
    model("businessRuleTask"): (Made, nodes.DecisionTask),
    model("exclusiveGateway"): (_Gateway, nodes.ExclusiveGateway),
    model("parallelGateway"): (_Gateway, nodes.ParallelGateway),
    model("inclusiveGateway"): (_Gateway, nodes.InclusiveGateway),
    model("adHocSubProcess"): (_SubProcess, nodes.AdHocSubProcess),
    model("callActivity"): (_SubProcess, nodes.CallActivity),
    model("subProcess"): (_SubProcess, nodes.SubProcess),
    model("transaction"): (_SubProcess, nodes.SubProcess),
}
