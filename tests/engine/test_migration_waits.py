"""What a dossier waits for after it has moved: all that the new version has where it stands, and nothing twice."""

from __future__ import annotations

from engine.fold import Awaited
from tests.engine.builders import Walk, element, end, path, receive, start, task, timer
from tests.engine.happenings import Watched, border, catch, document, handler, told
from tests.engine.test_migration import migrate

NAMES = ("signal:q", "signal:r", "message:m")


def drawn(*more: str) -> str:
    return document(start(), task("a"), task("b"), end(), path("begin", "a", "b", "done"), *more, names=NAMES)


def limit(host: str, interrupting: bool = True) -> str:
    return timer("t", host=host, interrupting=interrupting) + task("late") + end("x") + path("t", "late", "x")


def stops(identity: str, name: str) -> str:
    return handler(identity, told("signal", name), task(f"in_{identity}"), end(f"end_{identity}"),
                   path(f"{identity}_on", f"in_{identity}", f"end_{identity}"))


def raced(*more: str) -> str:
    gate = element("eventBasedGateway", "g") + catch("c", told("signal", "q"))
    return document(start(), gate, end(), path("begin", "g", "c", "done"), *more, names=NAMES)


def names(walk: Walk) -> list[str]:
    return [wait.name for wait in walk.view.waits.values() if isinstance(wait, Awaited)]


def test_a_limit_that_hung_on_another_step_is_set() -> None:
    walk = Watched(drawn(limit("b")))
    assert walk.view.timers == {}
    migrate(walk, drawn(limit("a")))
    walk.fire("t")
    assert walk.open == ["late"]


def test_a_limit_that_is_over_is_not_set_again() -> None:
    walk = Watched(drawn(limit("a", interrupting=False)))
    walk.fire("t")
    migrate(walk, drawn(limit("a", interrupting=False), stops("h", "q")), now=walk.now)
    assert walk.view.timers == {}
    assert names(walk) == ["q"]


def test_where_a_handler_has_taken_over_no_other_one_begins() -> None:
    walk = Watched(drawn(stops("h", "q")))
    walk.signal("q")
    migrate(walk, drawn(stops("h", "q"), stops("k", "r")))
    assert names(walk) == []


def test_an_event_of_several_kinds_keeps_each() -> None:
    several = catch("c", told("signal", "q"), told("signal", "r"))
    xml = document(start(), several, end(), path("begin", "c", "done"), names=NAMES)
    walk = Watched(xml)
    migrate(walk, xml.replace("Thử", "Khác"))
    assert names(walk) == ["q", "r"]
    walk.signal("r")
    assert walk.view.ended


def test_an_event_waits_for_what_was_added_to_it() -> None:
    def awaited(*inside: str) -> str:
        return drawn(border("e", "a", *inside), end("x"), path("e", "x"))

    walk = Watched(awaited(told("timeDuration", "P3D")))
    migrate(walk, awaited(told("timeDuration", "P3D"), told("signal", "r")))
    assert names(walk) == ["r"]
    assert len(walk.view.timers) == 1
    between = document(start(), catch("c", told("signal", "q")), end(), path("begin", "c", "done"), names=NAMES)
    walk = Watched(between)
    migrate(walk, between.replace("</bpmn:intermediate", f'{told("timeDuration", "P1D")}</bpmn:intermediate'))
    walk.fire("c")
    assert walk.view.ended


def test_a_new_way_behind_a_gateway_is_awaited() -> None:
    walk = Watched(raced())
    migrate(walk, raced(timer("t"), end("x"), path("g", "t", "x")))
    walk.fire("t")
    assert walk.view.end == "x"
    walk = Watched(raced())
    asked = receive("r", "m").replace("m_m", "message_m")
    migrate(walk, raced(asked, end("x"), path("g", "r", "x")))
    assert walk.open == ["r"]
    walk.deliver("m")
    assert walk.view.end == "x"
