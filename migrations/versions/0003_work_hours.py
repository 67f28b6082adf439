"""Working hours by unit, season and weekday; the usual ones to begin with."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op

from app.db import Json

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

USUAL = [["07:30", "11:30"], ["13:00", "17:00"]]


def upgrade() -> None:
    table = op.create_table(
        "work_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("first", sa.String(length=5), nullable=False),
        sa.Column("last", sa.String(length=5), nullable=False),
        sa.Column("week", Json, nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_work_hours_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_hours")),
    )
    op.create_index(op.f("ix_work_hours_unit"), "work_hours", ["unit"])
    op.bulk_insert(table, [{
        "since": date(1990, 1, 1), "first": "01-01", "last": "12-31", "week": [*[USUAL] * 5, [], []], "document": "",
    }])


def downgrade() -> None:
    op.drop_table("work_hours")
