"""Lists the programs that measure, or runs one of them.

    python3 run.py bench [NAME [ARGUMENTS]]
"""

from __future__ import annotations

import pkgutil
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent
PARTS = {"__main__", "ground", "clients", "mutating", "equivalent"}


def programs() -> dict[str, str]:
    """What each program measures, by its name."""
    names = sorted(found.name for found in pkgutil.iter_modules([str(HERE)]) if found.name not in PARTS)
    return {name: (HERE / f"{name}.py").read_text(encoding="utf-8").split('"""')[1].split("\n")[0] for name in names}


def main(arguments: list[str]) -> int:
    """Without a name the list, else that program with the rest of the arguments."""
    known = programs()
    if not arguments or arguments[0] not in known:
        print("python3 run.py bench NAME [ARGUMENTS], where NAME is one of:\n")
        for name, what in known.items():
            print(f"  {name:12} {what}")
        return 0 if not arguments or arguments[0] in ("-h", "--help") else 2
    sys.argv = [f"bench {arguments[0]}", *arguments[1:]]
    runpy.run_module(f"tests.bench.{arguments[0]}", run_name="__main__", alter_sys=False)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
