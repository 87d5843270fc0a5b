"""JSON-RPC messages for the MCP server: wrong methods, parameters, ids and metadata."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from crosstalk.hostile.corpus.base import Context, endless, mutated
from crosstalk.hostile.corpus.json_bodies import SHAPES
from crosstalk.hostile.corpus.texts import TEXTS
from crosstalk.hostile.inputs import JSON_BODY, HostileInput, bearer, request

_PROTOCOL = "2026-07-28"
_META: dict[str, Any] = {
    "io.modelcontextprotocol/protocolVersion": _PROTOCOL,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "hostile", "version": "1"},
}
_METHODS = (
    "tools/call", "tools/list", "resources/read", "resources/list", "prompts/get", "prompts/list",
    "completion/complete", "initialize", "ping", "notifications/initialized", "logging/setLevel",
    "notifications/cancelled", "server/discover", "subscriptions/listen", "tasks/get",
    "rpc.discover", "", "tools/call/../list", "__init__", "tools\x00/call",
)  # fmt: skip
_TOOLS = (
    "add_task", "list_tasks", "search_tasks", "update_task", "complete_task", "delete_task",
    "complete_all_tasks", "get_user_stats", "add_project", "list_projects", "", "no_such_tool",
    "__class__", "add_task\x00",
)  # fmt: skip
_ODD: tuple[Any, ...] = (
    None, True, 0, -1, 2**70, 1e300, "", "x" * 3_000, [], {}, [[]], [None] * 500, {"a": {"a": {}}},
    {"": ""}, "VICTIM", "*", "%", "\x00", "\ud800", "../..", [1, "x", None], {"$ref": "#"},
)  # fmt: skip
_IDS: tuple[Any, ...] = (1, "1", None, 0, -1, 2**63, 2**70, 1.5, "", "x" * 2_000, [], {}, True)
_ARGUMENTS = (
    "user_id", "title", "task_id", "query", "cursor", "limit", "status", "project_id", "clear",
    "description", "due_date", "priority", "unknown", "self", "__class__",
)  # fmt: skip
_OTHER_META = ("progressToken", "crosstalk/idempotencyKey")
_VERSIONS = (_PROTOCOL, _PROTOCOL, "2025-11-25", "2025-06-18", "2024-11-05", "", "x", "9999-12-31")


def mcp_messages(context: Context, chance: random.Random) -> Iterator[HostileInput]:
    """Yield messages of users with valid tokens."""
    for shape, is_mutated in endless(SHAPES, chance):
        who = chance.choice(context.attackers)
        if chance.random() < 0.15:
            body = shape
        else:
            message = _message(who.user, context.victim, chance)
            body = json.dumps(message).encode("utf-8", "replace")
            if chance.random() < 0.05:
                body = b"[" + b",".join([body] * chance.choice((1, 3, 40))) + b"]"
        if is_mutated and chance.random() < 0.4:
            body = mutated(body, chance)
        headers: list[tuple[str, str | bytes]] = [
            bearer(who.mcp_token),
            JSON_BODY,
            ("Accept", chance.choice(("application/json, text/event-stream", "*/*", "text/html"))),
            ("MCP-Protocol-Version", chance.choice(_VERSIONS)),
        ]
        if chance.random() < 0.7:
            headers += [("Mcp-Method", "tools/call"), ("Mcp-Name", chance.choice(_TOOLS[:10]))]
        method = chance.choice(("POST",) * 12 + ("GET", "DELETE", "PUT"))
        payload = request(
            method, context.mcp_path, context.mcp_host, headers, body if method == "POST" else None
        )
        yield HostileInput("mcp", "mcp", payload, keeps=method == "POST")


def _message(user: str, victim: str, chance: random.Random) -> dict[str, Any]:
    def odd() -> Any:
        drawn = chance.choice((*_ODD, chance.choice(TEXTS)))
        return victim if drawn == "VICTIM" else drawn

    method = chance.choice(_METHODS[:1] * 8 + _METHODS)
    params: Any = {"_meta": dict(_META)}
    if method == "tools/call":
        arguments = {chance.choice(_ARGUMENTS): odd() for _ in range(chance.randint(0, 4))}
        if chance.random() < 0.7:
            arguments.setdefault("user_id", chance.choice((user, user, victim)))
        params |= {"name": chance.choice(_TOOLS), "arguments": arguments}
    elif chance.random() < 0.7:
        params |= {chance.choice(("uri", "name", "cursor", "ref", "argument", "level")): odd()}
    if chance.random() < 0.15:
        params["_meta"][chance.choice((*_META, *_OTHER_META))] = odd()
    if chance.random() < 0.1:
        params = odd()
    message = {"jsonrpc": "2.0", "id": chance.choice(_IDS), "method": method, "params": params}
    if chance.random() < 0.15:
        message[chance.choice(("jsonrpc", "id", "method", "params", "result", "error"))] = odd()
    if chance.random() < 0.1:
        del message[chance.choice(tuple(message))]
    return message
