"""Requests of a browser or desktop client, and what a good answer contains."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from loadtests.users.accounts import Account

_PROTOCOL = "2026-07-28"
_META = {
    "io.modelcontextprotocol/protocolVersion": _PROTOCOL,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "load", "version": "1"},
}
_SHOW = "show my tasks"
_EVENTS = "text/event-stream"


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """A request, ready to be sent.

    Attributes:
        kind: Name in figures; its first word is also its name in declarations.
        method: HTTP method.
        path: On the backend; a whole URL for MCP.
        headers: With the bearer token.
        body: JSON, if any.
        expected_text: Contained in the text of a good answer.
    """

    kind: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any = None
    expected_text: str = ""

    def failure(self, status: int, text: str) -> str | None:
        """Return why an answer is a failure; None if it is a good one."""
        if not 200 <= status < 300:
            return f"{status} {text[:200]}"
        if self.expected_text not in text:
            return f"{status} without {self.expected_text!r}: {text[-200:]}"
        return None


def chat(account: Account, mcp_url: str) -> LoadRequest:
    """Make a chat that lists the user's tasks, answered as a whole."""
    body = {"message": _SHOW}
    return LoadRequest(
        "chat", "POST", "/api/chat", _headers(account.token, "chat"), body, "tool_calls"
    )


def chat_stream(account: Account, mcp_url: str) -> LoadRequest:
    """Make the same chat, answered as events."""
    headers = {**_headers(account.token, "chat"), "Accept": _EVENTS}
    return LoadRequest(
        "chat stream", "POST", "/api/chat", headers, {"message": _SHOW}, "event: answered"
    )


def chatkit_stream(account: Account, mcp_url: str) -> LoadRequest:
    """Make the same chat as ChatKit's user interface does."""
    content = [{"type": "input_text", "text": _SHOW}]
    given = {"content": content, "attachments": [], "inference_options": {}}
    body = {"type": "threads.create", "params": {"input": given}}
    headers = {**_headers(account.token, "chat"), "Accept": _EVENTS}
    return LoadRequest("chat by ChatKit", "POST", "/chatkit", headers, body, "thread.item.done")


def list_tasks(account: Account, mcp_url: str) -> LoadRequest:
    """Make a request for the user's tasks by REST."""
    path = f"/api/{account.subject.user}/tasks"
    return LoadRequest("REST list", "GET", path, _headers(account.token, "rest"))


def add_task(account: Account, mcp_url: str) -> LoadRequest:
    """Make a request that adds a task by REST."""
    path = f"/api/{account.subject.user}/tasks"
    body = {"title": f"remember {account.subject.marker}"}
    return LoadRequest("REST add", "POST", path, _headers(account.token, "rest"), body)


def call_tool(account: Account, mcp_url: str) -> LoadRequest:
    """Make a call for the user's tasks by MCP, as a desktop client does."""
    arguments = {"user_id": account.subject.user}
    params = {"name": "list_tasks", "arguments": arguments, "_meta": _META}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {
        **_headers(account.mcp_token, "tool"),
        "Accept": f"application/json, {_EVENTS}",
        "MCP-Protocol-Version": _PROTOCOL,
        "Mcp-Method": "tools/call",
        "Mcp-Name": "list_tasks",
    }
    return LoadRequest("tool call", "POST", mcp_url, headers, body, '"isError":false')


# Requests of a user, with their relative frequency.
MIX: Mapping[Callable[[Account, str], LoadRequest], int] = {
    chat: 4,
    chat_stream: 2,
    chatkit_stream: 2,
    list_tasks: 6,
    add_task: 1,
    call_tool: 4,
}


def text_of(body: str) -> str:
    """Undo JSON's escapes in an answer, so that texts in it can be found."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False)
    except ValueError:
        return body


def _headers(token: str, kind: str) -> dict[str, str]:
    # The system keeps a valid id: its first word names the kind of a trace.
    identifier = f"{kind}.{secrets.token_hex(8)}"
    return {"Authorization": f"Bearer {token}", "X-Request-ID": identifier}
