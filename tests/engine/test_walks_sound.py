"""Random diagrams that are sound by construction are accepted, reach their end, and do what the reference does.

Each walk is played twice, saved and reloaded at every wait and never; see `tests/walks/walker.py` for all that holds.
Longer runs: `python -m tests.bench.walks`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.walks.proof import commanded

CHUNKS, DIAGRAMS, PATHS = 5, 128, 30


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_sound_diagrams_do_what_bpmn_says(chunk: int, tmp_path: Path) -> None:
    code, said = commanded("sound", chunk * 1000, DIAGRAMS, PATHS, tmp_path)
    assert code == 0, said
    assert f"{DIAGRAMS} diagrams, {DIAGRAMS * PATHS} walks" in said
