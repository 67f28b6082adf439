"""A diagram drawn elsewhere → copies that can be run, and a note of everything that was put right for it.

The drawing itself is never changed. Each process with something in it becomes one copy: names, starts, ways and
properties that the drawing leaves open get stand-ins, what no run needs is left out, and every name leads back to the
drawn one. What the engine does not run stays in the copy as it is, so that the gate refuses it by its name: nothing
becomes what it is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace

from lxml import etree

from engine.bundle import Bundle
from engine.drawing import findings as f
from engine.drawing.diagram import model, safe
from engine.drawing.findings import Finding
from engine.normalise.calls import repair_calls, with_called
from engine.normalise.choices import repair_choices
from engine.normalise.encoding import as_text
from engine.normalise.entrances import add_starts, drop_unreachable
from engine.normalise.events import repair_conditions, repair_events, repair_services
from engine.normalise.flows import gather, gather_associations, repair_flows, repair_hosts
from engine.normalise.happenings import repair_definitions, repair_repetition, repair_rounds, repair_timers
from engine.normalise.identity import name_everything
from engine.normalise.links import repair_links
from engine.normalise.stand_ins import repair_tasks
from engine.normalise.strip import drop_lost_lanes, empty, isolate, strip
from engine.normalise.work import Work, name_in, told, wiring

__all__ = ["Copy", "Normalised", "as_text", "normalise"]


@dataclass(frozen=True, slots=True)
class Copy:
    """One process that can be run, with what it calls in the file; `bundle` has stand-ins for decisions and calls.

    `drawn` leads from a name in it to the drawn name, where they differ.
    """

    process: str
    bundle: Bundle
    drawn: Mapping[str, str]
    findings: tuple[Finding, ...]

    @property
    def xml(self) -> str:
        """The copy's own text."""
        return self.bundle.xml

    def name(self, element: str | None) -> str | None:
        """The drawn name of an element of the copy."""
        return name_in(self.drawn, element) if element is not None else None

    def report(self, finding: Finding) -> Finding:
        """A finding about the copy as one about the drawing."""
        details = {key: told(self.drawn, value) if isinstance(value, str) else value
                   for key, value in finding.details.items()}
        return replace(finding, element=self.name(finding.element), details=details)


@dataclass(frozen=True, slots=True)
class Normalised:
    """The copies of a document, its main process first, and the findings about the document as a whole."""

    copies: tuple[Copy, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def main(self) -> Copy | None:
        """The process that a dossier would follow: the one marked executable, else the largest."""
        return self.copies[0] if self.copies else None

    @property
    def repairs(self) -> tuple[Finding, ...]:
        """Everything noted about the document and its main process."""
        return (*self.findings, *(self.main.findings if self.main else ()))


def normalise(drawing: Bundle) -> Normalised:
    """The executable copies of a bundle's diagram; never raises, and a copy is its own only copy."""
    diagram = safe(drawing.xml)
    if diagram.root is None:
        return Normalised(findings=diagram.findings)
    work = Work(
        deepcopy(diagram.root), forms=frozenset(drawing.forms), decisions=dict(drawing.decisions),
        called=dict(drawing.called),
    )
    strip(work)
    name_everything(work)
    every = work.root.findall(model("process"))
    processes = [process for process in every if not empty(process)]
    if not processes:
        return Normalised(findings=(f.error("process_empty", _named(work.root)),))
    processes.sort(key=lambda process: (process.get("isExecutable") != "true", -len(wiring(process).nodes)))
    called = [each for process in processes for each in with_called(work.root, process)[1:]]
    processes = [process for process in processes if process not in called] or processes
    copies = tuple(_copy(work, every.index(process), drawing) for process in processes)
    return Normalised(copies, tuple(_once(work.findings)))


def _named(root: etree._Element) -> str | None:
    return next((element.get("id") for element in root.iter(etree.Element) if element.get("id")), None)


def _copy(shared: Work, index: int, drawing: Bundle) -> Copy:
    work = replace(
        shared, root=deepcopy(shared.root), drawn=dict(shared.drawn), findings=[], taken=set(shared.taken),
        decisions=dict(shared.decisions), called=dict(shared.called),
    )
    process = work.root.findall(model("process"))[index]
    together = with_called(work.root, process)
    for each in together:
        gather(work, each)
        gather_associations(work, each)
    isolate(work, together)
    for each in together:
        _repair(work, each)
    text = etree.tostring(work.root, encoding="unicode")
    bundle = Bundle(text, drawing.forms, work.decisions, drawing.procedure, work.called)
    return Copy(process.get("id") or "", bundle, work.drawn, tuple(_once(work.findings)))


def _repair(work: Work, process: etree._Element) -> None:
    """Everything in its order: what is connected, where it begins, what happens, what is done, which way is taken."""
    repair_links(work, process)
    repair_hosts(work, process)
    repair_flows(work, process)
    add_starts(work, process)
    drop_unreachable(work, process)
    repair_events(work, process)
    drop_lost_lanes(process, set(wiring(process).nodes))
    repair_tasks(work, process)
    repair_calls(work, process)
    repair_choices(work, process)
    repair_conditions(work, process)
    repair_services(work, process)
    repair_definitions(work, process)
    repair_timers(work, process)
    repair_repetition(work, process)
    repair_rounds(work, process)


def _once(findings: Iterable[Finding]) -> list[Finding]:
    once = {(one.code, one.element, str(one.details)): one for one in findings}
    return f.counted(once.values(), ("not_run",))
