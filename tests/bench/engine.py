"""What a step costs in the engine alone, beside the library's own way in the same run.

    python -m tests.bench.engine [--rounds 60]

Ours: the stored state is read, one task claimed and finished, and the new state is bytes again. The library's: the
same diagram parsed by its own parser, its serializer reading and writing the whole workflow. Both walk the same tasks
with eight values; medians of turns taken one after the other.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine.commands import ClaimStep, CompleteStep, StartProcess
from engine.definition import Bundle, Definition, compile_definition
from engine.execute import step
from engine.state import open_tokens
from tests.engine import builders as draw

FORM = {"value_0": 3, **{f"value_{number}": f"giá trị {number}" for number in range(1, 8)}}
WORKER = "7"
PLAIN = '<?xml version="1.0"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d">'


def ours_in_a_row(tasks: int, gateways: bool) -> str:
    """Tasks one after the other, with a gateway after every fifth one if asked for."""
    names = [f"s{number}" for number in range(tasks)]
    nodes, route = [draw.task(name) for name in names], ["begin"]
    for number, name in enumerate(names):
        route.append(name)
        if gateways and number % 5 == 4:
            nodes.append(draw.xor(f"g{number}", default=f"g{number}-{names[min(number + 1, tasks - 1)]}"
                                  if number + 1 < tasks else f"g{number}-done"))
            nodes.append(draw.flow(f"g{number}", "stopped", "filing.value_0 > 5"))
            route.append(f"g{number}")
    extra = (draw.end("stopped"),) if gateways else ()
    return draw.diagram(draw.start(), *nodes, draw.end(), *extra, draw.path(*route, "done"))


def ours_in_a_loop() -> str:
    """Four tasks and a gateway that leads back."""
    names = [f"s{number}" for number in range(4)]
    return draw.diagram(
        draw.start(), draw.xor("again"), *(draw.task(name) for name in names), draw.xor("g", default="g-again"),
        draw.end(), draw.path("begin", "again", *names, "g", "again"), draw.flow("g", "done", "filing.value_0 > 5"),
    )


def library_in_a_row(tasks: int, gateways: bool) -> str:
    """The same for the library's own parser: manual choices are Python there."""
    names = [f"s{number}" for number in range(tasks)]
    parts, flows = ['<startEvent id="begin"/><endEvent id="done"/><endEvent id="stopped"/>'], []
    route = ["begin"]
    for number, name in enumerate(names):
        parts.append(f'<userTask id="{name}"/>')
        route.append(name)
        if gateways and number % 5 == 4:
            parts.append(f'<exclusiveGateway id="g{number}" default="g{number}-on"/>')
            flows.append(_flow(f"g{number}", "stopped", "value_0 &gt; 5"))
            route.append(f"g{number}")
    route.append("done")
    return _library(parts, flows, route)


def library_in_a_loop() -> str:
    """The loop for the library's own parser."""
    names = [f"s{number}" for number in range(4)]
    parts = ['<startEvent id="begin"/><endEvent id="done"/><exclusiveGateway id="again"/>'
             '<exclusiveGateway id="g" default="g-on"/>', *(f'<userTask id="{name}"/>' for name in names)]
    return _library(parts, [_flow("g", "done", "value_0 &gt; 5")], ["begin", "again", *names, "g", "again"])


def _library(parts: list[str], flows: list[str], route: list[str]) -> str:
    flows += [f'<sequenceFlow id="{one}-on" sourceRef="{one}" targetRef="{other}"/>'
              for one, other in pairwise(route)]
    return f'{PLAIN}<process id="p" isExecutable="true">{"".join(parts + flows)}</process></definitions>'


def _flow(source: str, target: str, when: str) -> str:
    return (f'<sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}">'
            f"<conditionExpression>{when}</conditionExpression></sequenceFlow>")


