"""Rows of two subjects in tables of any schema, within a transaction that is rolled back."""

from __future__ import annotations

import asyncio
import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from crosstalk.core.identifiers import marker
from crosstalk.phases.layers.attempts import Become
from crosstalk.phases.layers.by_hand import recorded
from crosstalk.phases.layers.schema import Table, insert

_TEXT = re.compile(r"(?:text|citext|character varying|varchar|character)\b")
_NUMBER = re.compile(r"(?:smallint|integer|bigint|numeric|real|double precision)\b")
_WHOLE = ("integer", "bigint", "numeric")
_PLAIN = {
    "boolean": "false",
    "date": "2000-01-01",
    "time without time zone": "00:00",
    "interval": "0",
    "json": "{}",
    "jsonb": "{}",
    "bytea": "",
    "inet": "127.0.0.1",
}
_ROWS = 50


def made_up_subjects(tables: Sequence[Table]) -> tuple[str, str]:
    """Return two subjects of the form that the owner columns take."""
    kinds = {table.columns[table.owner] for table in tables}
    if "uuid" in kinds:
        return str(uuid.uuid4()), str(uuid.uuid4())
    if any(_NUMBER.match(each) for each in kinds):
        first = 10**9 + secrets.randbelow(10**9)
        return str(first), str(first + 1)
    nonce = secrets.token_hex(4)
    return f"bob-{nonce}", f"alice-{nonce}"


def any_row(table: Table, user: str, subject: str, number: int) -> dict[str, Any]:
    """Return values for the columns that an insertion must give, and for texts without a default.

    References are left to who plants the row. What a type cannot be given stays out, so that the
    database says what it lacks.
    """
    referring = {name for each in (*table.references, *table.lookups) for name in each.columns} - {
        table.owner
    }
    row: dict[str, Any] = {}
    for place, (name, kind) in enumerate(table.columns.items()):
        needed = name in table.needed
        if name == table.owner:
            row[name] = subject
        elif kind == "uuid" and name in table.key and name not in referring:
            # Given, so that the statements can be sent again as they are.
            row[name] = uuid.uuid4()
        elif name in referring or not (needed or _TEXT.match(kind)):
            continue
        elif name in table.choices:
            row[name] = table.choices[name] if needed else None
        elif needed and kind == "uuid":
            row[name] = uuid.uuid4()
        elif _TEXT.match(kind):
            word = marker(user, (number << 8) | place)
            row[name] = f"{word}@example.com" if "mail" in name else word
        elif _NUMBER.match(kind):
            row[name] = secrets.randbelow(10**9) if kind.startswith(_WHOLE) else 1
        elif kind.endswith("[]"):
            row[name] = "{}"
        else:
            # `insert` knows points in time.
            row[name] = _PLAIN.get(kind)
    return row


async def plant_as_owners(
    connection: asyncpg.Connection,
    tables: Sequence[Table],
    users: Mapping[str, str],
    become: Become,
    stored: list[str],
) -> dict[str, str]:
    """Have each subject store a row in each table, or take one that is theirs already.

    Args:
        connection: In a transaction, which is the service's.
        tables: Those first that others refer to.
        users: User to subject.
        become: Sets the subject.
        stored: Takes the statements that stored the rows.

    Returns:
        Table to why there is no row of both.
    """
    by_name = {each.name: each for each in tables}
    lacking: dict[str, str] = {}
    for user, subject in users.items():
        for place, table in enumerate(tables):
            row = any_row(table, user, subject, place)
            refused = ""
            try:
                async with connection.transaction():
                    await become(connection, subject)
                    await _refer(connection, table, row, by_name, user)
                    with recorded(connection) as statements:
                        await become(connection, subject)
                        await insert(connection, table, row)
                        # asyncpg logs a statement when the loop turns.
                        await asyncio.sleep(0)
                stored += statements
            except asyncpg.PostgresError as error:
                refused = str(error)
            try:
                async with connection.transaction():
                    await become(connection, subject)
                    found = await _own_row(connection, table, row, subject)
            except asyncpg.PostgresError as error:
                found, refused = None, refused or str(error)
            if found is not None:
                table.rows[user] = found
            elif not refused:
                table.rows[user] = row
            else:
                lacking.setdefault(table.name, refused)
    await become(connection, None)
    return lacking


async def _refer(
    connection: asyncpg.Connection,
    table: Table,
    row: dict[str, Any],
    by_name: Mapping[str, Table],
    user: str,
) -> None:
    """Fill the foreign keys: with the user's own rows, and with any row of other tables."""
    for reference in table.references:
        theirs = by_name[reference.target].rows.get(user, {})
        pairs = zip(reference.columns, reference.targets, strict=True)
        row.update({c: theirs.get(t) for c, t in pairs if c != table.owner})
    for lookup in table.lookups:
        for column, target in zip(lookup.columns, lookup.targets, strict=True):
            if column == table.owner or column not in table.needed:
                continue
            row[column] = await connection.fetchval(
                f'SELECT "{target}"::text FROM {lookup.target} LIMIT 1'
            )


async def _own_row(
    connection: asyncpg.Connection, table: Table, row: Mapping[str, Any], subject: str
) -> dict[str, Any] | None:
    """Return the row that was stored, or another of that subject's; every value as text."""
    columns = ", ".join(f'"{name}"::text AS "{name}"' for name in table.columns)
    found = await connection.fetch(
        f'SELECT {columns} FROM {table.name} WHERE "{table.owner}"::text = $1 LIMIT {_ROWS}',
        subject,
    )
    rows = [dict(each) for each in found]
    texts = {name: value for name, value in row.items() if isinstance(value, str)}
    stored = (each for each in rows if all(each[name] == value for name, value in texts.items()))
    return next(stored, rows[0] if rows else None)
