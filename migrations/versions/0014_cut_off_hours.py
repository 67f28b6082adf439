"""Hours after which a unit's reception counts from the next working day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cut_off_hour",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("at", sa.String(length=5), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_cut_off_hour_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cut_off_hour")),
    )
    op.create_index(op.f("ix_cut_off_hour_unit"), "cut_off_hour", ["unit"])


def downgrade() -> None:
    op.drop_table("cut_off_hour")
