"""A repeated activity is left as a whole, whichever of its instances or rounds an event comes out of."""

from __future__ import annotations

import pytest

from engine.commands import ClaimStep
from tests.engine.builders import choice, element, end, flow, frame, loop, path, start, task, xor
from tests.engine.constructs.drawing import errors, standard
from tests.engine.constructs.registry import runs
from tests.engine.constructs.test_adhoc import ad_hoc, around
from tests.engine.constructs.test_calls import call, file, process
from tests.engine.happenings import Watched, border, document, finish, ours, throw, told

NAMES = ("error:E1", "escalation:late")


def tried(kind: str, out: str, repeated: str) -> Watched:
    """A repeated subprocess `f` whose step `a` may leave it by an end or throw event `out`, across the border `b`."""
    inner = element(kind, "f", "".join((
        start("i"), task("a", choice("ok"), choice("bad")), xor("g", "g-o"), end("o"), out, path("i", "a", "g", "o"),
        flow("g", "out", 'a.choice = "bad"'), repeated)))
    caught = {"transaction": told("cancel")}.get(kind, told("error", "E1") if "error" in out else
                                                 told("escalation", "late"))
    return Watched(document(
        start(), inner, task("z"), end(), path("begin", "f", "z", "done"), border("b", "f", caught), task("m"),
        end("x"), path("b", "m", "x"), names=NAMES), {"x": [1, 2]})


REPEATED = {"standard loop": standard("loopCounter < 3"), "instances": loop("filing.x"),
            "sequence": loop("filing.x", sequential=True)}


@runs("Error, escalation or cancel out of a repeated subprocess", "The whole of it is left, with all its instances.")
@pytest.mark.parametrize("repeated", REPEATED)
@pytest.mark.parametrize(("kind", "out"), [
    ("subProcess", finish("out", told("error", "E1"))),
    ("subProcess", throw("out", told("escalation", "late")) + flow("out", "o")),
    ("transaction", finish("out", told("cancel"))),
])
def test_what_comes_out_of_one_round_leaves_all_of_them(kind: str, out: str, repeated: str) -> None:
    walk = tried(kind, out, REPEATED[repeated])
    if repeated != "instances":
        walk.complete("a", "ok")
    walk.complete("a", "bad")
    assert walk.open == ["m"]
    walk.complete("m")
    assert walk.view.ended


@runs("Error of a repeated service task", "The whole of it is left across its border.")
@pytest.mark.parametrize("repeated", REPEATED)
def test_a_repeated_service_that_fails_is_left_as_a_whole(repeated: str) -> None:
    asked = element("serviceTask", "k", ours(connector="log") + REPEATED[repeated])
    walk = Watched(document(
        start(), asked, task("z"), end(), path("begin", "k", "z", "done"), border("b", "k", told("error", "E1")),
        task("m"), end("x"), path("b", "m", "x"), names=NAMES), {"x": [1, 2]})
    walk.answer("k", error="E1")
    assert (walk.open, walk.view.services) == (["m"], {})
    walk.complete("m")
    assert walk.view.ended


def test_an_escalation_beside_one_instance_leaves_the_others() -> None:
    """A boundary event that does not interrupt happens beside the whole activity."""
    inner = frame("f", start("i"), throw("u", told("escalation", "late")), task("a"), end("o"),
                  path("i", "u", "a", "o"), standard("loopCounter < 2"))
    walk = Watched(document(start(), inner, end(), path("begin", "f", "done"), task("m"), end("x"), path("b", "m", "x"),
                            border("b", "f", told("escalation", "late"), interrupting=False), names=NAMES))
    assert sorted(walk.open) == ["a", "m"]
    walk.complete("m")
    walk.complete("a")
    assert sorted(walk.open) == ["a", "m"]
    walk.complete("a")
    walk.complete("m")
    assert walk.view.ended


def test_enough_instances_in_a_called_process_are_counted_by_its_own_name() -> None:
    inner = process("check", start("i"), task("look", inside=loop("filing.x", until="count(look) >= 1")), end("o"),
                    path("i", "look", "o"))
    xml = file(start(), call("q", "check", x="filing.x"), end(), path("begin", "q", "done"), others=inner)
    assert errors(xml) == {}
    walk = Watched(xml, {"x": [1, 2, 3]})
    walk.complete("q:look", index=1)
    assert walk.view.ended


@pytest.mark.parametrize("nothing", [loop(cardinality="0"), standard("loopCounter > 5", before=True)])
def test_ad_hoc_work_without_anything_to_do_is_not_offered_again(nothing: str) -> None:
    walk = Watched(around(ad_hoc(task("a"), task("b", inside=nothing), until="a.ok = true")))
    assert walk.open == ["a"]
    walk.complete("a", ok=False)
    assert walk.open == ["a"]
    walk.complete("a", ok=True)
    assert walk.open == ["z"]


def test_repeated_ad_hoc_work_in_hand_is_finished() -> None:
    """What is left over when it is enough is cancelled unless somebody has begun with it."""
    def left(begin: bool, repeated: str) -> list[str]:
        walk = Watched(around(ad_hoc(task("a"), task("b", inside=repeated), until="a.ok = true",
                                     cancelRemainingInstances="false")))
        if begin:
            walk.do(ClaimStep(walk.token("b"), "lan"))
        walk.complete("a", ok=True)
        return walk.open

    several, again = loop(cardinality="2"), standard("loopCounter < 2")
    assert (left(True, several), left(True, again)) == (["b", "b"], ["b"])
    assert (left(False, several), left(False, again)) == (["z"], ["z"])
