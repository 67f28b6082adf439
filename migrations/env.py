"""How Alembic reaches the app's database: in the app's context, one transaction for all of it."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import text

from app.db import db, transaction


def run() -> None:
    """Bring the database to the wanted revision, one machine at a time."""
    with transaction() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(text("SELECT pg_advisory_xact_lock(7001612)"))
        context.configure(connection=conn, target_metadata=db.metadata, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()


if current_app:
    run()
