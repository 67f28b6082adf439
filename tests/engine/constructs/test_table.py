"""The reference says what the tests prove, no more and no less."""

from __future__ import annotations

from tests.engine.constructs import registry


def test_the_reference_has_the_table_of_constructs() -> None:
    assert registry.written() == registry.table(), "run python3 -m tests.engine.constructs --write"


def test_no_construct_both_runs_and_is_refused() -> None:
    outcomes: dict[str, set[str]] = {}
    for proof in registry.proofs():
        outcomes.setdefault(proof.construct, set()).add(proof.outcome)
    assert [construct for construct, found in outcomes.items() if len(found) > 1] == []
