"""The database alone: all is tried in SQL as each service, with none of its code in the way."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

import asyncpg

from crosstalk.phases.layers import privileges, rights
from crosstalk.phases.layers.attempts import OF_A_TABLE, Intruder, victim_value_in
from crosstalk.phases.layers.by_hand import psql_lines, recorded
from crosstalk.phases.layers.schema import Table, owned_tables, plant

# The owner of the tables runs migrations and is bound by FORCE; what it may do to them it may.
SERVICES = ("backend", "mcp", "owner")
_SECONDS = 15.0
_ERASE = 'DELETE FROM "user" WHERE id = ANY($1::text[])'


@dataclass(slots=True)
class Examined:
    """The result of one role.

    Attributes:
        tried: How many attempts were made.
        could: How many of them could have shown something: the owner sees what was aimed at.
        crossed: Attempt to what crossed.
        commands: Attempt to the lines of shell that make it again, where it reads or writes rows.
        why: Table, view or function to what the catalog says of it that lets rows through.
        untried: What could not be tried, to why.
    """

    tried: int = 0
    could: int = 0
    crossed: dict[str, str] = field(default_factory=dict)
    commands: dict[str, tuple[str, ...]] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    untried: dict[str, str] = field(default_factory=dict)


def examine(databases: Mapping[str, str], service: str) -> Examined:
    """Try everything as one service.

    Args:
        databases: `admin`, and the service's own, as `postgresql://` URLs.
        service: One of `SERVICES`.

    Raises:
        OSError, asyncpg.PostgresError: The database cannot be reached as one of the two.
    """
    return asyncio.run(_examine(databases["admin"], databases[service], service))


async def _examine(admin_url: str, service_url: str, service: str) -> Examined:
    nonce = secrets.token_hex(4)
    users = {name: f"{name}-{nonce}" for name in ("alice", "bob")}
    admin = await asyncpg.connect(admin_url, timeout=_SECONDS)
    try:
        connection = await asyncpg.connect(service_url, timeout=_SECONDS)
        try:
            tables = await owned_tables(admin)
            await plant(admin, tables, users)
            intruder = Intruder(connection, "bob", users["bob"], "alice", users["alice"])
            return await _tried(intruder, tables, admin, service)
        finally:
            await connection.close(timeout=_SECONDS)
            await admin.execute(_ERASE, list(users.values()))
    finally:
        await admin.close(timeout=_SECONDS)


async def _tried(
    intruder: Intruder, tables: list[Table], admin: asyncpg.Connection, service: str
) -> Examined:
    found = Examined()
    for table in tables:
        shown = await seen_by_owner(intruder, table)
        for name, attempt in OF_A_TABLE.items():
            found.tried += 1
            found.could += shown
            with recorded(intruder.connection) as statements:
                crossed = await attempt(intruder, table)
            if crossed is not None:
                found.crossed[f"{name}, {table.name}"] = crossed
                found.commands[f"{name}, {table.name}"] = psql_lines(service, statements)
    if service == "owner":
        return found
    for trials in (privileges.attempts, rights.attempts):
        async for name, told in trials(intruder, tables, admin):
            found.tried += 1
            found.could += 1
            if told is not None:
                found.crossed[name] = told
    return found


async def seen_by_owner(intruder: Intruder, table: Table) -> bool:
    """Return whether the role, as the victim, sees the victim's row."""
    try:
        async with intruder.speaking(intruder.them) as connection:
            rows = await connection.fetch(f"SELECT * FROM {table.name}")
    except asyncpg.PostgresError:
        return False
    return victim_value_in([dict(row) for row in rows], intruder, table) is not None
