"""The statements that put one table behind row-level security.

Revisions call these so that every user table is protected in the same words. `FORCE` binds the
owner as well; `USING` guards what is seen, `WITH CHECK` what is written. The subject is read in a
sub-select so that PostgreSQL evaluates it once a statement, not once a row. With no subject set,
`current_setting(..., true)` is NULL or empty and no row matches.
"""

from __future__ import annotations

SUBJECT = "(SELECT current_setting('app.user_id', true))"


def protect(table: str, owner_column: str = "user_id") -> list[str]:
    """Enable and force row-level security on `table` with the one policy of this system."""
    owned = f"{owner_column} = {SUBJECT}"
    return [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        f'CREATE POLICY tenant ON "{table}" FOR ALL USING ({owned}) WITH CHECK ({owned})',
    ]


def grant(table: str, *, backend: str, mcp: str) -> list[str]:
    """Give the two service roles these privileges on `table`; they own nothing."""
    return [
        f'GRANT {backend} ON "{table}" TO crosstalk_backend',
        f'GRANT {mcp} ON "{table}" TO crosstalk_mcp',
    ]
