"""Faults of the database's connections, and migrations in traffic."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import asyncpg

from crosstalk.environment import EnvironmentFailed, RunningSystem
from crosstalk.faults.kinds.base import Fault, FaultySystem

_SECONDS = 10.0
_MIGRATION_SECONDS = 60.0
_END_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
    AND usename IN ('crosstalk_backend', 'crosstalk_mcp')
"""


@dataclass(frozen=True, slots=True)
class EndSessions(Fault):
    """`pg_terminate_backend` for every session of the services, several times in a while."""

    kind: ClassVar[str] = "sessions ended"

    def inject(self, system: FaultySystem, seconds: float) -> None:
        """End the sessions now, and twice more."""

        async def end(admin: Any) -> None:
            for _ in range(3):
                await admin.fetch(_END_SESSIONS, timeout=_SECONDS)
                await asyncio.sleep(seconds / 3)

        as_admin(system.running, end)


@dataclass(frozen=True, slots=True)
class ExhaustSessions(Fault):
    """All sessions that the server allows are taken, and those of the services ended."""

    kind: ClassVar[str] = "sessions exhausted"

    def inject(self, system: FaultySystem, seconds: float) -> None:
        """Take sessions until there are none, for a while."""
        url = system.running.databases["backend"]

        async def exhaust(admin: Any) -> None:
            async with contextlib.AsyncExitStack() as taken:
                deadline = time.monotonic() + seconds
                await admin.fetch(_END_SESSIONS, timeout=_SECONDS)
                while time.monotonic() < deadline:
                    try:
                        one = await asyncpg.connect(url, timeout=_SECONDS)
                        taken.push_async_callback(one.close)
                    except (asyncpg.PostgresError, OSError, TimeoutError):
                        await asyncio.sleep(0.05)

        as_admin(system.running, exhaust)


@dataclass(frozen=True, slots=True)
class Migrations(Fault):
    """Two migrations at once, while users write."""

    kind: ClassVar[str] = "two migrations"

    def inject(self, system: FaultySystem, seconds: float) -> None:
        """Run both to their end."""
        running = system.running
        if running.system_root is None:
            raise EnvironmentFailed("migrations need the system's sources, and there are none")
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": str(running.system_root),
            "OWNER_DATABASE_URL": running.databases["owner"],
        }
        command = [sys.executable, "-P", "-m", "system.store", "migrate"]
        started = [
            subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            for _ in range(2)
        ]
        for each in started:
            try:
                said = each.communicate(timeout=_MIGRATION_SECONDS)[0]
            except subprocess.TimeoutExpired:
                each.kill()
                said = each.communicate()[0]
            if each.returncode != 0:
                raise EnvironmentFailed(f"a migration in traffic failed: {said[-300:].decode()}")


def as_admin(running: RunningSystem, action: Callable[[Any], Awaitable[None]]) -> None:
    """Run an action on a connection of the administrator's, past every link."""

    async def connected() -> None:
        connection = await asyncpg.connect(running.databases["admin"], timeout=_SECONDS)
        try:
            await action(connection)
        finally:
            await connection.close(timeout=_SECONDS)

    asyncio.run(connected())
