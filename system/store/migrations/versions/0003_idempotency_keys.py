"""Keys under which a write can be repeated without writing again, with the first result.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic import op

from system.store.migrations.tenancy import grant, protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# The result is empty only inside the transaction that claims the key.
_TABLE = """
CREATE TABLE idempotency_keys (
    user_id text NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    operation text NOT NULL CHECK (char_length(operation) BETWEEN 1 AND 63),
    key text COLLATE "C" NOT NULL CHECK (key ~ '^[!-~]{1,255}$'),
    digest text NOT NULL CHECK (char_length(digest) = 64),
    result text,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, operation, key)
)
"""
_ALL = "SELECT, INSERT, UPDATE, DELETE"


def upgrade() -> None:
    """Create the table, protect it, and let the services in."""
    op.execute(_TABLE)
    op.execute(
        "CREATE INDEX idempotency_keys_user_id_expires_at_idx"
        " ON idempotency_keys (user_id, expires_at)"
    )
    for statement in (
        *protect("idempotency_keys"),
        *grant("idempotency_keys", backend=_ALL, mcp=_ALL),
    ):
        op.execute(statement)


def downgrade() -> None:
    """Drop the table."""
    op.execute("DROP TABLE idempotency_keys")
