"""A state whose moment has lost its zone was not written by the engine."""

from __future__ import annotations

import pytest

from engine.commands import WithdrawDossier
from engine.errors import StateUnreadable
from engine.execute import step
from tests.engine.builders import NOW, Walk, row


def test_a_moment_without_a_zone_is_damage() -> None:
    walk = Walk(row("a"))
    assert walk.state is not None
    forged = walk.state.replace(b'"at":"2026-03-02T01:00:00+00:00"', b'"at":"2026-03-02T01:00:00"')
    assert forged != walk.state
    with pytest.raises(StateUnreadable):
        step(walk.definition, forged, WithdrawDossier("x"), NOW)
