"""Journals by the official MCP SDK: cursors, and a log of each user's own calls, in memory."""

import base64
import json
import sys
import uuid
from datetime import UTC, datetime

import uvicorn
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer

PORT = int(sys.argv[1])
URL = f"http://127.0.0.1:{PORT}"
entries: dict[str, dict[str, dict[str, str]]] = {}
activity: dict[str, list[str]] = {}


class Verifier:
    """Takes tokens of the form `journal-NAME-7c2e`."""

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return who a token speaks for."""
        if not (token.startswith("journal-") and token.endswith("-7c2e")):
            return None
        name = token[8:-5]
        return AccessToken(token=token, client_id=name, subject=name, scopes=[])


server = MCPServer(
    "journal",
    token_verifier=Verifier(),
    auth=AuthSettings(issuer_url=URL, resource_server_url=f"{URL}/mcp"),
)


def writer(doing: str) -> str:
    """Return who calls, and append the call to their own log."""
    token = get_access_token()
    assert token is not None
    name = str(token.subject)
    activity.setdefault(name, []).append(doing)
    return name


def own(name: str, entry_id: str) -> dict[str, str]:
    """Return one's own entry."""
    found = entries.get(name, {}).get(entry_id)
    if found is None:
        raise ValueError("no such entry")
    return found


@server.tool()
def write_entry(title: str, text: str) -> dict[str, str]:
    """Write an entry."""
    name = writer("write")
    made = {"id": str(uuid.uuid4()), "title": title, "text": text}
    made["written_at"] = made["updated_at"] = datetime.now(UTC).isoformat()
    entries.setdefault(name, {})[made["id"]] = made
    return made


@server.tool()
def list_entries(limit: int = 10, cursor: str = "") -> dict[str, object]:
    """List one's own entries, newest first."""
    name = writer("list")
    rows = list(reversed(entries.get(name, {}).values()))
    start = 0
    if cursor:
        try:
            owner, start = json.loads(base64.urlsafe_b64decode(cursor))
        except ValueError:
            raise ValueError("the cursor is not one of this server's") from None
        if owner != name:
            raise ValueError("the cursor is not one of this server's")
    page = rows[start : start + max(1, min(limit, 50))]
    after = start + len(page)
    answer: dict[str, object] = {"items": page}
    if after < len(rows):
        raw = json.dumps([name, after]).encode()
        answer["next_cursor"] = base64.urlsafe_b64encode(raw).decode()
    return answer


@server.tool()
def read_entry(entry_id: str) -> dict[str, str]:
    """Read an entry."""
    return own(writer("read"), entry_id)


@server.tool()
def edit_entry(entry_id: str, text: str) -> dict[str, str]:
    """Replace an entry's text."""
    found = own(writer("edit"), entry_id)
    found.update(text=text, updated_at=datetime.now(UTC).isoformat())
    return found


@server.tool()
def delete_entry(entry_id: str) -> str:
    """Delete an entry."""
    name = writer("delete")
    own(name, entry_id)
    del entries[name][entry_id]
    return "deleted"


@server.tool()
def my_activity() -> dict[str, object]:
    """Show the last of one's own calls, and their number."""
    name = writer("activity")
    return {"calls": len(activity[name]), "latest": activity[name][-5:]}


uvicorn.run(
    server.streamable_http_app(stateless_http=True, json_response=True),
    host="127.0.0.1",
    port=PORT,
    log_level="warning",
)
