"""The library's plain BPMN parser, making our element classes and never a tree behind our back.

Elements are made one by one, and their flows are noted afterwards, because the library's way from element to element
would end at its recursion limit. Subprocesses stay in the same specification, and flows keep the order of the document
(the library orders by position, so moving a shape would change which condition is tried first).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec

from engine.drawing.diagram import local
from engine.drawing.executable import strip
from engine.drawing.structure import NODE_TAGS, Graph
from engine.spiff.event_parsers import EVENT_PARSERS
from engine.spiff.task_parsers import TASK_PARSERS


class _Process(ProcessParser):  # type: ignore[misc]
    def add_tasks(self) -> None:
        for xml in self.node.iter(etree.Element):
            if local(xml) in NODE_TAGS:
                self.parse_node(xml)


class Parser(BpmnParser):  # type: ignore[misc]
    """Knows the elements the gate lets through, and no other."""

    PROCESS_PARSER_CLASS = _Process
    PARSER_CLASSES = {**TASK_PARSERS, **EVENT_PARSERS}


def parse(graph: Graph) -> BpmnProcessSpec:
    """The specification of a checked diagram. Raises the library's ValidationException."""
    strip(graph.root, graph.process)
    parser = Parser()
    parser.add_bpmn_xml(graph.root)
    spec = parser.get_spec(graph.process.get("id"))
    for node in graph.nodes.values():
        made = spec.task_specs[node.id]
        made.firsts = [first.id for first in graph.starts(node.id)] if node.is_container else []
        made.events = [spec.task_specs[event.id] for event in graph.boundary.get(node.id, [])]
        _leave(graph, spec, made)
    return spec


def _leave(graph: Graph, spec: BpmnProcessSpec, made: Any) -> None:
    node = graph.nodes[made.name]
    for drawn in graph.outgoing.get(node.id, []):
        is_default = drawn.id == node.xml.get("default")
        flow = replace(drawn, condition="") if is_default else drawn
        made.ways.append(flow)
        made.default = flow if is_default else made.default
        spec.task_specs[flow.target].incoming.append(flow.id)
    several = len(made.ways) > 1
    made.conditional = several if node.type == "exclusiveGateway" else any(flow.condition for flow in made.ways)
