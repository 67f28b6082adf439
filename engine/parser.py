"""The library's plain BPMN parser, making our element classes and never a tree behind our back.

Subprocesses stay in the same specification; see `engine/task_parsers.py` and `engine/event_parsers.py`.
"""

from __future__ import annotations

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec

from engine.diagram import MODEL
from engine.event_parsers import EVENT_PARSERS
from engine.task_parsers import TASK_PARSERS


class _Process(ProcessParser):  # type: ignore[misc]
    def _index_process_nodes(self) -> None:
        """A choice may be named as a step is; only drawn elements are found by their id."""
        super()._index_process_nodes()
        self.nodes_by_id |= {xml.get("id"): xml for xml in self.node.iter(f"{{{MODEL}}}*") if xml.get("id")}


class Parser(BpmnParser):  # type: ignore[misc]
    """Knows the elements the gate lets through, and no other."""

    PROCESS_PARSER_CLASS = _Process
    PARSER_CLASSES = {**TASK_PARSERS, **EVENT_PARSERS}


def parse(root: etree._Element, process_id: str) -> BpmnProcessSpec:
    """The specification of a checked diagram. Raises the library's ValidationException."""
    parser = Parser()
    parser.add_bpmn_xml(root)
    return parser.get_spec(process_id)
