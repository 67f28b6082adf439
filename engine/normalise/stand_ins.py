"""What a task must say and does not: stand-ins let it be rehearsed, and are marked as no more than that."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from lxml import etree

from engine.drawing.diagram import local, model
from engine.drawing.structure import STEP_TAGS, expression_text, extension, text_of
from engine.drawing.vocabulary import KINDS, STATUSES, WAITS
from engine.normalise.work import Work, own

ROLE = "stand_in"
HOURS = "8"
COUNT = "2"
NOTHING = "null"
DECISION = "stand_in"
DECISION_DMN = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="stand_in_file" name="stand_in" '
    'namespace="urn:onedoor:procedures"><decision id="stand_in" name="stand_in"><variable name="stand_in"/>'
    "<literalExpression><text>null</text></literalExpression></decision></definitions>"
)


def repair_tasks(work: Work, process: etree._Element) -> None:
    """Give every task what the engine must know of it."""
    for tag in STEP_TAGS:
        for step in process.iter(model(tag)):
            _step(work, step)
    for script in process.iter(model("scriptTask")):
        _script(work, script)
    for rule in process.iter(model("businessRuleTask")):
        _rule(work, rule)


def is_repeated(task: etree._Element) -> bool:
    """Whether a task is done several times."""
    return any(local(each).endswith("LoopCharacteristics") for each in task.iterchildren(etree.Element))


def _step(work: Work, step: etree._Element) -> None:
    missing = complete_step(step)
    said = own(step, "step")
    form = said.get("form")
    if form is not None and form not in work.forms:
        missing.append("form")
        del said.attrib["form"]
    if missing:
        work.note("repair_step", step, names=", ".join(missing))


def complete_step(step: etree._Element) -> list[str]:
    """Put stand-ins where a step says nothing or nothing usable; the names of these properties."""
    said = own(step, "step")
    waits = local(step) == "receiveTask"
    usual = {"kind": "wait_applicant" if waits else "appraise", "role": ROLE, "unit": "competent", "hours": HOURS}
    wrong = [name for name in usual if not _is_said(said, name)]
    for name in wrong:
        said.set(name, usual[name])
    for name in ("onlineHours", "status", "clock"):
        if name in said.attrib and not _is_said(said, name):
            wrong.append(name)
            del said.attrib[name]
    if wrong:
        said.set("standIn", "true")
    return wrong


def _is_said(step: etree._Element, name: str) -> bool:
    value = step.get(name)
    if name == "kind":
        return value in KINDS
    if name in ("hours", "onlineHours"):
        return _is_hours(value) or (value is None and step.get("kind") in WAITS)
    if name == "status":
        return not value or value.startswith("=") or value in STATUSES
    if name == "clock":
        return value == "running" or (value == "stopped" and step.get("kind") in WAITS)
    return bool(value)


def _is_hours(value: str | None) -> bool:
    try:
        number = Decimal(value or "")
    except InvalidOperation:
        return False
    return number.is_finite() and 0 < number < 100_000


def _script(work: Work, task: etree._Element) -> None:
    language = task.get("scriptFormat")
    written = task.find(model("script"))
    if expression_text(text_of(written)) and (not language or language.lower() == "feel"):
        return
    work.note("repair_script", task)
    task.attrib.pop("scriptFormat", None)
    if written is None:
        written = etree.SubElement(task, model("script"))
    for below in list(written):
        written.remove(below)
    written.text = NOTHING


def _rule(work: Work, task: etree._Element) -> None:
    said = extension(task, "decision")
    wanted = said.get("ref") if said is not None else None
    if wanted and (wanted in work.decisions or wanted == DECISION):
        if wanted == DECISION:
            work.decisions.setdefault(DECISION, DECISION_DMN)
        return
    work.note("repair_decision", task, decision=wanted or "?")
    own(task, "decision").set("ref", DECISION)
    work.decisions.setdefault(DECISION, DECISION_DMN)
