"""Dossiers, the inbox, history and jobs, and the guards of tables that only grow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

GROWING = ("history_entry", "look", "procedure_event", "process_version")


def upgrade() -> None:
    _dossiers_1()
    _dossiers_2()
    _tasks_1()
    _tasks_2()
    _audit()
    _jobs_1()
    _jobs_2()
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def downgrade() -> None:
    raise NotImplementedError("The first release has nothing to go back to; restore a backup instead.")


def _dossiers_1() -> None:
    """Dossiers and their papers."""
    op.create_table(
        "dossier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("procedure", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("receiving_unit", sa.String(length=40), nullable=False),
        sa.Column("competent_unit", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("applicant_name", sa.String(), nullable=False),
        sa.Column("applicant_id", sa.String(length=20), nullable=False),
        sa.Column("applicant_phone", sa.String(length=20), nullable=False),
        sa.Column("applicant_email", sa.String(), nullable=False),
        sa.Column("applicant_address", sa.String(), nullable=False),
        sa.Column("search", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("clock", sa.String(length=10), nullable=False),
        sa.Column("received_by", sa.Integer(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("statutory_due_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("data", Json, nullable=False),
        sa.Column("ledger", Json, nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["competent_unit"], ["unit.code"], name=op.f("fk_dossier_competent_unit")),
        sa.ForeignKeyConstraint(["procedure"], ["procedure.code"], name=op.f("fk_dossier_procedure")),
        sa.ForeignKeyConstraint(["received_by"], ["person.id"], name=op.f("fk_dossier_received_by")),
        sa.ForeignKeyConstraint(["receiving_unit"], ["unit.code"], name=op.f("fk_dossier_receiving_unit")),
        sa.ForeignKeyConstraint(["version"], ["process_version.id"], name=op.f("fk_dossier_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier")),
        sa.UniqueConstraint("code", name=op.f("uq_dossier_code")),
    )
    op.create_index(op.f("ix_dossier_applicant_id"), "dossier", ["applicant_id"], unique=False)
    op.create_index("ix_dossier_competent_status", "dossier", ["competent_unit", "status", "id"], unique=False)
    op.create_index(op.f("ix_dossier_procedure"), "dossier", ["procedure"], unique=False)
    op.create_index("ix_dossier_receiving_status", "dossier", ["receiving_unit", "status", "id"], unique=False)
    op.create_index(op.f("ix_dossier_version"), "dossier", ["version"], unique=False)


def _dossiers_2() -> None:
    """Dossiers and their papers."""
    op.create_table(
        "dossier_unit",
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("dossier", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.id"], name=op.f("fk_dossier_unit_dossier")),
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_dossier_unit_unit")),
        sa.PrimaryKeyConstraint("unit", "dossier", name=op.f("pk_dossier_unit")),
    )
    op.create_index(op.f("ix_dossier_unit_dossier"), "dossier_unit", ["dossier"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier", sa.Integer(), nullable=True),
        sa.Column("component", sa.String(length=60), nullable=False),
        sa.Column("step", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("uploaded_by", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.id"], name=op.f("fk_attachment_dossier")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["person.id"], name=op.f("fk_attachment_uploaded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(op.f("ix_attachment_dossier"), "attachment", ["dossier"], unique=False)
    op.create_index(op.f("ix_attachment_sha256"), "attachment", ["sha256"], unique=False)
    op.create_table(
        "code_counter",
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("unit", "day", name=op.f("pk_code_counter")),
    )


def _tasks_1() -> None:
    """The inbox."""
    op.create_table(
        "task",
        sa.Column("dossier", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=20), nullable=False),
        sa.Column("procedure", sa.String(length=40), nullable=False),
        sa.Column("step", sa.String(length=80), nullable=False),
        sa.Column("visit", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("form", sa.String(length=80), nullable=True),
        sa.Column("message", sa.String(length=80), nullable=True),
        sa.Column("item", Json, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("assignee", sa.Integer(), nullable=True),
        sa.Column("hours", sa.Numeric(precision=8, scale=2), nullable=True),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("choice", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(["assignee"], ["person.id"], name=op.f("fk_task_assignee")),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.id"], name=op.f("fk_task_dossier")),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_task_ended_by")),
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_task_unit")),
        sa.PrimaryKeyConstraint("dossier", "token", name=op.f("pk_task")),
    )
    op.create_index("ix_task_done", "task", ["ended_by", "ended_at"], unique=False)
    op.create_index(
        "ix_task_inbox", "task", ["unit", "role", "due_at", "dossier", "token"], unique=False,
        postgresql_where=sa.text("state IN ('open', 'waiting')"),
        sqlite_where=sa.text("state IN ('open', 'waiting')"),
    )
    op.create_index(
        "ix_task_mine", "task", ["assignee", "due_at", "dossier", "token"], unique=False,
        postgresql_where=sa.text("state IN ('open', 'waiting')"),
        sqlite_where=sa.text("state IN ('open', 'waiting')"),
    )


def _tasks_2() -> None:
    """The inbox."""
    op.create_table(
        "task_draft",
        sa.Column("dossier", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=20), nullable=False),
        sa.Column("person", sa.Integer(), nullable=False),
        sa.Column("form", Json, nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.id"], name=op.f("fk_task_draft_dossier")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_task_draft_person")),
        sa.PrimaryKeyConstraint("dossier", "token", "person", name=op.f("pk_task_draft")),
    )


def _audit() -> None:
    """History and the record of looks."""
    op.create_table(
        "history_entry",
        sa.Column("dossier", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("person", sa.Integer(), nullable=True),
        sa.Column("person_name", sa.String(), nullable=False),
        sa.Column("acting_unit", sa.String(length=40), nullable=True),
        sa.Column("payload", Json, nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("payload_digest", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.id"], name=op.f("fk_history_entry_dossier")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_history_entry_person")),
        sa.PrimaryKeyConstraint("dossier", "seq", name=op.f("pk_history_entry")),
    )
    op.create_table(
        "look",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("person", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_look_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look")),
    )
    op.create_index(op.f("ix_look_person"), "look", ["person"], unique=False)
    op.create_index(op.f("ix_look_subject"), "look", ["subject"], unique=False)


def _jobs_1() -> None:
    """Timers, letters, incidents and kept answers."""
    op.create_table(
        "timer",
        sa.Column("dossier", sa.Integer(), nullable=False),
        sa.Column("timer", sa.String(length=20), nullable=False),
        sa.Column("element", sa.String(length=80), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.id"], name=op.f("fk_timer_dossier")),
        sa.PrimaryKeyConstraint("dossier", "timer", name=op.f("pk_timer")),
    )
    op.create_index(op.f("ix_timer_due_at"), "timer", ["due_at"], unique=False)
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier", sa.Integer(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.id"], name=op.f("fk_letter_dossier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    op.create_index(op.f("ix_letter_dossier"), "letter", ["dossier"], unique=False)
    op.create_index("ix_letter_waiting", "letter", ["sent_at", "next_at"], unique=False)


def _jobs_2() -> None:
    """Timers, letters, incidents and kept answers."""
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("person", sa.Integer(), nullable=True),
        sa.Column("acting_unit", sa.String(length=40), nullable=True),
        sa.Column("command", Json, nullable=False),
        sa.Column("error", sa.String(length=60), nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["dossier"], ["dossier.id"], name=op.f("fk_incident_dossier")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_incident_person")),
        sa.ForeignKeyConstraint(["resolved_by"], ["person.id"], name=op.f("fk_incident_resolved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index(op.f("ix_incident_dossier"), "incident", ["dossier"], unique=False)
    op.create_index("ix_incident_open", "incident", ["resolved_at", "id"], unique=False)
    op.create_table(
        "answer",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("person", sa.Integer(), nullable=False),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_answer_person")),
        sa.PrimaryKeyConstraint("key", "person", name=op.f("pk_answer")),
    )
    op.create_index(op.f("ix_answer_created_at"), "answer", ["created_at"], unique=False)


def _guard_postgresql() -> None:
    """Rows of growing tables are never changed, removed or cut off."""
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% only grows', TG_TABLE_NAME; END $$"
    )
    for table in GROWING:
        op.execute(
            f"CREATE TRIGGER {table}_grows BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _guard_sqlite() -> None:
    """The same; INSERT OR REPLACE removes a row without asking the DELETE trigger, hence the third one."""
    for table in GROWING:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
        same = "dossier = NEW.dossier AND seq = NEW.seq" if table == "history_entry" else "id = NEW.id"
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
        there = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - every name is from this file
        op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} {refuse}")
