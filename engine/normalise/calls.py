"""Calls: what is called in the same file comes along, and what is called elsewhere is answered by a stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from engine.drawing.diagram import model
from engine.normalise.strip import empty
from engine.normalise.work import Work

CALLED = "stand_in"
_ANSWER = "answer"
_XML = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:onedoor="urn:onedoor:bpmn:1" '
    'id="stand_in_file" targetNamespace="urn:onedoor:procedures"><process id="stand_in" isExecutable="true">'
    '<startEvent id="begin"/><userTask id="answer" name="?"><extensionElements>'
    '<onedoor:step kind="appraise" role="stand_in" unit="competent" hours="8" standIn="true"/></extensionElements>'
    '</userTask><endEvent id="done"/><sequenceFlow id="f1" sourceRef="begin" targetRef="answer"/>'
    '<sequenceFlow id="f2" sourceRef="answer" targetRef="done"/></process></definitions>'
)
BUNDLE: Mapping[str, Any] = {"xml": _XML, "forms": {}, "decisions": {}, "procedure": {}}


def with_called(root: etree._Element, process: etree._Element) -> list[etree._Element]:
    """A process and those of its file that it calls, directly or by others."""
    filled = {each.get("id"): each for each in root.findall(model("process")) if not empty(each)}
    found = [process]
    for each in found:
        for call in each.iter(model("callActivity")):
            called = filled.get(call.get("calledElement"))
            if called is not None and called not in found:
                found.append(called)
    return found


def repair_calls(work: Work, process: etree._Element) -> None:
    """Let a person answer for what is called and is neither in the file nor published."""
    here = {each.get("id") for each in work.root.findall(model("process"))}
    for call in process.iter(model("callActivity")):
        wanted = call.get("calledElement") or ""
        if wanted in here or (wanted in work.called and wanted != CALLED):
            continue
        if wanted != CALLED:
            work.note("repair_call", call, called=wanted or "?")
            call.set("calledElement", CALLED)
        work.called[CALLED] = BUNDLE
        identity = call.get("id") or ""
        work.drawn[f"{identity}:{_ANSWER}"] = work.drawn.get(identity, identity)
