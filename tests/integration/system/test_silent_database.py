"""A PostgreSQL that says nothing any more: calls end in bounded time, and work once it is back."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from crosstalk.environment import RunningSystem
from system.errors import Unavailable
from system.store import Store, StoreSettings, tasks


@asynccontextmanager
async def relay(host: str, port: int) -> AsyncIterator[tuple[int, asyncio.Event]]:
    """A port that leads to a server, and what lets bytes pass."""
    passing = asyncio.Event()
    passing.set()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                await passing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(host, port)
        await asyncio.gather(pass_on(reader, inner_writer), pass_on(inner_reader, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], passing
    finally:
        passing.set()
        server.close()


async def test_a_call_to_a_silent_database_ends_and_the_next_one_works(
    running: RunningSystem, alice: str
) -> None:
    url = make_url(running.databases["backend"])
    async with relay(url.host or "", url.port or 5432) as (port, passing):
        through = url.set(host="127.0.0.1", port=port).render_as_string(False)
        settings = StoreSettings(
            database_url=SecretStr(through),
            cursor_secret=SecretStr(secrets.token_hex(32)),
            database_statement_timeout=0.5,
            database_pool_timeout=2.0,
        )
        store = Store(settings)
        async with store.user_session(alice) as session:
            await tasks.list_tasks(session)
        passing.clear()
        async with asyncio.timeout(20):
            with pytest.raises(Unavailable):
                async with store.user_session(alice) as session:
                    await tasks.list_tasks(session)
        passing.set()
        async with asyncio.timeout(20):
            async with store.user_session(alice) as session:
                await tasks.list_tasks(session)
        await store.close()
