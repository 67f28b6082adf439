"""Kill the server again and again in mid-load: nothing is lost, nothing happens twice, every chain is whole.

    python -m tests.faults.kill [--database sqlite|postgresql] [--seconds 14] [--seed N]

Each database is tried twice: as it is, and with every statement kept by itself instead of in a transaction. The first
run has to find nothing, the second has to find something, or the test is blind.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.conftest import _server
from tests.faults.load import Load
from tests.faults.scene import Scene, prepare

PEOPLE = 6


def main() -> int:
    """Try what was asked for; 0 when all of it held."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--seconds", type=float, default=14.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    said = parser.parse_args()
    kinds = ("sqlite", "postgresql") if said.database == "both" else (said.database,)
    held = [_tried(kind, said.seconds, said.seed, broken) for kind in kinds for broken in (False, True)]
    return 0 if all(held) else 1


def _tried(kind: str, seconds: float, seed: int, broken: bool) -> bool:
    name = f"{kind}, {'every statement by itself' if broken else 'as it is'}"
    server = _server() if kind == "postgresql" else ""
    if server is None:
        print(f"FAIL {name}: no PostgreSQL server answers")
        return False
    with tempfile.TemporaryDirectory() as folder, prepare(Path(folder), server, PEOPLE) as scene:
        load, lives = _run(scene, seconds, seed, broken)
        found = load.violations(answers=not broken)
    held = bool(found) is broken and load.receptions > 0 and lives > 3
    print(f"{'PASS' if held else 'FAIL'} {name}: seed {seed}, {load.completions} completions, {load.receptions} "
          f"receptions, {load.retries} retries, {lives} lives, {len(found)} violations")
    for violation in found[:3 if broken else 20]:
        print(f"     {violation}")
    return held


def _run(scene: Scene, seconds: float, seed: int, broken: bool) -> tuple[Load, int]:
    program = [sys.executable, "-m", "tests.faults.lives", str(scene.data), scene.database, str(seed), str(int(broken))]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as master:
        assert master.stdout is not None
        port = int(master.stdout.readline())
        load = Load(scene, port, seed)
        people = [threading.Thread(target=load.work, args=(number,)) for number in range(PEOPLE)]
        for person in people:
            person.start()
        time.sleep(seconds)
        load.over.set()
        os.kill(master.pid, signal.SIGUSR1)
        for person in people:
            person.join()
        os.kill(master.pid, signal.SIGTERM)
        lives = int(master.stdout.read().split()[-1])
    return load, lives


if __name__ == "__main__":
    sys.exit(main())
