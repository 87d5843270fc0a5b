"""The reference system's surfaces for the trial of forgeries: every kind of request it answers.

Each is a request that succeeds with the valid token, so that an accepted forgery shows as a
response. The backend and the MCP server trust different issuers for different audiences, so each
has a context of its own: a token that is genuine at one is a replay at the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx2

from crosstalk.environment import RunningSystem
from crosstalk.surface.transports.current import request
from crosstalk.tokens.forgeries import ForgeryContext
from crosstalk.tokens.issuer import BACKEND_AUDIENCE, LocalIssuer
from crosstalk.tokens.trial import TrialTarget, http_target

_WHO = "alice"
_EVENTS = {"Accept": "text/event-stream"}
_CHATKIT_INPUT = {
    "content": [{"type": "input_text", "text": "show my tasks"}],
    "attachments": [],
    "inference_options": {},
}
# A revision with sessions: another way into the same server.
_HANDSHAKE = "2025-06-18"


@dataclass(frozen=True, slots=True)
class Contexts:
    """The contexts of forgeries, one a service."""

    backend: ForgeryContext
    mcp: ForgeryContext


def contexts_of(running: RunningSystem, *, calls_backend: bool = False) -> Contexts:
    """Build the contexts of a running system.

    Args:
        running: The system.
        calls_backend: The MCP server reaches data through the backend, which therefore trusts it.
    """
    stranger = LocalIssuer.create("http://127.0.0.1:9/stranger")
    backend = ForgeryContext(
        running.issuer,
        stranger,
        _WHO,
        BACKEND_AUDIENCE,
        running.mcp_url,
        running.exchanger,
        caller=running.caller,
        trusts_caller=calls_backend,
    )
    mcp = replace(
        backend,
        audience=running.mcp_url,
        other_audience=BACKEND_AUDIENCE,
        trusts_exchanger=True,
        trusts_caller=False,
    )
    return Contexts(backend, mcp)


async def reference_targets(
    running: RunningSystem, client: httpx2.AsyncClient, contexts: Contexts
) -> dict[str, TrialTarget]:
    """Build the surfaces by name; stores one task, so that there is something to read.

    Raises:
        httpx2.HTTPError: The system does not answer, or does not serve the valid token.
    """
    tasks = f"{running.backend_url}/api/{_WHO}/tasks"
    bearer = {"Authorization": f"Bearer {contexts.backend.valid_token}"}
    stored = await client.post(tasks, json={"title": "to be read"}, headers=bearer)
    uri = f"task://{stored.raise_for_status().json()['id']}"

    def rest(method: str, path: str, **options: Any) -> TrialTarget:
        url = f"{running.backend_url}{path}"
        return http_target(client, method, url, context=contexts.backend, **options)

    def mcp(method: str, params: Mapping[str, Any]) -> TrialTarget:
        headers, message = request(method, params, 1)
        return http_target(
            client, "POST", running.mcp_url, json=message, headers=headers, context=contexts.mcp
        )

    question = {"message": "show my tasks"}
    conversation = {"type": "threads.create", "params": {"input": _CHATKIT_INPUT}}
    return {
        "REST": rest("GET", f"/api/{_WHO}/tasks"),
        "REST write": rest("POST", f"/api/{_WHO}/tasks", json={"title": "written"}),
        "chat": rest("POST", "/api/chat", json=question),
        "chat events": rest("POST", "/api/chat", json=question, headers=_EVENTS),
        "ChatKit": rest("POST", "/chatkit", json=conversation),
        "MCP tools": mcp("tools/call", {"name": "list_tasks", "arguments": {"user_id": _WHO}}),
        "MCP resources": mcp("resources/read", {"uri": uri}),
        "MCP prompts": mcp("prompts/list", {}),
        "MCP handshake": _handshake(running, client, contexts.mcp),
    }


def _handshake(
    running: RunningSystem, client: httpx2.AsyncClient, context: ForgeryContext
) -> TrialTarget:
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": _HANDSHAKE,
            "capabilities": {},
            "clientInfo": {"name": "crosstalk", "version": "1"},
        },
    }
    headers = {"Accept": "application/json, text/event-stream"}
    return http_target(
        client, "POST", running.mcp_url, json=message, headers=headers, context=context
    )
