"""What a draft calls: the current versions of other procedures are put into its bundle, to be pinned with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from app.procedures.models import Procedure, ProcessVersion

# Nothing is parsed here: the text may be anybody's, and a name too many does no harm.
_CALLED = re.compile(r"""calledElement\s*=\s*["']([^"']{1,200})["']""")


def pinned(conn: Connection, bundle: Mapping[str, Any]) -> dict[str, Any]:
    """The bundle with the published content of every other procedure that its diagram calls by its key."""
    own = bundle["procedure"].get("key")
    names = {name.strip().rsplit(":", 1)[-1] for name in _CALLED.findall(bundle["xml"])} - {own}
    alone = {part: value for part, value in bundle.items() if part != "called"}
    called = _current(conn, names)
    return {**alone, "called": called} if called else alone


def circle(conn: Connection, bundle: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of the procedures over whose current versions the calls of a bundle lead back to its own; empty if they
    do not.

    What is pinned has an end, but two drafts that were handed in side by side may each call the other one.
    """
    own = bundle["procedure"].get("key")
    ways = {name: (own, name) for name in bundle.get("called", {})}
    pending = set(ways)
    while pending and own not in ways:
        found = _current(conn, pending)
        pending = set()
        for name, content in found.items():
            new = content.get("called", {}).keys() - ways.keys()
            ways |= {other: (*ways[name], other) for other in sorted(new)}
            pending |= new
    return ways.get(own, ())


def _current(conn: Connection, names: set[str]) -> dict[str, Any]:
    """The content of the current versions of procedures by their keys."""
    if not names:
        return {}
    current = (
        select(Procedure.key, ProcessVersion.bundle)
        .join(ProcessVersion, ProcessVersion.id == Procedure.current_version)
        .where(Procedure.key.in_(names)).order_by(Procedure.key)
    )
    return {row.key: row.bundle for row in conn.execute(current)}
