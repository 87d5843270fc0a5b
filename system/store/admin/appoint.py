"""Appoint administrators, and dismiss them: no service can.

Runs with rights that no service has, as the removal of expired keys does, and touches one row.
"""

from __future__ import annotations

import asyncpg
from sqlalchemy.engine import make_url

_APPOINT = "INSERT INTO administrators (user_id) VALUES ($1) ON CONFLICT DO NOTHING"
_DISMISS = "DELETE FROM administrators WHERE user_id = $1"


async def appoint(admin_url: str, user_id: str, *, database: str, dismiss: bool = False) -> None:
    """Make a user an administrator, or an ordinary user again.

    Args:
        admin_url: A `postgresql://` URL of a role that row-level security does not bind.
        user_id: The subject of the user's tokens.
        database: Name of the system's database.
        dismiss: Take the role away.

    Raises:
        asyncpg.PostgresError: The role is bound by row-level security, or cannot connect.
    """
    url = make_url(admin_url).set(drivername="postgresql", database=database)
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        await connection.execute("SET row_security = off")
        await connection.execute(_DISMISS if dismiss else _APPOINT, user_id)
    finally:
        await connection.close()
