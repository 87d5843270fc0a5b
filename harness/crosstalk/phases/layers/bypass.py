"""Takes row-level security away for a while: a policy that lets the services do everything.

Policies are ORed, so one that is always true opens a table whatever the others say, and dropping
it puts everything back as it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

_POLICY = "crosstalk_opened"
_SECONDS = 15.0
_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relrowsecurity
"""


@contextmanager
def opened(admin_url: str) -> Iterator[None]:
    """Meanwhile row-level security lets every role see and write every row.

    Raises:
        asyncpg.PostgresError, OSError: The database does not do it.
    """
    asyncio.run(_close(admin_url))
    try:
        asyncio.run(_open(admin_url))
        yield
    finally:
        asyncio.run(_close(admin_url))


async def _open(url: str) -> None:
    await _for_each_table(
        url, f"CREATE POLICY {_POLICY} ON %s FOR ALL TO PUBLIC USING (true) WITH CHECK (true)"
    )


async def _close(url: str) -> None:
    await _for_each_table(url, f"DROP POLICY IF EXISTS {_POLICY} ON %s")


async def _for_each_table(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url, timeout=_SECONDS)
    try:
        await connection.execute(f"SET lock_timeout = '{_SECONDS:.0f}s'")
        for row in await connection.fetch(_TABLES):
            await connection.execute(statement % row["name"])
    finally:
        await connection.close(timeout=_SECONDS)
