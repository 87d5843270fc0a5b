"""Alembic's entry: runs the revisions on the connection of `system.store.admin.migrate`."""

from __future__ import annotations

from alembic import context

from system.store.models import Task

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("run migrations with: python -m system.store migrate")
context.configure(
    connection=connection,
    target_metadata=Task.metadata,
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
