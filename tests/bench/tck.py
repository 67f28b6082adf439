"""How much of the OMG DMN TCK the engine does right.

    git clone https://github.com/dmn-tck/tck
    python tests/bench/tck.py tck/TestCases [--failures] [--only <part of a set's name>]

A case is right when every result it asks for has the value it expects, numbers compared to 8 decimal places; where it
expects an error, null or a refusal is right. A literal case asks only for decisions that are one FEEL expression.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

sys.path.insert(0, str(Path(__file__).parents[2]))

from engine.decisions import decide, serve
from engine.dmn.model import Model, read_model
from engine.drawing.xmlsafe import local, text_in
from engine.errors import OneDoorError
from engine.feel.temporal import parse_date, parse_duration, parse_moment, parse_time
from engine.feel.values import equal, text_of

NOW = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
LEVELS = ("compliance-level-2", "compliance-level-3")
PLACES = Decimal("0.00000001")
READERS = {
    "string": str, "boolean": lambda text: text == "true", "decimal": Decimal, "double": Decimal, "integer": Decimal,
    "date": parse_date, "time": parse_time, "dateTime": parse_moment, "duration": parse_duration,
}


@dataclass
class Score:
    """Cases counted."""

    cases: int = 0
    right: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, problem: str) -> None:
        """One case, with what is wrong with it."""
        self.cases += 1
        self.right += not problem
        if problem:
            self.failures.append(problem)

    def row(self, title: str) -> str:
        """A line of the table."""
        share = 100 * self.right / self.cases if self.cases else 100.0
        return f"{title:48}{self.cases:7}{self.right:7}{share:8.1f} %"


# Reading the cases


def children(xml: etree._Element, *tags: str) -> Iterator[etree._Element]:
    """The elements directly below, by tag."""
    return (each for each in xml if isinstance(each.tag, str) and local(each) in tags)


def value_of(xml: etree._Element) -> Any:
    """The value that a node of a case describes."""
    components = list(children(xml, "component"))
    if components:
        return {each.get("name"): value_of(each) for each in components}
    for each in children(xml, "list"):
        return None if each.get(NIL) == "true" else [value_of(item) for item in children(each, "item")]
    for each in children(xml, "value"):
        return None if each.get(NIL) == "true" else simple(each)
    return None


def simple(xml: etree._Element) -> Any:
    """One value of its XML Schema type; a text where none is given."""
    kind = (xml.get(TYPE) or "string").rpartition(":")[2]
    return READERS[kind](xml.text or "" if kind == "string" else text_in(xml))


def same(expected: Any, found: Any) -> bool:
    """Whether the engine's value is the one expected."""
    if isinstance(expected, Decimal) and isinstance(found, Decimal):
        return expected == found or abs(expected - found) < PLACES
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(same, expected, found))
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(same(expected[key], found[key]) for key in expected)
    if isinstance(expected, datetime | time) and type(found) is type(expected):
        return (expected.tzinfo is None) == (found.tzinfo is None) and expected == found
    return equal(expected, found) is True


# Running them


def models(folder: Path) -> dict[str, bytes]:
    """The DMN files of a set by their namespaces."""
    found = {}
    for path in sorted(folder.glob("*.dmn")):
        found[etree.parse(path).getroot().get("namespace", "")] = path.read_bytes()
    return found


def problem_of(model: Model, case: etree._Element) -> str:
    """What is wrong with a case; empty when nothing is."""
    context: dict[str, Any] = {each.get("name"): value_of(each) for each in children(case, "inputNode")}
    for asked in children(case, "resultNode"):
        name = asked.get("name")
        expected = next((value_of(each) for each in children(asked, "expected")), None)
        try:
            if case.get("type") == "decisionService":
                found = output(serve(model, case.get("invocableName"), context, NOW), name)
            else:
                found = decide(model, name, context, NOW)
        except OneDoorError as error:
            found = None if asked.get("errorResult") == "true" else error
        if not same(expected, found):
            return f"{name}: expected {shown(expected)}, found {shown(found)}"
    return ""


def output(result: Any, name: str) -> Any:
    """One output of a service that has several."""
    return result[name] if isinstance(result, dict) and name in result else result


def shown(value: Any) -> str:
    """A value for the list of failures."""
    if isinstance(value, OneDoorError):
        return f"{type(value).__name__} ({value})"
    return f"{text_of(value)} ({type(value).__name__})"


def literal(case: etree._Element, logic: dict[str, str]) -> bool:
    """Whether all that the case asks for are decisions of one expression."""
    return all(logic.get(asked.get("name")) == "literalExpression" for asked in children(case, "resultNode"))


def logic_of(path: Path) -> dict[str, str]:
    """The kind of logic of each decision of a file."""
    found = {}
    for decision in children(etree.parse(path).getroot(), "decision"):
        inner = [local(each) for each in decision if isinstance(each.tag, str)]
        known = [tag for tag in inner if tag in ("literalExpression", "decisionTable", "context", "invocation")]
        found[decision.get("name", "")] = known[0] if known else ""
    return found


@dataclass
class Figures:
    """All counts: by level, by set, and of the literal cases."""

    levels: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    sets: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    literal: Score = field(default_factory=Score)

    def run(self, folder: Path) -> None:
        """The cases of one set."""
        others = models(folder)
        for path in sorted(folder.glob("*.xml")):
            root = etree.parse(path).getroot()
            named = folder / next((text_in(each) for each in children(root, "modelName")), "")
            if root.tag.endswith("testCases") and named.is_file():
                model = read_model(folder.name, named.read_bytes(), others)
                self.cases(folder, model, root, logic_of(named))

    def cases(self, folder: Path, model: Model, root: etree._Element, logic: dict[str, str]) -> None:
        """Count each case of one file."""
        for case in children(root, "testCase"):
            problem = problem_of(model, case)
            line = problem and f"{folder.name} {case.get('id')} {problem}"
            self.levels[folder.parent.name].add(line)
            self.sets[f"{folder.parent.name[-1]} {folder.name}"].add(line)
            if literal(case, logic):
                self.literal.add(line)

    def show(self, failures: bool) -> None:
        """Print the table."""
        print(f"{'':48}{'cases':>7}{'right':>7}{'share':>10}")
        for title, score in sorted(self.sets.items()):
            print(score.row(title))
            for line in score.failures if failures else ():
                print("    " + line)
        total = Score()
        for title, score in sorted(self.levels.items()):
            print(score.row(title))
            total.cases, total.right = total.cases + score.cases, total.right + score.right
        print(total.row("both levels"))
        print(self.literal.row("literal-expression cases"))


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description="Share of the DMN TCK's cases that are right.")
    parser.add_argument("folder", type=Path, help="the folder TestCases of the TCK")
    parser.add_argument("--failures", action="store_true", help="list what is wrong")
    parser.add_argument("--only", default="", help="only sets whose name has this part")
    given = parser.parse_args()
    figures = Figures()
    for level in LEVELS:
        for folder in sorted((given.folder / level).iterdir()):
            if folder.is_dir() and given.only in folder.name:
                figures.run(folder)
    figures.show(given.failures)


if __name__ == "__main__":
    main()
