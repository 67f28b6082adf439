"""Timers without a time, references to definitions that are not there, repetition without a count."""

from __future__ import annotations

from datetime import UTC, datetime

from lxml import etree

from engine.diagram import RUN_TAGS, local, model
from engine.normalise.choices import is_usable, names
from engine.normalise.stand_ins import COUNT
from engine.normalise.work import Work, remove, slug
from engine.structure import expression_text, extension, text_of
from engine.timing import due_at

SOME_TIME = "P1D"
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_KINDS = {"timeDuration": "duration", "timeDate": "date", "timeCycle": "cycle"}
_DEFINED = {"messageRef": "message", "signalRef": "signal", "errorRef": "error", "escalationRef": "escalation"}


def repair_timers(work: Work, process: etree._Element) -> None:
    """Every timer says when it goes off, in a way that can be read."""
    known = names(process)
    for timer in process.iter(model("timerEventDefinition")):
        drawn = [each for each in timer.iterchildren(etree.Element) if local(each) in _KINDS]
        written = [each for each in drawn if text_of(each)]
        if written and all(_is_read(each, known) for each in written):
            continue
        value = text_of(written[0]) if written else ""
        work.note("repair_timer" if value else "repair_timer_missing", timer, value=value, stand_in=SOME_TIME)
        for each in drawn:
            remove(each)
        etree.SubElement(timer, model("timeDuration")).text = SOME_TIME


def _is_read(written: etree._Element, known: set[str]) -> bool:
    value, kind = text_of(written), _KINDS[local(written)]
    if value.startswith("="):
        return is_usable(expression_text(value), known)
    try:
        due_at(kind, value, _SOME_DAY)
    except ValueError:
        return False
    return True


def repair_definitions(work: Work, process: etree._Element) -> None:
    """What is sent, thrown or awaited is defined somewhere."""
    for task in process.iter(model("receiveTask")):
        if not task.get("messageRef"):
            name = task.get("name") or task.get("id") or ""
            work.note("repair_undefined", task, reference="?", name=name)
            task.set("messageRef", _define(work, "message", work.fresh(f"{task.get('id')}.message"), name))
    for element in process.iter(etree.Element):
        for attribute, tag in [each for each in _DEFINED.items() if each[1] in RUN_TAGS]:
            wanted = element.get(attribute)
            if wanted and wanted not in {each.get("id") for each in work.root.iter(model(tag))}:
                work.note("repair_undefined", element, reference=wanted, name=wanted)
                identity = work.fresh(slug(wanted, tag))
                element.set(attribute, _define(work, tag, identity, wanted))


def _define(work: Work, tag: str, identity: str, name: str) -> str:
    defined = etree.Element(model(tag), {"id": identity, "name": name})
    work.root.insert(0, defined)
    return identity


def repair_repetition(work: Work, process: etree._Element) -> None:
    """Something that is done several times says how often."""
    known = names(process)
    for loop in process.iter(model("multiInstanceLoopCharacteristics")):
        ours = extension(loop, "loop")
        collection = expression_text(ours.get("collection") if ours is not None else None)
        cardinality = loop.find(model("loopCardinality"))
        written = expression_text(text_of(cardinality))
        if not (is_usable(written, known) if written else collection):
            work.note("repair_loop", loop.getparent(), expression=written, count=COUNT)
            if cardinality is None:
                cardinality = etree.SubElement(loop, model("loopCardinality"))
            cardinality.text = COUNT
        _condition(work, loop, known)


def _condition(work: Work, loop: etree._Element, known: set[str]) -> None:
    condition = loop.find(model("completionCondition"))
    if condition is not None and not is_usable(expression_text(text_of(condition)), known):
        work.note("repair_loop_condition", loop.getparent(), expression=text_of(condition))
        remove(condition)
