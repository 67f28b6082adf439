"""Random diagrams wired loosely are refused with an element's name, or never get stuck and do what the reference does.

Longer runs: `python -m tests.bench.walks`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.walks.proof import commanded

CHUNKS, DIAGRAMS, PATHS = 3, 120, 30


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_what_is_accepted_never_gets_stuck_and_what_is_refused_is_named(chunk: int, tmp_path: Path) -> None:
    code, said = commanded("loose", chunk * 1000, DIAGRAMS, PATHS, tmp_path)
    assert code == 0, said
    assert f"{DIAGRAMS} diagrams, " in said
    assert "  refused: " in said
