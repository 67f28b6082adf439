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
    if not names:
        return alone
    current = (
        select(Procedure.key, ProcessVersion.bundle)
        .join(ProcessVersion, ProcessVersion.id == Procedure.current_version)
        .where(Procedure.key.in_(names)).order_by(Procedure.key)
    )
    called = {row.key: row.bundle for row in conn.execute(current)}
    return {**alone, "called": called} if called else alone
