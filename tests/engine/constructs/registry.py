"""Which BPMN constructs run and which are refused: each test here says what it proves, and the table is made of that.

`python3 -m tests.engine.constructs` prints the table; `python3 -m tests.engine.constructs --write` puts it into
`docs/reference/bpmn.md`. A construct that no test proves cannot be claimed.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[2] / "docs" / "reference" / "bpmn.md"
BEGIN, END = "<!-- constructs: made by python3 -m tests.engine.constructs --write -->", "<!-- end of constructs -->"

Test = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Proof:
    """A test and the construct it proves; `says` is what a reader should know about how it runs, or what to draw."""

    construct: str
    outcome: Literal["runs", "refused"]
    says: str
    test: str


PROOFS: list[Proof] = []


def runs(construct: str, says: str = "") -> Callable[[Test], Test]:
    """The decorated test proves that the construct runs, and how."""
    return _proves(construct, "runs", says)


def refused(construct: str, says: str) -> Callable[[Test], Test]:
    """The decorated test proves that the construct is refused with a finding; `says` is what to draw instead."""
    return _proves(construct, "refused", says)


def _proves(construct: str, outcome: Literal["runs", "refused"], says: str) -> Callable[[Test], Test]:
    def note(test: Test) -> Test:
        PROOFS.append(Proof(construct, outcome, says, f"{test.__module__.rsplit('.', 1)[-1]}.{test.__name__}"))
        return test

    return note


def proofs() -> list[Proof]:
    """Every proof of every file here, by file and in its order."""
    for path in sorted(HERE.glob("test_*.py")):
        importlib.import_module(f"tests.engine.constructs.{path.stem}")
    return sorted(set(PROOFS), key=lambda proof: (proof.test.split(".")[0], PROOFS.index(proof)))


def rows() -> Iterator[tuple[str, str, str, str]]:
    """(construct, outcome, what to know, tests) of the table."""
    grouped: dict[tuple[str, str], list[Proof]] = {}
    for proof in proofs():
        grouped.setdefault((proof.construct, proof.outcome), []).append(proof)
    for (construct, outcome), found in grouped.items():
        said = " ".join(dict.fromkeys(proof.says for proof in found if proof.says))
        yield construct, outcome, said, ", ".join(f"`{proof.test}`" for proof in found)


def table() -> str:
    """The table as it stands in the reference."""
    lines: list[Any] = ["| Construct | | How, or what to draw instead | Proved by |", "|---|---|---|---|"]
    lines += [f"| {construct} | {outcome} | {says} | {tests} |" for construct, outcome, says, tests in rows()]
    return "\n".join(lines)


def written() -> str:
    """What stands in the reference now."""
    return PAGE.read_text("utf-8").split(BEGIN)[1].split(END)[0].strip()


def write() -> None:
    """Put the table into the reference."""
    text = PAGE.read_text("utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", "utf-8")
