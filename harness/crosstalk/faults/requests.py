"""Requests of the users: writes by REST, by MCP and through the assistant, each with its key."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_PROTOCOL = "2026-07-28"
_META = {
    "io.modelcontextprotocol/protocolVersion": _PROTOCOL,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "faults", "version": "1"},
}
_KEY = "Idempotency-Key"
# Error codes of the system's envelope.
CODES = frozenset(
    {
        "validation_error",
        "not_found",
        "unauthorized",
        "forbidden",
        "conflict",
        "rate_limited",
        "unavailable",
        "server_error",
    }
)


@dataclass(frozen=True, slots=True)
class Writer:
    """A user of a run.

    Attributes:
        user: Subject of the tokens.
        marker: In every text that the user stores, and in no other user's.
        token: For the backend.
        mcp_token: For the MCP server.
    """

    user: str
    marker: str
    token: str = field(repr=False)
    mcp_token: str = field(repr=False)

    def title(self) -> str:
        """Return a title that no other task has."""
        return f"{self.marker} {secrets.token_hex(6)}"


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """A request, ready to be sent as often as it takes.

    Attributes:
        path: `rest`, `tool` or `chat`: the way that it takes through the system.
        method: HTTP method.
        url: Absolute.
        headers: With the bearer token, and the key of a write.
        body: JSON.
    """

    path: str
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: Any = None


def rest_add(writer: Writer, backend: str, title: str) -> WriteRequest:
    """Make a request that adds a task by REST."""
    url = f"{backend}/api/{writer.user}/tasks"
    return WriteRequest("rest", "POST", url, _rest(writer), {"title": title})


def rest_change(writer: Writer, backend: str, task: str, description: str) -> WriteRequest:
    """Make a request that changes a task's description by REST."""
    url = f"{backend}/api/{writer.user}/tasks/{task}"
    return WriteRequest("rest", "PATCH", url, _rest(writer), {"description": description})


def rest_read(writer: Writer, backend: str, task: str) -> WriteRequest:
    """Make a request that reads a task by REST."""
    url = f"{backend}/api/{writer.user}/tasks/{task}"
    return WriteRequest("rest", "GET", url, {"Authorization": f"Bearer {writer.token}"})


def chat_add(writer: Writer, backend: str, title: str) -> WriteRequest:
    """Make a chat that has the assistant add a task."""
    body = {"message": f"add task: {title}"}
    return WriteRequest("chat", "POST", f"{backend}/api/chat", _rest(writer), body)


def tool_add(writer: Writer, mcp_url: str, title: str) -> WriteRequest:
    """Make a call of the MCP tool that adds a task."""
    arguments = {"user_id": writer.user, "title": title}
    meta = {**_META, "crosstalk/idempotencyKey": str(uuid.uuid4())}
    params = {"name": "add_task", "arguments": arguments, "_meta": meta}
    headers = {
        "Authorization": f"Bearer {writer.mcp_token}",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": _PROTOCOL,
        "Mcp-Method": "tools/call",
        "Mcp-Name": "add_task",
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return WriteRequest("tool", "POST", mcp_url, headers, body)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply, read for what a client can do about it.

    Attributes:
        good: The request was served; a write is acknowledged.
        again: The same request may be sent again.
        enveloped: A refusal has the system's envelope; True for good replies.
        code: Error code of a refusal.
    """

    good: bool
    again: bool = False
    enveloped: bool = True
    code: str = ""


def read_reply(request: WriteRequest, status: int, headers: Mapping[str, str], text: str) -> Reply:
    """Read the reply to a request."""
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if request.path == "tool" and status == 200:
        return _tool_reply(body)
    if request.path == "chat" and status == 200:
        # A chat is answered where its tool was not; then nothing was acknowledged.
        return Reply(good='"outcome":"ok"' in text.replace(" ", ""), code="tool")
    if 200 <= status < 300:
        return Reply(good=body is not None, enveloped=body is not None)
    code = body.get("error_code", "") if isinstance(body, dict) else ""
    again = status in (502, 503, 504) or (status == 409 and "retry-after" in headers)
    return Reply(False, again, code in CODES, str(code or status))


def _tool_reply(body: Any) -> Reply:
    result = body.get("result") if isinstance(body, dict) else None
    if not isinstance(result, dict):
        return Reply(False, enveloped=isinstance(body, dict) and "error" in body, code="protocol")
    if not result.get("isError"):
        return Reply(True)
    content = result.get("structuredContent")
    if not isinstance(content, dict):
        content = _first_text(result)
    code = str(content.get("error_code", ""))
    details = content.get("details")
    waits = isinstance(details, dict) and "retry_after" in details
    return Reply(False, code == "unavailable" or waits, code in CODES, code)


def _first_text(result: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        found = json.loads(result["content"][0]["text"])
    except (KeyError, IndexError, TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _rest(writer: Writer) -> dict[str, str]:
    return {"Authorization": f"Bearer {writer.token}", _KEY: str(uuid.uuid4())}
