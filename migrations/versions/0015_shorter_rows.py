"""What is only read whole is kept as it was spelled or packed, digests as bytes, and the kept answers' index is short.

All of it is about what PostgreSQL writes into its log; SQLite keeps what it has.
"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

PACKED = (("dossier", "ledger"), ("answer", "body"))
DIGESTS = (
    ("history_entry", "salt", 32), ("history_entry", "payload_digest", 64), ("history_entry", "previous", 64),
    ("history_entry", "hash", 64), ("dossier", "head", 64), ("answer", "request_digest", 64),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _retype({("history_entry", "payload"): ("json", "{0}::text::json")}
                | {(table, name): ("bytea", "convert_to({0}::text, 'UTF8')") for table, name in PACKED}
                | {(table, name): ("bytea", "decode({0}, 'hex')") for table, name, _ in DIGESTS})
        _index("brin", pages_per_range=4)


def downgrade() -> None:
    raise NotImplementedError("What was packed since cannot be unpacked by the database; restore a backup instead.")


def _retype(kinds: dict[tuple[str, str], tuple[str, str]]) -> None:
    """Every table is written anew once, not once for each of its columns."""
    for table in dict.fromkeys(table for table, _ in kinds):
        changes = (f"ALTER {name} TYPE {kind} USING {way.format(name)}"
                   for (of, name), (kind, way) in kinds.items() if of == table)
        op.execute(f"ALTER TABLE {table} {', '.join(changes)}")


def _index(kind: str, **settings: int) -> None:
    op.drop_index("ix_answer_created_at", "answer")
    op.create_index("ix_answer_created_at", "answer", ["created_at"], postgresql_using=kind, postgresql_with=settings)
