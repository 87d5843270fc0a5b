"""Projects that are shared: members with a role, and invitations that must be accepted.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from alembic import op

from system.store.migrations.membership import OWNER, ROLES, open_to_editors, open_to_members
from system.store.migrations.tenancy import SUBJECT, grant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ROLES = ", ".join(f"'{each}'" for each in ROLES)
# No reference to the person's own row: it would show which people exist to anybody who invites.
_TABLES = f"""
CREATE TABLE memberships (
    user_id text NOT NULL,
    project_id uuid NOT NULL,
    member_id text NOT NULL CHECK (char_length(member_id) BETWEEN 1 AND 255),
    role text NOT NULL CHECK (role IN ({_ROLES})),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, project_id, member_id),
    FOREIGN KEY (user_id, project_id) REFERENCES projects (user_id, id)
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX memberships_member_id_idx
    ON memberships (member_id, user_id, project_id) INCLUDE (role);
CREATE TABLE invitations (
    user_id text NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    invitee_id text NOT NULL CHECK (char_length(invitee_id) BETWEEN 1 AND 255),
    role text NOT NULL CHECK (role IN ({_ROLES}, '{OWNER}')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, project_id, invitee_id),
    FOREIGN KEY (user_id, project_id) REFERENCES projects (user_id, id)
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX invitations_invitee_id_idx ON invitations (invitee_id, user_id, project_id, role);
"""
# Tasks go with their project when it changes hands, and keep their authors. Those that are there
# get theirs by a conversion of the column: an UPDATE would be bound by row-level security.
_TASKS = """
ALTER TABLE tasks
    ADD COLUMN author_id text CHECK (char_length(author_id) BETWEEN 1 AND 255);
ALTER TABLE tasks ALTER COLUMN author_id TYPE text USING user_id;
ALTER TABLE tasks
    ALTER COLUMN author_id SET DEFAULT NULLIF(current_setting('app.user_id', true), '');
ALTER TABLE tasks DROP CONSTRAINT tasks_user_id_project_id_fkey;
ALTER TABLE tasks
    ADD CONSTRAINT tasks_user_id_project_id_fkey
    FOREIGN KEY (user_id, project_id) REFERENCES projects (user_id, id)
        ON UPDATE CASCADE ON DELETE SET NULL (project_id);
ALTER TABLE idempotency_keys ADD COLUMN project_id uuid;
"""
_SERVICES = "crosstalk_backend, crosstalk_mcp"
_CHANGED = "project_id, title, description, status, priority, due_date, updated_at, completed_at"
_OWNED = f"user_id = {SUBJECT}"
_MINE = f"member_id = {SUBJECT}"
_ASKED = f"invitee_id = {SUBJECT}"
_INVITED = (
    "(user_id, project_id, role) IN (SELECT i.user_id, i.project_id, i.role "  # noqa: S608 - constants
    f"FROM invitations i WHERE i.invitee_id = {SUBJECT})"
)
_OFFERED = (
    "(user_id, id) IN (SELECT i.user_id, i.project_id "  # noqa: S608 - constants
    f"FROM invitations i WHERE i.invitee_id = {SUBJECT} AND i.role = '{OWNER}')"
)
_POLICIES = (
    f"CREATE POLICY member_reads ON memberships FOR SELECT USING ({_OWNED} OR {_MINE})",
    # Nobody becomes a member but by accepting what the owner offered them.
    f"CREATE POLICY member_joins ON memberships FOR INSERT WITH CHECK ({_MINE} AND {_INVITED})",
    f"CREATE POLICY owner_changes ON memberships FOR UPDATE USING ({_OWNED}) WITH CHECK ({_OWNED})",
    f"CREATE POLICY member_leaves ON memberships FOR DELETE USING ({_OWNED} OR {_MINE})",
    f"CREATE POLICY invitee_reads ON invitations FOR SELECT USING ({_OWNED} OR {_ASKED})",
    f"CREATE POLICY owner_invites ON invitations FOR INSERT "
    f"WITH CHECK ({_OWNED} AND invitee_id <> user_id)",
    f"CREATE POLICY invitee_declines ON invitations FOR DELETE USING ({_OWNED} OR {_ASKED})",
    f"CREATE POLICY invitee_takes_over ON projects FOR UPDATE "
    f"USING ({_OFFERED}) WITH CHECK ({_OWNED})",
    *open_to_members("projects", "id"),
    *open_to_members("tasks", "project_id"),
    *open_to_editors("tasks", "project_id"),
)


def upgrade() -> None:
    """Create the tables, protect them, and open shared projects to their members."""
    for statement in (*_TABLES.split(";\n"), *_TASKS.split(";\n")):
        if statement.strip():
            op.execute(statement)
    for table in ("memberships", "invitations"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        right = "SELECT, INSERT, DELETE"
        for statement in grant(table, backend=right, mcp=right):
            op.execute(statement)
    # An owner may change a role, and nothing else about whom they share with.
    op.execute(f"GRANT UPDATE (role) ON memberships TO {_SERVICES}")
    # Checks of policies are joined with OR: an editor could take a task away by the rule for
    # members and keep it by the rule for owners. No service changes a task's owner or author.
    op.execute(f"REVOKE UPDATE ON tasks FROM {_SERVICES}")
    op.execute(f"GRANT UPDATE ({_CHANGED}) ON tasks TO {_SERVICES}")
    for statement in _POLICIES:
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables, and leave what was shared to its owners alone."""
    for statement in (
        "DROP POLICY invitee_takes_over ON projects",
        "DROP POLICY member_reads ON projects",
        "DROP POLICY member_reads ON tasks",
        "DROP POLICY editor_adds ON tasks",
        "DROP POLICY editor_changes ON tasks",
        "DROP POLICY editor_deletes ON tasks",
        "DROP TABLE invitations",
        "DROP TABLE memberships",
        "ALTER TABLE idempotency_keys DROP COLUMN project_id",
        f"REVOKE UPDATE ({_CHANGED}) ON tasks FROM {_SERVICES}",
        f"GRANT UPDATE ON tasks TO {_SERVICES}",
        "ALTER TABLE tasks DROP COLUMN author_id",
        "ALTER TABLE tasks DROP CONSTRAINT tasks_user_id_project_id_fkey",
        "ALTER TABLE tasks ADD CONSTRAINT tasks_user_id_project_id_fkey "
        "FOREIGN KEY (user_id, project_id) REFERENCES projects (user_id, id) "
        "ON DELETE SET NULL (project_id)",
    ):
        op.execute(statement)
