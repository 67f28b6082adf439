"""When the next warning is due, notices to officers, and apologies with a new date."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task", sa.Column("warn_at", UtcDateTime(), nullable=True))
    op.add_column("dossier", sa.Column("warn_at", UtcDateTime(), nullable=True))
    waiting = sa.text("warn_at IS NOT NULL AND state = 'open'")
    op.create_index("ix_task_warn", "task", ["warn_at", "dossier", "token"],
                    postgresql_where=waiting, sqlite_where=waiting)
    there = sa.text("warn_at IS NOT NULL")
    op.create_index("ix_dossier_warn", "dossier", ["warn_at", "id"], postgresql_where=there, sqlite_where=there)
    _notices()
    _apologies()


def downgrade() -> None:
    raise NotImplementedError("Notices and apologies would be lost; restore a backup instead.")


def _notices() -> None:
    """What officers are told inside the platform."""
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person", sa.Integer(), nullable=False),
        sa.Column("dossier", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_notice_person")),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.id"], name=op.f("fk_notice_dossier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_mine", "notice", ["person", "read_at", "id"])
    op.create_index(op.f("ix_notice_dossier"), "notice", ["dossier"])


def _apologies() -> None:
    """Letters of apology (form 04) from the draft to the signature."""
    op.create_table(
        "apology",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("override", sa.String(), nullable=False),
        sa.Column("old_due", UtcDateTime(), nullable=False),
        sa.Column("new_due", UtcDateTime(), nullable=False),
        sa.Column("drafted_by", sa.Integer(), nullable=False),
        sa.Column("drafted_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.id"], name=op.f("fk_apology_dossier")),
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_apology_unit")),
        sa.ForeignKeyConstraint(["drafted_by"], ["person.id"], name=op.f("fk_apology_drafted_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_apology_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apology")),
    )
    op.create_index(op.f("ix_apology_dossier"), "apology", ["dossier"])
