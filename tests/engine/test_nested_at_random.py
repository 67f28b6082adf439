"""Calls, repetition, ad-hoc work and inclusive joins inside each other: any way through them can be taken, folds to
what the engine holds, comes again from the same commands, and ends.
"""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from engine.commands import ClaimStep, Command, CompleteStep, ReleaseStep, StartProcess
from engine.definition import Bundle, compile_definition
from engine.errors import OneAtATime
from engine.execute import offered, step
from engine.facts import from_json, to_json
from engine.fold import View, fold
from engine.state import dump, load
from tests.engine.builders import (
    DOSSIER,
    HEAD,
    NOW,
    both,
    choice,
    end,
    flow,
    frame,
    loop,
    path,
    script,
    start,
    task,
    timer,
    xor,
)
from tests.engine.constructs.drawing import agree_with, any_of, standard
from tests.engine.constructs.test_adhoc import ad_hoc
from tests.engine.constructs.test_calls import call, process

ROOM = frame(
    "room", start("ri"), any_of("rs", "rs-look"), task("look", choice("fine"), choice("again", "return"),
    unit='="U" + place'), task("measure"), any_of("rj"), xor("rg", "rg-ro"), end("ro"), path("ri", "rs"),
    flow("rs", "look"), flow("rs", "measure", "loopCounter > 1"), path("look", "rj"), path("measure", "rj", "rg", "ro"),
    flow("rg", "rs", 'look.choice = "again" and visits.look < 3'),
    loop("filing.x", item="place", until="numberOfCompletedInstances = 2"),
)
CHECK = process(
    "check", start("ci"), ROOM, script("seen", "count(room)"), task("sum_up", inside=standard("sum_up.v &lt; 3", "3")),
    end("co"), path("ci", "room", "seen", "sum_up", "co"),
)
WORK = ad_hoc(
    task("call_up"), task("visit", choice("done"), choice("more", "return")), timer("late", "P3D", "visit", False),
    script("note", "1"), path("late", "note"), until='visit.choice = "done"', ordering="Sequential",
)
NESTED = (
    f'{HEAD}' + process(
        "p", start(), both("s"), call("first", "check", loop("[1, 2]", sequential=True), x="filing.x", back="n=seen"),
        WORK, both("j"), task("z", choice("on"), choice("back", "return")), xor("g", "g-done"), end(),
        path("begin", "s", "first", "j", "z", "g", "done"), path("s", "h", "j"),
        flow("g", "z", 'z.choice = "back" and visits.z < 3'), executable=True,
    ) + CHECK + "</bpmn:definitions>"
)


def could(state: bytes, view: View) -> list[Command]:
    """Everything that people could do now."""
    found: list[Command] = []
    for token, opened in view.open.items():
        if opened.assignee is None:
            found.append(ClaimStep(token, "lan"))
        else:
            choices = [one.id for one in offered(MADE, state, token, NOW)] or [None]
            found += [CompleteStep(token, "lan", {"v": int(token) % 5}, one) for one in choices]
            found.append(ReleaseStep(token, "lan"))
    return found


MADE = compile_definition(Bundle(NESTED))


@pytest.mark.parametrize("seed", range(25))
def test_any_way_through_nested_work_is_right(seed: int) -> None:
    chance, now = random.Random(seed), NOW
    commands: list[Command] = [StartProcess(DOSSIER, {"x": ["p", "q", "r"][: chance.randint(0, 3)]})]
    state, recorded, view = None, [], View()
    for _ in range(400):
        command = commands[-1]
        try:
            outcome = step(MADE, state, command, now)
        except OneAtATime:
            commands.pop()
        else:
            assert step(MADE, state, command, now) == outcome
            state, view = outcome.state, fold(outcome.facts, view)
            recorded += [to_json(fact) for fact in outcome.facts]
            assert dump(load(state)) == state
            agree_with(state, view)
        able = could(state or b"", view)
        if not able:
            break
        now += timedelta(minutes=1)
        commands.append(chance.choice(able))
    assert view.ended
    assert view.frames == {}
    assert fold(from_json(fact) for fact in recorded) == view
