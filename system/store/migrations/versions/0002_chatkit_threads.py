"""Columns that ChatKit threads keep of a message besides its text.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; policies and privileges of the table cover them."""
    op.execute(
        """
        ALTER TABLE messages
            ADD COLUMN parts jsonb,
            ADD COLUMN interrupted boolean NOT NULL DEFAULT false,
            ADD COLUMN feedback text CHECK (feedback IN ('positive', 'negative'))
        """
    )


def downgrade() -> None:
    """Drop the columns."""
    op.execute("ALTER TABLE messages DROP parts, DROP interrupted, DROP feedback")
