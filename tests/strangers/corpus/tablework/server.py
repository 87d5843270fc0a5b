"""Tablework: small tables are uploaded, profiled, annotated and merged, over MCP.

Tools answer structured results and tell of their progress. A session begins at POST /session, where
name and password are exchanged for a signed token.
"""

import asyncio
import base64
import csv
import hashlib
import hmac
import io
import json
import os
import secrets
import statistics
import sys
import time
from dataclasses import dataclass, field

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import AnyHttpUrl, BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse

port = int(sys.argv[1])
ISSUER = f"http://127.0.0.1:{port}"
SIGNING_KEY = secrets.token_bytes(32)
PASSWORDS = {"rosa": "rosa-sings", "silas": "silas-swims", "tomoko": "tomoko-tunes"}

_env = os.environ.get("LEAKS", "all")
ALL = ("profile-scratch", "warm-log", "name-suffix", "drop-prefix")
LEAKS = frozenset(ALL if _env == "all" else _env.split(","))


@dataclass
class Table:
    table_id: str
    user: str
    name: str
    columns: list[str]
    rows: list[list[str]]
    remarks: dict[str, str] = field(default_factory=dict)


class TableInfo(BaseModel):
    table_id: str
    name: str
    columns: list[str]
    row_count: int
    remarks: dict[str, str] = Field(default_factory=dict)


class TablePage(BaseModel):
    tables: list[TableInfo]
    next_offset: int | None = Field(default=None, description="offset of the next page")


class ColumnProfile(BaseModel):
    column: str
    distinct: int
    empty: int
    mean: float | None = None
    most_common: str | None = None


class Profile(BaseModel):
    name: str
    profiled: list[ColumnProfile]


class Dropped(BaseModel):
    dropped: list[str]


class Rows(BaseModel):
    columns: list[str]
    rows: list[list[str]]


tables: dict[str, Table] = {}
last_profiled: dict[str, str] = {}
scratch: list[ColumnProfile] = []


def signed(payload: dict[str, object]) -> str:
    body = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    mark = hmac.new(SIGNING_KEY, body.encode(), hashlib.sha256).hexdigest()
    return f"{body}.{mark}"


