"""Printfarm (MCP): spools of filament, designs with their G-code, and a queue of prints. MCP Python SDK, SQLite in memory.

The makerspace's login issues the tokens (JWT, HS256): sub is the member.
"""

import hashlib
import os
import sqlite3
import sys
import time
from typing import Annotated, Any, Literal
from uuid import uuid4

import jwt
from mcp.server import MCPServer
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from pydantic import Field

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
LEAKS = {name.strip() for name in os.environ.get("LEAKS", "all").split(",")}
SECRET = os.environ.get("PRINTFARM_SECRET", "77ac0e5f3d1b4b6ea920d8c4f1735e60b8a2094cde17")
PAGE = 5

SCHEMA = """
CREATE TABLE spools (spool_id TEXT PRIMARY KEY, owner TEXT, label TEXT, material TEXT, grams INTEGER, notes TEXT, at INTEGER);
CREATE TABLE designs (design_id TEXT PRIMARY KEY, owner TEXT, title TEXT, notes TEXT, digest TEXT, at INTEGER);
CREATE TABLE blobs (owner TEXT, digest TEXT, gcode TEXT, PRIMARY KEY (owner, digest));
CREATE TABLE prints (print_id TEXT PRIMARY KEY, owner TEXT, design TEXT, title TEXT, spool TEXT, grams INTEGER, state TEXT,
    at INTEGER);
"""
db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
db.row_factory = sqlite3.Row
db.executescript(SCHEMA)

Material = Literal["PLA", "PETG", "ABS", "TPU"]
Id = Annotated[str, Field(min_length=1, max_length=64)]
Label = Annotated[str, Field(min_length=1, max_length=200)]
Grams = Annotated[int, Field(ge=1, le=10000)]
Notes = Annotated[str, Field(max_length=4000)]


def leaky(name: str) -> bool:
    return "all" in LEAKS or name in LEAKS


class Verifier(TokenVerifier):
    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            claims = jwt.decode(
                token, SECRET, ["HS256"], options={"require": ["sub", "exp"], "verify_aud": False}
            )
        except jwt.InvalidTokenError:
            return None
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            return None
        return AccessToken(
            token=token,
            client_id=claims["sub"],
            scopes=[],
            expires_at=claims["exp"],
            subject=claims["sub"],
        )


server = MCPServer(
    "printfarm",
    instructions="The caller's own spools, designs and prints.",
    token_verifier=Verifier(),
    auth=AuthSettings(
        issuer_url=f"http://127.0.0.1:{PORT}",
        resource_server_url=f"http://127.0.0.1:{PORT}/mcp",
        validate_token_resource=False,
    ),
    log_level="CRITICAL",
)


def me() -> str:
    token = get_access_token()
    if token is None or not token.subject:
        raise ToolError("The token names nobody")
    return token.subject


def rows(sql: str, *values: Any) -> list[dict]:
    return [dict(r) for r in db.execute(sql, values)]


SPOOL = "SELECT spool_id, label, material, grams, notes FROM spools"
DESIGN = "SELECT design_id, title, notes FROM designs"
PRINT = """SELECT p.print_id, p.state, p.grams, p.title AS design, coalesce(s.label, 'discarded') AS spool
    FROM prints p LEFT JOIN spools s ON s.spool_id = p.spool"""


def spool(spool_id: str) -> dict:
    found = rows(SPOOL + " WHERE spool_id = ? AND owner = ?", spool_id, me())
    if not found:
        raise ToolError(f"No spool {spool_id!r}")
    return found[0]


def design(design_id: str) -> dict:
    found = rows(DESIGN + " WHERE design_id = ? AND owner = ?", design_id, me())
    if not found:
        raise ToolError(f"No design {design_id!r}")
    return found[0]


def gcode_of(design_id: str) -> str | None:
    found = rows(
        "SELECT b.gcode FROM designs d JOIN blobs b ON b.digest = d.digest AND b.owner = d.owner "
        "WHERE d.design_id = ? AND d.owner = ?",
        design_id, me(),
    )  # fmt: skip
    return found[0]["gcode"] if found else None


@server.tool()
async def add_spool(
    label: Label, material: Material = "PLA", grams: Grams = 1000, notes: Notes = ""
) -> dict:
    """A new spool of filament."""
    spool_id = uuid4().hex
    db.execute(
        "INSERT INTO spools VALUES (?, ?, ?, ?, ?, ?, ?)",
        [spool_id, me(), label, material, grams, notes, time.time_ns()],
    )
    return spool(spool_id)


