"""Indexes of dossiers without what every step changes, and those that the board and the reception read by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UNITS = ("receiving", "competent")
PARTS = {"due": ("due_at", sa.text("finished_at IS NULL")), "finished": ("finished_at", sa.text("finished_at IS NOT NULL"))}


def upgrade() -> None:
    for which in UNITS:
        op.drop_index(f"ix_dossier_{which}_status", "dossier")
        op.create_index(f"ix_dossier_{which}", "dossier", [f"{which}_unit", "id"])
    op.create_index("ix_dossier_received_by", "dossier", ["received_by", "id"])
    for name, (column, where) in PARTS.items():
        op.create_index(f"ix_dossier_{name}", "dossier", [column, "id"], postgresql_where=where, sqlite_where=where)


def downgrade() -> None:
    for name in PARTS:
        op.drop_index(f"ix_dossier_{name}", "dossier")
    op.drop_index("ix_dossier_received_by", "dossier")
    for which in UNITS:
        op.drop_index(f"ix_dossier_{which}", "dossier")
        op.create_index(f"ix_dossier_{which}_status", "dossier", [f"{which}_unit", "status", "id"])
