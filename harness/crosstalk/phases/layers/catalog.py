"""Facts of PostgreSQL's catalog about row-level security, which explain what crosses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

_TABLES = """
SELECT c.oid::regclass::text AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
    pg_has_role(c.relowner, 'USAGE') AS owned, r.rolsuper OR r.rolbypassrls AS bypasses,
    CURRENT_USER::text AS role
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_roles r ON r.rolname = CURRENT_USER
WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p')
"""
_POLICIES = """
SELECT p.polrelid::regclass::text AS name, p.polname AS policy, p.polpermissive AS permissive,
    pg_get_expr(p.polqual, p.polrelid) AS using,
    pg_get_expr(p.polwithcheck, p.polrelid) AS with_check
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1) ORDER BY p.polname
"""
_USABLE = """
SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY($1) AND has_schema_privilege(n.oid, 'USAGE')
    AND (has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE')
        OR has_table_privilege(c.oid, 'DELETE'))
"""
# Only those that read with their owner's rights: the others show what their tables show.
_VIEWS = """
SELECT c.oid::regclass::text AS name, c.relkind = 'm' AS kept,
    ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0
        AND NOT attisdropped) AS columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY($1) AND c.relkind IN ('v', 'm') AND has_schema_privilege(n.oid, 'USAGE')
    AND has_any_column_privilege(c.oid, 'SELECT')
    AND NOT EXISTS (SELECT FROM unnest(c.reloptions) o
        WHERE o ~* '^security_invoker=(true|on|1|yes)$')
"""
# Only what runs with another role's rights: other functions see what their caller sees.
_FUNCTIONS = """
SELECT p.oid::regproc::text AS name, p.proargtypes::regtype[]::text[] AS types
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = ANY($1) AND p.prokind = 'f' AND p.prosecdef
    AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
    AND has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
_UNSET = re.compile(r"(current_setting|auth\.|jwt).*IS NULL|COALESCE\(", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class View:
    """A view, or a materialized one (`kept`), that reads with its owner's rights."""

    name: str
    kept: bool
    columns: tuple[str, ...]

    @property
    def why(self) -> str:
        """Return what about it lets rows through, in words."""
        if self.kept:
            return "it is a materialized view, to which no row-level security applies"
        return "it reads with its owner's rights: set security_invoker"


@dataclass(frozen=True, slots=True)
class Catalog:
    """The part of the catalog that concerns a role.

    Attributes:
        facts: Table to what about it lets rows through.
        usable: Tables and views that the role may use in some way.
        views: Views that it may read.
        functions: SECURITY DEFINER functions that it may call, with the types of their arguments.
    """

    facts: dict[str, tuple[str, ...]]
    usable: frozenset[str]
    views: tuple[View, ...]
    functions: tuple[tuple[str, tuple[str, ...]], ...]


async def read_catalog(connection: asyncpg.Connection, schemas: Sequence[str]) -> Catalog:
    """Read the catalog as the connection's current role."""
    wanted = list(schemas)
    facts: dict[str, list[str]] = {}
    for row in await connection.fetch(_TABLES, wanted):
        of = facts.setdefault(row["name"], [])
        if not row["enabled"]:
            of.append("row-level security is not enabled")
        elif row["bypasses"]:
            of.append(f"the role {row['role']} bypasses row-level security")
        elif row["owned"] and not row["forced"]:
            of.append(
                f"the role {row['role']} owns the table, and row-level security is not forced"
            )
    for row in await connection.fetch(_POLICIES, wanted):
        facts[row["name"]] += _about_policy(row)
    return Catalog(
        {name: tuple(each) for name, each in facts.items()},
        frozenset(row["name"] for row in await connection.fetch(_USABLE, wanted)),
        tuple(
            View(row["name"], row["kept"], tuple(row["columns"]))
            for row in await connection.fetch(_VIEWS, wanted)
        ),
        tuple(
            (row["name"], tuple(row["types"])) for row in await connection.fetch(_FUNCTIONS, wanted)
        ),
    )


def _about_policy(row: asyncpg.Record) -> list[str]:
    found = []
    name, using, check = row["policy"], row["using"] or "", row["with_check"] or ""
    if row["permissive"] and using == "true":
        found.append(
            f"the policy {name} lets every row through (USING (true)), and permissive policies "
            "are joined by OR"
        )
    if row["permissive"] and check == "true":
        found.append(f"the policy {name} takes every new row (WITH CHECK (true))")
    if row["permissive"] and _UNSET.search(f"{using} {check}"):
        found.append(f"the policy {name} has a case for no subject")
    return found
