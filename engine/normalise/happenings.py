"""Timers without a time, references to definitions that are not there, repetition without a count."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from lxml import etree

from engine.clock.timing import any_time, due_at
from engine.drawing.diagram import local, model
from engine.drawing.loops import MAX_ROUNDS
from engine.drawing.structure import expression_text, extension, text_of
from engine.normalise.choices import is_usable, names
from engine.normalise.stand_ins import COUNT
from engine.normalise.work import TASKS, Work, remove, slug, wiring

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
        due_at(kind, value, _SOME_DAY, any_time)
    except ValueError:
        return False
    return True


def repair_definitions(work: Work, process: etree._Element) -> None:
    """What is sent, thrown or awaited is defined somewhere."""
    defined = {(local(each), each.get("id")): each for tag in _DEFINED.values() for each in work.root.iter(model(tag))}
    called = {(tag, each.get("name")): identity for (tag, identity), each in defined.items() if each.get("name")}
    for element, attribute in _referring(process):
        tag, wanted = _DEFINED[attribute], element.get(attribute)
        if (tag, wanted) in defined:
            continue
        event = element if local(element) in TASKS else element.getparent()
        own = " ".join((event.get("name") or "").split())
        name = wanted or own or work.drawn.get(event.get("id") or "", event.get("id")) or ""
        work.note("repair_undefined", element, reference=wanted or "?", name=name)
        if (tag, name) not in called:
            called[tag, name] = _define(work, tag, name)
        element.set(attribute, called[tag, name])
        defined[tag, called[tag, name]] = element
    for thrown in process.iter(model("compensateEventDefinition")):
        if thrown.get("activityRef") and thrown.get("activityRef") not in wiring(process).nodes:
            work.note("repair_reference", thrown, reference=thrown.get("activityRef"))
            del thrown.attrib["activityRef"]


def _referring(process: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Whatever has to name a definition, or does; any error or escalation may be caught without a name."""
    for element in process.iter(etree.Element):
        tag = local(element)
        if tag in ("receiveTask", "sendTask"):
            yield element, "messageRef"
        for attribute, kind in _DEFINED.items():
            if tag != f"{kind}EventDefinition":
                continue
            any_one = kind in ("error", "escalation") and local(element.getparent()) in ("boundaryEvent", "startEvent")
            if element.get(attribute) or not any_one:
                yield element, attribute


def _define(work: Work, tag: str, name: str) -> str:
    identity = work.fresh(slug(name, tag))
    work.root.insert(0, etree.Element(model(tag), {"id": identity, "name": name}))
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
        _completion(work, loop, known)


def repair_rounds(work: Work, process: etree._Element) -> None:
    """A loop with a condition ends when it no longer holds; without one that can be evaluated, after some rounds."""
    known = names(process)
    for loop in process.iter(model("standardLoopCharacteristics")):
        most, condition = loop.get("loopMaximum"), loop.find(model("loopCondition"))
        text = expression_text(text_of(condition))
        if condition is not None and not (text and is_usable(text, known)):
            if text:
                work.note("repair_loop_condition", loop.getparent(), expression=text)
            loop.remove(condition)
            text = ""
        if most is not None and not (most.isdecimal() and most.isascii() and 0 < int(most[:9]) <= MAX_ROUNDS):
            del loop.attrib["loopMaximum"]
            most = None
        if most is None and not text:
            work.note("repair_loop", loop.getparent(), expression="", count=COUNT)
            loop.set("loopMaximum", COUNT)


def _completion(work: Work, loop: etree._Element, known: set[str]) -> None:
    condition = loop.find(model("completionCondition"))
    if condition is not None and not is_usable(expression_text(text_of(condition)), known):
        work.note("repair_loop_condition", loop.getparent(), expression=text_of(condition))
        remove(condition)
