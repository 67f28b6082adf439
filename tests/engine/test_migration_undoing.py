"""What may still be taken back goes over to a new version with the dossier."""

from __future__ import annotations

from engine import facts
from tests.engine.builders import Walk, end, frame, loop, path, script, start, task
from tests.engine.happenings import border, document, throw, told
from tests.engine.test_migration import migrate, undoing


def test_what_was_done_is_taken_back_as_the_new_version_draws_it() -> None:
    def drawn(activity: str, *more: str) -> str:
        inner = frame("f", start("i"), task(activity), end("o"), path("i", activity, "o"), *more)
        each = inner[: inner.rindex("</bpmn:subProcess>")] + loop("filing.x") + "</bpmn:subProcess>"
        return document(start(), each, task("b"), throw("t", told("compensate")), task("z"), end(),
                        path("begin", "f", "b", "t", "z", "done"))

    def undone(activity: str) -> tuple[str, str, str]:
        handler = script("back", f"item + {activity}.n").replace("<bpmn:scriptTask ",
                                                                 '<bpmn:scriptTask isForCompensation="true" ')
        return border("e", activity, told("compensate")), handler, undoing("e", "back")

    for xml, values in ((drawn("y", *undone("y")), [15]), (drawn("y"), [])):
        walk = Walk(drawn("a", *undone("a")), {"x": [10]})
        walk.complete("a", n=5)
        migrate(walk, xml, {"a": "y"})
        walk.complete("b")
        assert walk.open == ["z"]
        computed = [fact for fact in walk.facts if isinstance(fact, facts.ValueComputed)]
        assert [fact.value for fact in computed if fact.element == "back"] == values
