"""Print the table of constructs, or write it into the reference."""

from __future__ import annotations

import sys

from tests.engine.constructs import registry

if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        registry.write()
    else:
        print(registry.table())
