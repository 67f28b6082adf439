"""An index of the open tasks of each dossier, so that checking them costs the same after 1,000 rounds as after one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_task_open", "task", ["dossier", "token"], unique=False,
        postgresql_where=sa.text("state IN ('open', 'waiting')"),
        sqlite_where=sa.text("state IN ('open', 'waiting')"),
    )


def downgrade() -> None:
    op.drop_index("ix_task_open", "task")
