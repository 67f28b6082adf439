"""Events are logged wherever standard error leads at that moment."""

from __future__ import annotations

import io
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from app import create_app, logs


def test_an_app_made_under_another_standard_error_still_logs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = io.StringIO()
    with redirect_stderr(gone):
        create_app(ONEDOOR_DATA=tmp_path)
    gone.close()
    logs.log.error("after")
    assert '"event": "after"' in capsys.readouterr().err
