"""Punchcard: working hours of freelancers as an MCP server over stdio.

One process serves one freelancer, named by PUNCHCARD_USER. All processes share a SQLite file and a
folder of exports under DATA_DIR.
"""

import csv
import os
import re
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

_text = os.environ.get("LEAKS", "all")
_all = ("export-file", "clock-out-any", "project-unique", "entry-numbers")
LEAKS = set(_all) if _text == "all" else set(_text.split(","))

USER = os.environ.get("PUNCHCARD_USER", "")
DATA = Path(os.environ.get("DATA_DIR", "punchcard-data"))
SCHEMA = """
CREATE TABLE IF NOT EXISTS projects (
    user TEXT NOT NULL, name TEXT NOT NULL, client TEXT NOT NULL, rate REAL NOT NULL,
    archived INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (user, name)
);
CREATE TABLE IF NOT EXISTS entries (
    key TEXT PRIMARY KEY, user TEXT NOT NULL, number INTEGER NOT NULL, project TEXT NOT NULL,
    began TEXT NOT NULL, ended TEXT, remark TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS entries_of ON entries (user, project);
"""

server = MCPServer("punchcard", instructions="Clock in and out, and bill the hours.")


@contextmanager
def db() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(DATA / "punchcard.sqlite", timeout=10)
    connection.row_factory = sqlite3.Row
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def moment(text: str) -> str:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ToolError(f"{text} is not a time like 2026-03-01T09:00:00") from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return when.astimezone(UTC).isoformat(timespec="seconds")


def month_of(text: str) -> str:
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise ToolError("month reads like 2026-03")
    return text


def hours(began: str, ended: str | None) -> float:
    end = datetime.fromisoformat(ended) if ended else datetime.now(UTC)
    return round((end - datetime.fromisoformat(began)).total_seconds() / 3600, 2)


def project(con: sqlite3.Connection, name: str) -> sqlite3.Row:
    row: sqlite3.Row | None = con.execute(
        "SELECT * FROM projects WHERE user = ? AND name = ?", (USER, name)
    ).fetchone()
    if row is None:
        raise ToolError(f"No project {name}")
    return row


def entry(con: sqlite3.Connection, number: int) -> sqlite3.Row:
    row: sqlite3.Row | None = con.execute(
        "SELECT * FROM entries WHERE user = ? AND number = ?", (USER, number)
    ).fetchone()
    if row is None:
        raise ToolError(f"No entry {number}")
    return row


def told(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "entry": row["number"],
        "project": row["project"],
        "began": row["began"],
        "ended": row["ended"],
        "remark": row["remark"],
    }


def next_number(con: sqlite3.Connection) -> int:
    query = "SELECT COALESCE(MAX(number), 0) + 1 FROM entries"
    if "entry-numbers" in LEAKS:
        return int(con.execute(query).fetchone()[0])
    return int(con.execute(f"{query} WHERE user = ?", (USER,)).fetchone()[0])


@server.tool()
def add_project(name: str, client: str = "", rate: float = 60) -> dict[str, Any]:
    """Set up a project with its client and the rate of an hour."""
    if not re.fullmatch(r"[\w .&-]{1,60}", name):
        raise ToolError("A project's name has letters, digits, spaces, dots, & and hyphens")
    with db() as con:
        query = "SELECT 1 FROM projects WHERE name = ?"
        if "project-unique" in LEAKS:
            used = con.execute(query, (name,)).fetchone()
        else:
            used = con.execute(f"{query} AND user = ?", (name, USER)).fetchone()
        if used:
            raise ToolError(f"There is a project {name} already")
        con.execute(
            "INSERT INTO projects (user, name, client, rate) VALUES (?, ?, ?, ?)",
            (USER, name, client, rate),
        )
    return {"project": name, "client": client, "rate": rate}


@server.tool()
def projects(archived: bool = False) -> list[dict[str, Any]]:
    """Your projects."""
    with db() as con:
        rows = con.execute(
            "SELECT * FROM projects WHERE user = ? AND archived = ? ORDER BY name",
            (USER, int(archived)),
        )
        return [{"project": r["name"], "client": r["client"], "rate": r["rate"]} for r in rows]


@server.tool()
def archive_project(name: str) -> str:
    """Put a project away; its hours stay."""
    with db() as con:
        project(con, name)
        con.execute("UPDATE projects SET archived = 1 WHERE user = ? AND name = ?", (USER, name))
    return f"{name} is archived"


