"""Gateways whose drawing does not say which way is taken: somebody is asked instead."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree

from engine.drawing.diagram import local, model, onedoor
from engine.drawing.structure import STEP_TAGS, VALUE_TAGS, expression_text, text_of
from engine.errors import OneDoorError
from engine.feel import compile_expression
from engine.normalise.stand_ins import complete_step, is_repeated
from engine.normalise.work import ACTIVITIES, Wiring, Work, extensions, is_kind, slug, wiring

_CONSTANT = re.compile(r"""("[^"]*"|-?[0-9.]+|null)""")
_CHOOSING = frozenset(STEP_TAGS) - {"receiveTask"}
_ALL = "all_ways"
_NONE = "no_way"
# What an inclusive gateway can do besides taking one of the ways that are asked for.
_SEVERAL = {_ALL: ("Tất cả", "All"), _NONE: ("Không hướng nào", "None")}


def repair_choices(work: Work, process: etree._Element) -> None:
    """Make every exclusive and inclusive gateway one whose way can be decided."""
    known = names(process)
    seen = wiring(process)
    for identity, element in seen.nodes.items():
        if local(element) in ACTIVITIES:
            _ask_behind(work, element, seen.outgoing.get(identity, []), known)
    seen = wiring(process)
    for element in list(process.iter(model("exclusiveGateway"), model("inclusiveGateway"))):
        _repair(work, element, seen, known)


def _ask_behind(work: Work, activity: etree._Element, ways: list[etree._Element], known: set[str]) -> None:
    """Flows that an activity chooses itself get a gateway to choose at, when somebody has to be asked."""
    conditions = [expression_text(text_of(flow.find(model("conditionExpression")))) for flow in ways]
    if len(ways) == 1:
        _ignore(work, ways[0], known)
        return
    if all(not text or is_usable(text, known) for text in conditions):
        return
    gateway = work.add(activity.getparent(), "inclusiveGateway", f"{activity.get('id')}.ways", activity)
    for flow in ways:
        flow.set("sourceRef", gateway.get("id") or "")
    if activity.get("default"):
        gateway.set("default", activity.attrib.pop("default"))
    work.connect(activity.getparent(), activity.get("id") or "", gateway.get("id") or "", activity)


def names(process: etree._Element) -> set[str]:
    """What expressions may name."""
    named = {element.get("id") or "" for tag in (*STEP_TAGS, *VALUE_TAGS) for element in process.iter(model(tag))}
    bringing = {
        node.get("id") or "" for node in wiring(process).nodes.values()
        if local(node) in ("serviceTask", "callActivity") or is_kind(node, "message", "signal", "error", "escalation")
    }
    return {"dossier", "filing", "visits", *named, *bringing}


def is_usable(text: str, known: Iterable[str]) -> bool:
    """Whether a text is FEEL about values that exist."""
    try:
        paths = compile_expression(text).paths
    except OneDoorError:
        return False
    return all(path[0] in known for path in paths)


def _repair(work: Work, gateway: etree._Element, seen: Wiring, known: set[str]) -> None:
    ways = seen.outgoing.get(gateway.get("id") or "", [])
    if len(ways) < 2:
        for flow in ways:
            _ignore(work, flow, known)
        return
    undecided = [flow for flow in ways if not _decides(work, flow, gateway, known)]
    if not undecided:
        return
    drawn = next((flow for flow in ways if flow.get("id") == gateway.get("default")), None)
    if len(undecided) == 1 and drawn is None and local(gateway) == "exclusiveGateway":
        work.note("repair_default", undecided[0])
        gateway.set("default", undecided[0].get("id") or "")
        return
    _ask(work, gateway, undecided if drawn is None else [*undecided, drawn], seen)


def _decides(work: Work, flow: etree._Element, gateway: etree._Element, known: set[str]) -> bool:
    """Whether the flow is the default or has a condition that can be evaluated; another one is taken out."""
    if flow.get("id") == gateway.get("default"):
        _ignore(work, flow, known)
        return True
    condition = flow.find(model("conditionExpression"))
    text = expression_text(text_of(condition))
    if not text:
        return local(gateway) == "inclusiveGateway"
    if is_usable(text, known) and not _CONSTANT.fullmatch(text):
        return True
    work.note("repair_condition", flow, expression=text)
    flow.remove(condition)
    return False


def _ignore(work: Work, flow: etree._Element, known: set[str]) -> None:
    """Where there is one way, nobody has to be asked for it."""
    condition = flow.find(model("conditionExpression"))
    if condition is not None and not is_usable(expression_text(text_of(condition)), known):
        work.note("repair_condition_unused", flow)
        flow.remove(condition)


