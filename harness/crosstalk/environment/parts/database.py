"""Single statements as the administrator, from synchronous code and from inside an event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import asyncpg

from crosstalk.environment.runtime.errors import EnvironmentFailed

_SECONDS = 15.0
# All of users' data, but nothing that a migration inserted.
_ERASE = """
DO $$
DECLARE tables text;
BEGIN
    SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') INTO tables
    FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version';
    IF tables IS NOT NULL THEN
        EXECUTE 'TRUNCATE ' || tables || ' RESTART IDENTITY CASCADE';
    END IF;
END $$
"""


def execute(url: str, statement: str) -> None:
    """Run a statement on a connection of its own.

    Args:
        url: `postgresql://` URL.
        statement: One SQL statement.

    Raises:
        EnvironmentFailed: The database cannot be reached or refuses it.
    """

    async def run() -> None:
        connection = await asyncpg.connect(url, timeout=_SECONDS)
        try:
            await connection.execute(statement, timeout=_SECONDS)
        finally:
            await connection.close(timeout=_SECONDS)

    # A thread has no event loop, even where the caller runs in one.
    with ThreadPoolExecutor(1) as pool:
        try:
            pool.submit(asyncio.run, run()).result()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            said = str(error).splitlines() or [type(error).__name__]
            raise EnvironmentFailed(
                f"PostgreSQL refused a statement ({said[0]}): read its log"
            ) from error


def erase_users_data(admin_url: str) -> None:
    """Empty every table of the `public` schema but the one that counts migrations.

    Raises:
        EnvironmentFailed: The database cannot be reached or refuses it.
    """
    execute(admin_url, _ERASE)
