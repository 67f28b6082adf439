"""Puts hostile texts into every slot in a process of its own that reports whatever it opens, starts, imports or runs.

    python -m tests.hostile.watch                all payloads in all slots
    python -m tests.hostile.watch --fuzz 100000 --seed 7

Prints a JSON line: how many texts, the slowest, and everything that went wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.errors import OneDoorError
from tests.hostile.grammar import texts
from tests.hostile.payloads import MARKER, PAYLOADS, SECRET
from tests.hostile.slots import CHEAP, HARMLESS, SLOTS, WHOLE

FORBIDDEN = (
    "open", "os.", "subprocess.", "socket.", "import", "exec", "compile", "ctypes.", "marshal.", "pickle.", "shutil.",
    "tempfile.", "glob.", "code.__new__", "function.__new__", "builtins.input", "builtins.breakpoint", "mmap.", "pty.",
    "fcntl.", "signal.", "http.", "urllib.", "ftplib.", "smtplib.", "sqlite3.", "webbrowser.",
    "sys.settrace", "sys.setprofile", "gc.", "resource.",
)
SLOWEST = 2.0


class Watch:
    """Everything the interpreter reports, while armed."""

    def __init__(self) -> None:
        self.armed = False
        self.seen: list[str] = []
        self.wrong: list[str] = []
        self.tried = self.accepted = 0
        self.slowest = (0.0, "")
        sys.addaudithook(self.hear)

    def hear(self, event: str, arguments: Any) -> None:
        """The interpreter's own report; it cannot be taken off again."""
        if self.armed and event.startswith(FORBIDDEN):
            self.seen.append(f"{event} {arguments!r:.100}")

    def put(self, name: str, text: str) -> None:
        """One text into one slot."""
        self.tried += 1
        self.seen.clear()
        began = time.thread_time()
        self.armed = True
        try:
            said = [str(each) for each in SLOTS[name](text)]
            self.accepted += 1
        except OneDoorError as refused:
            said = [str(refused)]
        except Exception as problem:  # noqa: BLE001 - that is what is looked for
            said = []
            self.fail(name, text, f"{type(problem).__name__}: {problem}")
        finally:
            self.armed = False
        self._judge(name, text, said, time.thread_time() - began)

    def _judge(self, name: str, text: str, said: list[str], spent: float) -> None:
        self.slowest = max(self.slowest, (spent, f"{name}: {text[:60]}"))
        if spent > SLOWEST:
            self.fail(name, text, f"{spent:.1f} s")
        if self.seen:
            self.fail(name, text, f"reached {self.seen[0]}")
        if any(SECRET in each for each in said):
            self.fail(name, text, "told the environment")

    def fail(self, name: str, text: str, why: str) -> None:
        """Note what must not be."""
        self.wrong.append(f"{name}: {text[:80]!r}: {why}"[:400])


def warm(watch: Watch) -> None:
    """What is loaded late is loaded now, so that an import later on means something."""
    for name in SLOTS:
        for text in HARMLESS:
            watch.put(name, text)
    watch.wrong.clear()
    watch.tried = watch.accepted = 0
    watch.slowest = (0.0, "")


def given(every: int) -> Iterable[tuple[str, str]]:
    """Slots and texts; where each costs a whole diagram, every so manieth text, other ones in each slot."""
    for name in CHEAP:
        yield from ((name, text) for text in PAYLOADS)
    for number, name in enumerate(WHOLE):
        yield from ((name, text) for text in PAYLOADS[number % every :: every])


def fuzzed(count: int, seed: int) -> Iterable[tuple[str, str]]:
    """Random texts, mostly where they are cheap."""
    chance = random.Random(seed)
    cheap, whole = list(CHEAP), list(WHOLE)
    for number, text in enumerate(texts(chance, count)):
        yield (chance.choice(whole) if number % 20 == 0 else chance.choice(cheap)), text


def main() -> None:
    """Try, and say what happened."""
    parser = argparse.ArgumentParser(description="Hostile texts in every slot.")
    parser.add_argument("--every", type=int, default=1, help="leave out all but every so manieth in costly slots")
    parser.add_argument("--fuzz", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--leaky", action="store_true", help="a slot that opens files, to see that it is noticed")
    asked = parser.parse_args()
    os.environ["ONEDOOR_MARK"] = SECRET
    Path(MARKER).unlink(missing_ok=True)
    watch = Watch()
    warm(watch)
    if asked.leaky:
        SLOTS["feel"] = lambda text: iter([Path(os.devnull).read_text() + text])
    for name, text in fuzzed(asked.fuzz, asked.seed) if asked.fuzz else given(asked.every):
        watch.put(name, text)
    if Path(MARKER).exists():
        watch.wrong.append(f"{MARKER} was written")
    print(json.dumps({"tried": watch.tried, "accepted": watch.accepted, "slowest": watch.slowest, "seed": asked.seed,
                      "wrong_count": len(watch.wrong), "wrong": watch.wrong[:30]}, ensure_ascii=False))
    sys.exit(1 if watch.wrong else 0)


if __name__ == "__main__":
    main()
