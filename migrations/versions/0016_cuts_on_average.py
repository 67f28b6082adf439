"""How much shorter a reduced limit is, also where the law counts calendar days and the province working days."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Json
from app.procedures.facts import cut_of

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    procedure = sa.table("procedure", sa.column("code"), sa.column("limits", Json), sa.column("cut", sa.Numeric(5, 1)))
    conn = op.get_bind()
    for row in conn.execute(sa.select(procedure).where(procedure.c.cut.is_(None))).all():
        conn.execute(sa.update(procedure).where(procedure.c.code == row.code).values(cut=cut_of(row.limits or {})))


def downgrade() -> None:
    """They were not known before, and nobody minds that they are."""
