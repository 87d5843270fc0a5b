"""Administrators, who list and disable accounts and read no content; disabled accounts.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from alembic import op

from system.store.migrations.tenancy import SUBJECT

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# No reference to "user": an account that has stored nothing yet can be disabled, too.
_TABLES = (
    """
CREATE TABLE administrators (
    user_id text PRIMARY KEY CHECK (char_length(user_id) BETWEEN 1 AND 255),
    appointed_at timestamptz NOT NULL DEFAULT now()
)
""",
    """
CREATE TABLE disabled_accounts (
    user_id text PRIMARY KEY CHECK (char_length(user_id) BETWEEN 1 AND 255),
    disabled_by text NOT NULL DEFAULT NULLIF(current_setting('app.user_id', true), ''),
    disabled_at timestamptz NOT NULL DEFAULT now()
)
""",
)
_ADMINISTRATOR = f"EXISTS (SELECT FROM administrators a WHERE a.user_id = {SUBJECT})"
_BACKEND = "crosstalk_backend"
# Sets the subject of a transaction, and fails where the account is disabled: in the statement that
# is made anyway, and one step after the other, whatever a planner thinks. It runs with its caller's
# rights, and reads the one row that the policy shows the subject.
_SET_SUBJECT = """
CREATE FUNCTION set_subject(subject text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.user_id', subject, true);
    IF EXISTS (SELECT FROM disabled_accounts d WHERE d.user_id = subject) THEN
        RAISE EXCEPTION 'the account is disabled' USING ERRCODE = 'CT403';
    END IF;
    RETURN true;
END
$$
"""
# The policies for administrators are the backend's alone: there is no tool for them. The policy of
# `administrators` knows the subject alone, so that no policy asks itself.
_POLICIES = (
    f"CREATE POLICY own_role ON administrators FOR SELECT USING (user_id = {SUBJECT})",
    f"CREATE POLICY own_state ON disabled_accounts FOR SELECT USING (user_id = {SUBJECT})",
    f"CREATE POLICY administrator_lists ON disabled_accounts FOR SELECT TO {_BACKEND} "
    f"USING ({_ADMINISTRATOR})",
    f"CREATE POLICY administrator_disables ON disabled_accounts FOR INSERT TO {_BACKEND} "
    f"WITH CHECK ({_ADMINISTRATOR} AND user_id <> {SUBJECT} AND disabled_by = {SUBJECT})",
    f"CREATE POLICY administrator_enables ON disabled_accounts FOR DELETE TO {_BACKEND} "
    f"USING ({_ADMINISTRATOR})",
    f'CREATE POLICY administrator_lists ON "user" FOR SELECT TO {_BACKEND} '
    f"USING ({_ADMINISTRATOR})",
)


def upgrade() -> None:
    """Create the tables, protect them, and let administrators list and disable accounts."""
    for statement in _TABLES:
        op.execute(statement)
    for table in ("administrators", "disabled_accounts"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    # No service appoints anybody: `python -m system.store appoint` does, as the database's owner.
    op.execute(f"GRANT SELECT ON administrators TO {_BACKEND}")
    op.execute(f"GRANT SELECT, INSERT, DELETE ON disabled_accounts TO {_BACKEND}")
    op.execute("GRANT SELECT ON disabled_accounts TO crosstalk_mcp")
    for statement in (*_POLICIES, _SET_SUBJECT):
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables; whoever was disabled is not any more."""
    op.execute("DROP FUNCTION set_subject")
    op.execute('DROP POLICY administrator_lists ON "user"')
    op.execute("DROP TABLE disabled_accounts")
    op.execute("DROP TABLE administrators")
