"""Privileges that a service's role must not have, and data that the catalog must not show it.

Statements that would take the layer away, other roles, functions and views that run as
another role, the planner's statistics (which hold values of rows that the role was not shown), and
what other sessions are doing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeAlias

import asyncpg

from crosstalk.phases.layers.attempts import Intruder, said, victim_value_in
from crosstalk.phases.layers.schema import Table

# Name of the attempt, and what crossed if anything did.
Tried: TypeAlias = tuple[str, str | None]

_OF_A_TABLE = {
    "switch row-level security off": "ALTER TABLE {0} DISABLE ROW LEVEL SECURITY",
    "free the owner from row-level security": "ALTER TABLE {0} NO FORCE ROW LEVEL SECURITY",
    "add a policy": "CREATE POLICY everybody ON {0} USING (true) WITH CHECK (true)",
    "own the table": "ALTER TABLE {0} OWNER TO CURRENT_USER",
    "add a rule": "CREATE RULE spy AS ON UPDATE TO {0} DO ALSO SELECT 1",
    "truncate": "TRUNCATE {0} CASCADE",
}
_OF_A_ROLE = {
    "bypass row-level security by attribute": "ALTER ROLE CURRENT_USER BYPASSRLS",
    "make a role": "CREATE ROLE crosstalk_intruder",
    "make a table": "CREATE TABLE public.crosstalk_intruder (id int)",
    "make a temporary table": "CREATE TEMPORARY TABLE crosstalk_intruder (id int)",
    "make a schema": "CREATE SCHEMA crosstalk_intruder",
    "run a program": "COPY (SELECT 1) TO PROGRAM 'true'",
    "read a file": "SELECT pg_read_file('PG_VERSION')",
}
_ROLES = "SELECT rolname FROM pg_roles WHERE rolname <> $1 ORDER BY rolname"
_VIEWS = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm') AND n.nspname !~ '^(pg_|information_schema)'
"""
_FUNCTIONS = """
SELECT p.oid::regproc::text AS name, p.proargtypes::regtype[]::text[] AS types
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^(pg_|information_schema)' AND p.prokind = 'f'
    AND p.prorettype <> 'trigger'::regtype
"""
_ELSEWHERE = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema)' AND n.nspname <> 'public'
"""
_TOLD = {
    "statistics of columns": "SELECT * FROM pg_stats WHERE schemaname = 'public'",
    "statistics as they are stored": "SELECT * FROM pg_statistic",
    "extended statistics": "SELECT * FROM pg_stats_ext",
    "what others ask": "SELECT query FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
}


async def attempts(
    intruder: Intruder, tables: Sequence[Table], admin: asyncpg.Connection
) -> AsyncIterator[Tried]:
    """Try them all.

    Args:
        intruder: As which service.
        tables: With the rows that were planted.
        admin: Knows which roles, views and functions there are.
    """
    for table in tables:
        for name, statement in _OF_A_TABLE.items():
            error = await intruder.refused(statement.format(table.name), intruder.me)
            yield f"{name} of {table.name}", None if error else "it was done"
    for name, statement in _OF_A_ROLE.items():
        yield name, None if await intruder.refused(statement) else "it was done"
    role = await intruder.connection.fetchval("SELECT CURRENT_USER")
    for row in await admin.fetch(_ROLES, role):
        for verb in ("SET ROLE", "SET SESSION AUTHORIZATION"):
            error = await intruder.refused(f'{verb} "{row["rolname"]}"')
            yield f"{verb} {row['rolname']}", None if error else "it was done"
    for row in await admin.fetch(_VIEWS):
        yield f"view {row[0]}", await shown(intruder, tables, f"SELECT * FROM {row[0]}")
    for row in await admin.fetch(_FUNCTIONS):
        arguments = ", ".join(_argument(each, intruder, tables) for each in row["types"])
        asked = f"SELECT * FROM {row['name']}({arguments})"
        yield f"function {row['name']}", await shown(intruder, tables, asked)
    for row in await admin.fetch(_ELSEWHERE):
        error = await intruder.refused(f"SELECT * FROM {row[0]} LIMIT 0")
        yield f"table {row[0]}", None if error else "it can be read"
    await admin.execute("ANALYZE")
    for name, question in _TOLD.items():
        yield name, await shown(intruder, tables, question)


async def shown(intruder: Intruder, tables: Sequence[Table], question: str) -> str | None:
    """Return what of the victim's a question shows the attacker, in words; None if nothing."""
    try:
        async with intruder.speaking(intruder.me) as connection:
            # As text: some of these types have no other form outside the server.
            asked = f"SELECT told::text FROM ({question}) told"
            rows: Any = [row[0] for row in await connection.fetch(asked)]
    except asyncpg.PostgresError as error:
        rows = said(error)
    found = (victim_value_in(rows, intruder, table) for table in tables)
    first = next((each for each in found if each is not None), None)
    return f"it shows {first}" if first is not None else None


def _argument(kind: str, intruder: Intruder, tables: Sequence[Table]) -> str:
    """What a function is given: the victim's subject, one of the victim's ids, or nothing."""
    if kind == "text":
        return f"'{intruder.them}'"
    if kind == "uuid":
        ids = [table.rows[intruder.victim].get("id") for table in tables]
        return next((f"'{each}'::uuid" for each in ids if each is not None), "NULL")
    return "1" if kind in ("integer", "bigint") else f"NULL::{kind}"
