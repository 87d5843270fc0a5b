"""Users, projects, tasks, conversations and messages, each behind row-level security.

Revision ID: 0001
Revises: none
"""

from __future__ import annotations

from alembic import op

from system.store.migrations.tenancy import grant, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE "user" (
    id text PRIMARY KEY CHECK (char_length(id) BETWEEN 1 AND 255),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE projects (
    user_id text NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id),
    CONSTRAINT projects_user_id_name_key UNIQUE (user_id, name)
);
CREATE TABLE tasks (
    user_id text NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    project_id uuid,
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    description text CHECK (char_length(description) <= 2000),
    status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'in_progress', 'completed')),
    priority text NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high')),
    due_date date,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, project_id) REFERENCES projects (user_id, id)
        ON DELETE SET NULL (project_id)
);
CREATE INDEX tasks_user_id_project_id_idx ON tasks (user_id, project_id, id);
CREATE INDEX tasks_user_id_status_idx ON tasks (user_id, status, id);
CREATE TABLE conversations (
    user_id text NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    title text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id)
);
CREATE TABLE messages (
    user_id text NOT NULL,
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    role text NOT NULL CHECK (role IN ('user', 'assistant')),
    content text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, conversation_id) REFERENCES conversations (user_id, id)
        ON DELETE CASCADE
);
CREATE INDEX messages_user_id_conversation_id_idx ON messages (user_id, conversation_id, id);
"""

_ALL = "SELECT, INSERT, UPDATE, DELETE"


def upgrade() -> None:
    """Create the tables, protect them, and let the services in."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    statements = [
        *protect("user", "id"),
        *protect("projects"),
        *protect("tasks"),
        *protect("conversations"),
        *protect("messages"),
        *grant("user", backend="SELECT, INSERT, UPDATE", mcp="SELECT, INSERT"),
        *grant("projects", backend=_ALL, mcp=_ALL),
        *grant("tasks", backend=_ALL, mcp=_ALL),
        *grant("conversations", backend=_ALL, mcp="SELECT"),
        *grant("messages", backend=_ALL, mcp="SELECT"),
    ]
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    """Drop everything this revision made."""
    for table in ("messages", "conversations", "tasks", "projects", "user"):
        op.execute(f'DROP TABLE "{table}"')
