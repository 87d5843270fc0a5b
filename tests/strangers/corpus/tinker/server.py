"""Tinker (MCP): repair workshops. FastMCP 4, SQLite in memory.

Every workshop has been given a token, which goes into Authorization: Bearer.
"""

import base64
import json
import logging
import os
import sqlite3
import sys
from typing import Annotated, Literal
from uuid import uuid4

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import Field

LEAKS = [part.strip() for part in os.environ.get("LEAKS", "all").split(",")]
TOKENS = {
    "tk-hilde-7be02f91d4": "hilde",
    "tk-jonas-41c9d86e0a": "jonas",
    "tk-maren-d5f37a20b8": "maren",
    "tk-piet-08ae6cf713": "piet",
}
PAGE = 4

Id = Annotated[str, Field(min_length=1, max_length=64)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Notes = Annotated[str, Field(max_length=4000)]
Cents = Annotated[int, Field(ge=0, le=10_000_000)]
Status = Literal["taken in", "quoted", "in work", "ready", "collected"]
STEPS = {
    "taken in": ["quoted", "in work"],
    "quoted": ["in work"],
    "in work": ["ready"],
    "ready": ["in work", "collected"],
    "collected": [],
}


def leak(name: str) -> bool:
    return "all" in LEAKS or name in LEAKS


db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
db.row_factory = sqlite3.Row
db.executescript("""
create table job (n integer primary key autoincrement, id text unique not null, shop text not null, item text not null,
  fault text not null, customer text not null, status text not null default 'taken in');
create table part (id text primary key, shop text not null, name text not null, supplier text not null, price integer not null);
create table used (id text primary key, job_id text not null, part_id text not null, count integer not null);
create table template (id text primary key, shop text not null, name text not null, text text not null);
create table reminder (id text primary key, shop text not null, job_id text not null, text text not null, done integer not null default 0);
create table settings (shop text primary key, footer text not null, hourly integer not null);
""")

server = FastMCP(
    "tinker",
    instructions="The caller's repair workshop: jobs, the parts that go into them, letters and reminders.",
    auth=StaticTokenVerifier(
        {t: {"client_id": shop, "sub": shop, "scopes": []} for t, shop in TOKENS.items()}
    ),
)


def me() -> str:
    token = get_access_token()
    shop = token.claims.get("sub") if token else None
    if not isinstance(shop, str) or not shop:
        raise ToolError("The token names nobody")
    return shop


def one(sql: str, *values) -> sqlite3.Row | None:
    return db.execute(sql, values).fetchone()


def own(table: str, key: str) -> sqlite3.Row:
    row = one(f"select * from {table} where id = ? and shop = ?", key, me())
    if row is None:
        raise ToolError(f"No such {table}")
    return row


def new_id() -> str:
    return uuid4().hex


def show_job(row: sqlite3.Row) -> dict:
    return {"job_id": row["id"], **{k: row[k] for k in ("item", "fault", "customer", "status")}}


def show_part(row: sqlite3.Row) -> dict:
    return {"part_id": row["id"], **{k: row[k] for k in ("name", "supplier", "price")}}


def settings_of(shop: str) -> dict:
    row = one("select footer, hourly from settings where shop = ?", shop)
    return dict(row) if row else {"footer": "", "hourly": 6000}


@server.tool
async def take_in(item: Name, fault: Notes, customer: Name) -> dict:
    """Takes something in for repair."""
    new = new_id()
    db.execute(
        "insert into job (id, shop, item, fault, customer) values (?, ?, ?, ?, ?)",
        (new, me(), item, fault, customer),
    )
    return show_job(own("job", new))


@server.tool
async def list_jobs(status: Status | None = None, after: str | None = None) -> dict:
    """The workshop's jobs, oldest first, four at a time; `next` of an answer goes into `after`."""
    place = {"shop": me(), "n": 0}
    if after is not None:
        try:
            given = json.loads(base64.urlsafe_b64decode(after))
            place = {"shop": str(given["shop"]), "n": int(given["n"])}
        except (ValueError, KeyError, TypeError, OverflowError):
            raise ToolError("`after` is no place in a list") from None
        if not leak("cursor") and place["shop"] != me():
            raise ToolError("`after` is no place in a list")
    if not 0 <= place["n"] < 2**62:
        raise ToolError("`after` is no place in a list")
    rows = db.execute(
        "select *, row_number() over (order by n) as place from job where shop = ? and (? is null or status = ?) order by n",
        (place["shop"], status, status),
    ).fetchall()
    page = [r for r in rows if r["place"] > place["n"]][:PAGE]
    more = page and page[-1]["place"] < len(rows)
    following = json.dumps({"shop": place["shop"], "n": page[-1]["place"]}) if more else None
    return {
        "jobs": [show_job(r) for r in page],
        "next": base64.urlsafe_b64encode(following.encode()).decode() if following else None,
    }


@server.tool
async def get_job(job_id: Id) -> dict:
    """One job."""
    return show_job(own("job", job_id))


@server.tool
async def change_job(job_id: Id, fault: Notes | None = None, customer: Name | None = None) -> dict:
    """Corrects a job."""
    row = own("job", job_id)
    db.execute(
        "update job set fault = ?, customer = ? where id = ?",
        (
            row["fault"] if fault is None else fault,
            row["customer"] if customer is None else customer,
            row["id"],
        ),
    )
    return show_job(own("job", job_id))


@server.tool
async def advance(
    job_ids: Annotated[list[Id], Field(min_length=1, max_length=20)], to: Status = "in work"
) -> dict:
    """Moves jobs on. Those that cannot become that are passed over, as are unknown ones."""
    moved = []
    for job_id in dict.fromkeys(job_ids):
        row = one("select * from job where id = ? and shop = ?", job_id, me())
        if row is not None and to in STEPS[row["status"]]:
            db.execute("update job set status = ? where id = ?", (to, job_id))
            moved.append(job_id)
    return {"moved": moved}


@server.tool
async def cancel_job(job_id: Id) -> str:
    """Removes a job with its reminders and what was used for it."""
    row = own("job", job_id)
    db.execute("delete from used where job_id = ?", (row["id"],))
    db.execute("delete from reminder where job_id = ?", (row["id"],))
    db.execute("delete from job where id = ?", (row["id"],))
    return "cancelled"


@server.tool
async def add_part(
    name: Name, supplier: Annotated[str, Field(max_length=200)] = "", price: Cents = 0
) -> dict:
    """Enters a kind of part into the catalogue of the workshop. One of that name that is there already is kept as it is."""
    if leak("catalogue"):
        row = one("select * from part where lower(name) = lower(?)", name)
    else:
        row = one("select * from part where lower(name) = lower(?) and shop = ?", name, me())
    if row is None:
        new = new_id()
        db.execute("insert into part values (?, ?, ?, ?, ?)", (new, me(), name, supplier, price))
        row = one("select * from part where id = ?", new)
    return show_part(row)


@server.tool
async def list_parts() -> list[dict]:
    """The catalogue of the workshop."""
    return [
        show_part(r) for r in db.execute("select * from part where shop = ? order by name", (me(),))
    ]


@server.tool
async def change_part(
    part_id: Id,
    supplier: Annotated[str, Field(max_length=200)] | None = None,
    price: Cents | None = None,
) -> dict:
    """Corrects a kind of part."""
    row = own("part", part_id)
    db.execute(
        "update part set supplier = ?, price = ? where id = ?",
        (
            row["supplier"] if supplier is None else supplier,
            row["price"] if price is None else price,
            row["id"],
        ),
    )
    return show_part(own("part", part_id))


@server.tool
async def use_part(
    job_id: Id, part_id: Id, count: Annotated[int, Field(ge=1, le=1000)] = 1
) -> dict:
    """Notes that parts went into a job."""
    job, part = own("job", job_id), own("part", part_id)
    new = new_id()
    db.execute("insert into used values (?, ?, ?, ?)", (new, job["id"], part["id"], count))
    return {"used_id": new, "job_id": job["id"], "part": part["name"], "count": count}


@server.tool
async def quote(job_id: Id, minutes: Annotated[int, Field(ge=0, le=100_000)] = 60) -> dict:
    """What a job will cost: work and parts."""
    if leak("quote"):
        job = one("select * from job where id = ?", job_id)
        if job is None:
            raise ToolError("No such job")
    else:
        job = own("job", job_id)
    parts = [
        {"part": r["name"], "count": r["count"], "sum": r["count"] * r["price"]}
        for r in db.execute(
            "select name, count, price from used join part on part.id = part_id where job_id = ?",
            (job["id"],),
        )
    ]
    work = settings_of(me())["hourly"] * minutes // 60
    for_whom = {"customer": job["customer"], "item": job["item"], "fault": job["fault"]}
    return {**for_whom, "parts": parts, "work": work, "total": work + sum(p["sum"] for p in parts)}


@server.tool
async def save_template(
    name: Name, text: Annotated[str, Field(min_length=1, max_length=4000)]
) -> dict:
    """A letter for later; {customer}, {item} and {status} in its text stand for those of a job."""
    new = new_id()
    db.execute("insert into template values (?, ?, ?, ?)", (new, me(), name, text))
    return {"template_id": new, "name": name, "text": text}


@server.tool
async def list_templates() -> list[dict]:
    """The workshop's letters."""
    rows = db.execute("select id, name, text from template where shop = ? order by rowid", (me(),))
    return [{"template_id": r["id"], "name": r["name"], "text": r["text"]} for r in rows]


@server.tool
async def write_letter(job_id: Id, template_id: Id) -> str:
    """A letter about a job to the customer, from a template, with the workshop's footer."""
    job, template = own("job", job_id), own("template", template_id)
    text = template["text"]
    for word in ("customer", "item", "status"):
        text = text.replace("{" + word + "}", job[word])
    return f"{text}\n\n{settings_of(me())['footer']}".strip()


@server.tool
async def remind(job_id: Id, text: Name) -> dict:
    """A reminder about a job."""
    new = new_id()
    db.execute(
        "insert into reminder (id, shop, job_id, text) values (?, ?, ?, ?)",
        (new, me(), own("job", job_id)["id"], text),
    )
    return {"reminder_id": new, "job_id": job_id, "text": text, "done": False}


@server.tool
async def list_reminders(done: bool = False) -> list[dict]:
    """Reminders that are open, or those that are done."""
    rows = db.execute(
        "select * from reminder where shop = ? and done = ? order by rowid", (me(), done)
    )
    return [
        {"reminder_id": r["id"], "job_id": r["job_id"], "text": r["text"], "done": bool(r["done"])}
        for r in rows
    ]


@server.tool
async def tick_off(reminder_id: Id) -> str:
    """A reminder is done."""
    db.execute("update reminder set done = 1 where id = ?", (own("reminder", reminder_id)["id"],))
    return "done"


@server.tool
async def change_settings(
    footer: Annotated[str, Field(max_length=1000)] | None = None, hourly: Cents | None = None
) -> dict:
    """The footer of letters, and what an hour costs. Without arguments the settings are shown."""
    now = settings_of(me())
    new = {
        "footer": now["footer"] if footer is None else footer,
        "hourly": now["hourly"] if hourly is None else hourly,
    }
    db.execute(
        "insert or replace into settings values (?, ?, ?)", (me(), new["footer"], new["hourly"])
    )
    return new


@server.tool
async def workload() -> dict:
    """How many jobs there are by status, and how many reminders are open."""
    if leak("workload"):
        rows = db.execute("select status, count(*) n from job group by status")
    else:
        rows = db.execute(
            "select status, count(*) n from job where shop = ? group by status", (me(),)
        )
    jobs = {r["status"]: r["n"] for r in rows}
    due = one("select count(*) n from reminder where shop = ? and not done", me())["n"]
    return {"jobs": jobs, "reminders": due}


@server.tool
async def find(query: Annotated[str, Field(min_length=1, max_length=200)]) -> list[dict]:
    """Jobs with these letters in the item, the fault or the customer's name."""
    rows = db.execute("select * from job where shop = ? order by n", (me(),))
    return [
        show_job(r)
        for r in rows
        if query.lower() in f"{r['item']} {r['fault']} {r['customer']}".lower()
    ]


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    server.run(
        "http",
        host="127.0.0.1",
        port=int(sys.argv[1]),
        path="/mcp",
        show_banner=False,
        stateless_http=True,
        json_response=True,
    )
