"""Notes over MCP: `read_note` asks whose note it is."""

import secrets
import sys

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError

TOKENS = {"alice-token": "alice", "bob-token": "bob", "carol-token": "carol"}
notes: dict[str, dict[str, str]] = {}
mcp = MCPServer("notes")


def caller(ctx: Context) -> str:
    """Return whose token the request carries."""
    token = (ctx.headers or {}).get("authorization", "").removeprefix("Bearer ")
    if token not in TOKENS:
        raise ToolError("unauthorized")
    return TOKENS[token]


@mcp.tool()
def add_note(ctx: Context, text: str) -> dict[str, str]:
    """Keep a note."""
    note = {"id": secrets.token_hex(16), "owner": caller(ctx), "text": text}
    notes[note["id"]] = note
    return note


@mcp.tool()
def list_notes(ctx: Context) -> list[dict[str, str]]:
    """List the caller's notes."""
    user = caller(ctx)
    return [note for note in notes.values() if note["owner"] == user]


@mcp.tool()
def read_note(ctx: Context, note_id: str) -> dict[str, str]:
    """Show one note."""
    user = caller(ctx)
    if note_id not in notes or notes[note_id]["owner"] != user:
        raise ToolError("no such note")
    return notes[note_id]


if __name__ == "__main__":
    mcp.run(transport="streamable-http", host="127.0.0.1", port=int((*sys.argv, 8000)[1]))
