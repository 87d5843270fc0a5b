"""Remove expired idempotency keys of all users, as an administrator.

Writes with a key remove those of their own user; this is for what users leave who never write
again. It is the one statement in the system that reaches across users, so it runs with rights that
no service has, and touches nothing that has not expired.
"""

from __future__ import annotations

import asyncpg
from sqlalchemy.engine import make_url

_BATCH = 5_000
_DELETE = """
DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM idempotency_keys WHERE expires_at <= now() LIMIT $1 FOR UPDATE SKIP LOCKED
))
"""


async def prune(admin_url: str, *, database: str) -> int:
    """Remove expired keys, in short transactions; how many there were.

    Args:
        admin_url: A `postgresql://` URL of a role that row-level security does not bind.
        database: Name of the system's database.

    Raises:
        asyncpg.PostgresError: The role is bound by row-level security, or cannot connect.
    """
    url = make_url(admin_url).set(drivername="postgresql", database=database)
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    removed = 0
    try:
        # A role that policies bind gets an error from this, not an empty table.
        await connection.execute("SET row_security = off")
        while True:
            status = await connection.execute(_DELETE, _BATCH)
            count = int(status.removeprefix("DELETE "))
            removed += count
            if count < _BATCH:
                return removed
    finally:
        await connection.close()
