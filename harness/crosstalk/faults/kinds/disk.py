"""Faults of PostgreSQL's disk: a small one that is full, and the error of one where none is.

Mounting needs a right that most machines do not give. So there are two: `small disk` moves tables
that users write to onto a small tmpfs and fills it, and the kernel answers ENOSPC; `disk full` is
injected, a trigger that raises the error PostgreSQL makes of ENOSPC (SQLSTATE 53100).
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import asyncpg

from crosstalk.environment import EnvironmentFailed
from crosstalk.faults.kinds.base import Fault, FaultySystem
from crosstalk.faults.kinds.database import as_admin

_TABLES = ("tasks", "idempotency_keys")
_ATTEMPTS = 20
_LOCK_SECONDS = 2
# Left beside the tables, before it is filled: what they need while they are moved.
_SPARE_BYTES = 16 * 2**20
_BLOCK = bytes(64 * 1024)
_FULL = """
CREATE OR REPLACE FUNCTION public.crosstalk_disk_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
END $$
"""


@dataclass(frozen=True, slots=True)
class DiskFull(Fault):
    """An injected error: every write of tasks and of idempotency keys ends with SQLSTATE 53100."""

    kind: ClassVar[str] = "disk full (injected)"

    def inject(self, system: FaultySystem, seconds: float) -> None:
        """Let writes fail for a while."""

        async def fill(admin: Any) -> None:
            await admin.execute(_FULL)
            try:
                for table in _TABLES:
                    await _patiently(
                        admin,
                        f"CREATE TRIGGER crosstalk_disk_full BEFORE INSERT OR UPDATE ON {table} "
                        "FOR EACH STATEMENT EXECUTE FUNCTION public.crosstalk_disk_full()",
                    )
                await asyncio.sleep(seconds)
            finally:
                await _patiently(admin, "DROP FUNCTION public.crosstalk_disk_full() CASCADE")

        as_admin(system.running, fill)


@dataclass(frozen=True, slots=True)
class SmallDisk(Fault):
    """Tables on a tmpfs that is full: PostgreSQL cannot extend them (ENOSPC of the kernel)."""

    kind: ClassVar[str] = "disk full (tmpfs)"

    def missing(self) -> str | None:
        """Return why it cannot be injected here; None where it can."""
        with tempfile.TemporaryDirectory() as folder:
            try:
                _mount(Path(folder), 2**20, os.getuid(), os.getgid())
            except EnvironmentFailed as error:
                return str(error)
            _unmount(Path(folder))
        return None

    def inject(self, system: FaultySystem, seconds: float) -> None:
        """Move the tables, fill the disk for a while, and move them back."""

        async def fill(admin: Any) -> None:
            data = await asyncio.to_thread(os.stat, await admin.fetchval("SHOW data_directory"))
            size = 0
            for table in _TABLES:
                size += await admin.fetchval("SELECT pg_total_relation_size($1::regclass)", table)
            with tempfile.TemporaryDirectory() as folder:
                disk = Path(folder)
                _mount(disk, 2 * size + _SPARE_BYTES, data.st_uid, data.st_gid)
                try:
                    await self._on(disk, admin, data.st_uid, seconds)
                finally:
                    _unmount(disk)

        as_admin(system.running, fill)

    async def _on(self, disk: Path, admin: Any, user: int, seconds: float) -> None:
        place = disk / "tables"
        place.mkdir(mode=0o700)
        os.chown(place, user, -1)
        await admin.execute(f"CREATE TABLESPACE crosstalk_small LOCATION '{place}'")
        ballast = disk / "ballast"
        try:
            for table in _TABLES:
                await _patiently(admin, f"ALTER TABLE {table} SET TABLESPACE crosstalk_small")
            _fill(ballast)
            await asyncio.sleep(seconds)
        finally:
            ballast.unlink(missing_ok=True)
            for table in _TABLES:
                await _patiently(admin, f"ALTER TABLE {table} SET TABLESPACE pg_default")
            await _patiently(admin, "DROP TABLESPACE crosstalk_small")


def _fill(file: Path) -> None:
    """Write until there is no space left."""
    try:
        with file.open("wb", buffering=0) as ballast:
            while ballast.write(_BLOCK):
                pass
    except OSError:
        return


async def _patiently(admin: Any, statement: str) -> None:
    """Execute what waits for the locks of users' transactions, and lets them go on meanwhile."""
    await admin.execute(f"SET lock_timeout = '{_LOCK_SECONDS}s'")
    for left in reversed(range(_ATTEMPTS)):
        try:
            await admin.execute(statement)
            return
        except (
            asyncpg.LockNotAvailableError,
            asyncpg.DeadlockDetectedError,
            asyncpg.ObjectNotInPrerequisiteStateError,
        ) as error:
            if not left:
                raise EnvironmentFailed(f"a lock could not be had for {statement!r}") from error
            await asyncio.sleep(0.1)


def _mount(folder: Path, size: int, user: int, group: int) -> None:
    options = f"size={size},mode=0711,uid={user},gid={group}"
    command = ["mount", "-t", "tmpfs", "-o", options, "crosstalk", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise EnvironmentFailed(f"mounting a small disk: {error}") from error
    if done.returncode != 0:
        raise EnvironmentFailed(f"mounting a small disk: {done.stderr.strip()}")


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)
