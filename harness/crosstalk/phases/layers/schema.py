"""Tables of the database, as its catalog says: owned tables, and rows of two users in each."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from crosstalk.core.identifiers import marker

_COLUMNS = """
SELECT c.oid::regclass::text AS table, c.relname, a.attname AS column,
    format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS needed,
    a.atthasdef AS has_default,
    COALESCE(a.attnum = ANY(p.conkey), false) AS in_key
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_constraint p ON p.conrelid = c.oid AND p.contype = 'p'
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> 'alembic_version'
ORDER BY c.oid, a.attnum
"""
_REFERENCES = """
SELECT c.conrelid::regclass::text AS table, c.confrelid::regclass::text AS target,
    ARRAY(SELECT attname::text FROM unnest(c.conkey) WITH ORDINALITY k(n, o)
        JOIN pg_attribute ON attrelid = c.conrelid AND attnum = k.n ORDER BY o) AS columns,
    ARRAY(SELECT attname::text FROM unnest(c.confkey) WITH ORDINALITY k(n, o)
        JOIN pg_attribute ON attrelid = c.confrelid AND attnum = k.n ORDER BY o) AS targets
FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
WHERE c.contype = 'f' AND n.nspname = 'public'
"""
# What a check constraint wants that no type says.
_DIGEST = "0" * 64


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: `columns` of a row name the `targets` of another table's."""

    target: str
    columns: tuple[str, ...]
    targets: tuple[str, ...]


@dataclass(slots=True)
class Table:
    """A table whose rows have owners.

    Attributes:
        name: As SQL wants it.
        owner: The column that says whose a row is.
        key: The other columns of the primary key.
        columns: Column to type.
        references: Its foreign keys.
        rows: Whose rows were put there, with their columns.
    """

    name: str
    owner: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    needed: frozenset[str]
    references: list[Reference] = field(default_factory=list)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)


async def owned_tables(admin: asyncpg.Connection) -> list[Table]:
    """The tables of the system, those first that others refer to."""
    grouped: dict[str, list[asyncpg.Record]] = {}
    for row in await admin.fetch(_COLUMNS):
        grouped.setdefault(row["table"], []).append(row)
    tables = {}
    for name, columns in grouped.items():
        names = [each["column"] for each in columns]
        owner = "user_id" if "user_id" in names else "id"
        tables[name] = Table(
            name=name,
            owner=owner,
            key=tuple(e["column"] for e in columns if e["in_key"] and e["column"] != owner),
            columns={each["column"]: each["type"] for each in columns},
            needed=frozenset(e["column"] for e in columns if e["needed"] and not e["has_default"]),
        )
    for row in await admin.fetch(_REFERENCES):
        if row["table"] in tables:
            tables[row["table"]].references.append(
                Reference(row["target"], tuple(row["columns"]), tuple(row["targets"]))
            )
    ordered: list[Table] = []
    while len(ordered) < len(tables):
        known = {each.name for each in ordered}
        ready = [
            each
            for each in tables.values()
            if each.name not in known
            and all(r.target in known or r.target == each.name for r in each.references)
        ]
        ordered += ready or [each for each in tables.values() if each.name not in known]
    return ordered


async def plant(
    admin: asyncpg.Connection, tables: Sequence[Table], users: Mapping[str, str]
) -> None:
    """Put a row of each user into every table; every text that may be anything is a marker.

    Args:
        admin: Connection of a role that row-level security does not bind.
        tables: As `owned_tables` gives them.
        users: User to subject.
    """
    by_name = {each.name: each for each in tables}
    for user, subject in users.items():
        for place, table in enumerate(tables):
            row = new_row(table, user, subject, place)
            for reference in table.references:
                theirs = by_name[reference.target].rows[user]
                pairs = zip(reference.columns, reference.targets, strict=True)
                row.update({column: theirs[target] for column, target in pairs})
            await insert(admin, table, row)
            table.rows[user] = row


def new_row(table: Table, user: str, subject: str, number: int) -> dict[str, Any]:
    """Values for the columns of a row of that user; what has a default and no text is left out."""
    row: dict[str, Any] = {}
    for name, kind in table.columns.items():
        if name == table.owner:
            row[name] = subject
        elif kind == "uuid":
            row[name] = uuid.uuid4() if name in table.needed else None
        elif kind == "text" and name in (
            "title",
            "name",
            "content",
            "description",
            "key",
            "result",
        ):
            row[name] = marker(user, (number << 8) | len(row))
        elif name == "digest":
            row[name] = _DIGEST
        elif name == "role":
            row[name] = "user"
        elif name == "operation":
            row[name] = "add_task"
    return row


async def insert(connection: asyncpg.Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert one row; a needed point in time is in an hour.

    Raises:
        asyncpg.PostgresError: The database refuses it.
    """
    given = {name: value for name, value in row.items() if value is not None}
    names = [f'"{name}"' for name in given]
    values = [f"${place}::{table.columns[n]}" for place, n in enumerate(given, start=1)]
    for name in sorted(table.needed - given.keys()):
        if table.columns[name].startswith("timestamp"):
            names.append(f'"{name}"')
            values.append("now() + interval '1 hour'")
    await connection.execute(
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(values)})",
        *given.values(),
    )
