"""The gate's own process: what it loads, and how the pages say what it found."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from flask import Flask
from flask_babel import force_locale

from app.procedures import gate
from app.procedures.shipped import read_shipped
from app.procedures.words import said
from tests import builders as make


def test_the_process_of_the_gate_imports_the_engine_only() -> None:
    alone = "import sys, runpy; runpy.run_path(sys.argv[1]); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-P", "-c", alone, "app/procedures/examiner.py"], capture_output=True, text=True,
        check=True, cwd=gate.PROJECT, env={**os.environ, "PYTHONPATH": str(gate.PROJECT)},
    ).stdout.split()
    assert "engine.definition" in loaded
    assert {"app", "flask", "sqlalchemy", "alembic"}.isdisjoint(loaded)


@pytest.mark.parametrize(("step", "vietnamese", "english"), [
    ({"complete": "receive", "choice": "fly"}, "bước 1 (complete receive): bộ máy quy trình từ chối: ", "step 1"),
    ({"complete": "receive", "choice": "forward", "form": {"unknown": 1}},
     "bước 1 (complete receive): trường unknown của biểu mẫu receive bị từ chối: ", "step 1"),
])
@make.on_sqlite
def test_failures_of_a_scenario_are_said_in_the_reader_s_language(
    app: Flask, step: dict[str, object], vietnamese: str, english: str
) -> None:
    shipped = read_shipped("household-business")
    name, scenario = next(iter(shipped.scenarios.items()))
    went = gate.examine(json.loads(shipped.bundle.to_json()), {name: {**scenario, "steps": [step]}}).rehearsals[0]
    assert not went.passed
    with app.test_request_context(), force_locale("vi"):
        text = said(went.failures[0])
    assert text.startswith(vietnamese)
    assert "template" not in text
    assert "The " not in text
    assert "Step " not in text
    with app.test_request_context(), force_locale("en"):
        assert said(went.failures[0]).startswith(english)
