"""What people answered is kept once, in the sealed state, and not beside it as well."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("dossier", "data")


def downgrade() -> None:
    raise NotImplementedError("The values beside the states are gone; restore a backup instead.")
