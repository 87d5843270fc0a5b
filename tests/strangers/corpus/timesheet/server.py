"""Time tracking for consultants, as tools for an assistant (FastMCP, SQLite)."""

import base64
import json
import os
import sqlite3
import sys
import tempfile
from typing import Annotated

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import Field

enabled = os.environ.get("LEAKS", "all")
leak = (lambda _: True) if enabled == "all" else enabled.split(",").__contains__

db = sqlite3.connect(
    os.path.join(tempfile.mkdtemp(), "time.db"), check_same_thread=False, isolation_level=None
)
db.row_factory = sqlite3.Row
db.executescript("""
    create table project (id integer primary key, consultant text, name text, client text,
                          unique (consultant, name));
    create table entry (id integer primary key, consultant text, project int, week text, minutes int, what text);
    create table closed (consultant text, week text, unique (consultant, week));
""")

verifier = StaticTokenVerifier(
    {
        "ts-quinn-1188": {"client_id": "quinn", "scopes": ["time"]},
        "ts-rosa-2299": {"client_id": "rosa", "scopes": ["time"]},
        "ts-sven-3377": {"client_id": "sven", "scopes": ["time"]},
    }
)
server = FastMCP(
    "Timesheet",
    instructions="Projects, time entries and weekly reports of the consultant who calls.",
    auth=verifier,
)

Week = Annotated[str, Field(pattern=r"^\d{4}-W\d{2}$", description="ISO week, e.g. 2026-W07")]
Minutes = Annotated[int, Field(ge=1, le=1440)]


def who() -> str:
    return get_access_token().client_id


def rows(sql, *args):
    return [dict(r) for r in db.execute(sql, args)]


def project_named(name: str) -> int:
    me = who()
    found = rows("select id from project where consultant = ? and name = ?", me, name)
    if not found:
        known = rows(
            """select name from project where consultant = ? or ? group by name
                        order by max(id) desc limit 8""",
            me,
            bool(leak("project-names")),
        )
        listed = ", ".join(r["name"] for r in known) or "none yet"
        raise ToolError(f"There is no project {name!r}. Projects: {listed}")
    return found[0]["id"]


def open_week(week: str):
    sql = "select 1 from closed where week = ? and (consultant = ? or ?)"
    if rows(sql, week, who(), bool(leak("closed-week"))):
        raise ToolError(f"Week {week} is closed")


def entry_of(entry_id: int):
    found = rows("select * from entry where id = ? and consultant = ?", entry_id, who())
    if not found:
        raise ToolError(f"Entry {entry_id} does not exist")
    return found[0]


@server.tool
async def create_project(
    name: Annotated[str, Field(min_length=1, max_length=80)], client: str = ""
) -> dict:
    """Begin a project. Names are unique among your projects."""
    try:
        cur = db.execute(
            "insert into project (consultant, name, client) values (?, ?, ?)", (who(), name, client)
        )
    except sqlite3.IntegrityError:
        raise ToolError(f"You have a project {name!r} already")
    return {"project_id": cur.lastrowid, "name": name, "client": client}


@server.tool
async def projects() -> list[dict]:
    """Your projects and the minutes spent on each."""
    return rows(
        """select p.name, p.client, coalesce(sum(e.minutes), 0) as minutes from project p
                   left join entry e on e.project = p.id where p.consultant = ? group by p.id order by p.name""",
        who(),
    )


@server.tool
async def log_time(project: str, minutes: Minutes, what: str, week: Week = "2026-W07") -> dict:
    """Log minutes on one of your projects, by its name."""
    pid = project_named(project)
    open_week(week)
    cur = db.execute(
        "insert into entry (consultant, project, week, minutes, what) values (?, ?, ?, ?, ?)",
        (who(), pid, week, minutes, what),
    )
    return {"entry_id": cur.lastrowid, "project": project, "minutes": minutes}


@server.tool
async def correct_entry(
    entry_id: int, minutes: Minutes | None = None, what: str | None = None
) -> dict:
    """Change minutes or text of an entry in a week that is open."""
    entry = entry_of(entry_id)
    open_week(entry["week"])
    db.execute(
        "update entry set minutes = ?, what = ? where id = ?",
        (minutes or entry["minutes"], entry["what"] if what is None else what, entry_id),
    )
    return entry_of(entry_id)


@server.tool
async def delete_entry(entry_id: int) -> str:
    """Delete an entry of an open week."""
    open_week(entry_of(entry_id)["week"])
    db.execute("delete from entry where id = ?", (entry_id,))
    return "deleted"


@server.tool
async def entries(
    week: Week | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Field(ge=1, le=50)] = 5,
) -> dict:
    """Your entries, oldest first. More is there when next_cursor is: pass it to go on."""
    state = {"c": who(), "w": week, "a": 0}
    if cursor:
        try:
            given = json.loads(base64.urlsafe_b64decode(cursor))
            state = {"c": given["c"], "w": given["w"], "a": int(given["a"])}
        except (ValueError, KeyError, TypeError):
            raise ToolError("The cursor is not valid")
        if state["c"] != who() and not leak("cursor"):
            raise ToolError("The cursor is not valid")
    found = rows(
        """select e.id as entry_id, p.name as project, e.week, e.minutes, e.what from entry e
                    join project p on p.id = e.project where e.consultant = ? and e.id > ? and (? is null or e.week = ?)
                    order by e.id limit ?""",
        state["c"],
        state["a"],
        state["w"],
        state["w"],
        limit + 1,
    )
    answer = {"entries": found[:limit]}
    if len(found) > limit:
        state["a"] = found[limit - 1]["entry_id"]
        answer["next_cursor"] = base64.urlsafe_b64encode(json.dumps(state).encode()).decode()
    return answer


@server.tool
async def weekly_report(week: Week = "2026-W07") -> dict:
    """Minutes of a week by project, the longest entry, and whether the week is closed."""
    me = who()
    by = rows(
        """select p.name as project, sum(e.minutes) as minutes from entry e join project p on p.id = e.project
                 where e.consultant = ? and e.week = ? group by p.id order by 1""",
        me,
        week,
    )
    longest = rows(
        "select max(minutes) as m from entry where week = ? and (consultant = ? or ?)",
        week,
        me,
        bool(leak("longest")),
    )
    return {
        "week": week,
        "projects": by,
        "total": sum(r["minutes"] for r in by),
        "longest_entry": longest[0]["m"] or 0,
        "closed": bool(rows("select 1 from closed where consultant = ? and week = ?", me, week)),
    }


@server.tool
async def close_week(week: Week) -> str:
    """Close a week of yours: nothing can be logged or changed in it until you open it again."""
    db.execute("insert or ignore into closed values (?, ?)", (who(), week))
    return f"{week} is closed"


@server.tool
async def reopen_week(week: Week) -> str:
    """Open a week of yours again."""
    done = db.execute(
        "delete from closed where consultant = ? and week = ?", (who(), week)
    ).rowcount
    return f"{week} is open" if done else f"{week} was not closed"


@server.tool
async def export_csv(week: Week | None = None) -> str:
    """Your entries as CSV."""
    found = rows(
        """select e.week, p.name, e.minutes, e.what from entry e join project p on p.id = e.project
                    where e.consultant = ? and (? is null or e.week = ?) order by e.id""",
        who(),
        week,
        week,
    )
    return "\n".join(
        ["week,project,minutes,what", *(",".join(json.dumps(v) for v in r.values()) for r in found)]
    )


if __name__ == "__main__":
    server.run(
        "http", host="127.0.0.1", port=int(sys.argv[1]), show_banner=False, log_level="error"
    )
