"""`python -m app.cli`."""

from __future__ import annotations

from app.cli.commands import run

run()
