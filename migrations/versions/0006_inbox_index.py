"""The index of the inbox holds all that is counted, so that counting a long list reads no task."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BEFORE = ["unit", "role", "due_at", "dossier", "token"]


def upgrade() -> None:
    _make([*BEFORE, "state", "assignee", "procedure"])


def downgrade() -> None:
    _make(BEFORE)


def _make(columns: list[str]) -> None:
    op.drop_index("ix_task_inbox", "task")
    op.create_index(
        "ix_task_inbox", "task", columns, unique=False,
        postgresql_where=sa.text("state IN ('open', 'waiting')"),
        sqlite_where=sa.text("state IN ('open', 'waiting')"),
    )