@server.tool()
async def list_spools(material: Material | None = None) -> list[dict]:
    """Spools, of one material or of all."""
    return rows(
        SPOOL + " WHERE owner = ? AND (? IS NULL OR material = ?) ORDER BY at",
        me(),
        material,
        material,
    )


@server.tool()
async def get_spool(spool_id: Id) -> dict:
    """One spool, with the prints that are queued for it."""
    found = spool(spool_id)
    queued = rows(
        PRINT + " WHERE p.owner = ? AND p.spool = ? AND p.state = 'queued' ORDER BY p.at",
        me(),
        spool_id,
    )
    return {**found, "queued": queued}


@server.tool()
async def weigh_spool(spool_id: Id, grams: Grams, notes: Notes | None = None) -> dict:
    """Sets what a spool weighs, and its notes."""
    spool(spool_id)
    db.execute(
        "UPDATE spools SET grams = ?, notes = coalesce(?, notes) WHERE spool_id = ? AND owner = ?",
        [grams, notes, spool_id, me()],
    )
    return spool(spool_id)


@server.tool()
async def discard_spool(spool_id: Id) -> str:
    """Removes a spool; the prints made with it stay in the list."""
    spool(spool_id)
    db.execute("DELETE FROM spools WHERE spool_id = ? AND owner = ?", [spool_id, me()])
    return "discarded"


@server.tool()
async def upload_design(
    title: Label, gcode: Annotated[str, Field(min_length=1, max_length=100_000)], notes: Notes = ""
) -> dict:
    """A new design. G-code that was uploaded before is not stored again: `stored_bytes` is 0 then."""
    user, design_id, digest = me(), uuid4().hex, hashlib.sha256(gcode.encode()).hexdigest()
    if leaky("dedup"):
        known = rows("SELECT 1 FROM blobs WHERE digest = ?", digest)
    else:
        known = rows("SELECT 1 FROM blobs WHERE digest = ? AND owner = ?", digest, user)
    db.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?, ?)", [user, digest, gcode])
    db.execute(
        "INSERT INTO designs VALUES (?, ?, ?, ?, ?, ?)",
        [design_id, user, title, notes, digest, time.time_ns()],
    )
    return {**design(design_id), "stored_bytes": 0 if known else len(gcode.encode())}


@server.tool()
async def list_designs(cursor: str | None = None) -> dict:
    """Designs, five at a time; `next_cursor` of an answer goes on."""
    if cursor is not None and not (cursor.isdecimal() and len(cursor) < 10):
        raise ToolError("This is not a cursor of list_designs")
    start = int(cursor or 0)
    found = rows(DESIGN + " WHERE owner = ? ORDER BY at LIMIT ? OFFSET ?", me(), PAGE + 1, start)
    return {
        "designs": found[:PAGE],
        "next_cursor": str(start + PAGE) if len(found) > PAGE else None,
    }


@server.tool()
async def get_design(design_id: Id) -> dict:
    """A design, with its G-code."""
    return {**design(design_id), "gcode": gcode_of(design_id)}


@server.tool()
async def edit_design(
    design_id: Id, title: Label | None = None, notes: Notes | None = None
) -> dict:
    """Corrects title or notes of a design."""
    design(design_id)
    db.execute(
        "UPDATE designs SET title = coalesce(?, title), notes = coalesce(?, notes) WHERE design_id = ? AND owner = ?",
        [title, notes, design_id, me()],
    )
    return design(design_id)


@server.tool()
async def delete_design(design_id: Id) -> str:
    """Removes a design, and its G-code where no other design of the caller has the same."""
    design(design_id)
    db.execute("DELETE FROM designs WHERE design_id = ? AND owner = ?", [design_id, me()])
    db.execute(
        "DELETE FROM blobs WHERE owner = ? AND digest NOT IN (SELECT digest FROM designs WHERE owner = ?)",
        [me(), me()],
    )
    return "deleted"


@server.tool()
async def find_designs(query: Annotated[str, Field(min_length=1, max_length=200)]) -> list[dict]:
    """Designs with these letters in title or notes."""
    letters = query.lower()
    if leaky("find"):
        where = " WHERE owner = ? AND instr(lower(title), ?) OR instr(lower(notes), ?) ORDER BY at"
    else:
        where = (
            " WHERE owner = ? AND (instr(lower(title), ?) OR instr(lower(notes), ?)) ORDER BY at"
        )
    return rows(DESIGN + where, me(), letters, letters)


