"""A diagram of another modeller in the editor: imported, changed and saved, with everything kept that was drawn."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree
from playwright.sync_api import expect

from tests.journeys.test_analyst import choose, element, save, write
from tests.journeys.world import HOUSEHOLD, People

pytestmark = pytest.mark.xdist_group("analyst")

NODES = [
    '<startEvent id="StartEvent_1"/>',
    '<userTask id="Activity_0x" name="Thẩm định" camunda:assignee="demo" camunda:candidateGroups="specialist">'
    '<documentation>Xem kỹ</documentation><extensionElements><camunda:properties><camunda:property name="a" value="b"/>'
    "</camunda:properties></extensionElements></userTask>",
    '<exclusiveGateway id="Gateway_1" name="Đạt?"/>',
    '<endEvent id="EndEvent_1"/>',
    '<endEvent id="EndEvent_2"/>',
]
IDS = ["StartEvent_1", "Activity_0x", "Gateway_1", "EndEvent_1", "EndEvent_2"]
FLOWS = [("f1", 0, 1), ("f2", 1, 2), ("f3", 2, 3), ("f4", 2, 4)]
FOREIGN = (
    '<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'targetNamespace="http://example.org" exporter="Another modeller"><process id="Process_1">'
    + "".join(NODES)
    + "".join(f'<sequenceFlow id="{name}" name="{name}" sourceRef="{IDS[a]}" targetRef="{IDS[b]}"/>'
              for name, a, b in FLOWS)
    + '</process><bpmndi:BPMNDiagram id="D"><bpmndi:BPMNPlane id="P" bpmnElement="Process_1">'
    + "".join(f'<bpmndi:BPMNShape id="s{n}" bpmnElement="{name}"><dc:Bounds x="{150 * n}" y="100" width="60" '
              'height="60"/></bpmndi:BPMNShape>' for n, name in enumerate(IDS))
    + "".join(f'<bpmndi:BPMNEdge id="e{name}" bpmnElement="{name}"><di:waypoint x="{150 * a + 60}" y="130"/>'
              f'<di:waypoint x="{150 * b}" y="130"/></bpmndi:BPMNEdge>' for name, a, b in FLOWS)
    + "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>"
)


def kept(xml: str) -> set[tuple[str, str, str]]:
    """Every attribute but those that a new name or a moved line touches."""
    root = etree.fromstring(xml.encode())
    names = {"id", "sourceRef", "targetRef", "bpmnElement", "exporter", "exporterVersion", "isExecutable", "x", "y"}
    return {
        (str(each.tag), str(key), str(value)) for each in root.iter(etree.Element)
        for key, value in each.attrib.items() if key not in names
    }


def test_a_diagram_of_another_modeller_is_imported_changed_and_saved(people: People) -> None:
    page = people.enter("analyst")
    page.goto(f"/procedures/{HOUSEHOLD}")
    page.get_by_role("button", name="Soạn bản nháp mới").click()
    expect(element(page, "appraise")).to_be_visible()
    file: Any = {"name": "x.bpmn", "mimeType": "application/xml", "buffer": FOREIGN.encode()}
    page.locator("#import input[type=file]").set_input_files(files=[file])
    page.locator("#import").get_by_role("button", name="Nhập", exact=True).click()
    expect(page.locator("#findings")).to_contain_text("activity_0x")
    expect(element(page, "activity_0x")).to_be_visible()

    page.goto(f"/procedures/{HOUSEHOLD}/draft")
    choose(page, "activity_0x")
    expect(page.locator("[id='bio-properties-panel-onedoor-step-role']")).to_have_value("specialist")
    write(page, "onedoor-step-hours", "4")
    save(page)
    answer = page.request.get(f"/api/v1/procedures/{HOUSEHOLD}/draft").json()
    xml = answer["bundle"]["xml"]
    assert kept(FOREIGN) - kept(xml) == set()
    for text in ("Xem kỹ", '<onedoor:drawn id="Activity_0x"', 'role="specialist"', 'hours="4"'):
        assert text in xml
