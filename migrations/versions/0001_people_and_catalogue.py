"""People, units and the catalogue of procedures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _people_1()
    _people_2()
    _people_3()
    _procedures_1()
    _procedures_2()
    if op.get_bind().dialect.name == "postgresql":
        op.create_foreign_key(
            "fk_procedure_current_version", "procedure", "process_version", ["current_version"], ["id"]
        )


def downgrade() -> None:
    raise NotImplementedError("The first release has nothing to go back to; restore a backup instead.")


def _people_1() -> None:
    """People, units, sessions, tokens and the calendar."""
    op.create_table(
        "unit",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name_vi", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("parent", sa.String(length=40), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["unit.code"], name=op.f("fk_unit_parent")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_unit")),
    )
    op.create_index(op.f("ix_unit_parent"), "unit", ["parent"], unique=False)
    op.create_table(
        "role",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name_vi", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_role")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("username", name=op.f("uq_person_username")),
    )


def _people_2() -> None:
    """People, units, sessions, tokens and the calendar."""
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_membership_person")),
        sa.ForeignKeyConstraint(["role"], ["role.code"], name=op.f("fk_membership_role")),
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_membership_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint(
            "person", "unit", "role", "valid_from",
            name=op.f("uq_membership_person_unit_role_valid_from"),
        ),
    )
    op.create_index(op.f("ix_membership_person"), "membership", ["person"], unique=False)
    op.create_index("ix_membership_person_dates", "membership", ["person", "valid_from", "valid_to"], unique=False)
    op.create_index(op.f("ix_membership_unit"), "membership", ["unit"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person", sa.Integer(), nullable=True),
        sa.Column("data", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_session_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_expires_at"), "session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_session_person"), "session", ["person"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("person", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_api_token_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_token_hash")),
    )
    op.create_index(op.f("ix_api_token_person"), "api_token", ["person"], unique=False)


def _people_3() -> None:
    """People, units, sessions, tokens and the calendar."""
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name_vi", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "setting",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )


def _procedures_1() -> None:
    """The catalogue, drafts and published versions."""
    op.create_table(
        "procedure",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("name_vi", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("search", sa.String(), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("owner_vi", sa.String(), nullable=False),
        sa.Column("owner_en", sa.String(), nullable=False),
        sa.Column("field_vi", sa.String(), nullable=False),
        sa.Column("field_en", sa.String(), nullable=False),
        sa.Column("service_level", sa.String(length=20), nullable=False),
        sa.Column("current_version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["current_version"], ["process_version.id"],
            name=op.f("fk_procedure_current_version"), use_alter=True,
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_procedure")),
        sa.UniqueConstraint("key", name=op.f("uq_procedure_key")),
    )
    op.create_index(op.f("ix_procedure_level"), "procedure", ["level"], unique=False)
    op.create_table(
        "process_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("procedure", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("bundle", Json, nullable=False),
        sa.Column("findings", Json, nullable=False),
        sa.Column("scenarios", Json, nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("author", sa.Integer(), nullable=False),
        sa.Column("publisher", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["person.id"], name=op.f("fk_process_version_author")),
        sa.ForeignKeyConstraint(["procedure"], ["procedure.code"], name=op.f("fk_process_version_procedure")),
        sa.ForeignKeyConstraint(["publisher"], ["person.id"], name=op.f("fk_process_version_publisher")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_version")),
        sa.UniqueConstraint("digest", name=op.f("uq_process_version_digest")),
        sa.UniqueConstraint("procedure", "number", name=op.f("uq_process_version_procedure_number")),
    )


def _procedures_2() -> None:
    """The catalogue, drafts and published versions."""
    op.create_table(
        "draft",
        sa.Column("procedure", sa.String(length=40), nullable=False),
        sa.Column("bundle", Json, nullable=False),
        sa.Column("scenarios", Json, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("author", sa.Integer(), nullable=False),
        sa.Column("editors", Json, nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("updated_by", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("rejected_note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["person.id"], name=op.f("fk_draft_author")),
        sa.ForeignKeyConstraint(["based_on"], ["process_version.id"], name=op.f("fk_draft_based_on")),
        sa.ForeignKeyConstraint(["procedure"], ["procedure.code"], name=op.f("fk_draft_procedure")),
        sa.ForeignKeyConstraint(["updated_by"], ["person.id"], name=op.f("fk_draft_updated_by")),
        sa.PrimaryKeyConstraint("procedure", name=op.f("pk_draft")),
    )
    op.create_table(
        "procedure_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("procedure", sa.String(length=40), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("person", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_procedure_event_person")),
        sa.ForeignKeyConstraint(["procedure"], ["procedure.code"], name=op.f("fk_procedure_event_procedure")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure_event")),
    )
    op.create_index(op.f("ix_procedure_event_procedure"), "procedure_event", ["procedure"], unique=False)
