"""Indexes of tasks without the rows that nobody looks for in them: tasks nobody holds, steps nobody finished."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

LIVE = "state IN ('open', 'waiting')"


def upgrade() -> None:
    _make(f"{LIVE} AND assignee IS NOT NULL", "ended_by IS NOT NULL")


def downgrade() -> None:
    _make(LIVE, None)


def _make(mine: str, done: str | None) -> None:
    op.drop_index("ix_task_mine", "task")
    op.drop_index("ix_task_done", "task")
    held, ended = sa.text(mine), None if done is None else sa.text(done)
    op.create_index("ix_task_mine", "task", ["assignee", "due_at", "dossier", "token"],
                    postgresql_where=held, sqlite_where=held)
    op.create_index("ix_task_done", "task", ["ended_by", "ended_at"], postgresql_where=ended, sqlite_where=ended)
