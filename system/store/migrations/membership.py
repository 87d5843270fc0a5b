"""The statements that open one owner's rows to the members of a project.

Each table keeps the owner's policy of `tenancy.py`. Permissive policies are joined with OR, so that
these add what members may do, one policy a command. They read `memberships`, whose own policies
know the subject alone, so that no policy asks itself. The sub-select names no column of the row: it
runs once a statement, as a look-up in the index by member, and only where a row is not the
subject's: PostgreSQL asks policies from the end of the alphabet on, `tenant` before these.
"""

from __future__ import annotations

from system.store.migrations.tenancy import SUBJECT

ROLES = ("viewer", "editor")
# Who is invited to own a project takes it over.
OWNER = "owner"


def joined(*roles: str) -> str:
    """Return the sub-select of the projects in which the subject has one of these roles."""
    among = ", ".join(f"'{each}'" for each in roles)
    return (
        "SELECT m.user_id, m.project_id FROM memberships m "  # noqa: S608 - constants
        f"WHERE m.member_id = {SUBJECT} AND m.role IN ({among})"
    )


def open_to_members(table: str, project_column: str) -> list[str]:
    """Let members read the rows of `table` that belong to their projects."""
    seen = f"(user_id, {project_column}) IN ({joined(*ROLES)})"
    return [f'CREATE POLICY member_reads ON "{table}" FOR SELECT USING ({seen})']


def open_to_editors(table: str, project_column: str) -> list[str]:
    """Let editors add, change and delete the rows of `table` that belong to their projects."""
    edited = f"(user_id, {project_column}) IN ({joined('editor')})"
    return [
        f'CREATE POLICY editor_adds ON "{table}" FOR INSERT '
        f"WITH CHECK ({edited} AND author_id = {SUBJECT})",
        f'CREATE POLICY editor_changes ON "{table}" FOR UPDATE '
        f"USING ({edited}) WITH CHECK ({edited})",
        f'CREATE POLICY editor_deletes ON "{table}" FOR DELETE USING ({edited})',
    ]
