"""Tables of a database, as its catalog says: owned tables, and rows of two users in each."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import asyncpg

from crosstalk.core.identifiers import marker

_COLUMNS = """
SELECT c.oid::regclass::text AS table, c.relname, a.attname AS column,
    format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS needed,
    a.atthasdef OR a.attidentity <> '' AS has_default,
    a.attgenerated <> '' OR a.attidentity = 'a' AS made,
    COALESCE(a.attnum = ANY(p.conkey), false) AS in_key,
    ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = a.atttypid
        ORDER BY enumsortorder) AS labels,
    ARRAY(SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k
        WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum]) AS checks
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_constraint p ON p.conrelid = c.oid AND p.contype = 'p'
WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p') AND c.relname <> 'alembic_version'
    AND NOT c.relispartition
ORDER BY c.oid, a.attnum
"""
_REFERENCES = """
SELECT c.conrelid::regclass::text AS table, c.confrelid::regclass::text AS target,
    ARRAY(SELECT attname::text FROM unnest(c.conkey) WITH ORDINALITY k(n, o)
        JOIN pg_attribute ON attrelid = c.conrelid AND attnum = k.n ORDER BY o) AS columns,
    ARRAY(SELECT attname::text FROM unnest(c.confkey) WITH ORDINALITY k(n, o)
        JOIN pg_attribute ON attrelid = c.confrelid AND attnum = k.n ORDER BY o) AS targets
FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
WHERE c.contype = 'f' AND n.nspname = ANY($1) AND c.conparentid = 0
"""
# Tables of the reference system that say who may what, and hold nobody's data.
RIGHTS = ("administrators", "disabled_accounts")
_QUOTED = re.compile(r"'([^']*)'::")
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
        needed: Columns that an insertion must give.
        references: Its foreign keys to owned tables.
        lookups: Its foreign keys to other tables.
        made: Columns whose values the database makes: an insertion of what another user has does
            not give them.
        choices: Column to a value that its type or a check constraint takes.
        new_row: Makes the values of a row.
        rows: Whose rows were put there, with their columns.
    """

    name: str
    owner: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    needed: frozenset[str]
    new_row: RowMaker
    references: list[Reference] = field(default_factory=list)
    lookups: list[Reference] = field(default_factory=list)
    made: frozenset[str] = frozenset()
    choices: Mapping[str, str] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)


# A table, a user, their subject and a number to the values of a new row.
RowMaker: TypeAlias = Callable[["Table", str, str, int], dict[str, Any]]
# A table's name and its columns to the one that says whose a row is, if one does.
OwnerOf: TypeAlias = Callable[[str, Sequence[str]], str | None]


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
            row[name] = table.choices.get(name, "user")
        elif name in ("member_id", "invitee_id"):
            # Somebody else, so that what is the victim's is nobody's who attacks.
            row[name] = f"guest-of-{subject}"
        elif name == "operation":
            row[name] = "add_task"
    return row


def owner_in_reference(table: str, columns: Sequence[str]) -> str | None:
    """Return the column that says whose a row of the reference system's table is.

    None for tables of rights: a row of the attacker's there would make them an administrator.
    """
    if table in RIGHTS:
        return None
    return "user_id" if "user_id" in columns else "id"


async def owned_tables(
    admin: asyncpg.Connection,
    *,
    schemas: Sequence[str] = ("public",),
    owner_of: OwnerOf = owner_in_reference,
    new_row: RowMaker = new_row,
) -> list[Table]:
    """Return the tables whose rows have owners, those first that others refer to.

    Args:
        admin: Reads the catalog.
        schemas: Where the tables are.
        owner_of: Says by which column. A table that an owner column refers to is owned by the
            column that is referred to.
        new_row: Makes values of rows.
    """
    grouped: dict[str, list[asyncpg.Record]] = {}
    for row in await admin.fetch(_COLUMNS, list(schemas)):
        grouped.setdefault(row["table"], []).append(row)
    references = await admin.fetch(_REFERENCES, list(schemas))
    owners = {
        name: owner_of(name, [each["column"] for each in columns])
        for name, columns in grouped.items()
    }
    for row in references:
        pairs = dict(zip(row["columns"], row["targets"], strict=True))
        owner = owners.get(row["table"])
        if owner in pairs and len(pairs) == 1 and owners.get(row["target"], "") is None:
            owners[row["target"]] = pairs[owner]
    tables: dict[str, Table] = {}
    for name, columns in grouped.items():
        owner = owners[name]
        if owner is None:
            continue
        tables[name] = Table(
            name=name,
            owner=owner,
            key=tuple(e["column"] for e in columns if e["in_key"] and e["column"] != owner),
            columns={each["column"]: each["type"] for each in columns},
            needed=frozenset(e["column"] for e in columns if e["needed"] and not e["has_default"]),
            new_row=new_row,
            made=frozenset(e["column"] for e in columns if e["made"] or _surrogate(e, columns)),
            choices={e["column"]: each for e in columns if (each := _choice(e)) is not None},
        )
    for row in references:
        if row["table"] in tables:
            found = Reference(row["target"], tuple(row["columns"]), tuple(row["targets"]))
            table = tables[row["table"]]
            (table.references if found.target in tables else table.lookups).append(found)
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
            row = table.new_row(table, user, subject, place)
            for reference in table.references:
                theirs = by_name[reference.target].rows[user]
                pairs = zip(reference.columns, reference.targets, strict=True)
                row.update({column: theirs[target] for column, target in pairs})
            await insert(admin, table, row)
            table.rows[user] = row


def _surrogate(column: asyncpg.Record, columns: Sequence[asyncpg.Record]) -> bool:
    """Return whether a column of the key is made by the database, or is a UUID and all of it."""
    alone = column["type"] == "uuid" and sum(each["in_key"] for each in columns) == 1
    return bool(column["in_key"] and (column["has_default"] or alone))


def _choice(column: asyncpg.Record) -> str | None:
    """Return a value that the column's type or a check constraint takes, where one lists them."""
    listed = [*column["labels"], *(each for c in column["checks"] for each in _QUOTED.findall(c))]
    return listed[0] if listed else None


async def insert(connection: asyncpg.Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert one row; a needed point in time is in an hour.

    Raises:
        asyncpg.PostgresError: The database refuses it.
    """
    given = {name: value for name, value in row.items() if value is not None}
    names = [f'"{name}"' for name in given]
    # As text, so that one form of a value does for every type.
    values = [f"${place}::text::{table.columns[n]}" for place, n in enumerate(given, start=1)]
    for name in sorted(table.needed - given.keys()):
        if table.columns[name].startswith("timestamp"):
            names.append(f'"{name}"')
            values.append("now() + interval '1 hour'")
    await connection.execute(
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(values)})",
        *map(str, given.values()),
    )
