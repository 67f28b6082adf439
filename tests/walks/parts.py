"""What blocks are drawn with: where they stand, conditions that can be decided there, repetition, events."""

from __future__ import annotations

from dataclasses import dataclass

from tests.engine.builders import loop
from tests.engine.constructs.drawing import standard
from tests.walks.blocks import Block
from tests.walks.canvas import SIGNALS, Canvas, happening, properties


@dataclass(frozen=True, slots=True)
class Here:
    """Where a block stands: its subprocess, the steps certainly done before it and those certainly done beside it,
    whether a way may just end, whether nothing may be thrown (by what happens again and again), which errors are caught
    around it, whether no start or end event may be drawn, and which signals begin again what this stands in."""

    scope: str | None = None
    done: tuple[tuple[str, int], ...] = ()
    beside: tuple[str, ...] = ()
    ends: bool = True
    quiet: bool = False
    caught: tuple[str, ...] = ()
    adhoc: bool = False
    stormy: tuple[str, ...] = ()

    def calm(self, on: str) -> str:
        """Nothing but time instead of a signal that would end what stands here only by beginning it anew."""
        return "" if on in SIGNALS and on in self.stormy else on


def tested(here: Here, test: tuple[str, int, int]) -> str:
    """A condition over what is certainly there."""
    kind, pick, number = test
    able = [step for step in here.done if step[1] or kind != "choice"]
    if kind == "filing" or not able:
        return f"filing.n < {number}"
    step, choices = able[pick % len(able)]
    if kind == "choice":
        return f'{step}.choice = "c{number % choices}"'
    return f"{step}.v < {number}" if kind == "value" else f"visits.{step} < {number % 4 + 1}"


def happens(canvas: Canvas, block: Block, here: Here, duration: str = "P3D") -> str:
    """What an event of a block waits for."""
    when = tested(here, block.told.get("test", ("filing", 0, 5)))
    return happening(here.calm(block.told.get("on", "")), duration, when, key=bool(block.told.get("key")))


def repeated(block: Block, here: Here, name: str = "") -> str:
    """Once for each of a list, or so many times, perhaps fewer are enough; or while something holds."""
    if block.told.get("again"):
        shape, most, before, test = block.told["again"]
        return standard(f"loopCounter < {most}" if shape == "rounds" else tested(here, test), "3", before)
    if not block.told.get("times"):
        return ""
    source, count, sequential, until = block.told["times"]
    many = {"collection": "filing.x"} if source == "list" else {"cardinality": str(count)}
    return loop(**many, sequential=sequential, until=f"count({name}) >= {until}" if until and name else "")


def receive(canvas: Canvas, here: Here, message: str, key: bool) -> str:
    inside = properties(kind="wait_applicant", hours="", clock="stopped", status="5", key="=filing.n" if key else "")
    return canvas.node("receiveTask", here.scope, inside, messageRef=f"m_{message}")


def thrown(canvas: Canvas, on: str, block: Block, here: Here) -> str:
    """What an event throws; compensation is of everything or of one activity."""
    undone, pick = canvas.undone.get(here.scope, []), block.told.get("pick", 0)
    if on == "compensate" and undone and pick % 3 == 0:
        return f'<bpmn:compensateEventDefinition activityRef="{undone[pick % len(undone)]}"/>'
    handed = {} if on == "compensate" else {"v": "=filing.n"}
    return happening(on, key=bool(block.told.get("key")), **handed)


def handed() -> str:
    """What a called process sees: the same as its caller."""
    return ('<bpmn:extensionElements><onedoor:in name="n" value="filing.n"/><onedoor:in name="x" value="filing.x"/>'
            '<onedoor:out name="v" value="filing.n"/></bpmn:extensionElements>')


def leaves(row: Block) -> bool:
    """Whether a way inside may end before the last of the row."""
    return any(part.kind in ("end", "event") or leaves(part) for part in row.parts)
