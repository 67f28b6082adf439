"""What long lists read: a procedure's limits in its own row, running dossiers by version, and words of the search."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Json
from app.procedures.facts import cut_of

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

RUNNING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.add_column("procedure", sa.Column("limits", Json, nullable=True))
    op.add_column("procedure", sa.Column("cut", sa.Numeric(5, 1), nullable=True))
    _fill()
    op.drop_index(op.f("ix_dossier_version"), "dossier")
    op.create_index("ix_dossier_running", "dossier", ["procedure", "version"],
                    postgresql_where=RUNNING, sqlite_where=RUNNING)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_index("ix_dossier_search", "dossier", ["search"], postgresql_using="gin",
                    postgresql_ops={"search": "gin_trgm_ops"})


def downgrade() -> None:
    op.drop_index("ix_dossier_search", "dossier")
    op.drop_index("ix_dossier_running", "dossier")
    op.create_index(op.f("ix_dossier_version"), "dossier", ["version"], unique=False)
    op.drop_column("procedure", "cut")
    op.drop_column("procedure", "limits")


def _fill() -> None:
    """The limits of every version in force."""
    procedure = sa.table("procedure", sa.column("code"), sa.column("current_version"), sa.column("limits", Json),
                         sa.column("cut", sa.Numeric(5, 1)))
    version = sa.table("process_version", sa.column("id"), sa.column("bundle", Json))
    conn = op.get_bind()
    inside = version.c.bundle["procedure"]["limits"].label("limits")
    current = sa.select(procedure.c.code, inside).join_from(
        procedure, version, version.c.id == procedure.c.current_version)
    for row in conn.execute(current).all():
        limits = row.limits or {}
        conn.execute(sa.update(procedure).where(procedure.c.code == row.code).values(limits=limits, cut=cut_of(limits)))