@server.tool()
def clock_in(project_name: str, remark: str = "") -> dict[str, Any]:
    """Begin to work on a project."""
    with db() as con:
        con.execute("BEGIN IMMEDIATE")
        project(con, project_name)
        if con.execute(
            "SELECT 1 FROM entries WHERE user = ? AND project = ? AND ended IS NULL",
            (USER, project_name),
        ).fetchone():
            raise ToolError(f"You are clocked in on {project_name}")
        number = next_number(con)
        con.execute(
            "INSERT INTO entries (key, user, number, project, began, remark)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (secrets.token_hex(8), USER, number, project_name, now(), remark),
        )
        return told(entry(con, number))


@server.tool()
def clock_out(project_name: str) -> dict[str, Any]:
    """End the work on a project."""
    with db() as con:
        row = con.execute(
            "SELECT * FROM entries WHERE user = ? AND project = ? AND ended IS NULL",
            (USER, project_name),
        ).fetchone()
        if "clock-out-any" in LEAKS:
            con.execute(
                "UPDATE entries SET ended = ? WHERE project = ? AND ended IS NULL",
                (now(), project_name),
            )
            con.commit()
        if row is None:
            raise ToolError(f"You are not clocked in on {project_name}")
        con.execute("UPDATE entries SET ended = ? WHERE key = ?", (now(), row["key"]))
        return told(entry(con, row["number"]))


@server.tool()
def record_hours(project_name: str, began: str, ended: str, remark: str = "") -> dict[str, Any]:
    """Write hours down afterwards."""
    began, ended = moment(began), moment(ended)
    if ended <= began:
        raise ToolError("Work ends after it began")
    with db() as con:
        con.execute("BEGIN IMMEDIATE")
        project(con, project_name)
        number = next_number(con)
        con.execute(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)",
            (secrets.token_hex(8), USER, number, project_name, began, ended, remark),
        )
        return told(entry(con, number))


@server.tool()
def entries(project_name: str | None = None, containing: str = "") -> list[dict[str, Any]]:
    """Your entries, of one project or all, with a text in the remark."""
    with db() as con:
        if project_name is not None:
            project(con, project_name)
        rows = con.execute(
            "SELECT * FROM entries WHERE user = ? AND (? IS NULL OR project = ?) ORDER BY number",
            (USER, project_name, project_name),
        )
        return [told(row) for row in rows if containing.lower() in row["remark"].lower()]


@server.tool()
def change_remark(number: int, remark: str) -> dict[str, Any]:
    """Change the remark of an entry of yours, by its number."""
    with db() as con:
        row = entry(con, number)
        con.execute("UPDATE entries SET remark = ? WHERE key = ?", (remark, row["key"]))
        return told(entry(con, number))


@server.tool()
def strike_entry(number: int) -> str:
    """Remove an entry of yours, by its number."""
    with db() as con:
        con.execute("DELETE FROM entries WHERE key = ?", (entry(con, number)["key"],))
    return f"Entry {number} is removed"


@server.tool()
def invoice(project_name: str, month: str) -> dict[str, Any]:
    """What a project's hours of a month (2026-03) come to."""
    with db() as con:
        row = project(con, project_name)
        total = sum(
            hours(each["began"], each["ended"])
            for each in con.execute(
                "SELECT began, ended FROM entries WHERE user = ? AND project = ?"
                " AND ended IS NOT NULL AND substr(began, 1, 7) = ?",
                (USER, project_name, month_of(month)),
            )
        )
    return {
        "client": row["client"],
        "hours": round(total, 2),
        "amount": round(total * row["rate"], 2),
    }


def export_folder() -> Path:
    folder = DATA / "exports"
    if "export-file" not in LEAKS:
        folder /= USER
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@server.tool()
def export_month(month: str) -> str:
    """Write the hours of a month as a CSV file; answers the file's name for read_export."""
    name = f"hours-{month_of(month)}.csv"
    with db() as con, (export_folder() / name).open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["entry", "project", "began", "ended", "remark"])
        for row in con.execute(
            "SELECT * FROM entries WHERE user = ? AND substr(began, 1, 7) = ? ORDER BY number",
            (USER, month),
        ):
            writer.writerow(told(row).values())
    return name


@server.tool()
def read_export(file_name: str) -> str:
    """Read a file that export_month wrote."""
    path = export_folder() / file_name
    if not re.fullmatch(r"hours-\d{4}-\d\d\.csv", file_name) or not path.is_file():
        raise ToolError(f"No export {file_name}")
    return path.read_text()


def main() -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,30}", USER):
        raise SystemExit("PUNCHCARD_USER must be a name of small letters, digits and underscores")
    DATA.mkdir(parents=True, exist_ok=True)
    with db() as con:
        con.execute("PRAGMA journal_mode = WAL")
        con.executescript(SCHEMA)
    server.run("stdio")


if __name__ == "__main__":
    main()