def _ask(work: Work, gateway: etree._Element, ways: list[etree._Element], seen: Wiring) -> None:
    incoming = seen.incoming.get(gateway.get("id") or "", [])
    before = seen.nodes.get(incoming[0].get("sourceRef") or "") if len(incoming) == 1 else None
    if before is not None and _may_offer(before, seen):
        _offer(work, gateway, before, ways)
    else:
        ask_which(work, gateway, incoming, ways)


def _may_offer(step: etree._Element, seen: Wiring) -> bool:
    """A person who finishes a step just before the gateway, and has nothing else to choose."""
    alone = len(seen.outgoing.get(step.get("id") or "", [])) == 1
    return local(step) in _CHOOSING and alone and not is_repeated(step) and not _choices(step)


def _choices(step: etree._Element) -> list[etree._Element]:
    return list(step.findall(f"{model('extensionElements')}/{onedoor('choice')}"))


def offer_ways(work: Work, gateway: etree._Element, seen: Wiring) -> None:
    """Make the ways of a gateway without any condition choices of the step before it, if there is one."""
    ways = seen.outgoing.get(gateway.get("id") or "", [])
    incoming = seen.incoming.get(gateway.get("id") or "", [])
    before = seen.nodes.get(incoming[0].get("sourceRef") or "") if len(incoming) == 1 else None
    said = [flow for flow in ways if flow.find(model("conditionExpression")) is not None]
    if before is not None and len(ways) > 1 and not said and _may_offer(before, seen):
        _offer(work, gateway, before, ways)


def ask_which(
    work: Work, gateway: etree._Element, incoming: list[etree._Element], ways: list[etree._Element] | None = None
) -> None:
    """Put a step before the gateway that offers its ways."""
    scope = gateway.getparent()
    step = work.add(scope, "userTask", f"ask_{slug(gateway.get('id') or '', 'which')}", gateway)
    step.set("name", gateway.get("name") or gateway.get("id") or "")
    complete_step(step)
    for flow in incoming:
        flow.set("targetRef", step.get("id") or "")
    work.connect(scope, step.get("id") or "", gateway.get("id") or "", gateway)
    mine = [each for each in scope.iterchildren(model("sequenceFlow")) if each.get("sourceRef") == gateway.get("id")]
    _offer(work, gateway, step, mine if ways is None else ways)


def _offer(work: Work, gateway: etree._Element, step: etree._Element, ways: list[etree._Element]) -> None:
    """One choice per way; the drawn default, or the last way of an exclusive gateway, is what happens otherwise."""
    work.note("repair_ask", gateway, step=work.drawn.get(step.get("id") or "", step.get("id")))
    choices = _choices_for(step, ways)
    if local(gateway) == "inclusiveGateway":
        _offer_several(gateway, step, choices)
        return
    if gateway.get("default") is None:
        gateway.set("default", ways[-1].get("id") or "")
    for choice, flow in choices:
        if flow.get("id") != gateway.get("default"):
            _condition(flow, f'{step.get("id")}.choice = "{choice}"')


def _offer_several(gateway: etree._Element, step: etree._Element, choices: list[tuple[str, etree._Element]]) -> None:
    beside = [each for each in gateway.getparent().iterchildren(model("sequenceFlow"))
              if each.get("sourceRef") == gateway.get("id") and each.find(model("conditionExpression")) is None]
    always = len(beside) > len(choices)
    asked = [(choice, flow) for choice, flow in choices if flow.get("id") != gateway.get("default")]
    for choice, flow in asked:
        _condition(flow, " or ".join(f'{step.get("id")}.choice = "{each}"' for each in (choice, _ALL)))
    several = {_ALL} if len(asked) > 1 else set()
    if always and len(asked) == len(choices):
        several.add(_NONE)
    for choice in sorted(several):
        name, english = _SEVERAL[choice]
        etree.SubElement(extensions(step), onedoor("choice"), {"id": choice, "name": name, "nameEn": english})


def _choices_for(step: etree._Element, ways: list[etree._Element]) -> list[tuple[str, etree._Element]]:
    taken = set(_SEVERAL)
    return [(_add_choice(step, _title(flow), number, taken), flow) for number, flow in enumerate(ways, 1)]


def _title(flow: etree._Element) -> str:
    target = flow.get("targetRef")
    near = (each for each in flow.getparent() if each.get("id") == target)
    named = next(near, None)
    return flow.get("name") or (named.get("name") if named is not None else None) or target or ""


def _add_choice(step: etree._Element, title: str, number: int, taken: set[str]) -> str:
    identity = slug(title, f"way_{number}")
    identity = identity if identity not in taken else f"{identity[:36]}_{number}"
    taken.add(identity)
    etree.SubElement(extensions(step), onedoor("choice"), {"id": identity, "name": title or identity})
    return identity


def _condition(flow: etree._Element, text: str) -> None:
    condition = etree.SubElement(flow, model("conditionExpression"))
    condition.text = text
