"""Plain tool calls of the newest revision, answered without the SDK's layers in between.

A call of 2026-07-28 is one POST and its answer; of what the SDK puts around it (a connection, a
session, a dispatcher, spans, three models of the answer) it needs nothing, and that took more time
than the rest of the call. Taken here is only what is certain to be such a call, with nothing in it
that asks for more; everything else goes on to the SDK with its body, and what is wrong with it is
the SDK's to say. The subject check, the tool and the failures are the server's own either way
(`GuardedServer.call_tool`), and the parameters are held against the protocol's schema by the SDK's
own models.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from mcp.server.mcpserver import Context
from mcp.server.streamable_http import MCP_SESSION_ID_HEADER
from mcp.shared.inbound import (
    MCP_METHOD_HEADER,
    MCP_NAME_HEADER,
    MCP_PARAM_HEADER_PREFIX,
    MCP_PROTOCOL_VERSION_HEADER,
)
from mcp.types import CallToolResult, InputRequiredResult, TextContent
from mcp_types import (
    CLIENT_CAPABILITIES_META_KEY,
    PROTOCOL_VERSION_META_KEY,
    SERVER_INFO_META_KEY,
)
from mcp_types.methods import validate_client_request
from pydantic import ValidationError
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from system.mcp.guarded import GuardedServer

REVISION = "2026-07-28"
_CALL = "tools/call"
_JSON = "application/json"
_ENVELOPE = {"jsonrpc", "id", "method", "params"}
_PARAMS = {"name", "arguments", "_meta"}
# Each once; the SDK compares two of them with the body.
_ROUTING = {
    MCP_PROTOCOL_VERSION_HEADER.encode(): REVISION.encode(),
    MCP_METHOD_HEADER.encode(): _CALL.encode(),
    b"content-type": _JSON.encode(),
}
_SESSION = MCP_SESSION_ID_HEADER.lower().encode()
_NAME = MCP_NAME_HEADER.encode()
_PARAMETER = MCP_PARAM_HEADER_PREFIX.lower().encode()


@dataclass(frozen=True, slots=True)
class _Request:
    meta: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _CallContext:
    """What `GuardedServer.call_tool` reads of the SDK's context."""

    request_context: _Request


@dataclass(frozen=True, slots=True)
class _Call:
    id: int | str
    name: str
    arguments: dict[str, Any]
    meta: Mapping[str, Any]


class DirectCalls:
    """Answers plain tool calls itself, and hands everything else on.

    Args:
        app: The SDK's endpoint.
        server: Calls the tools; none of them takes the SDK's context.
        path: Of the endpoint.
        route: That would have served the call, for the log.
    """

    def __init__(self, app: ASGIApp, server: GuardedServer, path: str, route: BaseRoute) -> None:
        self._app = app
        self._server = server
        self._path = path
        self._route = route
        self._stamp = {SERVER_INFO_META_KEY: server.server_info()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        name = self._called(scope)
        if name is None:
            await self._app(scope, receive, send)
            return
        message = await receive()
        call = None if message.get("more_body") else _call(message, name)
        if call is None:
            await self._app(scope, _again(message, receive), send)
            return
        scope["route"] = self._route
        context = cast("Context[Any, Any]", _CallContext(_Request(call.meta)))
        result = await self._server.call_tool(call.name, call.arguments, context)
        await Response(self._answer(call, result), media_type=_JSON)(scope, receive, send)

    def _called(self, scope: Scope) -> str | None:
        """Return the tool that the headers name, where they are those of a plain call."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != self._path:
            return None
        name = None
        reads_json = False
        left = dict(_ROUTING)
        for field, value in scope["headers"]:
            if field == _NAME:
                if name is not None:
                    return None
                name = value
            elif field in _ROUTING:
                if left.pop(field, None) != value:
                    return None
            elif field == b"accept":
                # More than one, ranges and weights are the SDK's to weigh.
                kinds = {each.strip() for each in value.split(b",")}
                reads_json = not reads_json and _JSON.encode() in kinds
            elif field == _SESSION or field.startswith(_PARAMETER):
                return None
        if left or name is None or not reads_json:
            return None
        called: str = name.decode("latin-1")
        return called if self._server.find_tool(called) is not None else None

    def _answer(self, call: _Call, result: CallToolResult | InputRequiredResult) -> bytes:
        if not isinstance(result, CallToolResult) or result.meta is not None:
            raise TypeError("a tool answered with what only the SDK can send")
        body = {
            "jsonrpc": "2.0",
            "id": call.id,
            "result": {
                "_meta": self._stamp,
                "resultType": "complete",
                "content": [_text(each) for each in result.content],
                "structuredContent": result.structured_content,
                "isError": result.is_error,
            },
        }
        return json.dumps(body, separators=(",", ":")).encode()


def _call(message: Message, name: str) -> _Call | None:
    """Return the call that a body is; None where it is anything else, or asks for more."""
    if message["type"] != "http.request":
        return None
    try:
        decoded = json.loads(message.get("body", b""))
    except (ValueError, RecursionError):
        return None
    if not isinstance(decoded, dict) or decoded.keys() != _ENVELOPE:
        return None
    number, params = decoded["id"], decoded["params"]
    envelope = (decoded["jsonrpc"], decoded["method"])
    # A boolean is an integer to Python alone.
    if envelope != ("2.0", _CALL) or type(number) not in (int, str) or not isinstance(params, dict):
        return None
    meta, arguments = params.get("_meta"), params.get("arguments", {})
    if not params.keys() <= _PARAMS or params.get("name") != name:
        return None
    if not isinstance(meta, dict) or not isinstance(arguments, dict):
        return None
    if meta.get(PROTOCOL_VERSION_META_KEY) != REVISION or CLIENT_CAPABILITIES_META_KEY not in meta:
        return None
    try:
        validate_client_request(_CALL, REVISION, params)
    except ValidationError:
        return None
    return _Call(number, name, arguments, meta)


def _text(content: object) -> dict[str, str]:
    if not isinstance(content, TextContent):
        raise TypeError("a tool answered with what only the SDK can send")
    return {"type": "text", "text": content.text}


def _again(message: Message, receive: Receive) -> Receive:
    """Give a message that was read once more, and then what follows it."""
    first: list[Message] = [message]

    async def received() -> Message:
        return first.pop() if first else await receive()

    return received
