"""Negative controls of the proof by random diagrams: with a rule of the engine taken out it fails, rule by rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest

from engine.running import branching, catching, compensation, offering, races, repeating, throwing, waits
from engine.state import Place, Wait
from tests.engine.test_walks import found

LAST = 400


def handlers_outlive(patch: pytest.MonkeyPatch) -> None:
    """After an interrupting event subprocess has begun, its scope goes on waiting for the others."""
    patch.setattr(waits, "stop_handlers", lambda run, scope: None)


def one_listener(patch: pytest.MonkeyPatch) -> None:
    """Only the first that waits for a signal catches it."""

    def signal(run: Any, name: str, values: Mapping[str, Any]) -> bool:
        for wait in run.state.waits.values():
            if (wait.kind, wait.name) == ("signal", name):
                catching.caught(run, wait, values)
                return True
        return False

    patch.setattr(catching, "signal", signal)


def blind(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks at conditions."""
    patch.setattr(waits, "fulfilled", lambda run: None)


def always_new(patch: pytest.MonkeyPatch) -> None:
    """A condition that held already happens again."""
    real = waits.await_

    def await_(run: Any, wait: Wait) -> None:
        wait.held = False
        real(run, wait)

    patch.setattr(waits, "await_", await_)


def once(patch: pytest.MonkeyPatch) -> None:
    """What does not interrupt happens only once."""
    patch.setattr(catching, "_stays", lambda event: False)


def any_key(patch: pytest.MonkeyPatch) -> None:
    """A message goes to whoever has waited longest, whatever its correlation."""
    patch.setattr(catching, "receiver", lambda run, message, key: next(iter(catching.awaiting(run, message)), None))


def forgotten(patch: pytest.MonkeyPatch) -> None:
    """Nothing that was done can be taken back."""
    patch.setattr(compensation, "remember", lambda run, node, token: None)


def first_first(patch: pytest.MonkeyPatch) -> None:
    """What was done first is taken back first."""
    real = compensation._undoing

    def undoing(run: Any, records: Iterable[Any]) -> Iterator[list[Any]]:
        return real(run, list(records)[::-1])

    patch.setattr(compensation, "_undoing", undoing)


def own_scope(patch: pytest.MonkeyPatch) -> None:
    """An event subprocess takes back only what it did itself."""
    patch.setattr(compensation, "_scopes", lambda run, scope: iter([scope or ""]))


def no_border(patch: pytest.MonkeyPatch) -> None:
    """No boundary event catches an error or escalation."""
    patch.setattr(throwing, "_crossed", lambda run, thrown, place: False)


def no_handler(patch: pytest.MonkeyPatch) -> None:
    """No event subprocess does."""
    patch.setattr(throwing, "_started", lambda run, thrown, frame: False)


def inner_border(patch: pytest.MonkeyPatch) -> None:
    """An error leaves one round of a loop across the border of the whole."""
    real = repeating.body_of

    def body_of(run: Any, place: Place) -> Place | None:
        body = real(run, place)
        return body if body is None or place.index is not None else None

    patch.setattr(throwing.repeating, "body_of", body_of)


def single_round(patch: pytest.MonkeyPatch) -> None:
    """A standard loop is done once."""
    patch.setattr(repeating, "_again", lambda run, node, where, done: done < 1)


def never_enough(patch: pytest.MonkeyPatch) -> None:
    """No completion condition is asked."""
    patch.setattr(repeating, "_enough", lambda run, node, body: False)


def offered_once(patch: pytest.MonkeyPatch) -> None:
    """What was done in an ad-hoc subprocess is not offered again."""
    patch.setattr(offering, "_offer_again", lambda run, node, frame: None)


def hasty(patch: pytest.MonkeyPatch) -> None:
    """An inclusive gateway does not wait."""
    patch.setattr(branching, "_more_to_come", lambda run, key, awaited: False)


def both_win(patch: pytest.MonkeyPatch) -> None:
    """A receive task behind an event-based gateway leaves the gateway waiting."""
    patch.setattr(races, "leave", lambda run, place: None)


_HANDLER = 'triggeredByEvent="true"'
_SIGNAL = "<bpmn:signalEventDefinition"
_UNDO = 'isForCompensation="true"'
_THROWN = "<bpmn:intermediateThrowEvent[^>]*><bpmn:compensate"
# Each rule with what a diagram needs for it to matter
DEFECTS: dict[Callable[[pytest.MonkeyPatch], None], str] = {
    handlers_outlive: f"{_HANDLER}.*{_HANDLER}", one_listener: f"{_SIGNAL}.*{_SIGNAL}.*{_SIGNAL}",
    blind: "<bpmn:condition>", always_new: "<bpmn:condition>", once: 'cancelActivity="false"',
    any_key: "onedoor:correlation", forgotten: _UNDO, first_first: f"(?=.*{_THROWN}).*{_UNDO}.*{_UNDO}",
    own_scope: f"{_HANDLER}.*{_THROWN}", no_border: "errorRef", no_handler: "isInterrupting[^>]*><bpmn:e(rr|sc)",
    inner_border: "errorRef.*loopCondition|loopCondition.*errorRef", single_round: "loopCondition",
    never_enough: "count", offered_once: "adHoc", hasty: "inclusive", both_win: "eventBased.*receiveTask",
}


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda each: each.__name__)
def test_a_rule_taken_out_is_noticed(
    defect: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    defect(monkeypatch)
    assert found(last=LAST, drawn=DEFECTS[defect]).seed < LAST
