"""Blocks become a diagram: elements, flows and conditions that can always be decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.walks.blocks import Block
from tests.walks.canvas import ERRORS, ESCALATION, MESSAGES, Canvas, Out, extended, happening, properties, service
from tests.walks.parts import Here, handed, happens, leaves, receive, repeated, tested, thrown

Drawn = tuple[list[Out], tuple[tuple[str, int], ...]]


def draw(whole: Block) -> str:
    """The XML of a diagram."""
    canvas, here = Canvas(), Here()
    begin = canvas.node("startEvent", None)
    rows = [part for part in whole.parts if part.kind == "row"] if whole.kind == "whole" else [whole]
    outs, _ = _row(canvas, rows[0], [Out(begin)], here)
    _arrive(canvas, outs, canvas.node("endEvent", None))
    _handlers(canvas, whole, replace(here, done=()))
    return canvas.xml()


def _arrive(canvas: Canvas, outs: list[Out], target: str) -> str:
    for out in outs:
        canvas.connect(out, target)
    return target


def _merged(canvas: Canvas, outs: list[Out], here: Here) -> list[Out]:
    """One way out of several, where what follows would take several for a join."""
    return outs if len(outs) < 2 else [Out(_arrive(canvas, outs, canvas.node("exclusiveGateway", here.scope)))]


def _block(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    return _DRAW[block.kind](canvas, block, outs, here)


def _row(canvas: Canvas, row: Block, outs: list[Out], here: Here) -> Drawn:
    for block in row.parts:
        outs, done = _block(canvas, block, outs, here)
        here = replace(here, done=done)
    return outs, here.done


def _branch(canvas: Canvas, row: Block, out: Out, here: Here, empty: bool) -> Drawn:
    """A row between two gateways; only one may be empty, for two flows between them would be one too many."""
    if not empty and not any(block.kind != "end" for block in row.parts):
        row = Block("row", (Block("script"), *row.parts))
    return _row(canvas, row, [out], here)


def _events(canvas: Canvas, block: Block, host: str, here: Here) -> tuple[list[Out], bool]:
    """What hangs on a host: ways out that bypass it, and whether the host was certainly done where it goes on."""
    outs: list[Out] = []
    certain = True
    for event in (part for part in block.parts if part.kind == "event"):
        more, stays = _border(canvas, host, happens(canvas, event, here), event, here)
        if stays or (event.told.get("ends") and here.ends):
            _close(canvas, more, here, event)
        else:
            outs += more
            certain = False
    return outs, certain


def _border(canvas: Canvas, host: str, inside: str, event: Block, here: Here) -> tuple[list[Out], bool]:
    """The way of a boundary event, beside its host or instead of it."""
    stays = bool(event.told.get("stays"))
    at = canvas.node("boundaryEvent", here.scope, inside, attachedToRef=host,
                     cancelActivity="false" if stays else "true")
    inner = replace(here, ends=True, quiet=True) if stays else here
    more, _ = _row(canvas, event.parts[0] if event.parts else Block("row"), [Out(at)], inner)
    return more, stays


def _undo(canvas: Canvas, block: Block, host: str, here: Here) -> None:
    """A task that takes back what a host did."""
    if block.told.get("undo"):
        event = canvas.node("boundaryEvent", here.scope, happening("compensate"), attachedToRef=host)
        canvas.ties.append((event, canvas.node("userTask", here.scope, properties(), "z", isForCompensation="true")))
        canvas.undone.setdefault(here.scope, []).append(host)


def _activity(canvas: Canvas, block: Block, outs: list[Out], here: Here, host: str) -> tuple[list[Out], bool]:
    """The ways out of an activity, and whether it was certainly done."""
    _arrive(canvas, outs, host)
    _undo(canvas, block, host, here)
    more, certain = _events(canvas, block, host, here)
    certain = certain and not (block.told.get("times") or block.told.get("again"))
    return [Out(host), *more], certain


def _step(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    said = block.told
    choices = int(said.get("choices", 0))
    status = {"status": str(said["status"])} if said.get("status") else {}
    inside = properties(tuple((f"c{at}", "") for at in range(choices)), **status)
    inside += repeated(block, here, f"s{canvas.counted + 1}")
    host = canvas.node("manualTask" if said.get("manual") else "userTask", here.scope, inside, name="s")
    more, certain = _activity(canvas, block, outs, here, host)
    return more, (*here.done, (host, choices)) if certain else here.done


def _wait(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    host = receive(canvas, here, block.told.get("message", "paper"), bool(block.told.get("key")))
    more, certain = _activity(canvas, block, outs, here, host)
    return more, (*here.done, (host, 0)) if certain else here.done


def _service(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    inside = service() + repeated(block, here, f"k{canvas.counted + 1}")
    host = canvas.node("serviceTask", here.scope, inside)
    more, _ = _activity(canvas, block, outs, here, host)
    if block.told.get("fails") and not here.adhoc:
        ways, _ = _border(canvas, host, happening(ERRORS[0]), Block("event"), here)
        more += ways
    return more, here.done


def _script(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    inside = "<bpmn:script>filing.n</bpmn:script>"
    return [Out(_arrive(canvas, outs, canvas.node("scriptTask", here.scope, inside)))], here.done


def _link(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    link = f'<bpmn:linkEventDefinition name="l{canvas.counted}"/>'
    _arrive(canvas, outs, canvas.node("intermediateThrowEvent", here.scope, link))
    return [Out(canvas.node("intermediateCatchEvent", here.scope, link))], here.done


def _throw(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    """Something is thrown on the way, but nothing by what can happen again and again."""
    on = block.told.get("on", "compensate")
    if here.quiet and on != "compensate":
        return _script(canvas, block, outs, here)
    if on in MESSAGES and block.told.get("task"):
        inside = extended(key=bool(block.told.get("key")), v="=filing.n")
        at = canvas.node("sendTask", here.scope, inside, messageRef=f"m_{on}")
    else:
        at = canvas.node("intermediateThrowEvent", here.scope, thrown(canvas, on, block, here))
    return [Out(_arrive(canvas, outs, at))], here.done


def _pause(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    """A wait between two elements; a condition is about what is certainly done beside it, or true at once."""
    inside = happens(canvas, block, here, "PT2H")
    if block.told.get("on") == "when":
        steps = here.beside or ("filing",)
        step = steps[block.told.get("pick", 0) % len(steps)]
        inside = happening("when", when=f"{step}.{'v' if here.beside else 'n'} < 10")
    at = canvas.node("intermediateCatchEvent", here.scope, inside)
    return [Out(_arrive(canvas, outs, at))], here.done


def _race(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    """The way of the event that comes first."""
    gateway = _arrive(canvas, outs, canvas.node("eventBasedGateway", here.scope))
    found: list[Out] = []
    kinds = block.told.get("on", ("", *MESSAGES))
    for on, row in zip(kinds, block.parts, strict=False):
        if on == "receive":
            event = receive(canvas, here, MESSAGES[0], False)
        else:
            inside = happening(here.calm(on), "PT2H", tested(here, block.told.get("test", ("filing", 0, 5))))
            event = canvas.node("intermediateCatchEvent", here.scope, inside)
        more, _ = _row(canvas, row, [Out(_arrive(canvas, [Out(gateway)], event))], here)
        found += more
    return found, here.done


def _end(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    """A way that just ends, that ends everything around it, or that fails where something catches it."""
    on = block.told.get("on", "")
    if on in here.caught or on == "terminate":
        return [], _arrive(canvas, outs, canvas.node("endEvent", here.scope, happening(on))) and here.done
    if not here.ends:
        return outs, here.done
    _close(canvas, outs, here, block)
    return [], here.done


def _close(canvas: Canvas, outs: list[Out], here: Here, block: Block) -> None:
    """An end event, perhaps one that throws something, or an element behind which nothing comes."""
    on = block.told.get("on", "") if block.kind == "end" else ""
    if block.told.get("open"):
        _script(canvas, block, outs, here)
    elif not on or on in ERRORS or (here.quiet and on != "compensate"):
        _arrive(canvas, outs, canvas.node("endEvent", here.scope))
    else:
        _arrive(canvas, outs, canvas.node("endEvent", here.scope, thrown(canvas, on, block, here)))


def _choice(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    gateway = _arrive(canvas, outs, canvas.node("exclusiveGateway", here.scope))
    found: list[Out] = []
    last = len(block.parts) - 1
    for at, row in enumerate(block.parts):
        tests = block.told.get("tests", ())
        when = tested(here, tests[at] if at < len(tests) else ("filing", 0, 5))
        out = Out(gateway, default=True) if at == last else Out(gateway, when)
        more, _ = _branch(canvas, row, out, here, at == last)
        found += more
    return found, here.done


def _fork(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    split = _split(canvas, block, _merged(canvas, outs, here), here, "parallelGateway")
    ends: list[Out] = []
    done = here.done
    for at, row in enumerate(block.parts):
        beside = (*here.beside, *(step for step, _ in done[len(here.done) :]))
        inner = replace(here, ends=False, beside=beside)
        more, certain = _branch(canvas, row, Out(split), inner, at == 0)
        ends += _merged(canvas, more, here)
        done = (*done, *certain[len(here.done) :])
    join = "inclusiveGateway" if block.told.get("wide") else "parallelGateway"
    return [Out(_arrive(canvas, ends, canvas.node(join, here.scope)))], done


def _split(canvas: Canvas, block: Block, outs: list[Out], here: Here, gateway: str) -> str:
    """A gateway, or a task with several ways out."""
    if block.told.get("bare"):
        return _script(canvas, block, outs, here)[0][0].source
    return _arrive(canvas, outs, canvas.node(gateway, here.scope))


def _either(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    """Some of the rows; the last is for when no other is, or always."""
    split = _split(canvas, block, _merged(canvas, outs, here), here, "inclusiveGateway")
    ends: list[Out] = []
    last, tests = len(block.parts) - 1, block.told.get("tests", ())
    for at, row in enumerate(block.parts):
        when = tested(here, tests[at] if at < len(tests) else ("filing", 0, 5))
        out = Out(split, default=not block.told.get("always")) if at == last else Out(split, when)
        more, _ = _branch(canvas, row, out, replace(here, ends=False), at == 0)
        ends += _merged(canvas, more, here)
    return [Out(_arrive(canvas, ends, canvas.node("inclusiveGateway", here.scope)))], here.done


def _redo(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    """A row that is repeated while its last step says so."""
    again = _arrive(canvas, outs, canvas.node("exclusiveGateway", here.scope))
    outs, done = _row(canvas, block.parts[0], [Out(again)], here)
    by, times = block.told.get("by", "choice"), block.told.get("times", 2)
    name = f"s{canvas.counted + 1}"
    bound = f"visits.{name} < {times}"
    offer = bound if by == "offer" else ""
    choices = () if by == "visits" else (("c0", ""), ("back", offer))
    step = _arrive(canvas, outs, canvas.node("userTask", here.scope, properties(choices), name="s"))
    when = bound if by == "visits" else f'{step}.choice = "back"' + (f" and {bound}" if by == "both" else "")
    gateway = _arrive(canvas, [Out(step)], canvas.node("exclusiveGateway", here.scope))
    canvas.connect(Out(gateway, when), again)
    return [Out(gateway, default=True)], (*done, (step, 1 if choices else 0))


def _frame(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    """A subprocess, a transaction or a call, with what it fails with and what catches that."""
    said = block.told
    tag = "transaction" if said.get("cancel") else "callActivity" if said.get("call") else "subProcess"
    body = canvas.process() if said.get("call") else None
    inside = repeated(block, here) if body is None else handed() + repeated(block, here)
    frame = canvas.node(tag, here.scope, inside, **({} if body is None else {"calledElement": body}))
    inner = replace(here, scope=body or frame, ends=True, adhoc=False)
    if body is not None:
        inner = replace(inner, done=(), beside=())
    code = ERRORS[said.get("code", 0) % 2]
    around = (*here.caught, code) if said.get("error") else here.caught
    ending, done = _row(canvas, block.parts[0], [Out(canvas.node("startEvent", inner.scope))],
                        replace(inner, caught=around))
    for test, on in ((said.get("error"), code), (said.get("cancel"), "cancel")):
        ending = _wrong(canvas, ending, replace(inner, done=done), test, on) if test else ending
    _arrive(canvas, ending, canvas.node("endEvent", inner.scope))
    more, certain = _activity(canvas, block, outs, here, frame)
    more += _catching(canvas, block, frame, here, inner)
    _handlers(canvas, block, replace(inner, caught=here.caught if said.get("inside") else around))
    handled = any(part.kind == "handler" for part in block.parts) or said.get("escalation") or said.get("error")
    sure = certain and body is None and not (handled or said.get("cancel") or leaves(block.parts[0]))
    return more, done if sure else here.done


def _catching(canvas: Canvas, block: Block, frame: str, here: Here, inner: Here) -> list[Out]:
    """What catches the error, the escalation or the cancelling of a frame, at its border or inside."""
    said, found = block.told, []
    code = "error" if said.get("code") == 2 else ERRORS[said.get("code", 0) % 2]
    where, stays = said.get("escalation", ("", False))
    for on, inside, beside in ((code if said.get("error") else "", said.get("inside"), False),
                               ("cancel" if said.get("cancel") else "", False, False),
                               (ESCALATION if where else "", where == "inside", stays)):
        event = Block("event", (Block("row", (Block("step"),)),), {"stays": beside, "on": on})
        if on and inside:
            _handler(canvas, event, inner)
        elif on:
            ways, goes_on = _border(canvas, frame, happening(on), event, here)
            found += [] if goes_on else ways
            if goes_on:
                _close(canvas, ways, here, event)
    return found


def _wrong(canvas: Canvas, outs: list[Out], here: Here, test: tuple[str, int, int], on: str) -> list[Out]:
    """A way out of the frame with an error, or by cancelling."""
    gateway = _arrive(canvas, outs, canvas.node("exclusiveGateway", here.scope))
    canvas.connect(Out(gateway, tested(here, test)), canvas.node("endEvent", here.scope, happening(on)))
    return [Out(gateway, default=True)]


def _handlers(canvas: Canvas, block: Block, here: Here) -> None:
    for part in block.parts:
        if part.kind == "handler":
            _handler(canvas, part, here)


def _handler(canvas: Canvas, block: Block, here: Here) -> None:
    """An event subprocess of a frame or of the process."""
    frame, stays = canvas.node("subProcess", here.scope, triggeredByEvent="true"), block.told.get("stays")
    begin = canvas.node("startEvent", frame, happens(canvas, block, here), isInterrupting="false" if stays else "true")
    stormy = (*here.stormy, block.told.get("on", "")) if stays else here.stormy
    inner = replace(here, scope=frame, ends=True, quiet=True, stormy=stormy)
    ending, _ = _row(canvas, block.parts[0], [Out(begin)], inner)
    _arrive(canvas, ending, canvas.node("endEvent", frame))


def _adhoc(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    """Activities in any order, perhaps until one that is offered again was done with a small value."""
    ordering = {"ordering": "Sequential"} if block.told.get("one") else {}
    frame = canvas.node("adHocSubProcess", here.scope, repeated(block, here), **ordering)
    inner = replace(here, scope=frame, ends=False, adhoc=True)
    offered: list[str] = []
    for row in block.parts:
        first = canvas.counted + 1
        _row(canvas, row, [], inner)
        if row.parts and row.parts[0].kind == "step" and not {"times", "again"} & row.parts[0].told.keys():
            offered.append(f"s{first}")
    if block.told.get("until") and offered:
        condition = f"{offered[0]}.v &lt; {block.told['until']}"
        canvas.nodes[frame].inside += f"<bpmn:completionCondition>{condition}</bpmn:completionCondition>"
    return _activity(canvas, block, outs, here, frame)[0], here.done


_DRAW: dict[str, Callable[[Canvas, Block, list[Out], Here], Drawn]] = {
    "step": _step, "wait": _wait, "script": _script, "pause": _pause, "choice": _choice, "either": _either,
    "race": _race, "fork": _fork, "redo": _redo, "frame": _frame, "end": _end, "service": _service, "throw": _throw,
    "link": _link, "adhoc": _adhoc,
}
