"""A pytest plugin: where CI is "true", a test that was skipped counts as one that failed."""

from __future__ import annotations

import os

import pytest

STRICT = os.environ.get("CI") == "true"
skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what was skipped (with several processes, the main one hears of all)."""
    if report.skipped and not hasattr(report, "wasxfail"):
        skipped.append(report.nodeid)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Turn a run with skipped tests into a failed one."""
    if STRICT and skipped and exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say so before the last line."""
    if STRICT and skipped:
        names = ", ".join(skipped)
        terminalreporter.write_line(f"{len(skipped)} test(s) were skipped, which is a failure here: {names}")