@dataclass
class Ours:
    """A dossier as bytes."""

    definition: Definition
    state: bytes = b""

    @classmethod
    def start(cls, xml: str, done: int = 0) -> Ours:
        """A dossier that has done so many tasks."""
        walk = cls(compile_definition(Bundle(xml)))
        walk.state = step(walk.definition, None, StartProcess(draw.DOSSIER, FORM), draw.NOW).state
        for _ in range(done):
            walk.state = walk.once()
        return walk

    def once(self) -> bytes:
        """Read, claim and finish the open task, write; the walk itself stays where it is."""
        token = next(iter(open_tokens(self.state)))
        claimed = step(self.definition, self.state, ClaimStep(token, WORKER), draw.NOW)
        return step(self.definition, claimed.state, CompleteStep(token, WORKER, {}, None), draw.NOW).state

    @property
    def size(self) -> int:
        """Bytes kept."""
        return len(self.state)


@dataclass
class Library:
    """A workflow as the library's serializer writes it."""

    serializer: BpmnWorkflowSerializer
    state: str = ""

    @classmethod
    def start(cls, xml: str, done: int = 0) -> Library:
        """A workflow that has done so many tasks."""
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(xml.encode()))
        workflow = BpmnWorkflow(parser.get_spec("p"))
        workflow.task_tree.data.update(FORM)
        workflow.do_engine_steps()
        for _ in range(done):
            _finish(workflow)
        kept = cls(BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure()))
        kept.state = kept.serializer.serialize_json(workflow)
        return kept

    def once(self) -> str:
        """Read, finish the open task, write."""
        workflow = self.serializer.deserialize_json(self.state)
        _finish(workflow)
        written: str = self.serializer.serialize_json(workflow)
        return written

    @property
    def size(self) -> int:
        """Bytes kept."""
        return len(self.state)


def _finish(workflow: BpmnWorkflow) -> None:
    workflow.get_next_task(state=TaskState.READY, manual=True).run()
    workflow.do_engine_steps()


def median_of(action: Callable[[], Any], rounds: int) -> float:
    """Milliseconds of one call, in the processor's time."""
    spent = []
    for _ in range(rounds):
        begun = time.process_time()
        action()
        spent.append((time.process_time() - begun) * 1000)
    return statistics.median(spent)


def row(title: str, ours: Ours, library: Library | None, rounds: int) -> float:
    """Print a line; ours in milliseconds."""
    ours.once()
    own = median_of(ours.once, rounds * 5)
    line = f"{title:46}{own:8.3f} ms {ours.size / 1000:8.2f} KB"
    if library is not None:
        library.once()
        theirs = median_of(library.once, max(rounds // 4, 5))
        line += f"     library {theirs:8.2f} ms {library.size / 1000:8.1f} KB   {theirs / own:6.0f} x"
    print(line, flush=True)
    return own


def ages(rounds: int) -> dict[int, tuple[float, int]]:
    """Milliseconds and bytes of a step after so many rounds of the loop, each against round 10 in turns."""
    walks = {age: Ours.start(ours_in_a_loop(), done=4 * age + 2) for age in (1, 10, 100, 1_000, 10_000)}
    spent: dict[int, list[float]] = {age: [] for age in walks}
    for _ in range(rounds):
        for age, walk in walks.items():
            spent[age].append(median_of(walk.once, 5))
    return {age: (statistics.median(times), walks[age].size) for age, times in spent.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=60)
    said = parser.parse_args()
    for tasks in (30, 100):
        row(f"{tasks} tasks, gateways, in the middle", Ours.start(ours_in_a_row(tasks, True), tasks // 2),
            Library.start(library_in_a_row(tasks, True), tasks // 2), said.rounds)
    row("100 tasks in a row without a gateway", Ours.start(ours_in_a_row(100, False), 50),
        Library.start(library_in_a_row(100, False), 50), said.rounds)
    row("loop of four tasks, 100 rounds", Ours.start(ours_in_a_loop(), 402),
        Library.start(library_in_a_loop(), 402), said.rounds)
    grown = ages(said.rounds)
    for age, (spent, size) in grown.items():
        print(f"loop, {age:6} rounds: {spent:8.3f} ms {size / 1000:6.2f} KB   {spent / grown[10][0]:5.2f} x round 10")


if __name__ == "__main__":
    main()
