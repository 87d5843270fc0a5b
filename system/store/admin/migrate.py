"""Bring the tables up to the newest revision, as the owner role.

Two migrations at once would both create Alembic's own table, so each waits for the one before: it
holds an advisory lock, in a transaction of a connection of its own, because a lock of a session
would not survive a pooler. A change of a table waits a bounded time for requests that use it, since
every later request waits behind it.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

# Any constant; it names migrations among the advisory locks of this database.
LOCK = 0x6D69_6772
_TURN_SECONDS = 300
_TABLE_SECONDS = 10


async def migrate(
    owner_url: str, revision: str = "head", *, table_seconds: float = _TABLE_SECONDS
) -> None:
    """Run every revision up to `revision`; repeatable, also several at once.

    Args:
        owner_url: A `postgresql://` URL of the role that owns the tables.
        revision: An Alembic revision, `head` for the newest.
        table_seconds: Longest wait for a table that is in use.

    Raises:
        sqlalchemy.exc.DBAPIError: A table stayed in use, another migration did not end, or the
            database refuses a statement; nothing of the revision under way is kept.
    """
    url = make_url(owner_url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as turn:
            await turn.execute(text(f"SET LOCAL lock_timeout = '{_TURN_SECONDS}s'"))
            await turn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            async with engine.connect() as connection:
                await connection.execute(
                    text("SELECT set_config('lock_timeout', :limit, false)"),
                    {"limit": f"{round(table_seconds * 1000)}ms"},
                )
                await connection.commit()
                await connection.run_sync(_upgrade, revision)
                await connection.commit()
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
