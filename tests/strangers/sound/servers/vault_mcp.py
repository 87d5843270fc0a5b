"""Values under names that users choose: the official MCP SDK with sessions, over SQLite."""

import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import uvicorn
from mcp.server.mcpserver import MCPServer

server = MCPServer("vault")
FILE = f"{sys.argv[2]}/vault.db"
lock = threading.Lock()


@contextmanager
def opened() -> Iterator[sqlite3.Connection]:
    """Open the database, one caller at a time."""
    with lock, sqlite3.connect(FILE) as database:
        yield database


def holder_of(token: str) -> str:
    """Return whose token it is."""
    name, _, seal = token.rpartition(".")
    if seal != "vault-0c9d" or not name:
        raise ValueError("the token is not valid")
    return name


def value_of(database: sqlite3.Connection, holder: str, name: str) -> tuple[str, int]:
    """Return the holder's value and its version."""
    row = database.execute(
        "SELECT value, version FROM vault WHERE holder = ? AND name = ?", (holder, name)
    ).fetchone()
    if row is None:
        raise ValueError(f"{name!r} not found at {datetime.now(UTC).isoformat()}")
    return row[0], row[1]


@server.tool()
def put_value(token: str, name: str, value: str) -> str:
    """Store a value under a name; a name that exists gets a new version."""
    holder = holder_of(token)
    with opened() as database:
        database.execute(
            "INSERT INTO vault VALUES (?, ?, ?, 1) ON CONFLICT (holder, name)"
            " DO UPDATE SET value = excluded.value, version = version + 1",
            (holder, name, value),
        )
        return f"stored {name}, version {value_of(database, holder, name)[1]}"


@server.tool()
def get_value(token: str, name: str) -> str:
    """Return the value under a name."""
    with opened() as database:
        return value_of(database, holder_of(token), name)[0]


@server.tool()
def delete_value(token: str, name: str) -> str:
    """Delete a name."""
    holder = holder_of(token)
    with opened() as database:
        value_of(database, holder, name)
        database.execute("DELETE FROM vault WHERE holder = ? AND name = ?", (holder, name))
    return f"deleted {name}"


@server.tool()
def list_names(token: str) -> str:
    """List one's own names."""
    holder = holder_of(token)
    with opened() as database:
        rows = database.execute("SELECT name FROM vault WHERE holder = ? ORDER BY name", (holder,))
        names = [row[0] for row in rows]
    return "\n".join(names) if names else "no names yet"


with opened() as setup:
    setup.execute(
        "CREATE TABLE vault (holder TEXT, name TEXT, value TEXT, version INTEGER,"
        " PRIMARY KEY (holder, name))"
    )
uvicorn.run(
    server.streamable_http_app(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning"
)