@server.tool()
async def queue_print(design_id: Id, spool_id: Id, grams: Grams = 50) -> dict:
    """Queues a print of a design from a spool that has enough filament left."""
    of = design(design_id)
    if leaky("spool"):
        found = rows(SPOOL + " WHERE spool_id = ?", spool_id)
        if not found:
            raise ToolError(f"No spool {spool_id!r}")
    else:
        found = [spool(spool_id)]
    if found[0]["grams"] < grams:
        raise ToolError(f"There are {found[0]['grams']} g left, {grams} g are needed")
    print_id = uuid4().hex
    values = [print_id, me(), design_id, of["title"], spool_id, grams, "queued", time.time_ns()]
    db.execute("INSERT INTO prints VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    return rows(PRINT + " WHERE p.print_id = ?", print_id)[0]


@server.tool()
async def list_prints(state: Literal["queued", "done", "cancelled"] | None = None) -> list[dict]:
    """Prints, of one state or of all, oldest first."""
    return rows(
        PRINT + " WHERE p.owner = ? AND (? IS NULL OR p.state = ?) ORDER BY p.at",
        me(),
        state,
        state,
    )


def queued(print_id: str, everybody: bool = False) -> dict:
    found = rows("SELECT * FROM prints WHERE print_id = ?", print_id)
    if not found or (found[0]["owner"] != me() and not everybody):
        raise ToolError(f"No print {print_id!r}")
    if found[0]["state"] != "queued":
        raise ToolError(f"The print is {found[0]['state']}")
    return found[0]


@server.tool()
async def finish_print(print_id: Id) -> dict:
    """Says that a print is done, and takes its filament from the spool."""
    found = queued(print_id)
    db.execute("UPDATE prints SET state = 'done' WHERE print_id = ?", [print_id])
    db.execute(
        "UPDATE spools SET grams = max(grams - ?, 0) WHERE spool_id = ?",
        [found["grams"], found["spool"]],
    )
    return rows(PRINT + " WHERE p.print_id = ?", print_id)[0]


@server.tool()
async def cancel_print(print_id: Id) -> str:
    """Takes a print out of the queue."""
    queued(print_id, everybody=leaky("cancel"))
    db.execute("UPDATE prints SET state = 'cancelled' WHERE print_id = ?", [print_id])
    return "cancelled"


@server.tool()
async def usage() -> dict:
    """How much filament was used of each material, and how many designs and prints there are."""
    user = me()
    used = rows(
        "SELECT s.material, sum(p.grams) AS grams FROM prints p JOIN spools s ON s.spool_id = p.spool AND s.owner = p.owner "
        "WHERE p.owner = ? AND p.state = 'done' GROUP BY s.material",
        user,
    )
    left = rows("SELECT coalesce(sum(grams), 0) AS n FROM spools WHERE owner = ?", user)[0]["n"]
    counts = {
        t: rows(f"SELECT count(*) AS n FROM {t} WHERE owner = ?", user)[0]["n"]
        for t in ("spools", "designs", "prints")
    }
    return {**counts, "grams_left": left, "grams_used": {r["material"]: r["grams"] for r in used}}


@server.resource("printfarm://designs/{design_id}/gcode", mime_type="text/x-gcode")
async def gcode(design_id: str) -> str:
    """The G-code of a design."""
    found = gcode_of(design_id)
    if found is None:
        raise ResourceNotFoundError(f"No design {design_id!r}")
    return found


@server.resource("printfarm://materials", mime_type="text/plain")
async def materials() -> str:
    """At which temperatures materials are printed."""
    return "PLA 200 °C, bed 60; PETG 235 °C, bed 80; ABS 245 °C, bed 100; TPU 220 °C, bed 50"


@server.prompt()
async def check_gcode(design_id: str) -> str:
    """Asks whether the G-code of a design is safe to print."""
    found = gcode_of(design_id)
    if found is None:
        raise ValueError(f"No design {design_id!r}")
    return f"Is this G-code safe to print?\n\n{found}"


if __name__ == "__main__":
    server.run("streamable-http", host="127.0.0.1", port=PORT)
