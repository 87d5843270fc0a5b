"""What a person's browser or desktop client sends, and what must come back."""

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
class Call:
    """One request, ready to be sent.

    Attributes:
        kind: How figures call it; declarations, too, by its first word.
        method: HTTP method.
        path: On the backend; a whole URL for MCP.
        headers: With the bearer.
        body: JSON, if any.
        ends_with: What a good answer's text has in it.
    """

    kind: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any = None
    ends_with: str = ""

    def fault(self, status: int, text: str) -> str | None:
        """What is wrong with an answer; None if it is one."""
        if not 200 <= status < 300:
            return f"{status} {text[:200]}"
        if self.ends_with not in text:
            return f"{status} without {self.ends_with!r} at the end: {text[-200:]}"
        return None


def chat(account: Account, mcp_url: str) -> Call:
    """A chat that lists the user's tasks, answered as a whole."""
    body = {"message": _SHOW}
    return Call("chat", "POST", "/api/chat", _headers(account.token, "chat"), body, "tool_calls")


def chat_stream(account: Account, mcp_url: str) -> Call:
    """The same, as events."""
    headers = {**_headers(account.token, "chat"), "Accept": _EVENTS}
    return Call("chat stream", "POST", "/api/chat", headers, {"message": _SHOW}, "event: answered")


def chatkit_stream(account: Account, mcp_url: str) -> Call:
    """The same, as ChatKit's user interface does it."""
    content = [{"type": "input_text", "text": _SHOW}]
    given = {"content": content, "attachments": [], "inference_options": {}}
    body = {"type": "threads.create", "params": {"input": given}}
    headers = {**_headers(account.token, "chat"), "Accept": _EVENTS}
    return Call("chat by ChatKit", "POST", "/chatkit", headers, body, "thread.item.done")


def list_tasks(account: Account, mcp_url: str) -> Call:
    """The user's tasks by REST."""
    path = f"/api/{account.subject.user}/tasks"
    return Call("REST list", "GET", path, _headers(account.token, "rest"))


def add_task(account: Account, mcp_url: str) -> Call:
    """A new task by REST."""
    path = f"/api/{account.subject.user}/tasks"
    body = {"title": f"remember {account.subject.marker}"}
    return Call("REST add", "POST", path, _headers(account.token, "rest"), body)


def call_tool(account: Account, mcp_url: str) -> Call:
    """The user's tasks by MCP, as a desktop client does it."""
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
    return Call("tool call", "POST", mcp_url, headers, body, '"isError":false')


# What people do, and how often.
MIX: Mapping[Callable[[Account, str], Call], int] = {
    chat: 4,
    chat_stream: 2,
    chatkit_stream: 2,
    list_tasks: 6,
    add_task: 1,
    call_tool: 4,
}


def text_of(body: str) -> str:
    """An answer's text with JSON's escapes undone, so that texts in it can be found."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False)
    except ValueError:
        return body


def _headers(token: str, kind: str) -> dict[str, str]:
    # The system keeps a sane id: traces are told apart by its first word.
    identifier = f"{kind}.{secrets.token_hex(8)}"
    return {"Authorization": f"Bearer {token}", "X-Request-ID": identifier}
