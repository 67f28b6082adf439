"""Blocks become a diagram: elements, flows and conditions that can always be decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.engine.builders import loop
from tests.walks.blocks import Block
from tests.walks.canvas import MESSAGES, Canvas, Out, happening, properties


@dataclass(frozen=True, slots=True)
class Here:
    """Where a block stands: its subprocess, the steps certainly done before it, and whether a way may just end."""

    scope: str | None = None
    done: tuple[tuple[str, int], ...] = ()
    ends: bool = True


Drawn = tuple[list[Out], tuple[tuple[str, int], ...]]


def draw(whole: Block) -> str:
    """The XML of a diagram."""
    canvas = Canvas()
    begin = canvas.node("startEvent", None)
    outs, _ = _row(canvas, whole, [Out(begin)], Here())
    _arrive(canvas, outs, canvas.node("endEvent", None))
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


def _test(here: Here, test: tuple[str, int, int]) -> str:
    """A condition over what is certainly there."""
    kind, pick, number = test
    able = [step for step in here.done if step[1] or kind != "choice"]
    if kind == "filing" or not able:
        return f"filing.n < {number}"
    step, choices = able[pick % len(able)]
    if kind == "choice":
        return f'{step}.choice = "c{number % choices}"'
    return f"{step}.v < {number}" if kind == "value" else f"visits.{step} < {number % 4 + 1}"


def _events(canvas: Canvas, block: Block, host: str, here: Here) -> tuple[list[Out], bool]:
    """What hangs on a host: ways out that bypass it, and whether the host was certainly done where it goes on."""
    outs: list[Out] = []
    certain = True
    for event in (part for part in block.parts if part.kind == "event"):
        stays = bool(event.told.get("stays"))
        at = canvas.node("boundaryEvent", here.scope, happening(event.told.get("message", "")), attachedToRef=host,
                         cancelActivity="false" if stays else "true")
        inner = replace(here, ends=True) if stays else here
        more, _ = _row(canvas, event.parts[0], [Out(at)], inner)
        if stays or (event.told.get("ends") and here.ends):
            _close(canvas, more, here, event)
        else:
            outs += more
            certain = False
    return outs, certain


def _step(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    said = block.told
    choices = int(said.get("choices", 0))
    names = tuple((f"c{at}", "") for at in range(choices))
    status = {"status": str(said["status"])} if said.get("status") else {}
    inside = properties(names, **status)
    times = said.get("times")
    inside += _repeated(times, f"s{canvas.counted + 1}")
    host = canvas.node("manualTask" if said.get("manual") else "userTask", here.scope, inside, name="s")
    _arrive(canvas, outs, host)
    more, certain = _events(canvas, block, host, here)
    own = () if times or not certain else ((host, choices),)
    return [Out(host), *more], (*here.done, *own)


def _repeated(times: tuple[str, int, bool, int] | None, name: str) -> str:
    """Once for each of a list, or so many times; perhaps fewer are enough."""
    if not times:
        return ""
    source, count, sequential, until = times
    many = {"collection": "filing.x"} if source == "list" else {"cardinality": str(count)}
    return loop(**many, sequential=sequential, until=f"count({name}) >= {until}" if until else "")


def _wait(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    message = block.told.get("message", "paper")
    inside = properties(kind="wait_applicant", hours="", clock="stopped", status="5")
    host = canvas.node("receiveTask", here.scope, inside, messageRef=f"m_{message}")
    _arrive(canvas, outs, host)
    more, certain = _events(canvas, block, host, here)
    return [Out(host), *more], (*here.done, (host, 0)) if certain else here.done


def _script(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    inside = "<bpmn:script>filing.n * 2</bpmn:script>"
    return [Out(_arrive(canvas, outs, canvas.node("scriptTask", here.scope, inside)))], here.done


def _pause(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    at = canvas.node("intermediateCatchEvent", here.scope, happening(block.told.get("message", ""), "PT2H"))
    return [Out(_arrive(canvas, outs, at))], here.done


def _race(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    """The way of the event that comes first: one of the messages, or perhaps a time that passes."""
    gateway = _arrive(canvas, outs, canvas.node("eventBasedGateway", here.scope))
    found: list[Out] = []
    for at, row in enumerate(block.parts):
        late = at >= len(MESSAGES) or (at == 0 and block.told.get("late"))
        inside = happening("" if late else MESSAGES[at], "PT2H")
        event = _arrive(canvas, [Out(gateway)], canvas.node("intermediateCatchEvent", here.scope, inside))
        more, _ = _row(canvas, row, [Out(event)], here)
        found += more
    return found, here.done


def _end(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    if not here.ends and not block.told.get("all"):
        return outs, here.done
    _close(canvas, outs, here, block)
    return [], here.done


def _close(canvas: Canvas, outs: list[Out], here: Here, block: Block) -> None:
    """An end event, one for all tokens, or an element behind which nothing comes."""
    if block.told.get("all"):
        _arrive(canvas, outs, canvas.node("endEvent", here.scope, "<bpmn:terminateEventDefinition/>"))
    elif block.told.get("open"):
        _script(canvas, block, outs, here)
    else:
        _arrive(canvas, outs, canvas.node("endEvent", here.scope))


def _choice(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    gateway = _arrive(canvas, outs, canvas.node("exclusiveGateway", here.scope))
    found: list[Out] = []
    last = len(block.parts) - 1
    for at, row in enumerate(block.parts):
        tests = block.told.get("tests", ())
        when = _test(here, tests[at] if at < len(tests) else ("filing", 0, 5))
        out = Out(gateway, default=True) if at == last else Out(gateway, when)
        more, _ = _branch(canvas, row, out, here, at == last)
        found += more
    return found, here.done


def _fork(canvas: Canvas, block: Block, outs: list[Out], here: Here) -> Drawn:
    split = _split(canvas, block, _merged(canvas, outs, here), here, "parallelGateway")
    ends: list[Out] = []
    done = here.done
    for at, row in enumerate(block.parts):
        more, certain = _branch(canvas, row, Out(split), replace(here, ends=False), at == 0)
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
        when = _test(here, tests[at] if at < len(tests) else ("filing", 0, 5))
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
    times, error = block.told.get("times"), block.told.get("error")
    frame = _arrive(canvas, outs, canvas.node("subProcess", here.scope, _repeated(times, "")))
    inner = replace(here, scope=frame, ends=True)
    ending, done = _row(canvas, block.parts[0], [Out(canvas.node("startEvent", frame))], inner)
    if error:
        ending = _wrong(canvas, ending, replace(inner, done=done), error)
    _arrive(canvas, ending, canvas.node("endEvent", frame))
    handlers = [part for part in block.parts if part.kind == "handler"]
    for handler in handlers:
        _handler(canvas, handler, inner)
    more, certain = _events(canvas, block, frame, here)
    if error:
        inside = '<bpmn:errorEventDefinition errorRef="wrong"/>'
        more.append(Out(canvas.node("boundaryEvent", here.scope, inside, attachedToRef=frame)))
    sure = certain and not (times or error or handlers or _leaves(block.parts[0]))
    return [Out(frame), *more], done if sure else here.done


def _wrong(canvas: Canvas, outs: list[Out], here: Here, test: tuple[str, int, int]) -> list[Out]:
    """A way out of the frame with an error."""
    gateway = _arrive(canvas, outs, canvas.node("exclusiveGateway", here.scope))
    inside = '<bpmn:errorEventDefinition errorRef="wrong"/>'
    canvas.connect(Out(gateway, _test(here, test)), canvas.node("endEvent", here.scope, inside))
    return [Out(gateway, default=True)]


def _handler(canvas: Canvas, block: Block, here: Here) -> None:
    """An event subprocess of the frame."""
    frame = canvas.node("subProcess", here.scope, triggeredByEvent="true")
    inside, stays = happening(block.told.get("message", "")), block.told.get("stays")
    begin = canvas.node("startEvent", frame, inside, isInterrupting="false" if stays else "true")
    ending, _ = _row(canvas, block.parts[0], [Out(begin)], replace(here, scope=frame, ends=True))
    _arrive(canvas, ending, canvas.node("endEvent", frame))


def _leaves(row: Block) -> bool:
    """Whether a way inside may end before the last of the row."""
    return any(part.kind in ("end", "event") or _leaves(part) for part in row.parts)


_DRAW: dict[str, Callable[[Canvas, Block, list[Out], Here], Drawn]] = {
    "step": _step, "wait": _wait, "script": _script, "pause": _pause, "choice": _choice, "either": _either,
    "race": _race, "fork": _fork, "redo": _redo, "frame": _frame, "end": _end,
}
