"""Going over to another version from inside a called process, and from behind an event-based gateway."""

from __future__ import annotations

from engine import migration
from engine.commands import DeliverMessage
from tests.engine.builders import Walk, choice, element, end, flow, path, receive, start, task, xor
from tests.engine.constructs.test_calls import call, file, process
from tests.engine.happenings import catch, document, told
from tests.engine.test_migration import compiled, migrate


def checking(step: str) -> str:
    """A call whose process goes back to its step until that was chosen to be fine twice."""
    inner = process("check", start("i"), task(step, choice("fine")), xor("g", "g-o"), end("o"), path("i", step, "g"),
                    flow("g", "o"), flow("g", step, f"visits.{step} < 2"))
    return file(start(), call("c", "check", back=f"last={step}.n"), task("z"), end(), path("begin", "c", "z", "done"),
                others=inner)


def test_values_inside_a_called_process_follow_its_steps() -> None:
    walk = Walk(checking("look"))
    walk.complete("c:look", "fine", n=1)
    assert walk.open == ["c:look"]
    migrate(walk, checking("view"), {"c:look": "c:view"})
    assert [dict(one.visits) for one in walk.view.frames.values()] == [{"view": 2}]
    assert [one.data["view"]["n"] for one in walk.view.frames.values()] == [1]
    walk.complete("c:view", "fine", n=2)
    assert walk.open == ["z"]
    assert walk.view.data["c"] == {"last": 2}


def racing(step: str, *more: str) -> str:
    """An event-based gateway that leads to a receive task and to a timer."""
    return document(start(), element("eventBasedGateway", "g"), receive(step, "papers").replace("m_papers",
                    "message_papers"), catch("t", told("timeDuration", "P2D")), end(), path("begin", "g", step, "done"),
                    path("g", "t", "done"), *more, names=("message:papers",))


def test_a_receive_task_behind_a_gateway_goes_over() -> None:
    walk = Walk(racing("papers"))
    migrate(walk, racing("letters"), {"papers": "letters"})
    assert walk.open == ["letters"]
    walk.do(DeliverMessage("papers"))
    assert walk.view.ended


def test_a_receive_task_that_the_gateway_does_not_lead_to_any_more_cannot() -> None:
    walk = Walk(racing("papers"))
    apart = document(
        start(), xor("x", "x-g"), element("eventBasedGateway", "g"), catch("other", told("message", "papers")),
        receive("papers", "papers").replace("m_papers", "message_papers"), catch("t", told("timeDuration", "P2D")),
        end(), path("begin", "x", "g", "other", "done"), path("g", "t", "done"), path("papers", "done"),
        flow("x", "papers", "filing.n = 1"), names=("message:papers",))
    found = migration.obstacles(migration.way(walk.definition, compiled(apart), {}), walk.state or b"")
    assert [(one.code, one.element) for one in found] == [("host", "papers")]
