"""The gate's own process: what it loads, and how the pages say what it found."""

from __future__ import annotations

import os
import subprocess
import sys

from app.procedures import gate


def test_the_process_of_the_gate_imports_the_engine_only() -> None:
    alone = "import sys, runpy; runpy.run_path(sys.argv[1]); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-P", "-c", alone, str(gate.EXAMINER)], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(gate.PROJECT)},
    ).stdout.split()
    assert "engine.definition" in loaded
    assert {"app", "flask", "sqlalchemy", "alembic"}.isdisjoint(loaded)
