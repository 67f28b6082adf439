"""Gateways whose drawing does not say which way is taken: somebody is asked instead."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree

from engine.diagram import local, model, onedoor
from engine.errors import OneDoorError
from engine.feel import compile_expression
from engine.normalise.stand_ins import complete_step, is_repeated
from engine.normalise.work import Wiring, Work, extensions, slug, wiring
from engine.structure import STEP_TAGS, VALUE_TAGS, expression_text, text_of

_CONSTANT = re.compile(r"""("[^"]*"|-?[0-9.]+|null)""")
_BOTH = "both"


def repair_choices(work: Work, process: etree._Element) -> None:
    """Make every exclusive and inclusive gateway one whose way can be decided."""
    known = names(process)
    for element in list(process.iter(model("exclusiveGateway"), model("inclusiveGateway"))):
        _repair(work, process, element, known)


def names(process: etree._Element) -> set[str]:
    """What expressions may name."""
    named = {element.get("id") or "" for tag in (*STEP_TAGS, *VALUE_TAGS) for element in process.iter(model(tag))}
    return {"dossier", "filing", "visits", *named}


def is_usable(text: str, known: Iterable[str]) -> bool:
    """Whether a text is FEEL about values that exist."""
    try:
        paths = compile_expression(text).paths
    except OneDoorError:
        return False
    return all(path[0] in known for path in paths)


def _repair(work: Work, process: etree._Element, gateway: etree._Element, known: set[str]) -> None:
    seen = wiring(process)
    ways = seen.outgoing.get(gateway.get("id") or "", [])
    if len(ways) < 2:
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
        return True
    condition = flow.find(model("conditionExpression"))
    text = expression_text(text_of(condition))
    if not text:
        return False
    if is_usable(text, known) and not _CONSTANT.fullmatch(text):
        return True
    work.note("repair_condition", flow, expression=text)
    flow.remove(condition)
    return False


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
    return local(step) in ("userTask", "manualTask") and alone and not is_repeated(step) and not _choices(step)


def _choices(step: etree._Element) -> list[etree._Element]:
    return list(step.findall(f"{model('extensionElements')}/{onedoor('choice')}"))


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
    """One choice per way; the last way, or the drawn default, is what happens otherwise."""
    asked = work.drawn.get(step.get("id") or "", step.get("id") or "")
    work.note("repair_ask", gateway, step=asked)
    taken: set[str] = set()
    inclusive = local(gateway) == "inclusiveGateway"
    for number, flow in enumerate(ways, 1):
        identity = _add_choice(step, _title(flow), number, taken)
        if flow.get("id") != gateway.get("default") and (inclusive or number < len(ways)):
            _condition(flow, step, identity, inclusive)
        elif not inclusive:
            gateway.set("default", flow.get("id") or "")
    if inclusive:
        _add_choice(step, _BOTH, 0, taken)


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


def _condition(flow: etree._Element, step: etree._Element, choice: str, inclusive: bool) -> None:
    name = step.get("id")
    text = f'{name}.choice = "{choice}"'
    if inclusive:
        text += f' or {name}.choice = "{_BOTH}"'
    condition = etree.SubElement(flow, model("conditionExpression"))
    condition.text = text
