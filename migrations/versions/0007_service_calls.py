"""Requests of service tasks that wait for their connector."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Json, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "service_call",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("dossier", sa.Integer(), sa.ForeignKey("dossier.id"), nullable=False),
        sa.Column("token", sa.String(20), nullable=False),
        sa.Column("element", sa.String(80), nullable=False),
        sa.Column("connector", sa.String(80), nullable=False),
        sa.Column("inputs", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failed_at", UtcDateTime()),
        sa.Column("last_error", sa.String(), nullable=False),
    )
    op.create_index("ix_service_call_token", "service_call", ["dossier", "token"], unique=True)
    op.create_index("ix_service_call_waiting", "service_call", ["failed_at", "next_at"])


def downgrade() -> None:
    op.drop_table("service_call")