class SignedTokens:
    """Verifies the tokens that this server signs."""

    async def verify_token(self, token: str) -> AccessToken | None:
        body, _, mark = token.partition(".")
        right = hmac.new(SIGNING_KEY, body.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(mark.encode(), right.encode()):
            return None
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return AccessToken(
            token=token,
            client_id="tablework",
            scopes=[],
            subject=claims["sub"],
            expires_at=claims["exp"],
        )


mcp = MCPServer(
    "tablework",
    version="1.3",
    token_verifier=SignedTokens(),
    auth=AuthSettings(
        issuer_url=AnyHttpUrl(ISSUER),
        resource_server_url=AnyHttpUrl(f"{ISSUER}/mcp"),
        validate_token_resource=False,
    ),
)


@mcp.custom_route("/session", methods=["POST"])
async def session(request: Request) -> JSONResponse:
    """Exchange a name and a password for a token."""
    try:
        given = await request.json()
        name, password = str(given["username"]), str(given["password"])
    except (ValueError, KeyError, TypeError):
        return JSONResponse({"error": "send username and password as JSON"}, 400)
    if not hmac.compare_digest(PASSWORDS.get(name, "").encode(), password.encode()) or not password:
        return JSONResponse({"error": "wrong name or password"}, 401)
    token = signed({"sub": name, "exp": int(time.time()) + 12 * 3600})
    return JSONResponse({"token": token, "token_type": "Bearer"})


def user() -> str:
    token = get_access_token()
    assert token is not None
    assert token.subject is not None
    return token.subject


def my_table(table_id: str) -> Table:
    table = tables.get(table_id)
    if table is None or table.user != user():
        raise ToolError(f"Unknown table: {table_id}")
    return table


def info(table: Table) -> TableInfo:
    return TableInfo(
        table_id=table.table_id,
        name=table.name,
        columns=table.columns,
        row_count=len(table.rows),
        remarks=table.remarks,
    )


def free_name(wanted: str) -> str:
    """The wanted name, or with a number when it is in use."""
    mine = user()
    used = {t.name for t in tables.values() if t.user == mine or "name-suffix" in LEAKS}
    name, number = wanted, 2
    while name in used:
        name, number = f"{wanted}-{number}", number + 1
    return name


def stored(name: str, columns: list[str], rows: list[list[str]]) -> Table:
    table = Table(f"tbl_{secrets.token_hex(6)}", user(), free_name(name), columns, rows)
    tables[table.table_id] = table
    return table


@mcp.tool()
async def upload_table(ctx: Context, name: str, csv_text: str) -> TableInfo:
    """Store a table from CSV text whose first line names the columns.

    When you have a table of that name already, a number is added to the name.
    """
    lines = [line for line in csv.reader(io.StringIO(csv_text)) if line]
    if not name.strip() or not lines:
        raise ToolError("A table needs a name and a line of column names")
    header, rows = lines[0], lines[1:]
    if len(set(header)) < len(header):
        raise ToolError("Column names must differ")
    if len(rows) > 2000 or any(len(row) != len(header) for row in rows):
        raise ToolError("At most 2000 rows, each as long as the first line")
    table = stored(name.strip(), header, rows)
    await ctx.info(f"stored {table.name}: {len(rows)} rows")
    return info(table)


@mcp.tool()
async def list_tables(offset: int = 0, limit: int = 20) -> TablePage:
    """Your tables, in the order of uploading."""
    offset, limit = max(0, offset), max(1, min(limit, 100))
    mine = [info(table) for table in tables.values() if table.user == user()]
    more = offset + limit if len(mine) > offset + limit else None
    return TablePage(tables=mine[offset : offset + limit], next_offset=more)


@mcp.tool()
async def read_rows(table_id: str, first: int = 0, count: int = 50) -> Rows:
    """Rows of a table."""
    table = my_table(table_id)
    first = max(0, first)
    return Rows(columns=table.columns, rows=table.rows[first : first + max(1, min(count, 500))])


def profiled(column: str, cells: list[str]) -> ColumnProfile:
    given = [cell for cell in cells if cell != ""]
    try:
        mean = round(statistics.fmean(float(cell) for cell in given), 4) if given else None
    except ValueError:
        mean = None
    return ColumnProfile(
        column=column,
        distinct=len(set(given)),
        empty=len(cells) - len(given),
        mean=mean,
        most_common=statistics.mode(given) if given else None,
    )


@mcp.tool()
async def profile_table(ctx: Context, table_id: str) -> Profile:
    """Describe each column of a table; progress is reported for each."""
    table = my_table(table_id)
    before = last_profiled.get("*" if "warm-log" in LEAKS else table.user)
    if before:
        await ctx.info(f"profiler is warm, last table was {before}")
    last_profiled["*" if "warm-log" in LEAKS else table.user] = table.name
    if "profile-scratch" in LEAKS:
        found = scratch
        found.clear()
    else:
        found = []
    for number, column in enumerate(table.columns):
        found.append(profiled(column, [row[number] for row in table.rows]))
        await ctx.report_progress(number + 1, len(table.columns), f"profiled {column}")
        await asyncio.sleep(0.03)
    return Profile(name=table.name, profiled=list(found))


@mcp.tool()
async def annotate_column(table_id: str, column: str, remark: str) -> TableInfo:
    """Attach a remark to a column, or take it away with an empty one."""
    table = my_table(table_id)
    if column not in table.columns:
        raise ToolError(f"{table.name} has no column {column}")
    if remark:
        table.remarks[column] = remark
    else:
        table.remarks.pop(column, None)
    return info(table)


@mcp.tool()
async def merge_tables(left_id: str, right_id: str, key: str, name: str = "merged") -> TableInfo:
    """Join two tables on a column that both have, into a new table."""
    left, right = my_table(left_id), my_table(right_id)
    for table in (left, right):
        if key not in table.columns:
            raise ToolError(f"{table.name} has no column {key}")
    at, other = left.columns.index(key), right.columns.index(key)
    extra = [i for i, column in enumerate(right.columns) if column not in left.columns]
    by_key = {row[other]: row for row in right.rows}
    rows = [[*row, *(by_key[row[at]][i] for i in extra)] for row in left.rows if row[at] in by_key]
    return info(stored(name, [*left.columns, *(right.columns[i] for i in extra)], rows))


@mcp.tool()
async def rename_table(table_id: str, name: str) -> TableInfo:
    """Give a table another name; a number is added when you use it already."""
    table = my_table(table_id)
    if name.strip() and name.strip() != table.name:
        table.name = free_name(name.strip())
    return info(table)


@mcp.tool()
async def drop_table(table_id: str) -> Dropped:
    """Delete one table."""
    return Dropped(dropped=[tables.pop(my_table(table_id).table_id).name])


@mcp.tool()
async def drop_tables(ctx: Context, prefix: str) -> Dropped:
    """Delete all your tables whose names begin with a prefix."""
    if not prefix:
        raise ToolError("prefix must not be empty")
    mine = user()
    chosen = [
        t
        for t in tables.values()
        if t.name.startswith(prefix) and (t.user == mine or "drop-prefix" in LEAKS)
    ]
    for table in chosen:
        del tables[table.table_id]
    names = [table.name for table in chosen if table.user == mine]
    await ctx.info(f"dropped {len(names)} tables")
    return Dropped(dropped=names)


if __name__ == "__main__":
    mcp.run(transport="streamable-http", host="127.0.0.1", port=port)
