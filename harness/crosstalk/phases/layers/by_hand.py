"""Lines of shell by which psql sends again what an attempt in SQL has sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import asyncpg

_PLACE = re.compile(r"\$(\d+)")


@contextmanager
def recorded(connection: asyncpg.Connection) -> Iterator[list[str]]:
    """Yield a list that takes every statement the connection sends, with its values in place."""
    statements: list[str] = []

    def take(sent: asyncpg.connection.LoggedQuery) -> None:
        statements.append(_with_values(sent.query, sent.args or ()))

    connection.add_query_logger(take)
    try:
        yield statements
    finally:
        connection.remove_query_logger(take)


def psql_lines(service: str, statements: Sequence[str]) -> tuple[str, ...]:
    """Return lines of shell that send the statements as a service.

    Args:
        service: Whose login it is; its URL is a variable of the shell.
        statements: What was sent, in order.
    """
    variable = f"{service.upper()}_DATABASE_URL"
    return (
        f"# {variable}=postgresql://...   as the service {service!r} logs in",
        f"psql \"${variable}\" <<'SQL'",
        *(f"{each.rstrip().rstrip(';')};" for each in statements),
        "SQL",
    )


def _with_values(query: str, values: Sequence[Any]) -> str:
    return _PLACE.sub(lambda place: _literal(values[int(place[1]) - 1]), query)


def _literal(value: Any) -> str:
    """Return a value as an SQL literal; a list as an array."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return f"ARRAY[{', '.join(map(_literal, value))}]"
    text = str(value).replace("'", "''")
    return f"'{text}'"
