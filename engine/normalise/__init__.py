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

from engine import findings as f
from engine.diagram import model, safe
from engine.findings import Finding
from engine.normalise.choices import repair_choices
from engine.normalise.encoding import as_text
from engine.normalise.entrances import add_starts, drop_unreachable
from engine.normalise.events import repair_conditions, repair_events, repair_links, repair_services
from engine.normalise.flows import gather, gather_associations, repair_flows, repair_hosts
from engine.normalise.happenings import repair_definitions, repair_repetition, repair_rounds, repair_timers
from engine.normalise.identity import name_everything
from engine.normalise.stand_ins import repair_tasks
from engine.normalise.strip import drop_lost_lanes, empty, isolate, strip
from engine.normalise.work import Work, wiring

__all__ = ["Copy", "Normalised", "as_text", "normalise"]


@dataclass(frozen=True, slots=True)
class Copy:
    """One process that can be run. `drawn` leads from a name in it to the drawn name, where they differ."""

    process: str
    xml: str
    drawn: Mapping[str, str]
    decisions: Mapping[str, str]
    findings: tuple[Finding, ...]

    def name(self, element: str | None) -> str | None:
        """The drawn name of an element of the copy."""
        return self.drawn.get(element, element) if element is not None else None

    def report(self, finding: Finding) -> Finding:
        """A finding about the copy as one about the drawing."""
        details = {key: self.drawn.get(value, value) if isinstance(value, str) else value
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


def normalise(
    xml: str | bytes, forms: Iterable[str] = (), decisions: Mapping[str, str] | None = None
) -> Normalised:
    """The executable copies of a document; never raises, and a copy is its own only copy."""
    diagram = safe(xml)
    if diagram.root is None:
        return Normalised(findings=diagram.findings)
    work = Work(deepcopy(diagram.root), forms=frozenset(forms), decisions=dict(decisions or {}))
    strip(work)
    name_everything(work)
    processes = [process for process in work.root.findall(model("process")) if not empty(process)]
    if not processes:
        return Normalised(findings=(f.error("process_empty", _named(work.root)),))
    processes.sort(key=lambda process: (process.get("isExecutable") != "true", -len(wiring(process).nodes)))
    copies = tuple(_copy(work, work.root.findall(model("process")).index(process)) for process in processes)
    return Normalised(copies, tuple(_once(work.findings)))


def _named(root: etree._Element) -> str | None:
    return next((element.get("id") for element in root.iter(etree.Element) if element.get("id")), None)


def _copy(shared: Work, index: int) -> Copy:
    work = Work(
        deepcopy(shared.root), dict(shared.drawn), [], set(shared.taken), shared.forms, dict(shared.decisions)
    )
    process = work.root.findall(model("process"))[index]
    gather(work, process)
    gather_associations(work, process)
    isolate(work, process)
    repair_hosts(work, process)
    repair_flows(work, process)
    add_starts(work, process)
    drop_unreachable(work, process)
    repair_events(work, process)
    drop_lost_lanes(process, set(wiring(process).nodes))
    repair_tasks(work, process)
    repair_choices(work, process)
    repair_conditions(work, process)
    repair_links(work, process)
    repair_services(work, process)
    repair_definitions(work, process)
    repair_timers(work, process)
    repair_repetition(work, process)
    repair_rounds(work, process)
    text = etree.tostring(work.root, encoding="unicode")
    return Copy(process.get("id") or "", text, work.drawn, work.decisions, tuple(_once(work.findings)))


def _once(findings: Iterable[Finding]) -> list[Finding]:
    return list({(one.code, one.element, str(one.details)): one for one in findings}.values())
