"""Who changed the calendar, what it was and what it is since; a table that only grows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Json, UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLE = "calendar_change"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("person", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=True),
        sa.Column("old", Json, nullable=True),
        sa.Column("new", Json, nullable=True),
        sa.Column("document", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_calendar_change_person")),
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_calendar_change_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_change")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def downgrade() -> None:
    raise NotImplementedError("The record of who changed the calendar would be lost; restore a backup instead.")


def _guard_postgresql() -> None:
    """By the function that guards the history."""
    op.execute(
        f"CREATE TRIGGER {TABLE}_grows BEFORE UPDATE OR DELETE ON {TABLE} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_stays BEFORE TRUNCATE ON {TABLE} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _guard_sqlite() -> None:
    """The same; INSERT OR REPLACE removes a row without asking the DELETE trigger, hence the third one."""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{TABLE} only grows'); END"
    op.execute(f"CREATE TRIGGER {TABLE}_no_update BEFORE UPDATE ON {TABLE} {refuse}")
    op.execute(f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE ON {TABLE} {refuse}")
    there = f"EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)"  # noqa: S608 - the name is from this file
    op.execute(f"CREATE TRIGGER {TABLE}_no_replace BEFORE INSERT ON {TABLE} WHEN {there} {refuse}")
