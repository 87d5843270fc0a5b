"""No privilege of the MCP server on conversations and messages, which it never uses.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = ("conversations", "messages")


def upgrade() -> None:
    """Take the privileges back."""
    for table in _TABLES:
        op.execute(f"REVOKE ALL ON {table} FROM crosstalk_mcp")


def downgrade() -> None:
    """Give back what revision 0001 granted."""
    for table in _TABLES:
        op.execute(f"GRANT SELECT ON {table} TO crosstalk_mcp")
