"""What an expression of a diagram sees: the dossier's values, and those of the frames around it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import ExpressionFailed
from engine.running.moves import Run
from engine.state import load
from tests.engine.builders import DOSSIER, Walk, diagram, end, frame, loop, path, row, script, start, task
from tests.engine.constructs.drawing import standard
from tests.engine.constructs.test_calls import call, file, process
from tests.engine.happenings import catch, told


def seen(walk: Walk, name: str | None = None) -> dict[str, Any]:
    """What can be named at an open step, or by the dossier as a whole."""
    state = load(walk.state or b"")
    values = Run(walk.definition, state, walk.now).values
    return values.context(state.tokens[walk.token(name)] if name else None)


def test_the_dossier_sees_its_answers_and_what_is_still_without_a_value() -> None:
    walk = Walk(row("a", "b"), {"name": "Lan"})
    walk.complete("a", floor=3)
    values = {"filing": {"name": "Lan"}, "a": {"floor": 3, "choice": None}, "b": None, "dossier": DOSSIER}
    assert seen(walk) == seen(walk, "b") == {**values, "visits": {"a": 1, "b": 1}}


@pytest.mark.parametrize("repeated", [loop("filing.x", item="part"), standard("loopCounter < 2")])
def test_what_is_called_sees_nothing_of_its_caller(repeated: str) -> None:
    """Neither its values nor its item and its counter."""
    inner = process("check", start("i"), task("look"), task("mend"), end("o"), path("i", "look", "mend", "o"))
    walk = Walk(file(start(), task("before"), call("c", "check", repeated, n="filing.n"), end(),
                     path("begin", "before", "c", "done"), others=inner), {"n": 7, "x": [1]})
    walk.complete("before", secret=1)
    walk.complete("c:look")
    assert seen(walk, "c:mend") == {"filing": {"n": 7}, "look": {"choice": None}, "mend": None, "dossier": DOSSIER,
                                    "visits": {"look": 1, "mend": 1}}


@pytest.mark.parametrize(("repeated", "sights"), [
    (loop("filing.x", item="part"), {"part": 20, "loopCounter": 2}), (loop("filing.x"), {"item": 20, "loopCounter": 2}),
    (standard("loopCounter < 3"), {"loopCounter": 2}),
])
def test_a_round_sees_its_number_and_its_item(repeated: str, sights: dict[str, Any]) -> None:
    inner = frame("f", start("i"), task("a"), end("o"), path("i", "a", "o"), repeated)
    walk = Walk(diagram(start(), inner, end(), path("begin", "f", "done")), {"x": [10, 20]})
    around = set(seen(walk))
    walk.complete("a", index=None)
    assert {name: value for name, value in seen(walk, "a").items() if name not in around} == sights


def test_an_expression_that_fails_names_its_element() -> None:
    with pytest.raises(ExpressionFailed) as failed:
        Walk(diagram(start(), script("big", "10 ** 40"), task("a"), end(), path("begin", "big", "a", "done")))
    assert failed.value.details["element"] == "big"


def test_a_condition_that_is_waited_for_is_true_or_false_or_nothing_yet() -> None:
    xml = diagram(start(), task("a"), catch("c", told("condition", "a.n")), end(), path("begin", "a", "c", "done"))
    for value, ended in ((None, False), (False, False), (True, True)):
        walk = Walk(xml)
        walk.complete("a", n=value)
        assert walk.view.ended is ended
    walk = Walk(xml)
    with pytest.raises(ExpressionFailed, match=r"on element c failed: it must be true or false\.$"):
        walk.complete("a", n=1)


@pytest.mark.parametrize(("steps", "cost"), [(1, 0), (28, 0), (29, 1), (60, 1), (61, 2)])
def test_what_is_in_sight_is_paid_for_by_the_thirty_two(steps: int, cost: int) -> None:
    """Besides the steps there are the filing, the dossier and the visits."""
    walk = Walk(row(*(f"s{number}" for number in range(steps))))
    values = Run(walk.definition, load(walk.state or b""), walk.now).values
    before = values.allowance.steps
    assert len(values.context()) == steps + 3
    assert before - values.allowance.steps == cost
